"""A long batch of short submissions: memory and time a submission do not grow with what was done before.

While the run goes on, its memory and processor time are read five times a second and kept by the number of records in its
journal. After the first of them (those that fill caches, which hold some hundreds) both must be flat; a batch that is no longer than
that tells nothing about it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from benchmarks.surviving.floors import Outcome
from benchmarks.surviving.inputs import generated
from benchmarks.surviving.runs import MCSCREEN, memory, processor_seconds, run, screening

_OPEN_JOURNAL = """
import sys, time
from pathlib import Path
from mcscreen.journal import Journal
begun = time.perf_counter()
with Journal.open(Path(sys.argv[1]), "another") as journal:
    print(time.perf_counter() - begun, len(journal))
"""


@dataclass(frozen=True)
class Sample:
    """What a run used when so many submissions were done."""

    done: int
    memory: int
    cpu: float
    seconds: float


class _Watch:
    def __init__(self, journal: Path, every: int) -> None:
        self.samples: list[Sample] = []
        self._journal, self._every = journal, every
        self._at, self._done, self._begun = 0, 0, time.monotonic()

    def __call__(self, pid: int) -> None:
        try:
            with self._journal.open("rb") as file:
                file.seek(self._at)
                new = file.read()
        except OSError:
            return
        self._at += len(new)
        self._done += new.count(b"\n")
        if not self.samples or self._done >= self.samples[-1].done + self._every:
            self.samples.append(Sample(self._done, memory(pid), processor_seconds(pid), time.monotonic() - self._begun))


def trial(work: Path, rubric: str, cache: dict[str, str], *, submissions: int, seed: int, jobs: int, warm_up: int) -> Outcome:
    """Screen so many generated submissions in one run."""
    outcome = Outcome("many")
    batch, report = work / "batch", work / "report"
    generated(submissions, batch, seed)
    every = max(1, submissions // 100)
    watch = _Watch(report / "journal.jsonl", every)
    ended = run([*MCSCREEN, *screening([batch], report, rubric, "--jobs", str(jobs))], work / "logs", env=cache, watch=watch)
    steady = [s for s in watch.samples if s.done >= warm_up]
    screened = watch.samples[-1] if watch.samples else None
    table = watch.samples[:: max(1, len(watch.samples) // 10)]
    outcome.lines.append(f"  {'done':>9}{'parent MB':>11}{'CPU s':>10}{'CPU s each':>12}{'seconds':>10}")
    for before, sample in zip([None, *table], table, strict=False):
        each = (sample.cpu - before.cpu) / max(1, sample.done - before.done) if before else None
        outcome.lines.append(
            f"  {sample.done:9,}{sample.memory / 1e6:11.1f}{sample.cpu:10.1f}{'' if each is None else f'{each:.3f}':>12}{sample.seconds:10.1f}"
        )
    outcome.figures = {
        "submissions": submissions,
        "exit_code": ended.code,
        "parent_mb_at_the_end_of_screening": screened.memory / 1e6 if screened else None,
        "parent_mb_a_thousand_more": slope([(s.done, s.memory / 1e6) for s in steady]),
        "cpu_seconds_each": _each(steady),
        "cpu_growth": _growth(steady),
        "peak_parent_mb": ended.peak.get("parent", 0) / 1e6,
        "peak_reader_mb": ended.peak.get("reads", 0) / 1e6,
        "report_seconds": ended.seconds - screened.seconds if screened else None,
        "report_to_screening": (ended.seconds - screened.seconds) / screened.seconds if screened else None,
        **_at_the_end(report, submissions),
    }
    outcome.lines.append("  " + a_million(outcome, submissions, report))
    outcome.details["samples"] = [vars(s) for s in watch.samples]
    return outcome


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """How much the second number grows while the first grows by a thousand: the median of the slopes of all pairs (Theil-Sen)."""
    if len(points) < 3:
        return None
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for n, a in enumerate(points) for b in points[n + 1 :] if b[0] > a[0]]
    return 1000 * statistics.median(slopes) if slopes else None


def _each(steady: Sequence[Sample]) -> float | None:
    if len(steady) < 2:
        return None
    return (steady[-1].cpu - steady[0].cpu) / (steady[-1].done - steady[0].done)


def _growth(steady: Sequence[Sample]) -> float | None:
    """Processor time a submission in the last third over that in the first third."""
    third = len(steady) // 3
    first, last = _each(steady[: third + 1]), _each(steady[-third - 1 :])
    return last / first if third and first and last else None


def _at_the_end(report: Path, submissions: int) -> dict[str, float | int | None]:
    """The journal's and the index page's size, and what opening them takes."""
    journal, index = report / "journal.jsonl", report / "index.html"
    if not (journal.exists() and index.exists()):
        return {"records": None, "journal_open_seconds": None, "index_mb": None}
    answer = subprocess.run([sys.executable, "-c", _OPEN_JOURNAL, str(report)], capture_output=True, text=True, check=True)
    seconds, records = answer.stdout.split()
    begun = time.perf_counter()
    HTMLParser().feed(index.read_text(encoding="utf-8"))
    return {
        "records": int(records),
        "records_missing": submissions - int(records),
        "journal_mb": journal.stat().st_size / 1e6,
        "journal_open_seconds": float(seconds),
        "journal_open_seconds_a_thousand": 1000 * float(seconds) / max(1, int(records)),
        "index_mb": index.stat().st_size / 1e6,
        "index_kb_each": index.stat().st_size / 1e3 / max(1, submissions),
        "index_parse_seconds": time.perf_counter() - begun,
    }


def a_million(outcome: Outcome, submissions: int, report: Path) -> str:
    """What a million such submissions would take, if nothing grows but what grew here."""
    figures = outcome.figures
    each, per_thousand, seconds = figures["cpu_seconds_each"], figures["parent_mb_a_thousand_more"], figures["report_seconds"]
    if not (isinstance(each, float) and isinstance(per_thousand, float) and isinstance(seconds, float)):
        return "a million such: too few submissions to tell"
    size = sum(p.stat().st_size for p in report.rglob("*") if p.is_file()) / submissions
    return (
        f"a million such: {each * 1e6 / 86_400:,.1f} processor days of screening, {seconds / submissions * 1e6 / 3600:,.1f} hours of reports, "
        f"{size * 1e6 / 1e9:,.1f} GB on disk, {max(0.0, per_thousand):,.1f} GB more memory in the parent"
    )
