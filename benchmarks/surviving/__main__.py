"""The command line of the trials; see the package."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import benchmarks.surviving as package
from benchmarks.surviving import full, hostile, inert, killed, many, offline, orders
from benchmarks.surviving.floors import FLOORS, Outcome, as_json, breaches, load_floors, show

TRIALS = ("hostile", "killed", "full", "orders", "many", "offline", "inert")


def main() -> int:
    """Run the trials that are asked for; 1 when something does not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.surviving", description=package.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=(*TRIALS, "all"))
    parser.add_argument("hostile", type=Path, nargs="?", help="folder with MANIFEST.csv, for hostile and all")
    parser.add_argument("--good", type=Path, help="folder of good submissions; the shipped examples if not given")
    parser.add_argument("--rubric", default="student-centeredness")
    parser.add_argument("--submissions", type=int, help="how many: killed 24, orders 6, many 10,000")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=1, help="for killed and many; orders compares 1 with this or 2")
    parser.add_argument("--warm-up", type=int, default=500, help="for many: submissions after which memory and time must be flat")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, help="folder to work in, which is kept; a temporary one if not given")
    parser.add_argument("--json", type=Path, help="write figures and details there")
    parser.add_argument("--floors", type=Path, default=FLOORS)
    options = parser.parse_args()
    if options.what in ("hostile", "all") and options.hostile is None:
        parser.error("hostile and all need a folder with MANIFEST.csv")
    floors = load_floors(options.floors)
    outcomes: list[Outcome] = []
    broken: dict[str, list[str]] = {}
    with _folder(options.work) as folder:
        for what in TRIALS if options.what == "all" else (options.what,):
            outcome = _trial(what, options, folder / what)
            outcomes.append(outcome)
            broken[what] = breaches(outcome, floors)
            print(show(outcome, broken[what]), flush=True)
            if options.json:
                options.json.write_text(as_json(outcomes, broken), encoding="utf-8")
    return 1 if any(broken.values()) else 0


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="surviving-") as folder:
        yield Path(folder)


def _trial(what: str, options: argparse.Namespace, work: Path) -> Outcome:
    try:
        work.mkdir(parents=True)
    except FileExistsError:
        raise SystemExit(f"{work}: exists; give another --work, so that nothing old is measured") from None
    good, rubric, seed, jobs = options.good, options.rubric, options.seed, options.jobs
    # A cache of the trial's own: what a user has computed before must not make anything look faster or more robust.
    cache = {"MCSCREEN_CACHE": str(work / "cache")}
    if what == "hostile":
        return hostile.trial(options.hostile, good, work, rubric, cache)
    if what == "killed":
        number = options.submissions or 24
        return killed.trial(good, work, rubric, cache, kills=options.kills, submissions=number, seed=seed, jobs=jobs)
    if what == "full":
        return full.trial(good, work, rubric, cache, seed=seed)
    if what == "orders":
        return orders.trial(good, work, rubric, submissions=options.submissions or 6, seed=seed, most_jobs=max(2, jobs))
    if what == "many":
        return many.trial(work, rubric, cache, submissions=options.submissions or 10_000, seed=seed, jobs=jobs, warm_up=options.warm_up)
    if what == "offline":
        return offline.trial(good, work, rubric)
    return inert.trial(work, rubric, cache)


if __name__ == "__main__":
    sys.exit(main())
