"""The child that reads: one file after the other, within limits on memory and processor time.

It is a plain interpreter that has imported the readers and nothing of what finds or scores. Its standard output belongs to
no native library: messages go through a copy of the pipe, and what anything prints goes nowhere, because it could be a
candidate's text. It dumps no core for the same reason.

A thread of its own waits for requests, so that the end of the parent is noticed in the middle of a file as well: the pipe
then ends, and the child kills its own process group, OCR programs included. (Linux could send a signal on the parent's
death, but it does so already when the parent's *thread* ends.)
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import IO

from mcscreen.document import Document
from mcscreen.extractors import read_document
from mcscreen.isolation.messages import MEMORY_EXIT, longest, pack, receive, send
from mcscreen.limits import Limits

__all__ = ["serve"]

_REQUEST = 1_000_000
_TICK = 0.1
_WORN = 0.4
"""Share of the memory that was free at the start; a child that has not given it back is replaced, so that every file finds room."""


def serve() -> None:
    """Read what the parent asks for until it is gone."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    start = json.loads(receive(incoming, _REQUEST) or b"{}")
    limits, ocr, most = Limits(**start["limits"]), bool(start["ocr"]), int(start["files"])
    requests: SimpleQueue[dict[str, object]] = SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, requests), daemon=True).start()
    _warm_up()
    _limit_memory(limits.memory_bytes)
    base = _memory()
    worn_out = base + _WORN * (limits.memory_bytes - base)
    send(outgoing, json.dumps({"peak": _peak_memory()}).encode())
    for served in range(1, most + 1):
        request = requests.get()
        _limit_processor(float(str(request["cpu_seconds"])))
        try:
            document = read_document(
                Path(str(request["path"])), str(request["name"]), limits=limits, ocr=ocr, cautious=bool(request["cautious"])
            )
            message = pack(document, worn=served == most or _memory() > worn_out)
        except MemoryError:
            os._exit(MEMORY_EXIT)
        if len(message) > longest(limits):
            message = pack(_without_text(document), worn=True)
        send(outgoing, message)


def _listen(incoming: IO[bytes], requests: SimpleQueue[dict[str, object]]) -> None:
    while message := receive(incoming, _REQUEST):
        requests.put(json.loads(message))
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _warm_up() -> None:
    """Import what nearly every file needs, so that no candidate waits for it."""
    import_module("lxml.etree")
    import_module("pypdfium2")


def _without_text(document: Document) -> Document:
    reason = "what was read of it does not fit in a message; upload it in pieces"
    return replace(document, status="too_large", reason=reason, text="", blocks=(), tables=(), warnings=())


def _limit_memory(most: int) -> None:
    """Bound this process's address space; where the system cannot, watch what it uses."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        threading.Thread(target=_watch_memory, args=(most,), daemon=True).start()
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    with suppress(OSError):  # when the machine itself runs short, this process is to go first
        Path("/proc/self/oom_score_adj").write_text("1000")


def _watch_memory(most: int) -> None:
    before = _peak_memory()
    while _peak_memory() <= max(most, before):
        time.sleep(_TICK)
    os._exit(MEMORY_EXIT)


def _limit_processor(seconds: float) -> None:
    """Let this process use so many seconds more."""
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(time.process_time() + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _peak_memory() -> int:
    """Most memory that this process has used, in bytes; on Linux it may be what the parent used when it started it."""
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _memory() -> int:
    """Address space in use, in bytes; elsewhere than on Linux the most memory that was used."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return _peak_memory()
