"""How far do assessors agree with each other, and the machine with them?

Every pair of raters is compared facet by facet and over all facets, and citation by citation, on three scales (see
`mcscreen.reviews`):

- `status`: facets, the three values in order. Everything that was decided is in.
- `addressed`: facets, two values. `partly` is an abstention and left out, so these figures are higher; read them with their `n`.
- `citation`: rows of the self-analysis, two values. They stand by themselves, because a citation is looked up and a facet is
  searched; no figure mixes them.

and on two bases: `blind`, what was decided before the finding was shown, which alone is independent of the machine; and
`final`, what was decided in the end, mostly with the finding in view, which overstates agreement with it.

The measures and their intervals are those of `mcscreen.coefficients`, resampled over submissions, because facets of one
submission are not independent.

No coefficient is computed from too few: with k values at least 2 k² units (Cicchetti 1981, Applied Psychological Measurement
5, 101-104), and at least ten submissions, below which a bootstrap over submissions says little. How many units agree is told
in any case, so that a pilot of three submissions sees something that it can count.

What the machine could not read or look up has no value of the machine's: it is compared between assessors only, and counted.
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
from mcscreen.decisions import ChosenPassage
from mcscreen.errors import InputError
from mcscreen.inert import cell, markdown, single_line
from mcscreen.private_files import put
from mcscreen.results import Citation, Coverage, Evidence, Screening
from mcscreen.reviews import (
    CITATION_VALUES,
    VALUES,
    CitationValue,
    Gathered,
    Value,
    citation_value_of_status,
    value_of_status,
)

__all__ = [
    "ALL",
    "MACHINE",
    "NEEDED_SUBMISSIONS",
    "Agreement",
    "AgreementFigure",
    "Confusion",
    "Difference",
    "agreement",
    "agreement_in_markdown",
    "agreement_table",
    "write_agreement",
]

MACHINE = "machine"
ALL = "all"
"""In place of a facet: over all facets, or all citations."""

NEEDED_SUBMISSIONS = 10

Basis = Literal["blind", "final"]
Scale = Literal["status", "addressed", "citation"]

_SCALES: dict[Scale, tuple[str, ...]] = {"status": VALUES, "addressed": ("not_addressed", "addressed"), "citation": CITATION_VALUES}
_SCALE_WORDS: dict[Scale, str] = {"status": "facets", "addressed": "facets, yes or no", "citation": "citations"}
_BASES: dict[Basis, str] = {
    "blind": "decided before the finding was shown",
    "final": "decided in the end, mostly with the finding in view",
}
_WORDS: dict[Measure, str] = {
    "percent": "agreement",
    "kappa": "Cohen's kappa",
    "alpha_nominal": "alpha, nominal",
    "alpha_ordinal": "alpha, ordinal",
}
_VALUE_WORDS: dict[str, str] = {
    "not_addressed": "not addressed",
    "partly": "partly",
    "addressed": "addressed",
    "not_in_order": "not in order",
    "in_order": "in order",
}


@dataclass(frozen=True, slots=True)
class AgreementFigure:
    """One figure.

    Attributes:
        raters: Two names joined by " / ", or "all assessors", or "all assessors / machine".
        facet: A facet's id, for citations a detail's, or "all".
        value: Between 0 and 1 for `percent`, at most 1 for the others; None with too few units or where it is undefined.
        low: Of the 95 % percentile interval of the bootstrap over submissions; `high` likewise.
        agreed: Units to which all who decided them give the same value.
        n: Units (a facet or a citation of a submission) that at least two of the raters decided.
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
    agreed: int
    n: int
    submissions: int
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often the first rater said one thing while the second said another (or the same)."""

    first: str
    second: str
    basis: Basis
    scale: Literal["status", "citation"]
    first_value: Value | CitationValue
    second_value: Value | CitationValue
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A facet or a citation on which two raters differ in the end, with the passages that each points to.

    Attributes:
        scale: "status" for a facet, "citation" for a citation.
        facet: Id of the facet or detail; empty for a citation whose detail was not recognised.
        row: Row of a citation.
        kind: "value", or "passage" where both see it there and no passage of one overlaps one of the other.
    """

    submission: str
    scale: Literal["status", "citation"]
    facet: str
    row: int | None
    first: str
    second: str
    kind: Literal["value", "passage"]
    first_value: Value | CitationValue
    second_value: Value | CitationValue
    first_quotes: tuple[str, ...]
    second_quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """All that is said on agreement in one report.

    Attributes:
        submissions: On which somebody decided something.
        outside: Why something that was decided is in no figure, or in none with the machine -> how many.
        remarks: As `mcscreen.reviews.Gathered` has them.
    """

    assessors: tuple[str, ...]
    submissions: int
    figures: tuple[AgreementFigure, ...]
    confusions: tuple[Confusion, ...]
    differences: tuple[Difference, ...]
    outside: tuple[tuple[str, int], ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """One rater on one facet or citation of one submission."""

    value: Value | CitationValue
    places: tuple[tuple[str, int, int], ...] = ()
    quotes: tuple[str, ...] = ()


_Unit = tuple[str, str, int | None]
"""Submission, facet or detail, row of a citation."""

_Table = Mapping[_Unit, Mapping[str, _Said]]


def agreement(screenings: Sequence[Screening], gathered: Gathered, *, rounds: int = 1000, seed: int = 0) -> Agreement:
    """Agreement between every two assessors, and between each and the machine.

    Args:
        screenings: What the machine said.
        gathered: What assessors decided on these screenings.
        rounds: Bootstrap samples.
        seed: Of the bootstrap.

    Raises:
        InputError: When nothing was decided on these screenings, or an assessor goes by a name that is the machine's.
    """
    assessors = gathered.assessors
    if not assessors:
        raise InputError("\n".join(["no decision in these files answers a finding of this report", *gathered.remarks]))
    if MACHINE in assessors:
        raise InputError(f'an assessor is called {MACHINE!r}, as the machine is here; change the initials in the file ("assessor")')
    figures: list[AgreementFigure] = []
    confusions: list[Confusion] = []
    differences: list[Difference] = []
    groups: list[tuple[str, tuple[str, ...]]] = [(" / ".join(pair), pair) for pair in combinations((*assessors, MACHINE), 2)]
    if len(assessors) > 2:
        groups.append(("all assessors", assessors))
    if len(assessors) > 1:
        groups.append((f"all assessors / {MACHINE}", (*assessors, MACHINE)))
    for main, scales in _TABLES.items():
        for basis in _BASES:
            table = _table(main, screenings, gathered, basis)
            items = list(dict.fromkeys(item for _, item, _ in table))
            for name, raters in groups:
                for item in (ALL, *items):
                    units = [(u, [said[r] for r in raters if r in said]) for u, said in table.items() if item in (ALL, u[1])]
                    for scale in scales:
                        figures += _figures(name, basis, item, scale, units, len(raters), rounds, seed)
            values = _SCALES[main]
            for first, second in combinations((*assessors, MACHINE), 2):
                counts = Counter((s[first].value, s[second].value) for s in table.values() if first in s and second in s)
                ranked = sorted(counts.items(), key=lambda c: [values.index(v) for v in c[0]])
                confusions += [Confusion(first, second, basis, main, a, b, n) for (a, b), n in ranked]
            if basis == "final":
                differences += _differences(main, table, (*assessors, MACHINE))
    return Agreement(
        assessors,
        len({r.submission for r in gathered.ratings if r.value} | {c.submission for c in gathered.citations if c.value}),
        tuple(figures),
        tuple(confusions),
        tuple(differences),
        _outside(gathered),
        tuple(gathered.remarks),
    )


_TABLES: dict[Literal["status", "citation"], tuple[Scale, ...]] = {"status": ("status", "addressed"), "citation": ("citation",)}
"""What is compared together, and the scales on which it is."""


def _table(kind: Literal["status", "citation"], screenings: Sequence[Screening], gathered: Gathered, basis: Basis) -> _Table:
    """Who says what of each facet, or each citation, that somebody decided."""
    table: dict[_Unit, dict[str, _Said]] = {}
    for screening in screenings:
        lines = screening.coverage if kind == "status" else screening.citations
        for line in lines:
            found = value_of_status(line.status) if isinstance(line, Coverage) else citation_value_of_status(line.status)
            unit = (screening.submission.id, line.facet or "", line.row if isinstance(line, Citation) else None)
            if found is not None:
                table[unit] = {MACHINE: _said(found, line.evidence)}
    for rating in gathered.ratings if kind == "status" else gathered.citations:
        value = rating.blind if basis == "blind" else rating.value
        if value is not None:
            unit = (rating.submission, rating.decision.facet or "", rating.decision.row)
            table.setdefault(unit, {})[rating.assessor] = _said(value, rating.passages)
    return {unit: said for unit, said in table.items() if set(said) - {MACHINE}}


def _said(value: Value | CitationValue, passages: Sequence[Evidence | ChosenPassage]) -> _Said:
    return _Said(value, tuple((p.document, p.start, p.end) for p in passages), tuple(p.quote for p in passages))


def _outside(gathered: Gathered) -> tuple[tuple[str, int], ...]:
    found: Counter[str] = Counter()
    for kind, silent, ratings in (("facets", "unread", gathered.ratings), ("citations", "cannot_verify", gathered.citations)):
        decided = {(r.submission, *r.decision.key) for r in ratings if r.decision.finding == silent and r.value is not None}
        found[f"{kind} that are {silent!r} for the machine: compared between assessors only"] = len(decided)
        found[f"agreements with {silent!r} on {kind}, which say neither yes nor no"] = sum(
            r.decision.finding == silent and r.decision.choice == "agree" for r in ratings
        )
        found[f"notes on {kind} without a decision"] = sum(r.decision.choice is None for r in ratings)
    return tuple((why, number) for why, number in found.items() if number)


def _figures(
    raters: str, basis: Basis, facet: str, scale: Scale, units: Sequence[tuple[_Unit, list[_Said]]], size: int, rounds: int, seed: int
) -> list[AgreementFigure]:
    values = _SCALES[scale]
    measures: list[Measure] = ["percent", "kappa"] if size == 2 else []
    measures += ["alpha_nominal", "alpha_ordinal"] if scale == "status" else ["alpha_nominal"]
    rated = [(u, [values.index(s.value) for s in said if s.value in values]) for u, said in units]
    rated = [(u, given) for u, given in rated if len(given) > 1]
    n, submissions = len(rated), len({u[0] for u, _ in rated})
    agreed = sum(len(set(given)) == 1 for _, given in rated)
    needed = 2 * len(values) ** 2
    if n < needed or submissions < NEEDED_SUBMISSIONS:
        why = f"too few: needs {needed} units over {NEEDED_SUBMISSIONS} submissions, has {n} over {submissions}"
        return [AgreementFigure(raters, basis, facet, scale, m, None, None, None, agreed, n, submissions, why) for m in measures]
    counts, coincidences = counted(rated, len(values))
    found = []
    for measure in measures:
        value, samples = measured(measure, counts, coincidences, rounds, seed)
        remark = "" if value is not None else "undefined: only one value is in use"
        low, high = interval(samples) if value is not None else (None, None)
        found.append(AgreementFigure(raters, basis, facet, scale, measure, value, low, high, agreed, n, submissions, remark))
    return found


def _differences(scale: Literal["status", "citation"], table: _Table, raters: Sequence[str]) -> Iterable[Difference]:
    for (submission, facet, row), said in table.items():
        for first, second in combinations([r for r in raters if r in said], 2):
            a, b = said[first], said[second]
            apart = bool(a.places and b.places) and not any(
                x[0] == y[0] and x[1] < y[2] and y[1] < x[2] for x in a.places for y in b.places
            )
            if a.value != b.value or (a.value not in ("not_addressed", "not_in_order") and apart):
                kind: Literal["value", "passage"] = "value" if a.value != b.value else "passage"
                yield Difference(submission, scale, facet, row, first, second, kind, a.value, b.value, a.quotes, b.quotes)


def agreement_table(found: Agreement, *, facets: int = 10) -> str:
    """Agreement as lines for a terminal: over all facets and citations, who says what instead, and where most differ.

    Args:
        found: As `agreement` gives it.
        facets: How many facets and details to list.
    """
    lines = [*_beginning(found)]
    for basis, meaning in _BASES.items():
        lines += ["", f"{basis}: {meaning}"]
        own = [f for f in found.figures if f.basis == basis and f.facet == ALL and f.n]
        for group in dict.fromkeys((f.raters, f.scale) for f in own):
            figures = [f for f in own if (f.raters, f.scale) == group]
            head = f"  {group[0]:32.32}  {_SCALE_WORDS[group[1]]:17}"
            lines.append(f"{head}  {_raw(figures[0])}")
            lines += [f"{'':{len(head)}}  {_WORDS[f.measure]:14}  {_value(f)}" for f in figures if not f.remark.startswith("too few")]
        if not own:
            lines.append("  nothing was decided by two so" if basis == "final" else "  nothing was decided so")
    told = [c for c in found.confusions if c.basis == "final" and c.first_value != c.second_value]
    if told:
        lines += ["", "who says what instead, in the end:"]
        for c in sorted(told, key=lambda c: (c.first, c.second, -c.n)):
            lines.append(f"  {f'{c.first} / {c.second}':32.32}  {_VALUE_WORDS[c.first_value]} / {_VALUE_WORDS[c.second_value]}: {c.n}")
    apart = Counter(d.facet or "detail not recognised" for d in found.differences if d.kind == "value")
    if apart:
        lines += ["", "facets and details with most differences in value, over all pairs:"]
        lines += [f"  {facet:32.32}  {number}" for facet, number in sorted(apart.items(), key=lambda c: (-c[1], c[0]))[:facets]]
    passages = sum(d.kind == "passage" for d in found.differences)
    lines += ["", f"{sum(apart.values())} differences in value, {passages} in the passage only; agreement.md shows the passages"]
    return "\n".join(lines)


def _beginning(found: Agreement) -> Iterable[str]:
    yield f"{_number(found.submissions, 'submission')} decided by {', '.join(found.assessors)}"
    yield from found.remarks
    yield from (f"{number} {why}" for why, number in found.outside)


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _raw(figure: AgreementFigure) -> str:
    raw = f"{figure.agreed} of {figure.n} agree, over {_number(figure.submissions, 'submission')}"
    return f"{raw}; {figure.remark.partition(', has')[0]}" if figure.remark.startswith("too few") else raw


def _value(figure: AgreementFigure) -> str:
    if figure.value is None:
        return f"  -    {figure.remark}"
    return f"{figure.value:5.2f}" + ("" if figure.low is None or figure.high is None else f"  [{figure.low:.2f}, {figure.high:.2f}]")


def agreement_in_markdown(found: Agreement) -> str:
    """Agreement to read through: figures over all, what agrees facet by facet, who says what instead, and both sides' passages."""
    lines = ["# Agreement", "", *(f"- {markdown(line)}" for line in _beginning(found))]
    for basis, meaning in _BASES.items():
        own = [f for f in found.figures if f.basis == basis and f.facet == ALL and f.n]
        if own:
            lines += ["", f"## {basis.title()}: {meaning}", ""]
            lines += ["| raters | of | agree | measure | value, 95 % interval |", "|---|---|---|---|---|"]
            seen: set[tuple[str, str, str]] = set()
            for f in own:
                measure = _WORDS[f.measure]
                if f.remark.startswith("too few"):
                    if (f.raters, f.scale, f.remark) in seen:
                        continue
                    seen.add((f.raters, f.scale, f.remark))
                    measure = "any"
                raw = f"{f.agreed} of {f.n}, {_number(f.submissions, 'submission')}"
                lines.append(f"| {markdown(f.raters)} | {_SCALE_WORDS[f.scale]} | {raw} | {measure} | {f.remark or _value(f).strip()} |")
    pairs = list(dict.fromkeys(f.raters for f in found.figures if f.measure == "percent"))
    for scale in _TABLES:
        raw_counts = {(f.facet, f.raters): f for f in found.figures if (f.basis, f.scale, f.measure) == ("final", scale, "percent") and f.n}
        items = [i for i in dict.fromkeys(item for item, _ in raw_counts) if i != ALL]
        if items:
            lines += ["", f"## {_SCALE_WORDS[scale].title()}, one by one: how many agree in the end", ""]
            lines += [f"| | {' | '.join(map(markdown, pairs))} |", "|---" * (len(pairs) + 1) + "|"]
            for item in items:
                counts = [raw_counts.get((item, pair)) for pair in pairs]
                told = [f"{c.agreed} of {c.n}" if c else "" for c in counts]
                lines.append(f"| {markdown(item) or 'detail not recognised'} | {' | '.join(told)} |")
    if found.confusions:
        lines += ["", "## Who says what", "", "| first / second | basis | first says | second says | n |", "|---|---|---|---|---|"]
        for c in found.confusions:
            said = f"{_VALUE_WORDS[c.first_value]} | {_VALUE_WORDS[c.second_value]}"
            lines.append(f"| {markdown(c.first)} / {markdown(c.second)} | {c.basis} | {said} | {c.n} |")
    if found.differences:
        lines += ["", "## What they differ on"]
    for submission in dict.fromkeys(d.submission for d in found.differences):
        lines += ["", f"### {markdown(submission)}", ""]
        for d in (d for d in found.differences if d.submission == submission):
            row = f", row {d.row}" if d.row is not None else ""
            lines.append(f"- **{markdown(d.facet) or 'detail not recognised'}**{row}" + (": other passages" if d.kind == "passage" else ""))
            for name, value, quotes in ((d.first, d.first_value, d.first_quotes), (d.second, d.second_value, d.second_quotes)):
                lines.append(f"    - {markdown(name)}: {_VALUE_WORDS[value]}" + "".join(f"; “{markdown(q)}”" for q in quotes[:3]))
    return "\n".join(lines) + "\n"


def write_agreement(found: Agreement, folder: Path) -> list[Path]:
    """Write agreement.csv (one row a figure), agreement.json (figures, confusions, differences) and agreement.md (to read).

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
    content = json.dumps({"schema": 1, **asdict(found), "outside": dict(found.outside)}, ensure_ascii=True, indent=1)
    return [
        put(folder / "agreement.csv", file.getvalue().encode("utf-8-sig")),
        put(folder / "agreement.json", content.encode("ascii")),
        put(folder / "agreement.md", agreement_in_markdown(found).encode("utf-8", "replace")),
    ]
