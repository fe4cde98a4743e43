"""How far do assessors agree with each other, and the machine with them?

Every pair of raters is compared facet by facet and over all facets, on two scales (see `mcscreen.reviews`):

- `status`: the three values in order. Everything that was decided is in.
- `addressed`: two values. `partly` is an abstention and left out, so these figures are higher; read them with their `n`.

and on two bases: `blind`, what was decided before the finding was shown, which alone is independent of the machine; and
`final`, what was decided in the end, mostly with the finding in view, which overstates agreement with it.

The measures and their intervals are those of `mcscreen.coefficients`, resampled over submissions, because facets of one
submission are not independent.

Nothing is computed from too few: with k values at least 2 k² units (Cicchetti 1981, Applied Psychological Measurement 5,
101-104), and at least ten submissions, below which a bootstrap over submissions says little.

Citations are not in it: their statuses are looked up, not judged.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import combinations
from pathlib import Path
from typing import Literal

from mcscreen.coefficients import Measure, counted, interval, measured
from mcscreen.inert import cell, single_line
from mcscreen.private_files import put
from mcscreen.results import Screening
from mcscreen.reviews import VALUES, Gathered, Value, value_of_status

__all__ = [
    "ALL",
    "MACHINE",
    "NEEDED_SUBMISSIONS",
    "Agreement",
    "AgreementFigure",
    "Confusion",
    "Difference",
    "agreement",
    "agreement_table",
    "write_agreement",
]

MACHINE = "machine"
ALL = "all"
"""In place of a facet: over all facets."""

NEEDED_SUBMISSIONS = 10

Basis = Literal["blind", "final"]
Scale = Literal["status", "addressed"]

_SCALES: dict[Scale, tuple[Value, ...]] = {"status": VALUES, "addressed": ("not_addressed", "addressed")}
_WORDS: dict[Measure, str] = {
    "percent": "agreement",
    "kappa": "Cohen's kappa",
    "alpha_nominal": "alpha, nominal",
    "alpha_ordinal": "alpha, ordinal",
}


@dataclass(frozen=True, slots=True)
class AgreementFigure:
    """One figure.

    Attributes:
        raters: Two names joined by " / ", or "all assessors", or "all assessors / machine".
        facet: A facet's id, or "all".
        value: Between 0 and 1 for `percent`, at most 1 for the others; None with too few units or where it is undefined.
        low: Of the 95 % percentile interval of the bootstrap over submissions; `high` likewise.
        n: Units (a facet of a submission) that at least two of the raters decided.
        submissions: Submissions that these come from.
        remark: Why there is no value, or nothing.
    """

    raters: str
    basis: Basis
    facet: str
    scale: Scale
    measure: Measure
    value: float | None
    low: float | None
    high: float | None
    n: int
    submissions: int
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often the first rater said one thing while the second said another (or the same)."""

    first: str
    second: str
    basis: Basis
    first_value: Value
    second_value: Value
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A facet of a submission on which two raters differ in the end, with the passages that each points to.

    Attributes:
        kind: "value", or "passage" where both see it addressed and no passage of one overlaps one of the other.
    """

    submission: str
    facet: str
    first: str
    second: str
    kind: Literal["value", "passage"]
    first_value: Value
    second_value: Value
    first_quotes: tuple[str, ...]
    second_quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """All that is said on agreement in one report."""

    assessors: tuple[str, ...]
    submissions: int
    figures: tuple[AgreementFigure, ...]
    confusions: tuple[Confusion, ...]
    differences: tuple[Difference, ...]
    left_out: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """One rater on one facet of one submission."""

    value: Value
    places: tuple[tuple[str, int, int], ...] = ()
    quotes: tuple[str, ...] = ()


_Unit = tuple[str, str]
_Table = Mapping[_Unit, Mapping[str, _Said]]


def agreement(screenings: Sequence[Screening], gathered: Gathered, *, rounds: int = 1000, seed: int = 0) -> Agreement:
    """Agreement between every two assessors, and between each and the machine.

    Args:
        screenings: What the machine said.
        gathered: What assessors decided on these screenings.
        rounds: Bootstrap samples.
        seed: Of the bootstrap.
    """
    assessors = gathered.assessors
    figures: list[AgreementFigure] = []
    confusions: list[Confusion] = []
    tables: dict[Basis, _Table] = {"blind": _table(screenings, gathered, "blind"), "final": _table(screenings, gathered, "final")}
    groups: list[tuple[str, tuple[str, ...]]] = [(" / ".join(pair), pair) for pair in combinations((*assessors, MACHINE), 2)]
    if len(assessors) > 2:
        groups.append(("all assessors", assessors))
    if len(assessors) > 1:
        groups.append(("all assessors / machine", (*assessors, MACHINE)))
    facets = list(dict.fromkeys(c.facet for s in screenings for c in s.coverage))
    for basis, table in tables.items():
        for name, raters in groups:
            for facet in (ALL, *facets):
                units = [(u, [said[r] for r in raters if r in said]) for u, said in table.items() if facet in (ALL, u[1])]
                for scale in _SCALES:
                    figures += _figures(name, basis, facet, scale, units, len(raters), rounds, seed)
        for first, second in combinations((*assessors, MACHINE), 2):
            counts = Counter((s[first].value, s[second].value) for s in table.values() if first in s and second in s)
            confusions += [Confusion(first, second, basis, a, b, counts[a, b]) for a in VALUES for b in VALUES if counts[a, b]]
    return Agreement(
        assessors,
        len({r.submission for r in gathered.ratings}),
        tuple(figures),
        tuple(confusions),
        tuple(_differences(tables["final"], (*assessors, MACHINE))),
        gathered.left_out,
    )


def _table(screenings: Sequence[Screening], gathered: Gathered, basis: Basis) -> _Table:
    table: dict[_Unit, dict[str, _Said]] = {}
    for rating in gathered.ratings:
        value = rating.blind if basis == "blind" else rating.value
        if value is not None:
            places = tuple((p.document, p.start, p.end) for p in rating.passages)
            said = _Said(value, places, tuple(p.quote for p in rating.passages))
            table.setdefault((rating.submission, rating.facet), {})[rating.assessor] = said
    for screening in screenings:
        for line in screening.coverage:
            value = value_of_status(line.status)
            unit = (screening.submission.id, line.facet)
            if value is not None and unit in table:
                places = tuple((e.document, e.start, e.end) for e in line.evidence)
                table[unit][MACHINE] = _Said(value, places, tuple(e.quote for e in line.evidence))
    return table


def _figures(
    raters: str, basis: Basis, facet: str, scale: Scale, units: Sequence[tuple[_Unit, list[_Said]]], size: int, rounds: int, seed: int
) -> list[AgreementFigure]:
    values = _SCALES[scale]
    measures: list[Measure] = ["percent", "kappa"] if size == 2 else []
    measures += ["alpha_nominal", "alpha_ordinal"] if scale == "status" else ["alpha_nominal"]
    rated = [(u, [values.index(s.value) for s in said if s.value in values]) for u, said in units]
    rated = [(u, given) for u, given in rated if len(given) > 1]
    n, submissions = len(rated), len({u[0] for u, _ in rated})
    needed = 2 * len(values) ** 2
    if n < needed or submissions < NEEDED_SUBMISSIONS:
        why = f"too few: needs {needed} units over {NEEDED_SUBMISSIONS} submissions, has {n} over {submissions}"
        return [AgreementFigure(raters, basis, facet, scale, m, None, None, None, n, submissions, why) for m in measures]
    counts, coincidences = counted(rated, len(values))
    found = []
    for measure in measures:
        value, samples = measured(measure, counts, coincidences, rounds, seed)
        remark = "" if value is not None else "undefined: only one value is in use"
        low, high = interval(samples) if value is not None else (None, None)
        found.append(AgreementFigure(raters, basis, facet, scale, measure, value, low, high, n, submissions, remark))
    return found


def _differences(table: _Table, raters: Sequence[str]) -> Iterable[Difference]:
    for (submission, facet), said in table.items():
        for first, second in combinations([r for r in raters if r in said], 2):
            a, b = said[first], said[second]
            apart = bool(a.places and b.places) and not any(
                x[0] == y[0] and x[1] < y[2] and y[1] < x[2] for x in a.places for y in b.places
            )
            if a.value != b.value or (a.value != "not_addressed" and apart):
                kind: Literal["value", "passage"] = "value" if a.value != b.value else "passage"
                yield Difference(submission, facet, first, second, kind, a.value, b.value, a.quotes, b.quotes)


def agreement_table(found: Agreement, *, facets: int = 10) -> str:
    """Agreement as lines for a terminal: over all facets, then the facets with most differences.

    Args:
        found: As `agreement` gives it.
        facets: How many facets to list.
    """
    told = ", ".join(found.assessors) or "nobody"
    lines = [f"{found.submissions} submissions decided by {told}"]
    lines += [f"left out: {number} {why}" for why, number in found.left_out]
    for basis, meaning in (
        ("blind", "decided before the finding was shown"),
        ("final", "decided in the end, mostly with the finding in view"),
    ):
        lines += ["", f"{basis}: {meaning}"]
        for f in found.figures:
            if f.basis == basis and f.facet == ALL:
                lines.append(f"  {f.raters:32.32}  {f.scale:9}  {_WORDS[f.measure]:14}  {_value(f)}")
    counts = Counter(d.facet for d in found.differences if d.kind == "value")
    if counts:
        lines += ["", "facets with most differences in value, over all pairs:"]
        lines += [f"  {facet:32.32}  {number}" for facet, number in sorted(counts.items(), key=lambda c: (-c[1], c[0]))[:facets]]
    passages = sum(d.kind == "passage" for d in found.differences)
    lines += ["", f"{sum(counts.values())} differences in value, {passages} in the passage only"]
    return "\n".join(lines)


def _value(figure: AgreementFigure) -> str:
    if figure.value is None:
        return f"  -    {figure.remark}"
    interval = "" if figure.low is None or figure.high is None else f"[{figure.low:.2f}, {figure.high:.2f}]"
    return f"{figure.value:5.2f}  {interval:14}  n={figure.n} over {figure.submissions}"


def write_agreement(found: Agreement, folder: Path) -> list[Path]:
    """Write agreement.csv (one row a figure) and agreement.json (figures, confusions, differences).

    Raises:
        OSError: When a file cannot be written.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    names = [f.name for f in fields(AgreementFigure)]
    writer.writerow(names)
    for figure in found.figures:
        values = asdict(figure)
        writer.writerow(["" if values[n] is None else cell(single_line(v)) if isinstance(v := values[n], str) else v for n in names])
    content = json.dumps({"schema": 1, **asdict(found), "left_out": dict(found.left_out)}, ensure_ascii=True, indent=1)
    return [
        put(folder / "agreement.csv", file.getvalue().encode("utf-8-sig")),
        put(folder / "agreement.json", content.encode("ascii")),
    ]
