"""How well do the findings agree with people who read the same submissions?

Labels are a folder with one folder a submission: `labels.json` holds, for each part, facet -> met | partial | missing, and
`evidence` (facet -> a quote). Where a second reader's `annotation.json` lies beside it, only the facets on which both
readers agree are scored, and either reader's quotes count as evidence.

Figures are whole-sample values with percentile intervals from a bootstrap over submissions, because the facets of one
submission are not independent (Efron & Tibshirani 1993, ch. 13).
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcscreen.errors import InputError
from mcscreen.results import Screening

__all__ = ["Decision", "Figure", "compare", "figures", "read_labels", "read_screenings"]

Label = str


@dataclass(frozen=True, slots=True)
class Decision:
    """One facet of one submission: what people say and what the machine says.

    Attributes:
        label: "met", "partial" or "missing".
        score: The machine's score; 0 where nothing was searched.
        status: The machine's status.
        hit1: Whether the first quote overlaps a reader's quote; None where the readers have none.
        hit3: The same for the first three quotes.
    """

    submission: str
    facet: str
    label: Label
    score: float
    status: str
    hit1: bool | None
    hit3: bool | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval; `n` is the number of decisions that it rests on."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int


def read_screenings(path: Path) -> list[Screening]:
    """Screenings of a screenings.jsonl, or of a report folder.

    Raises:
        InputError: When the file cannot be read or a line is no screening.
    """
    file = path / "screenings.jsonl" if path.is_dir() else path
    screenings = []
    try:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            try:
                screenings.append(Screening.model_validate_json(line))
            except ValueError as error:
                raise InputError(f"{file}:{number}: not a screening ({type(error).__name__}); screen again with this version") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); give a report folder or its screenings.jsonl") from None
    return screenings


def read_labels(folder: Path) -> dict[str, dict[str, tuple[Label, list[str]]]]:
    """Labels on which the readers agree: submission -> facet -> (label, quotes).

    Raises:
        InputError: When no labels are found or a file is not as expected.
    """
    labels: dict[str, dict[str, tuple[Label, list[str]]]] = {}
    for file in sorted(folder.glob("*/labels.json")):
        try:
            first = json.loads(file.read_text(encoding="utf-8"))
            other = file.with_name("annotation.json")
            second = json.loads(other.read_text(encoding="utf-8")) if other.exists() else {}
            rows: dict[str, tuple[Label, list[str]]] = {}
            for part, facets in first.items():
                if not isinstance(facets, dict) or not all(v in ("met", "partial", "missing") for v in facets.values()) or not facets:
                    continue
                for facet, label in facets.items():
                    reading = second.get(part, {}).get(facet)
                    if reading is not None and reading["label"] != label:
                        continue
                    quotes = [first.get("evidence", {}).get(facet), *(reading["quotes"] if reading else [])]
                    rows[facet] = (label, [q for q in quotes if q] if label != "missing" else [])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{file}: not a label file ({type(error).__name__}); see CONTRIBUTING.md for the form") from None
        labels[file.parent.name] = rows
    if not labels:
        raise InputError(f"{folder}: no */labels.json in it; give the folder that holds one folder a submission")
    return labels


def compare(screenings: Sequence[Screening], labels: dict[str, dict[str, tuple[Label, list[str]]]]) -> list[Decision]:
    """Pair every labelled facet with what was found."""
    decisions = []
    for screening in screenings:
        lines = {c.facet: c for c in screening.coverage}
        for facet, (label, quotes) in labels.get(screening.submission.id, {}).items():
            line = lines.get(facet)
            shown = [e.quote for e in line.evidence[:3]] if line else []
            hits = [any(_overlap(s, q) for q in quotes) for s in shown] if quotes else None
            decisions.append(
                Decision(
                    submission=screening.submission.id,
                    facet=facet,
                    label=label,
                    score=line.score or 0.0 if line else 0.0,
                    status=line.status if line else "unread",
                    hit1=None if hits is None else bool(hits[:1] and hits[0]),
                    hit3=None if hits is None else any(hits),
                )
            )
    return decisions


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def _overlap(a: str, b: str) -> bool:
    """Whether two quotes share eight words in sequence, or all of a shorter one (at least three)."""
    first, second = _words(a), _words(b)
    n = min(8, len(first), len(second))
    if n < 3:
        return False
    grams = {tuple(first[i : i + n]) for i in range(len(first) - n + 1)}
    return any(tuple(second[i : i + n]) in grams for i in range(len(second) - n + 1))


def _auc(decisions: Sequence[Decision]) -> float | None:
    met = [d.score for d in decisions if d.label == "met"]
    missing = [d.score for d in decisions if d.label == "missing"]
    if not met or not missing:
        return None
    return sum((p > n) + 0.5 * (p == n) for p in met for n in missing) / (len(met) * len(missing))


def _facet_auc(decisions: Sequence[Decision]) -> float | None:
    by_facet: dict[str, list[Decision]] = {}
    for decision in decisions:
        by_facet.setdefault(decision.facet, []).append(decision)
    values = [v for v in map(_auc, by_facet.values()) if v is not None]
    return sum(values) / len(values) if values else None


def _share(rows: Callable[[Decision], bool], hit: Callable[[Decision], bool]) -> Callable[[Sequence[Decision]], float | None]:
    def figure(decisions: Sequence[Decision]) -> float | None:
        kept = [d for d in decisions if rows(d)]
        return sum(hit(d) for d in kept) / len(kept) if kept else None

    return figure


_RELEVANT: dict[str, tuple[Callable[[Decision], bool], Callable[[Sequence[Decision]], float | None]]] = {
    "auc": (lambda d: d.label != "partial", _auc),
    "facet_mean_auc": (lambda d: d.label != "partial", _facet_auc),
    "hit@1": (lambda d: d.hit1 is not None, _share(lambda d: d.hit1 is not None, lambda d: bool(d.hit1))),
    "hit@3": (lambda d: d.hit3 is not None, _share(lambda d: d.hit3 is not None, lambda d: bool(d.hit3))),
    "missing_not_covered": (lambda d: d.label == "missing", _share(lambda d: d.label == "missing", lambda d: d.status != "covered")),
    "missing_not_found": (lambda d: d.label == "missing", _share(lambda d: d.label == "missing", lambda d: d.status == "not_found")),
    "met_not_found": (lambda d: d.label == "met", _share(lambda d: d.label == "met", lambda d: d.status == "not_found")),
    "met_covered": (lambda d: d.label == "met", _share(lambda d: d.label == "met", lambda d: d.status == "covered")),
    "partial_thin": (lambda d: d.label == "partial", _share(lambda d: d.label == "partial", lambda d: d.status == "thin")),
}


def figures(decisions: Sequence[Decision], *, rounds: int = 1000, seed: int = 0) -> list[Figure]:
    """The figures with bootstrap intervals over submissions.

    Args:
        decisions: As `compare` gives them.
        rounds: Bootstrap samples.
        seed: Of the bootstrap.
    """
    by_submission: dict[str, list[Decision]] = {}
    for decision in decisions:
        by_submission.setdefault(decision.submission, []).append(decision)
    groups = list(by_submission.values())
    found = []
    for name, (relevant, value) in _RELEVANT.items():
        generator = random.Random(seed)
        samples = sorted(
            v
            for _ in range(rounds if groups else 0)
            if (v := value([d for group in generator.choices(groups, k=len(groups)) for d in group])) is not None
        )
        low, high = (
            (samples[int(0.025 * len(samples))], samples[min(len(samples) - 1, int(0.975 * len(samples)))]) if samples else (None, None)
        )
        found.append(Figure(name, value(decisions), low, high, sum(map(relevant, decisions))))
    return found
