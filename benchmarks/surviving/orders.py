"""The same bytes come out whatever the order of the inputs, the number of processes, an interruption or a cache."""

from __future__ import annotations

import random
import time
from pathlib import Path

from benchmarks.surviving.floors import Outcome
from benchmarks.surviving.inputs import copies, good_submissions
from benchmarks.surviving.runs import MCSCREEN, run, screening, unlike


def trial(good: Path | None, work: Path, rubric: str, *, submissions: int, seed: int, most_jobs: int) -> Outcome:
    """Screen one batch in several ways and compare the folders."""
    outcome = Outcome("orders")
    batch = work / "batch"
    copies(good_submissions(good), submissions, batch, seed)
    every = sorted(batch.iterdir())
    shuffled = random.Random(seed).sample(every, len(every))
    cold, warm = {"MCSCREEN_CACHE": str(work / "cache")}, {"MCSCREEN_CACHE": str(work / "cache")}
    none = {"MCSCREEN_CACHE": "/dev/null/nowhere"}
    ways: list[tuple[str, list[tuple[list[Path], list[str], dict[str, str]]]]] = [
        ("as it is, cold cache", [([batch], [], cold)]),
        ("warm cache", [([batch], [], warm)]),
        ("no cache", [([batch], [], none)]),
        ("paths shuffled", [(shuffled, [], warm)]),
        (f"--jobs {most_jobs}", [([batch], ["--jobs", str(most_jobs)], {"MCSCREEN_CACHE": str(work / "cache2")})]),
        ("half first, then the rest", [(shuffled[: len(every) // 2], [], warm), ([batch], [], warm)]),
        ("again over the finished run", [([batch], [], warm), ([batch], [], warm)]),
    ]
    reference = work / "way-0"
    different = 0
    for number, (name, runs) in enumerate(ways):
        folder, begun = work / f"way-{number}", time.monotonic()
        for paths, more, env in runs:
            ended = run([*MCSCREEN, *screening(paths, folder, rubric, *more)], work / "logs", env=env)
        names = unlike(reference, folder) if ended.code in (0, 3) else [f"(ended with {ended.code}: {ended.told()[:200]})"]
        different += bool(names)
        outcome.lines.append(
            f"  {name:28} {time.monotonic() - begun:7.1f} s  {'the same' if not names else f'{len(names)} differ: {names[:4]}'}"
        )
    outcome.figures = {"submissions": submissions, "ways": len(ways), "ways_that_differ": different}
    return outcome
