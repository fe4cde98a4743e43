"""A disk that is full: the old report stays whole, the message says what to do, and the run goes on when there is room.

The report lies on a small file system of its own (tmpfs), which is mounted in a name space that ends with the trial, so that
nothing has to be cleared away. Where that is not allowed, a limit on the size of files (RLIMIT_FSIZE) stands in for it.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from benchmarks.surviving.floors import Outcome
from benchmarks.surviving.inputs import copies, good_submissions
from benchmarks.surviving.runs import LEFT_OUT, MCSCREEN, Ended, Run, digests, run, screening, unlike

_MOUNT = ["mount", "-t", "tmpfs", "-o", "size={size}", "none"]
_INSIDE = ["unshare", "--user", "--map-root-user", "--mount"]


def can_mount(folder: Path) -> bool:
    """Whether a file system can be mounted in a name space of its own."""
    words = ["sh", "-c", f'mount -t tmpfs -o size=1m none "{folder}"']
    try:
        return subprocess.run([*_INSIDE, *words], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def trial(good: Path | None, work: Path, rubric: str, cache: dict[str, str], *, seed: int) -> Outcome:
    """Fill the disk before the second of two runs, at several amounts of room; then make room."""
    disk = work / "disk"
    disk.mkdir(parents=True)
    outcome = Outcome("full")
    first, batch = work / "first", work / "batch"
    copies(good_submissions(good), 3, first, seed)
    copies(good_submissions(good), 5, batch, seed)
    zipped = work / "zipped"
    zipped.mkdir()
    shutil.make_archive(str(zipped / "one"), "zip", sorted(first.iterdir())[0])
    reference = work / "reference"
    run([*MCSCREEN, *screening([batch], reference, rubric)], work / "logs", env=cache)
    if can_mount(disk):
        facts = work / "facts.json"
        words = [sys.executable, "-m", "benchmarks.surviving.full", str(work), rubric, str(facts), json.dumps(cache)]
        subprocess.run([*_INSIDE, *words], check=True)
        cases = json.loads(facts.read_text(encoding="utf-8"))
        outcome.figures["file_system"] = "tmpfs"
    else:
        cases = _with_a_limit(work, rubric, cache)
        outcome.figures["file_system"] = "none could be mounted; RLIMIT_FSIZE instead"
    for case in cases:
        outcome.lines.append("  " + "  ".join(f"{k}={v}" for k, v in case.items() if k != "said"))
        outcome.lines.append(f"      {case['said']}")
    outcome.figures |= {
        "cases": len(cases),
        "ended_otherwise_than_1": sum(c["code"] != 1 for c in cases),
        "old_report_harmed": sum(not c["old_whole"] for c in cases),
        "without_a_way_out": sum(not c["way_out"] for c in cases),
        "did_not_go_on": sum(not c["goes_on"] for c in cases),
    }
    return outcome


def _case(name: str, ended: Ended, before: dict[str, str], after: dict[str, str], goes_on: bool) -> dict[str, object]:
    said = ended.told()
    return {
        "case": name,
        "code": ended.code,
        "old_whole": after == before,
        "way_out": "Traceback" not in ended.err and "make room" in said,
        "goes_on": goes_on,
        "said": said[:300],
    }


def _on_a_small_disk(work: Path, rubric: str, cache: dict[str, str]) -> list[dict[str, object]]:
    """Inside the name space: a file system that is filled up to so many kilobytes."""
    disk, cases = work / "disk", []
    subprocess.run([*(w.format(size="64m") for w in _MOUNT), str(disk)], check=True)
    for kilobytes in (0, 100, 700, 1500):
        report = disk / "report"
        run([*MCSCREEN, *screening([work / "first"], report, rubric)], work / "logs", env=cache)
        before = digests(report)
        _fill(disk, kilobytes)
        command = [*MCSCREEN, *screening([work / "batch"], report, rubric)]
        ended = run(command, work / "logs", env=cache)
        after = digests(report)
        (disk / "filler").unlink()
        again = run(command, work / "logs", env=cache)
        cases.append(
            _case(
                f"{kilobytes} kB left for the report", ended, before, after, again.code in (0, 3) and not unlike(work / "reference", report)
            )
        )
        shutil.rmtree(report)
    cases.append(_full_for_temporary_files(work, rubric, cache, disk))
    return cases


def _full_for_temporary_files(work: Path, rubric: str, cache: dict[str, str], disk: Path) -> dict[str, object]:
    """No room to unpack a zip, nor for vectors: nobody's archive may be called damaged for that."""
    report, want = work / "zip-report", work / "zip-reference"
    batch = [work / "zipped"]
    run([*MCSCREEN, *screening(batch, want, rubric)], work / "logs", env=cache)
    run([*MCSCREEN, *screening([work / "first"], report, rubric)], work / "logs", env=cache)
    before = digests(report)
    (disk / "tmp").mkdir()
    _fill(disk, 8)
    command = [*MCSCREEN, *screening(batch, report, rubric)]
    ended = run(command, work / "logs", env={**cache, "TMPDIR": str(disk / "tmp"), "MCSCREEN_CACHE": str(disk / "cache")})
    after = digests(report)
    (disk / "filler").unlink()
    again = run(command, work / "logs", env=cache)
    pages = {str(p.relative_to(report)) for p in report.rglob("*") if p.parent.name in ("submissions", "earlier") and p.stem != "one"}
    same = not unlike(want, report, LEFT_OUT | pages)
    return _case("no room for temporary files", ended, before, after, again.code in (0, 3) and same)


def _fill(disk: Path, kilobytes: int) -> None:
    """Fill a file system up to so many kilobytes."""
    about = os.statvfs(disk)
    left = about.f_bavail * about.f_frsize - kilobytes * 1024
    with (disk / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(4096, left))


def _with_a_limit(work: Path, rubric: str, cache: dict[str, str]) -> list[dict[str, object]]:
    """The substitute: no file may become longer than so many bytes."""
    cases = []
    for kilobytes in (64, 256):

        def limit(most: int = kilobytes * 1024) -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        report = work / f"limited-{kilobytes}"
        run([*MCSCREEN, *screening([work / "first"], report, rubric)], work / "logs", env=cache)
        before = digests(report)
        command = [*MCSCREEN, *screening([work / "batch"], report, rubric)]
        ended = Run(command, work / "limited-logs", env=cache, before=limit).wait()
        after = digests(report)
        again = run(command, work / "logs", env=cache)
        cases.append(
            _case(f"files of {kilobytes} kB at most", ended, before, after, again.code in (0, 3) and not unlike(work / "reference", report))
        )
    return cases


if __name__ == "__main__":
    _work, _rubric, _facts, _cache = sys.argv[1:]
    Path(_facts).write_text(json.dumps(_on_a_small_disk(Path(_work), _rubric, json.loads(_cache))), encoding="utf-8")
