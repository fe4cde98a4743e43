"""Runs of mcscreen's command line that are watched: memory of each process, end of all of them, and what they wrote."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

MCSCREEN = (sys.executable, "-m", "mcscreen")
WATCHED = (sys.executable, "-m", "benchmarks.surviving.watched")

LEFT_OUT = frozenset({"journal.jsonl", "journal.lock"})
"""Of a run's folder not compared: the journal's records stand in the order in which they were done, the lock is empty."""

_TICK = 0.2


@dataclass
class Ended:
    """How a run ended.

    Attributes:
        code: Exit code, negative for a signal.
        seconds: By the clock.
        peak: Most resident memory of any one process, in bytes, by role: "parent", "screens" (--jobs), "reads", "other".
    """

    code: int
    seconds: float
    out: str
    err: str
    peak: dict[str, int] = field(default_factory=dict)

    def told(self) -> str:
        """The last line of what it said."""
        lines = (self.err or self.out).strip().splitlines()
        return lines[-1] if lines else ""


class Run:
    """A command in a session of its own.

    Args:
        command: Its words.
        logs: Folder for what it prints.
        env: Added to the environment.
        watch: Called about five times a second with the process id; memory of all its processes is read as often.
        limit: Seconds after which all is killed.
    """

    def __init__(
        self,
        command: Sequence[str | os.PathLike[str]],
        logs: Path,
        *,
        env: Mapping[str, str] | None = None,
        watch: Callable[[int], None] | None = None,
        limit: float = 36_000,
        before: Callable[[], None] | None = None,
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._out, self._err = logs / "stdout", logs / "stderr"
        self._watch, self._limit = watch, limit
        self.peak: dict[str, int] = {}
        self.seen: set[int] = set()
        self._begun = time.monotonic()
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [os.fspath(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, "HF_HUB_OFFLINE": "1", **(env or {})},
                start_new_session=True,
                preexec_fn=before,
            )
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while self.process.poll() is None:
            for pid in descendants(self.process.pid):
                self.seen.add(pid)
                role, peak = role_of(pid, self.process.pid), peak_memory(pid)
                self.peak[role] = max(self.peak.get(role, 0), peak)
            if self._watch is not None:
                self._watch(self.process.pid)
            if time.monotonic() - self._begun > self._limit:
                self.kill()
            time.sleep(_TICK)

    def kill(self) -> None:
        """Kill -9 the command and what is in its process group; the readers are in groups of their own."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self) -> Ended:
        self.process.wait()
        seconds = time.monotonic() - self._begun
        self._thread.join()
        out, err = (path.read_bytes().decode("utf-8", "surrogateescape") for path in (self._out, self._err))
        return Ended(self.process.returncode, seconds, out, err, self.peak)

    def left_over(self, seconds: float = 15) -> int:
        """Processes of it that are alive so long after its end."""
        until = time.monotonic() + seconds
        while (living := [p for p in self.seen if _alive(p)]) and time.monotonic() < until:
            time.sleep(0.05)
        return len(living)


def run(
    command: Sequence[str | os.PathLike[str]],
    logs: Path,
    *,
    env: Mapping[str, str] | None = None,
    watch: Callable[[int], None] | None = None,
) -> Ended:
    """Run a command to its end."""
    return Run(command, logs, env=env, watch=watch).wait()


def screening(paths: Sequence[Path], out: Path, rubric: str, *more: str) -> list[str | os.PathLike[str]]:
    """The words of `mcscreen screen`, without the program."""
    return ["screen", *paths, "--rubric", rubric, "--out", out, "--quiet", *more]


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _alive(pid: int) -> bool:
    stat = _stat(pid)
    return bool(stat) and stat[0] != "Z"


def descendants(root: int) -> list[int]:
    """A process and all that it started, as far as they live."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := _stat(int(entry))):
            children.setdefault(int(stat[1]), []).append(int(entry))
    found, at = [root], 0
    while at < len(found):
        found += children.get(found[at], [])
        at += 1
    return found


def role_of(pid: int, parent: int) -> str:
    """What a process is for; "parent" is the first one that runs mcscreen."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return "other"
    if b"mcscreen.isolation.child" in words:
        return "reads"
    if b"multiprocessing" in words:
        return "screens"
    return "parent" if pid == parent else "other"


def peak_memory(pid: int) -> int:
    """Most resident memory that a process has had, in bytes; 0 when it is gone."""
    return _memory(pid, "VmHWM:")


def memory(pid: int) -> int:
    """Resident memory of a process, in bytes; 0 when it is gone."""
    return _memory(pid, "VmRSS:")


def _memory(pid: int, key: str) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(key):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def processor_seconds(root: int) -> float:
    """Processor time of a process, of what it started, and of what of it has ended and was waited for."""
    ticks = sum(int(n) for pid in descendants(root) for n in _stat(pid)[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def digests(folder: Path, left_out: frozenset[str] = LEFT_OUT) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path there."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and str(path.relative_to(folder)) not in left_out
    }


def unlike(folder: Path, other: Path, left_out: frozenset[str] = LEFT_OUT) -> list[str]:
    """Files of two folders that are not the same to the byte, or stand in one only."""
    first, second = digests(folder, left_out), digests(other, left_out)
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
