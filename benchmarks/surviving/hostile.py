"""Inputs that are built to break a reader, in one batch with good submissions.

Every input becomes a submission of its own, between the good ones, and the command line screens them all. What must hold:
a row for each, the right status, no abort, bounded memory and time, and screenings of the good submissions that are the
same to the byte as without such company. Models and rubrics among the inputs are given to `--encoder` and `rubric check`.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.surviving.floors import Outcome
from benchmarks.surviving.inputs import good_submissions, place
from benchmarks.surviving.runs import MCSCREEN, WATCHED, Ended, run, screening

CANARIES = (Path("/tmp/mcscreen_zip_slip_canary.txt"), Path("/tmp/mcscreen_zip_abs_canary.txt"), Path("/tmp/mcscreen_symlink_canary.txt"))

_STATUSES = {
    "text": {"text", "partial"},
    "needs_ocr": {"needs_ocr"},
    "empty": {"empty"},
    "encrypted": {"encrypted"},
    "corrupt": {"corrupt", "too_large"},
    "too-large": {"too_large"},
    "timeout": {"timeout", "too_large", "partial"},
    "unsupported": {"unsupported", "needs_ocr"},
    "warning": {"text", "partial"},
    "garbled": {"needs_ocr", "partial", "empty"},
}
"""Statuses that a word of the manifest allows. A bomb that is refused by its size before it is parsed is `too_large`, where the
manifest says corrupt; one that is stopped may be `too_large` for its memory before its time is up, and what the second reader
then finds is `partial`; a picture is `needs_ocr` where the manifest knows no OCR."""


@dataclass(frozen=True)
class Input:
    """A row of the manifest."""

    name: str
    family: str
    expected: str
    path: Path
    label: str = ""


def manifest(folder: Path) -> tuple[list[Input], int]:
    """The inputs that were made, and how many were not.

    Raises:
        SystemExit: When there is no manifest.
    """
    path = folder / "MANIFEST.csv"
    if not path.is_file():
        raise SystemExit(f"{path}: no such file; it names each input (name), its family and the class that is expected")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    made = [Input(r["name"], r["family"], r["expected"], folder / r["name"]) for r in rows if r.get("state", "made") == "made"]
    return made, len(rows) - len(made)


def allowed(expected: str) -> set[str]:
    """Statuses that an expectation allows: "text-or-corrupt", "text+warning", "timeout-or-text-with-page-cap" …"""
    expected = expected.replace("-with-page-cap", "")
    if "+" in expected:  # the text is there, and something is said of it
        last = expected.split("+")[-1]
        return {"partial"} if last == "needs_ocr" else _STATUSES["text"] | _STATUSES.get(last, set())
    found: set[str] = set()
    for word in expected.split("-or-"):
        found |= _STATUSES[word]
    return found


def trial(hostile: Path, good: Path | None, work: Path, rubric: str, cache: dict[str, str]) -> Outcome:
    """Screen the inputs among good submissions, and the good ones alone."""
    outcome = Outcome("hostile")
    inputs, not_made = manifest(hostile)
    own = good_submissions(good)
    before = _canaries(hostile)
    alone, mixed = work / "alone", work / "mixed"
    for name, source in own:
        place(source, alone / name)
        place(source, mixed / name)
    batch = []
    for n, item in enumerate(i for i in inputs if i.family not in ("model", "rubric")):
        label = f"{own[n % len(own)][0]}-h{n:03d}"
        batch.append(Input(item.name, item.family, item.expected, item.path, label))
        inside = item.path.suffix.lower() == ".zip" or item.path.is_dir()
        place(item.path, mixed / (label + item.path.suffix.lower() if inside else f"{label}/{item.path.name}"))

    first = run([*MCSCREEN, *screening([alone], work / "alone-report", rubric)], work / "alone-logs", env=cache)
    times = work / "times.jsonl"
    second = run(
        [*WATCHED, *screening([mixed], work / "mixed-report", rubric)], work / "mixed-logs", env={**cache, "SURVIVING_TIMES": str(times)}
    )
    if second.code not in (0, 3):
        outcome.lines.append(f"  the batch ended with {second.code}: {second.told()}")
    before_lines, lines = _screenings(work / "alone-report"), _screenings(work / "mixed-report")
    spent = {t["id"]: t for t in map(json.loads, times.read_text(encoding="utf-8").splitlines())} if times.exists() else {}

    right, found = [], []
    ids = {item.label: [i for i in lines if i == item.label or i.startswith((f"{item.label} ", f"{item.label}-"))] for item in batch}
    # The folder inside a zip may give the submission its id; such a row belongs to no other input.
    spare = sorted(set(lines) - set(before_lines) - {i for own_ids in ids.values() for i in own_ids})
    for item in batch:
        if not ids[item.label] and item.family == "zip" and spare:
            ids[item.label].append(spare.pop(0))
        mine = {i: json.loads(lines[i]) for i in ids[item.label]}
        problem = _judged(item, [d for s in mine.values() for d in s["submission"]["documents"]], bool(mine))
        right.append(problem is None)
        statuses = sorted({d["status"] for s in mine.values() for d in s["submission"]["documents"]})
        times_of = {key: max((spent[i][key] for i in mine if i in spent), default=None) for key in ("seconds", "cpu_seconds")}
        found.append({"input": item.name, "expected": item.expected, "found": statuses, "rows": len(mine), "wrong": problem, **times_of})
        if problem:
            outcome.lines.append(f"  {item.name}: expected {item.expected}, {problem}")
    refused = list(_refusals(inputs, own[0][1], work, rubric, cache))
    for name, wrong in refused:
        right.append(wrong is None)
        found.append({"input": name, "expected": "refused", "wrong": wrong})
        if wrong:
            outcome.lines.append(f"  {name}: {wrong}")
    peak = {**{k: max(first.peak.get(k, 0), v) for k, v in second.peak.items()}}
    outcome.figures = {
        "inputs": len(right),
        "not_made": not_made,
        "exit_code": second.code,
        "without_row": sum(not f["rows"] for f in found if "rows" in f),
        "right": sum(right) / max(1, len(right)),
        "good": len(before_lines),
        "good_changed": sum(lines.get(i) != line for i, line in before_lines.items()) if before_lines else None,
        "peak_reader_mb": peak["reads"] / 1e6 if "reads" in peak else None,
        "peak_parent_mb": peak["parent"] / 1e6 if "parent" in peak else None,
        "slowest_seconds": max((f["seconds"] for f in found if f.get("seconds")), default=None),  # type: ignore[type-var]
        "slowest_cpu_seconds": max((f["cpu_seconds"] for f in found if f.get("cpu_seconds")), default=None),  # type: ignore[type-var]
        "whole_seconds": second.seconds,
        "canaries": len(_canaries(hostile) - before),
    }
    outcome.details["inputs"] = found
    return outcome


def _judged(item: Input, documents: list[dict[str, str]], there: bool) -> str | None:
    """What is wrong with what became of an input, or None."""
    if not there:
        return "no row"
    by_name = {d["name"]: d["status"] for d in documents}
    if item.family == "zip":  # what is good in it is read, what is refused is said; nothing else is text
        texts = [n for n, s in by_name.items() if s == "text"]
        strange = [n for n in texts if not (n.endswith(("good.txt", "reflection.txt", "leaf.txt")) or "evil" in n or "canary" in n)]
        good = "good" not in item.path.read_bytes().decode("latin-1") or any("good" in n for n in texts)
        return f"read as text: {strange}" if strange else None if good else "the good member was not read"
    if item.family == "fs":
        texts = {os.path.basename(n) for n, s in by_name.items() if s == "text"}
        wrong = {os.path.basename(n) for n, s in by_name.items() if s != "text"} & {"ok.txt", "twin.txt"}
        strange = sorted(texts - {"ok.txt", "twin.txt", "deep.txt", "unreadable.txt"})
        return f"read: {strange}, not read: {sorted(wrong)}" if strange or wrong else None
    if item.family == "names":
        left_out = [n for n in os.listdir(item.path) if n.startswith(("~$", "._")) or n in ("Thumbs.db", "desktop.ini")]
        wanted = len(os.listdir(item.path)) - len(left_out)
        unread = sorted(n for n, s in by_name.items() if s != "text")
        return f"{len(by_name)} of {wanted} names, not text: {unread}" if unread or len(by_name) != wanted else None
    if not documents:
        return "a row without a document"
    wrong_statuses = sorted({d["status"] for d in documents} - allowed(item.expected))
    if wrong_statuses:
        return f"found {', '.join(wrong_statuses)} ({documents[0].get('reason', '')[:120]})"
    silent = [d["name"] for d in documents if d["status"] != "text" and not d.get("reason")]
    return f"no reason is given for {silent}" if silent else None


def _refusals(
    inputs: Iterable[Input], submission: Path, work: Path, rubric: str, cache: dict[str, str]
) -> Iterable[tuple[str, str | None]]:
    """Models and rubrics that must be refused with a message, and what is wrong with how they were."""
    for item in inputs:
        if item.family == "rubric":
            ended = run([*MCSCREEN, "rubric", "check", item.path], work / "refused-logs", env=cache)
            yield item.name, _not_refused(ended)
        elif item.family == "model":
            for path in sorted(p for p in item.path.parent.iterdir() if p.is_file()):
                for given in (path, path.parent):
                    words = screening([submission], work / "refused-report", rubric, "--encoder", str(given))
                    wrong = _not_refused(run([*MCSCREEN, *words], work / "refused-logs", env=cache))
                    if wrong:
                        break
                yield f"{item.name} ({path.name})", wrong


def _not_refused(ended: Ended) -> str | None:
    if ended.code != 1:
        return f"exit code {ended.code}: {ended.told()[:200]}"
    return f"an error was not caught: {ended.told()[:200]}" if "Traceback" in ended.err else None


def _screenings(report: Path) -> dict[str, str]:
    """Lines of a report by the submission's id."""
    path = report / "screenings.jsonl"
    if not path.exists():
        return {}
    return {json.loads(line)["submission"]["id"]: line for line in path.read_text(encoding="utf-8").splitlines()}


def _canaries(hostile: Path) -> set[Path]:
    """Files that only a successful attack makes."""
    return {p for p in CANARIES if p.exists()} | set((hostile / "_canary").glob("PWNED*"))
