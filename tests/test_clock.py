"""Work in this process ends when its processor time is used up, in the middle of a pattern too."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import sys
import threading
import time
from contextlib import suppress

import pytest

from mcscreen.isolation import OutOfTime, clock, deadline

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no timer of processor time")


def test_a_pattern_that_would_take_years_is_interrupted():
    begun = time.process_time()
    with pytest.raises(OutOfTime, match=r"0\.2 seconds"), deadline(0.2):
        re.fullmatch(r"(?:a+)+b", "a" * 60)
    assert time.process_time() - begun < 3


def test_what_catches_it_is_interrupted_again(monkeypatch):
    monkeypatch.setattr(clock, "_AGAIN", 0.1)
    caught = 0
    with pytest.raises(OutOfTime), deadline(0.1):
        while True:
            try:
                while True:
                    pass
            except OutOfTime:
                caught += 1
                if caught == 2:
                    raise


def test_afterwards_no_timer_runs_and_the_old_handler_is_back():
    before = signal.getsignal(signal.SIGPROF)
    with deadline(100):
        assert signal.getitimer(signal.ITIMER_PROF)[0] > 0
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0) and signal.getsignal(signal.SIGPROF) == before


def in_a_thread(work):
    told = []
    thread = threading.Thread(target=lambda: told.append(work()))
    thread.start()
    thread.join()
    return told[0]


def busy(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_in_another_thread_the_work_is_interrupted_between_two_steps():
    def work():
        try:
            with deadline(0.1):
                busy(10)
        except OutOfTime as error:
            return str(error)

    begun = time.process_time()
    assert "0.1 seconds" in in_a_thread(work)
    assert time.process_time() - begun < 3


def test_in_another_thread_what_waits_is_not_interrupted():
    def work():
        with deadline(0.2):
            time.sleep(0.5)
        return "done"

    assert in_a_thread(work) == "done"


def test_in_another_thread_nothing_comes_afterwards():
    def work():
        for _ in range(40):
            try:
                with deadline(0.02):
                    busy(0.02)
            except OutOfTime:
                pass
            busy(0.01)
        time.sleep(0.3)
        return [t.name for t in threading.enumerate() if t.name == "mcscreen-clock"]

    assert in_a_thread(work) == []


class Held:
    """The system's calls, where whoever looks on is held once between its look and its call."""

    def __init__(self):
        self.pythonapi, self.c_ulong, self.py_object = self, ctypes.c_ulong, ctypes.py_object
        self.held = False

    def PyThreadState_SetAsyncExc(self, thread, error):  # the system's name
        if error is not None and not self.held:
            self.held = True
            time.sleep(0.3)
        return ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, error)


def test_in_another_thread_an_interruption_on_the_way_out_is_the_last(monkeypatch):
    monkeypatch.setattr(clock, "_AGAIN", 0.3)
    monkeypatch.setattr(clock, "ctypes", Held())

    def work():
        with suppress(OutOfTime), deadline(0.1):
            until = time.thread_time() + 0.15
            while time.thread_time() < until:
                pass
        time.sleep(0.3)
        left = sum(t.name == "mcscreen-clock" for t in threading.enumerate())
        until = time.thread_time() + 0.7
        while time.thread_time() < until:
            pass
        return left

    assert in_a_thread(work) == 0


def test_a_timer_that_strikes_on_the_way_out_is_the_last(monkeypatch):
    """It strikes while the end puts the timer back."""
    before, put_back = signal.getsignal(signal.SIGPROF), signal.setitimer
    struck = []

    def strike(which, seconds, again=0.0):
        if not seconds and not struck:
            struck.append(True)
            os.kill(os.getpid(), signal.SIGPROF)
        return put_back(which, seconds, again)

    monkeypatch.setattr(clock.signal, "setitimer", strike)
    with deadline(100):
        pass
    assert struck and signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0) and signal.getsignal(signal.SIGPROF) == before
