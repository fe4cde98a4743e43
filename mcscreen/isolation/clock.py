"""A bound on the processor time of work that is done in this process, where no child can be killed.

What children read is text, bounded in length; but a text can be made to cost a pattern or a comparison its length squared,
and one submission must not hold up a batch. The system's timer interrupts the work, in the middle of a pattern as well
(Python's `re` looks for signals as it goes). Processor time counts and not the clock, so that a busy machine makes no
difference. Signals reach the main thread of a POSIX process only. Elsewhere, such as in a thread of a cluster's worker or of a web
server, another thread looks at the processor time that this one has used, and has it interrupted between two steps of Python;
what runs long inside one call is interrupted at its end.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from mcscreen.errors import OutOfTime

__all__ = ["OutOfTime", "deadline"]

_AGAIN = 5.0
"""Seconds after which it is raised once more, because what was interrupted may have caught it."""


_LOOK = 0.05
"""Seconds after which the other thread looks again, at the least."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Interrupt what is done in this context when this process has used so many seconds of processor time more.

    Args:
        seconds: In the main thread of a POSIX process, of all threads of the process together; elsewhere of this thread.

    Raises:
        OutOfTime: The time is used up.
    """
    timer = sys.platform != "win32" and threading.current_thread() is threading.main_thread()
    end = _timed(seconds) if timer else _watched(seconds)
    try:
        try:
            yield
        finally:
            end()
    except OutOfTime:
        end()  # once more, because the end itself may have been interrupted
        raise OutOfTime(_told(seconds)) from None


def _timed(seconds: float) -> Callable[[], None]:
    """Begin a deadline by the system's timer; returns what ends it."""
    over = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        if not over:
            raise OutOfTime

    def end() -> None:
        nonlocal over
        over = True
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)

    before = signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
    return end


def _watched(seconds: float) -> Callable[[], None]:
    """Begin a deadline by another thread that looks on; returns what ends it."""
    ended = threading.Event()
    changing = threading.Lock()
    thread, spent = ctypes.c_ulong(threading.get_ident()), _meter()
    until = spent() + seconds

    def watch() -> None:
        nonlocal until
        while not ended.wait(max(until - spent(), _LOOK)):
            with changing:
                if spent() >= until and not ended.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(OutOfTime))
                    until = spent() + _AGAIN

    def end() -> None:
        while True:
            try:
                with changing:
                    ended.set()
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)  # one that was not raised yet would be, in whatever comes next
                return
            except OutOfTime:  # it came while this waited for the lock
                continue

    threading.Thread(target=watch, name="mcscreen-clock", daemon=True).start()
    return end


def _meter() -> Callable[[], float]:
    """Processor seconds of this thread, to be asked from any other; of the process where the system does not tell."""
    if sys.platform == "linux":
        clock = time.pthread_getcpuclockid(threading.get_ident())
        return lambda: time.clock_gettime(clock)
    return time.process_time


def _told(seconds: float) -> str:
    return f"more than {seconds:g} seconds of processor time"
