"""mcscreen's command line with watchers inside, for what cannot be seen from outside.

    python -m benchmarks.surviving.watched screen …

The environment says what is watched:

- SURVIVING_TIMES=FILE: a line of JSON for each screening, with its id and the seconds, by the clock and of processors, since the one before.
- SURVIVING_SOCKETS=FILE: sockets and look-ups of names raise, in the children too, and leave a line in the file.
- SURVIVING_BREAK=ID: screening this submission raises an error that quotes it.
- SURVIVING_LOUD=1: everything that any library logs goes to stderr.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from typing import Any

_GUARD = """
import os, sys
def _refuse(event, args):
    if event in EVENTS and not (event != "socket.getaddrinfo" and len(args) > 1 and isinstance(args[1], (str, bytes))):
        with open(FILE, "a") as file:
            file.write(f"{os.getpid()} {event}\\n")
        raise PermissionError(f"refused: {event}")
sys.addaudithook(_refuse)
"""
_EVENTS = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")


def _guard(file: str) -> str:
    """Code that makes sockets raise; those of the machine's own file system, which have a name instead of an address, do not."""
    return f"EVENTS = {_EVENTS!r}; FILE = {file!r}\n{_GUARD}"


if "SURVIVING_SOCKETS" in os.environ:  # on import, so that processes that import this module as their main one are guarded too
    from mcscreen.isolation import readers as _readers

    _CODE = _guard(os.environ["SURVIVING_SOCKETS"])
    exec(_CODE, {})
    _readers._BOOT = _CODE + _readers._BOOT  # type: ignore[misc]


def _timed(file: str) -> None:
    import mcscreen.batches
    from benchmarks.surviving.runs import processor_seconds

    whole = mcscreen.batches.kept_batch

    def kept_batch(*args: Any, **kwargs: Any) -> Any:
        before = [time.monotonic(), processor_seconds(os.getpid())]
        advance = kwargs["advance"]

        def told(total: int, screening: Any) -> None:
            now = [time.monotonic(), processor_seconds(os.getpid())]
            with open(file, "a", encoding="utf-8") as out:
                spent = {"seconds": now[0] - before[0], "cpu_seconds": now[1] - before[1]}
                out.write(json.dumps({"id": screening.submission.id, **spent}) + "\n")
            before[:] = now
            advance(total, screening)

        return whole(*args, **{**kwargs, "advance": told})

    mcscreen.batches.kept_batch = kept_batch


def _broken(name: str) -> None:
    from mcscreen.pipeline import Screener

    whole = Screener.screen

    def screen(self: Screener, submission: Any) -> Any:
        if getattr(submission, "id", None) == name:
            raise ValueError(f"{name}: " + " ".join(d.text for d in submission.documents))
        return whole(self, submission)

    Screener.screen = screen  # type: ignore[method-assign]


if __name__ == "__main__":
    if "SURVIVING_LOUD" in os.environ:
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    if "SURVIVING_TIMES" in os.environ:
        _timed(os.environ["SURVIVING_TIMES"])
    if "SURVIVING_BREAK" in os.environ:
        _broken(os.environ["SURVIVING_BREAK"])
    from mcscreen.cli import main

    main()
