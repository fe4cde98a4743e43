"""Reading strangers' files where they can do no harm: in a child process that can be killed.

A PDF of one kilobyte can make a native library take three gigabytes and abort, and no `except` sees that. So nothing that
parses runs in the process that holds the model and the results. `Readers` keeps children that are warm (the readers are
imported), asks one of them for each file, watches the clock, and replaces a child that dies or is killed; the file then
becomes a document with the status `crashed`, `timeout` or `too_large`.

- `readers`: the parent's side: the pool, the clock, what a death means, the second try.
- `child`: the child's side: limits on memory and processor time, one file after the other.
- `messages`: what passes between them: JSON of known length and known shape, held to the limits before it is believed.
- `clock`: a bound on what is done with the text afterwards, in the process that holds the model.
"""

from mcscreen.isolation.clock import OutOfTime, deadline
from mcscreen.isolation.readers import Readers

__all__ = ["OutOfTime", "Readers", "deadline"]
