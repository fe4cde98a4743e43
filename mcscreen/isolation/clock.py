"""A bound on the processor time of work that is done in this process, where no child can be killed.

What children read is text, bounded in length; but a text can be made to cost a pattern or a comparison its length squared,
and one submission must not hold up a batch. The system's timer interrupts the work, in the middle of a pattern as well
(Python's `re` looks for signals as it goes). Processor time counts and not the clock, so that a busy machine makes no
difference. Signals reach the main thread of a POSIX process only; elsewhere nothing is bounded.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["OutOfTime", "deadline"]

_AGAIN = 5.0
"""Seconds after which it is raised once more, because what was interrupted may have caught it."""


class OutOfTime(Exception):
    """Work took more processor time than it may."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Interrupt what is done in this context when this process has used so many seconds of processor time more.

    Args:
        seconds: Of all threads of this process together.

    Raises:
        OutOfTime: In the main thread of a POSIX process; elsewhere the work goes on.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise OutOfTime(f"more than {seconds:g} seconds of processor time")

    before = signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
