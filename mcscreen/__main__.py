"""`python -m mcscreen` is the same as `mcscreen`."""

from mcscreen.cli import main

main()
