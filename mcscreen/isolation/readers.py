"""The parent's side of reading: a small pool of warm children.

Each file goes to one child, which has the whole time for itself. A child that is silent for too long is killed with all
that it started; what its death says about the file becomes the document's status. Two things are tried again before a file
is given up, each in a child that has read nothing else: a file that broke down a child which had read others before, since
the fault may be theirs; and a PDF, with the second PDF reader alone, which often reads what makes pdfium take all memory.

Children are separate interpreters and not copies of this process, so they hold no model, no other candidate's text and no
lock of a thread that does not exist in them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from mcscreen.document import Document, Status, UnreadableDocument
from mcscreen.errors import McscreenError
from mcscreen.isolation.messages import MEMORY_EXIT, NotADocument, longest, receive, send, unpack
from mcscreen.limits import DEFAULT_LIMITS, Limits
from mcscreen.sniffer import open_regular

__all__ = ["Readers"]

_log = logging.getLogger("mcscreen.isolation")

_FILES = 1_000
"""Files that one child reads, so that what a native library leaks stays small."""

_START_SECONDS = 120.0
_HASHED_BYTES = 2_000_000_000
_SECOND_CPU_SECONDS = 30.0
_FIRST_READER = 0.75
"""Share of a PDF's time that the first reader has; the second has what is left."""
_NEAR_LIMIT = 0.6

# With -I neither the environment nor the current folder adds code; the parent's own path is handed over instead.
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from mcscreen.isolation.child import serve; serve()"


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a child ended while it read."""

    status: Status
    reason: str


class _Child:
    """One warm child. Used by one thread at a time; `kill` may come from any."""

    def __init__(self, limits: Limits, ocr: bool) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._over = False
        self._late = False
        self._ready = False
        self._peak = 0
        self.files = 0
        path = json.dumps([entry or os.getcwd() for entry in sys.path])
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _BOOT, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._to: IO[bytes] = self._process.stdin
        self._from: IO[bytes] = self._process.stdout
        try:
            send(self._to, json.dumps({"limits": asdict(limits), "ocr": ocr, "files": _FILES}).encode())
        except OSError:
            self.kill()

    @property
    def usable(self) -> bool:
        """Whether it lives and may be asked."""
        return not self._over and not self._late and self.files < _FILES and self._process.poll() is None

    def wait(self) -> bool:
        """Wait until it has imported the readers; False when it did not."""
        if not self._ready:
            answer = self._answer(None, _START_SECONDS)
            try:
                self._peak = int(json.loads(answer or b"{}")["peak"])
                self._ready = True
            except (ValueError, KeyError, TypeError):
                self.kill()
        return self._ready

    def read(self, path: Path, name: str, *, cautious: bool, cpu_seconds: float, seconds: float) -> Document | _Ended:
        """Have a file read. A child that ended is over; so is one whose answer made no sense."""
        request = {"path": os.path.abspath(path), "name": name, "cautious": cautious, "cpu_seconds": cpu_seconds}
        try:
            answer = self._answer(json.dumps(request).encode(), seconds)
            if answer is None:
                return self._ended()
            document, worn = unpack(answer, name, self._limits)
        except NotADocument as error:
            self.end()
            return _Ended("crashed", f"its reader broke down: what it answered was not understood ({error})")
        except BaseException:  # such as an interrupt: nobody knows what the next answer would be about
            self.end()
            raise
        self.files += 1
        if worn:
            self.end()
        return document

    def _answer(self, request: bytes | None, seconds: float) -> bytes | None:
        timer = threading.Timer(max(0.01, seconds), self._expire)
        timer.daemon = True
        timer.start()
        try:
            if request is not None:
                send(self._to, request)
            return receive(self._from, longest(self._limits))
        except OSError:
            return None
        finally:
            timer.cancel()

    def _expire(self) -> None:
        self._late = True
        self.kill()

    def kill(self) -> None:
        """Kill it and all that it started; does not wait."""
        with self._lock:
            if self._over or self._process.returncode is not None:  # a number that is free again may be another's
                return
            try:
                if sys.platform == "win32":
                    self._process.kill()
                else:
                    os.killpg(self._process.pid, signal.SIGKILL)
            except OSError:
                self._process.kill()

    def end(self) -> tuple[int, int]:
        """Kill it and clear away; returns its exit code, negative for a signal, and its peak memory in bytes where it is known."""
        self.kill()
        peak = 0
        with self._lock:
            self._over = True
            if sys.platform != "win32" and self._process.returncode is None:
                try:
                    _, status, usage = os.wait4(self._process.pid, 0)
                    self._process.returncode = os.waitstatus_to_exitcode(status)
                    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
                except ChildProcessError:
                    pass
            code = self._process.wait()
            for stream in (self._to, self._from):
                with suppress(OSError):
                    stream.close()
        return code, peak

    def _let_die(self) -> None:
        """Give a child that has closed its pipe a second to end as it would, so that its exit code can be believed."""
        until = time.monotonic() + 1
        if hasattr(os, "waitid"):
            while time.monotonic() < until:
                try:
                    if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                        return
                except ChildProcessError:  # another thread, closing these readers, has cleared it away
                    return
                time.sleep(0.005)

    def _ended(self) -> _Ended:
        if not self._late:
            self._let_die()
        late = self._late
        code, peak = self.end()
        megabytes = f"{self._limits.memory_bytes // 1_000_000:,} MB"
        if late or code == -getattr(signal, "SIGXCPU", 0):
            return _Ended("timeout", "reading it takes too long; upload a shorter or simpler copy")
        # A native library aborts when it gets no memory; nothing else tells that from a fault. Linux counts what the parent used
        # at the start as the child's peak, so only more than that says something.
        if code == MEMORY_EXIT or (peak > self._peak and peak > _NEAR_LIMIT * self._limits.memory_bytes):
            return _Ended("too_large", f"reading it takes more memory than is allowed ({megabytes}); upload a simpler copy")
        if code == -9:  # the system kills when it has no memory left, for which another program may be to blame
            return _Ended("crashed", "its reader was ended from outside, perhaps for want of memory; run again with fewer --jobs")
        return _Ended("crashed", f"its reader broke down ({_cause(code)}); upload another copy, such as a new PDF export")


class Readers:
    """Reads documents in child processes; any number of threads may ask.

    The children start at once and import the readers while the caller does something else. Use it as a context manager, or
    call `close`; if neither happens, or this process is killed, the children end by themselves.

    Args:
        limits: Bounds on files, and on the memory and time of the child that reads.
        ocr: Whether scanned pages are read with tesseract, where it is installed.
        children: Files that are read at the same time; each child may take `limits.memory_bytes`.
    """

    def __init__(self, *, limits: Limits = DEFAULT_LIMITS, ocr: bool = False, children: int = 1) -> None:
        self._limits, self._ocr, self._children = limits, ocr, max(1, children)
        self._closed = False
        self._fill()

    def _fill(self) -> None:
        self._owner = os.getpid()
        self._slots: queue.LifoQueue[_Child] = queue.LifoQueue()
        self._living: set[_Child] = set()
        self._finalizer = weakref.finalize(self, _end_all, self._living, self._owner)
        for _ in range(self._children):
            self._slots.put(self._start())

    def _start(self) -> _Child:
        try:
            child = _Child(self._limits, self._ocr)
        except OSError as error:
            raise McscreenError(
                f"no process could be started to read documents ({error.strerror}); free some memory and try again"
            ) from None
        self._living.add(child)
        if self._closed:  # by another thread, in the meantime
            child.end()
            raise RuntimeError("these readers are closed")
        return child

    def read(self, path: Path, name: str) -> Document:
        """Read one file; never raises because of the file.

        Args:
            path: Where the file lies.
            name: Its path inside the submission.

        Returns:
            What `mcscreen.extractors.read_document` returns, or a document with the status `crashed`, `timeout` or `too_large`.

        Raises:
            McscreenError: When no child can be started at all.
            RuntimeError: After `close`.
        """
        if self._owner != os.getpid():  # a copy of the process that made the children: their pipes are not ours
            self._finalizer.detach()
            self._fill()
        if self._closed:
            raise RuntimeError("these readers are closed")
        child = self._slots.get()
        try:
            child, document = self._read(child, path, name)
            if not child.usable:  # the next one imports the readers while the caller works on this document
                child = self._replaced(child)
        finally:
            self._slots.put(child)
        return document

    def _read(self, child: _Child, path: Path, name: str) -> tuple[_Child, Document]:
        limits = self._limits
        wall = limits.wall_seconds + (limits.ocr_pages * limits.ocr_seconds if self._ocr else 0.0)
        is_pdf = _is_pdf(path)
        child = self._ready(child)
        begun = time.monotonic()
        while True:
            alone = child.files == 0
            seconds = wall * (_FIRST_READER if is_pdf else 1.0) - (time.monotonic() - begun)
            answer = child.read(path, name, cautious=False, cpu_seconds=limits.cpu_seconds, seconds=seconds)
            if alone or isinstance(answer, Document) or answer.status == "timeout" or self._closed:
                break
            child = self._ready(child)
        if isinstance(answer, Document):
            return child, answer
        if self._closed:
            raise RuntimeError("these readers were closed while a file was read")
        _log.warning("a child that read a file ended: %s", answer.status)
        if is_pdf:
            child = self._ready(child)
            seconds = wall - (time.monotonic() - begun)
            second = child.read(path, name, cautious=True, cpu_seconds=min(_SECOND_CPU_SECONDS, limits.cpu_seconds), seconds=seconds)
            if isinstance(second, Document) and second.readable:
                reason = f"the usual PDF reader could not read it; what {second.reader or 'another reader'} finds in it was read"
                return child, replace(second, status="partial", reason="; ".join(r for r in (reason, second.reason) if r))
        return child, _unread(path, name, answer)

    def _ready(self, child: _Child) -> _Child:
        """This child if it can be asked, else a new one."""
        for _ in range(3):
            if self._closed:
                raise RuntimeError("these readers are closed")
            if child.usable and child.wait():
                return child
            child = self._replaced(child)
        if child.wait():
            return child
        raise McscreenError(
            "the process that reads documents does not start; run 'python -m mcscreen --help' to see whether mcscreen is whole"
        )

    def _replaced(self, child: _Child) -> _Child:
        child.end()
        self._living.discard(child)
        return self._start()

    def close(self) -> None:
        """End the children. A file that is being read in another thread is given up there with a RuntimeError."""
        self._closed = True
        if self._owner == os.getpid():
            self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _end_all(children: set[_Child], owner: int) -> None:
    if owner == os.getpid():
        for child in list(children):
            child.end()


def _cause(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _is_pdf(path: Path) -> bool:
    try:
        with open_regular(path) as stream:
            return b"%PDF-" in stream.read(1024)
    except (UnreadableDocument, OSError):
        return False


def _unread(path: Path, name: str, ended: _Ended) -> Document:
    """The document of a file whose child ended; only its bytes are looked at here, never what they mean."""
    document = Document(name=name, status=ended.status, reason=ended.reason, format="pdf" if _is_pdf(path) else "")
    try:
        with open_regular(path) as stream:
            size = stream.seek(0, 2)
            document = replace(document, size=size)
            if size <= _HASHED_BYTES:
                stream.seek(0)
                document = replace(document, sha256=hashlib.file_digest(stream, "sha256").hexdigest())
    except (UnreadableDocument, OSError):
        pass
    return document
