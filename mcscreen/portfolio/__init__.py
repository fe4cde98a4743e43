"""Part 2 as data: the rows of the self-analysis, and what their artifact names and places point to.

Rows are read from tables and from prose alike; a name and a place are looked up among the uploaded documents. Whether a row
is in order is not decided here but in its check.
"""

from mcscreen.portfolio.artifacts import companions, resolve_artifact
from mcscreen.portfolio.places import look_up
from mcscreen.portfolio.rows import read_rows

__all__ = ["companions", "look_up", "read_rows", "resolve_artifact"]
