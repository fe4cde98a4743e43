"""A batch that is killed at random moments and run again ends with the same report as one that was left alone.

Also: two runs into one folder at once, a last line of the journal that is torn, and bytes of it that are flipped.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.surviving.floors import Outcome
from benchmarks.surviving.inputs import copies, good_submissions
from benchmarks.surviving.runs import MCSCREEN, Run, run, screening, unlike

_JOURNAL = "journal.jsonl"


def trial(
    good: Path | None, work: Path, rubric: str, cache: dict[str, str], *, kills: int, submissions: int, seed: int, jobs: int
) -> Outcome:
    """Kill a batch so many times, each time in a new folder, and run it to its end."""
    outcome = Outcome("killed")
    batch, temporary = work / "batch", work / "tmp"
    copies(good_submissions(good), submissions, batch, seed)
    _zip_some(batch)
    temporary.mkdir()
    env = {**cache, "TMPDIR": str(temporary)}
    reference = work / "reference"
    command = [*MCSCREEN, *screening([batch], reference, rubric, "--jobs", str(jobs))]
    first = run(command, work / "logs", env=env)
    again = [*MCSCREEN, *screening([batch], work / "again", rubric, "--jobs", str(jobs))]
    warm = run(again, work / "logs", env=env)
    same = not unlike(reference, work / "again")
    shutil.rmtree(work / "again")

    chance = random.Random(seed)
    different, left_over, failed, reached = 0, 0, 0, []
    for number in range(kills):
        folder = work / f"killed-{number:03d}"
        command = [*MCSCREEN, *screening([batch], folder, rubric, "--jobs", str(jobs))]
        moment = chance.uniform(0, 1.05 * warm.seconds)
        started = Run(command, work / "killed-logs", env=env)
        until = time.monotonic() + moment
        while time.monotonic() < until and started.process.poll() is None:
            time.sleep(0.01)
        started.kill()
        started.wait()
        left_over += started.left_over()
        reached.append(_records(folder))
        ended = run(command, work / "resumed-logs", env=env)
        names = unlike(reference, folder) if ended.code == first.code else ["(did not end)"]
        failed += ended.code != first.code
        different += bool(names)
        if names:
            outcome.lines.append(
                f"  killed after {moment:.1f} s with {reached[-1]} records: {len(names)} files differ: {names[:4]} {ended.told()[:200]}"
            )
        else:
            shutil.rmtree(folder)
    outcome.figures = {
        "submissions": submissions,
        "kills": kills,
        "records_at_kill_least": min(reached, default=None),
        "records_at_kill_most": max(reached, default=None),
        "reports_that_differ": different if first.code in (0, 3) else None,
        "resumed_runs_that_ended_otherwise": failed,
        "processes_left_over": left_over,
        "temporary_folders_left": sum(1 for _ in temporary.iterdir()),
        "uninterrupted_runs_alike": int(same),
        "uninterrupted_seconds": warm.seconds,
        **_two_at_once(batch, work, rubric, env, reference),
        **_damage(batch, work, rubric, env, reference, outcome),
    }
    outcome.details["records_at_kill"] = reached
    return outcome


def _zip_some(batch: Path) -> None:
    """Every fourth submission as a zip, so that temporary folders are in play."""
    for folder in sorted(batch.iterdir())[3::4]:
        shutil.make_archive(str(folder), "zip", folder)
        shutil.rmtree(folder)


def _records(folder: Path) -> int:
    path = folder / _JOURNAL
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _two_at_once(batch: Path, work: Path, rubric: str, env: dict[str, str], reference: Path) -> dict[str, int]:
    """Start a second run into the folder of a running one: it must say so and change nothing."""
    folder = work / "twice"
    command = [*MCSCREEN, *screening([batch], folder, rubric)]
    first = Run(command, work / "twice-logs", env=env)
    while not _records(folder) and first.process.poll() is None:
        time.sleep(0.05)
    second = run(command, work / "second-logs", env=env)
    ended = first.wait()
    return {
        "second_run_refused": int(second.code == 1 and "another run is writing there" in second.err),
        "first_run_unharmed": int(ended.code in (0, 3) and not unlike(reference, folder)),
    }


def _damage(batch: Path, work: Path, rubric: str, env: dict[str, str], reference: Path, outcome: Outcome) -> dict[str, int]:
    """Damage the journal of a finished run in several ways and run again."""

    def torn(data: bytearray) -> None:
        del data[-100:]

    def flipped(share: float) -> Callable[[bytearray], None]:
        def flip(data: bytearray) -> None:
            data[int(len(data) * share)] ^= 0x40

        return flip

    def in_a_head(data: bytearray) -> None:
        data[data.index(b'{"key"', len(data) // 2) + 80] ^= 0x01

    different = 0
    ways = {"torn": torn, "a third": flipped(1 / 3), "two thirds": flipped(2 / 3), "a head": in_a_head}
    for name, damage in ways.items():
        folder = work / "damaged"
        shutil.copytree(reference, folder)
        data = bytearray((folder / _JOURNAL).read_bytes())
        damage(data)
        (folder / _JOURNAL).write_bytes(data)
        for path in folder.rglob("*"):  # so that the report cannot be the old one
            if path.is_file() and path.name != _JOURNAL:
                os.unlink(path)
        ended = run([*MCSCREEN, *screening([batch], folder, rubric)], work / "damaged-logs", env=env)
        names = unlike(reference, folder)
        if names or ended.code not in (0, 3):
            different += 1
            outcome.lines.append(f"  journal damaged ({name}): {names[:4]} {ended.told()[:200]}")
        shutil.rmtree(folder)
    return {"damaged_journals": len(ways), "damaged_journals_reports_that_differ": different}
