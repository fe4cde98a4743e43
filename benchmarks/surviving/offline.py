"""Nothing leaves the machine, nothing of a candidate reaches a log, and what is written is for its owner only.

The batch is screened in a name space without a network, whose own counters tell afterwards whether anything, native code
included, tried to send a packet; and again with a guard that makes every socket and every look-up of a name raise, in the
children as well. The home folder is an empty one, so that what libraries leave there is seen. Names and sentences are planted in it; one submission makes screening raise an error
that quotes them, one file breaks its reader, and everything that any library logs is kept.
"""

from __future__ import annotations

import os
import stat
import subprocess
from itertools import pairwise
from pathlib import Path

from benchmarks.surviving.floors import Outcome
from benchmarks.surviving.inputs import good_submissions, place
from benchmarks.surviving.runs import WATCHED, run, screening, unlike

_NAME = "Zerlina Quackenbush-Ottomeyer"
_SENTENCE = "My neighbour Balthasar Zwingelbert promised the seven lanterns to the ferryman of Ebersgrund"
PLANTED = ("Zerlina", "Quackenbush", "Ottomeyer", "Balthasar", "Zwingelbert", "seven lanterns", "Ebersgrund", "Wunderkammer")
_INSIDE = ["unshare", "--user", "--map-root-user", "--net"]
_COUNTED = 'counters=$1; shift; "$@"; code=$?; cat /proc/net/snmp /proc/net/snmp6 > "$counters"; exit $code'


def plant(folder: Path) -> None:
    """Two submissions with names and sentences that stand nowhere else; in one of them a file that no reader can read."""
    for name in (_NAME, f"{_NAME} the second"):
        one = folder / name
        (one / "artifacts").mkdir(parents=True)
        (one / "Part 1 Narrative by Quackenbush.txt").write_text(f"Part 1. Overview Questions\n\n{_SENTENCE}.\n" * 3, encoding="utf-8")
        (one / "Part 3 Reflection.txt").write_text(f"Part 3. Reflection\n\n{_SENTENCE}, and I would do it again.\n", encoding="utf-8")
        (one / "artifacts" / "Wunderkammer of Ottomeyer.pdf").write_bytes(b"%PDF-1.7\n" + _SENTENCE.encode())


def trial(good: Path | None, work: Path, rubric: str) -> Outcome:
    """Screen planted and good submissions without a network and under guard; then look at what was left where."""
    outcome = Outcome("offline")
    batch, temporary = work / "batch", work / "tmp"
    for name, source in good_submissions(good)[:2]:
        place(source, batch / name)
    plant(batch)
    temporary.mkdir()
    reference, caches = work / "reference", work / "caches"
    home = work / "home"
    home.mkdir()
    loud = {"SURVIVING_LOUD": "1", "TMPDIR": str(temporary), "HOME": str(home)}
    ordinary = run([*WATCHED, *screening([batch], reference, rubric)], work / "logs-0", env={**loud, "MCSCREEN_CACHE": str(caches / "0")})
    runs = {"ordinary": ordinary}

    netless: int | None = None
    packets: int | None = None
    if _can_unshare():
        folder = work / "netless"
        counters = work / "counters"
        words = [*_INSIDE, "sh", "-c", _COUNTED, "sh", counters, *WATCHED, *screening([batch], folder, rubric)]
        ended = run(words, work / "logs-1", env={**loud, "MCSCREEN_CACHE": str(caches / "1")})
        runs["without a network"] = ended
        netless = len(unlike(reference, folder)) if ended.code == ordinary.code else 1
        packets = attempts_in(counters.read_text(encoding="utf-8"))

    refused = work / "refused"
    guarded = work / "guarded"
    env = {**loud, "MCSCREEN_CACHE": str(caches / "2"), "SURVIVING_SOCKETS": str(refused)}
    ended = run([*WATCHED, *screening([batch], guarded, rubric, "--jobs", "2")], work / "logs-2", env=env)
    runs["sockets refused, two processes"] = ended
    guarded_differ = len(unlike(reference, guarded)) if ended.code == ordinary.code else 1

    env = {**loud, "MCSCREEN_CACHE": str(caches / "0"), "SURVIVING_BREAK": _NAME}
    ended = run([*WATCHED, *screening([batch], work / "broken", rubric)], work / "logs-3", env=env)
    runs["an error that quotes"] = ended
    error_rows = [
        line
        for line in (work / "broken" / "requirements.csv").read_text(encoding="utf-8-sig").splitlines()
        if "could not be screened" in line
    ]

    leaks: list[str] = []
    for name, one in runs.items():
        said = [line for line in (one.out + one.err).splitlines()]
        leaks += [f"{name}: {word!r}" for word in PLANTED if any(word.casefold() in line.casefold() for line in said)]
    leaks += [f"an error row: {word!r}" for word in PLANTED[3:] if any(word in line for line in error_rows)]
    for path in sorted(p for p in caches.rglob("*") if p.is_file()):
        data = path.read_bytes()
        leaks += [f"{path.name} in the cache: {word!r}" for word in PLANTED if word.encode() in data]
    wide = [path for folder in (reference, work / "broken", caches) for path in too_open(folder)]
    for name, one in runs.items():
        outcome.lines.append(f"  {name:32} exit code {one.code}")
    outcome.lines += [f"  left behind: {p}" for folder in (home, temporary) for p in sorted(folder.rglob("*")) if p.is_file()]
    outcome.lines += [f"  leaked: {leak}" for leak in leaks] + [f"  open to others: {path}" for path in wide[:8]]
    attempts = refused.read_text(encoding="utf-8").splitlines() if refused.exists() else []
    outcome.lines += [f"  tried: {line}" for line in sorted(set(line.split(maxsplit=1)[1] for line in attempts))]
    outcome.figures = {
        "reports_that_differ_without_network": netless,
        "reports_that_differ_under_guard": guarded_differ,
        "packets_tried": packets,
        "sockets_tried": len(attempts),
        "error_rows": len(error_rows),
        "leaks": len(leaks),
        "open_to_others": len(wide),
        "left_in_the_temporary_folder": sum(1 for _ in temporary.iterdir()),
        "written_into_the_home_folder": sum(1 for p in home.rglob("*") if p.is_file()),
    }
    return outcome


def attempts_in(counters: str) -> int:
    """Packets that found no way out or were sent, by the kernel's counters of a name space (/proc/net/snmp and snmp6)."""
    lines = [line.split() for line in counters.splitlines()]
    pairs = [(line[0], line[1]) for line in lines if len(line) == 2]
    for names, values in pairwise(lines):
        if len(names) > 2 and names[0] == values[0]:
            pairs += [(names[0] + name, value) for name, value in zip(names[1:], values[1:], strict=False)]
    wanted = {"Ip:OutRequests", "Ip:OutNoRoutes", "Ip6OutRequests", "Ip6OutNoRoutes"}
    return sum(int(value) for name, value in pairs if name in wanted)


def _can_unshare() -> bool:
    try:
        return subprocess.run([*_INSIDE, "true"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def too_open(folder: Path) -> list[str]:
    """Files and folders that others than the owner may read, enter or write."""
    paths = [folder, *sorted(folder.rglob("*"))] if folder.exists() else []
    wanted = {True: 0o700, False: 0o600}
    found = []
    for path in paths:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & ~wanted[path.is_dir()]:
            found.append(f"{os.path.relpath(path, folder.parent)} ({mode:o})")
    return found
