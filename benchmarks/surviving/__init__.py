"""Does a batch survive everything? Each module tries one kind of mishap and measures what is left of the promise.

    python -m benchmarks.surviving hostile HOSTILE [--good GOOD]   inputs built to break readers, among good submissions
    python -m benchmarks.surviving killed  [--good GOOD]           kill -9 at random moments, two runs at once, a damaged journal
    python -m benchmarks.surviving full    [--good GOOD]           a disk that is full
    python -m benchmarks.surviving orders  [--good GOOD]           other orders, processes and caches
    python -m benchmarks.surviving many    [--submissions N]       memory and time over a long batch
    python -m benchmarks.surviving offline [--good GOOD]           no network, nothing in logs, files for their owner only
    python -m benchmarks.surviving inert                           formulas, escapes, markup and broken text in names and texts
    python -m benchmarks.surviving all HOSTILE [--good GOOD]       one after the other

GOOD is a folder of submissions, or of folders with a `submission` in each; without it the shipped examples are used.
HOSTILE is a folder of inputs with a MANIFEST.csv (name, family, expected, state). Every run starts the command line as a
user would, in processes of its own. What must hold stands in `benchmarks/floors/survival.toml`; a floor that does not hold,
or could not be measured, makes the exit code 1.

What this shows holds for this machine, these inputs and Linux: memory and processes are read from /proc.
"""
