"""How far coders agree with each other, and the machine with them, sentence by sentence.

Two levels: the nine labels, and the five coarser groups, which are often all that few sentences allow. The machine is there
twice: with its likeliest label for every sentence, and with the labels that it gave ("machine, given"), those it withheld
being left out; the second is what its users see, on fewer and easier sentences.

Two bases where the sentences were drawn by the machine's labels: those that were coded, as they are, and all sentences that
they stand for, each weighted by how many. The first is what coders worked on; the second is what may be told of the texts.

Percent, Cohen's kappa and Krippendorff's alpha are those of `mcscreen.coefficients`. A label's specific agreement is the chance
that another coder gives it too when one does (Fleiss 1981, ch. 13; from coincidences, so for any number of coders). Intervals
are percentiles of a bootstrap over texts, because sentences of one text are not independent; under ten texts there are none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mcscreen.coefficients import Measure, counted, interval, measured
from mcscreen.inert import cell, shorten, single_line
from mcscreen.private_files import put
from mcscreen.reflection.labels import GROUPS, LABELS
from mcscreen.research.coding.reading import MACHINE, Coded
from mcscreen.research.coding.units import Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "GIVEN",
    "NEEDED_TEXTS",
    "CodingAgreement",
    "CodingFigure",
    "CodingPair",
    "DifferentlyCoded",
    "agreement_of_coders",
    "coding_table",
    "write_coding_agreement",
]

GIVEN = f"{MACHINE}, given"
NEEDED_TEXTS = 10

Level = Literal["labels", "groups"]
Base = Literal["coded", "all"]
Named = Literal["percent", "kappa", "alpha", "specific"]

_GROUP_OF = {label: group for group, members in GROUPS.items() for label in members}
_VALUES: dict[Level, tuple[str, ...]] = {"labels": LABELS, "groups": tuple(GROUPS)}
_MEASURES: dict[Named, Measure] = {"percent": "percent", "kappa": "kappa", "alpha": "alpha_nominal"}


@dataclass(frozen=True, slots=True)
class CodingFigure:
    """One figure.

    Attributes:
        raters: Names joined by " / ", or "all coders".
        level: Nine labels or five groups.
        base: The coded sentences as they are, or all sentences that they stand for.
        measure: "percent", "kappa" (of two), "alpha", or "specific" agreement on one label.
        label: The label or group of a specific agreement; "" for the others.
        value: At most 1; None where it is undefined.
        low: Of the 95 % interval; `high` likewise. None under ten texts.
        n: Sentences that at least two of the raters labelled; for specific agreement those that one of them gave the label.
        texts: Texts that these come from.
    """

    raters: str
    level: Level
    base: Base
    measure: Named
    label: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    texts: int


@dataclass(frozen=True, slots=True)
class CodingPair:
    """How often one rater gave one label while another gave another, or the same.

    Attributes:
        n: Coded sentences.
        weight: Sentences that these stand for.
    """

    first: str
    second: str
    first_label: str
    second_label: str
    n: int
    weight: float


@dataclass(frozen=True, slots=True)
class DifferentlyCoded:
    """A sentence with two labels."""

    unit: Unit
    first: str
    second: str
    first_label: str
    second_label: str
    first_comment: str = ""
    second_comment: str = ""


@dataclass(frozen=True, slots=True)
class CodingAgreement:
    """All that is said on the agreement of coders.

    Attributes:
        coders: Their names.
        sentences: How many at least one coder labelled; `texts` likewise.
        whole: How many sentences they were drawn from.
        figures: See `CodingFigure`.
        pairs: Every pair of labels that occurs, agreement included; the likeliest machine label as one of the raters.
        differences: In the order of the texts.
    """

    coders: tuple[str, ...]
    sentences: int
    texts: int
    whole: int
    figures: tuple[CodingFigure, ...]
    pairs: tuple[CodingPair, ...]
    differences: tuple[DifferentlyCoded, ...]


def agreement_of_coders(coded: Coded, *, rounds: int = 1000, seed: int = 0) -> CodingAgreement:
    """Agreement of every two coders, of all of them, and of each with the machine.

    Args:
        coded: As `read_coded` gives it.
        rounds: Bootstrap samples.
        seed: Of the bootstrap.
    """
    said: dict[str, Mapping[str, str]] = {c: coded.labels[c] for c in coded.coders}
    machine = {u.key: u.machine for u in coded.units if u.machine}
    if machine:
        said |= {MACHINE: machine, GIVEN: {u.key: u.machine for u in coded.units if u.machine and u.given}}
    raters = [*coded.coders, *((MACHINE,) if machine else ())]
    groups: list[tuple[str, tuple[str, ...]]] = [(" / ".join(pair), pair) for pair in combinations(coded.coders, 2)]
    if len(coded.coders) > 2:
        groups.append(("all coders", coded.coders))
    groups += [(f"{c} / {m}", (c, m)) for m in (MACHINE, GIVEN) if machine for c in coded.coders]
    weighted = len({u.weight for u in coded.units}) > 1
    figures: list[CodingFigure] = []
    for name, members in groups:
        rated = [(u, [said[m][u.key] for m in members if u.key in said[m]]) for u in coded.units]
        rated = [(u, given) for u, given in rated if len(given) > 1]
        for level in _VALUES:
            for base in ("coded", "all") if weighted else ("coded",):
                figures += _figures(name, level, base, rated, len(members), rounds, seed)
    labelled = [u for u in coded.units if any(u.key in coded.labels[c] for c in coded.coders)]
    pairs: list[CodingPair] = []
    differences: list[DifferentlyCoded] = []
    for first, second in combinations(raters, 2):
        both = [(u, said[first][u.key], said[second][u.key]) for u in coded.units if u.key in said[first] and u.key in said[second]]
        for a in LABELS:
            for b in LABELS:
                if weights := [u.weight for u, x, y in both if (x, y) == (a, b)]:
                    pairs.append(CodingPair(first, second, a, b, len(weights), round(sum(weights), 1)))
        differences += [
            DifferentlyCoded(
                u, first, second, a, b, coded.comments.get(first, {}).get(u.key, ""), coded.comments.get(second, {}).get(u.key, "")
            )
            for u, a, b in both
            if a != b
        ]
    places = {u.key: n for n, u in enumerate(coded.units)}
    differences.sort(key=lambda d: places[d.unit.key])
    return CodingAgreement(
        coded.coders, len(labelled), len({u.text for u in labelled}), coded.whole, tuple(figures), tuple(pairs), tuple(differences)
    )


def _figures(
    raters: str, level: Level, base: Base, rated: Sequence[tuple[Unit, list[str]]], size: int, rounds: int, seed: int
) -> list[CodingFigure]:
    import numpy as np

    values = _VALUES[level]
    texts = list(dict.fromkeys(u.text for u, _ in rated))
    n = len(rated)
    named: list[Named] = ["alpha"] if size > 2 else list(_MEASURES)
    if not rated:
        return [CodingFigure(raters, level, base, name, "", None, None, None, 0, 0) for name in named]
    indexed: list[tuple[tuple[str, ...], list[int]]] = [
        ((u.key, ""), [values.index(_GROUP_OF[x] if level == "groups" else x) for x in given]) for u, given in rated
    ]
    weights = np.array([u.weight if base == "all" else 1.0 for u, _ in rated])
    row = {text: r for r, text in enumerate(texts)}
    counts, coincidences = (_summed(t, weights * n / weights.sum(), [row[u.text] for u, _ in rated]) for t in counted(indexed, len(values)))
    enough = len(texts) >= NEEDED_TEXTS
    figures: list[CodingFigure] = []
    for name in named:
        value, samples = measured(_MEASURES[name], counts, coincidences, rounds, seed)
        low, high = interval(samples) if enough else (None, None)
        figures.append(CodingFigure(raters, level, base, name, "", value, low, high, n, len(texts)))
    draws = np.vstack(
        [np.ones(len(texts)), np.random.default_rng(seed).multinomial(len(texts), np.full(len(texts), 1 / len(texts)), rounds)]
    )
    tables = np.tensordot(draws, coincidences, 1)
    for i, label in enumerate(values):
        given = tables[:, i].sum(axis=1)
        shares = np.where(given > 0, tables[:, i, i] / np.where(given > 0, given, 1), np.nan)
        if np.isnan(shares[0]):
            continue
        low, high = interval(shares[1:]) if enough else (None, None)
        number = sum(1 for _, given_one in indexed if i in given_one)
        figures.append(CodingFigure(raters, level, base, "specific", label, float(shares[0]), low, high, number, len(texts)))
    return figures


def _summed(tables: Floats, weights: Floats, rows: Sequence[int]) -> Floats:
    """Tables of sentences, weighted and added up to tables of texts."""
    import numpy as np

    summed = np.zeros((max(rows) + 1, *tables.shape[1:]))
    np.add.at(summed, np.asarray(rows), tables * weights[:, None, None])
    return summed


def coding_table(found: CodingAgreement) -> str:
    """The figures as lines for a terminal, the commonest confusions below."""
    drawn = f", drawn from {found.whole}" if found.whole > found.sentences else ""
    lines = [f"{found.sentences} sentences of {found.texts} texts coded by {', '.join(found.coders)}{drawn}"]
    if found.texts < NEEDED_TEXTS:
        lines.append(f"intervals need {NEEDED_TEXTS} texts")
    told = ""
    for f in found.figures:
        head = f"{f.raters}: {f.level}" + (", weighted to all sentences" if f.base == "all" else "")
        if head != told:
            told = head
            lines.append(head)
        name = f.measure if not f.label else f"both say {f.label}"
        value = "undefined" if f.value is None else f"{f.value:.2f}"
        between = "" if f.low is None or f.high is None else f"[{f.low:.2f}, {f.high:.2f}]"
        lines.append(f"  {name:24}{value:>9}  {between:15} n={f.n}")
    confused: dict[tuple[str, str, str], int] = {}
    for p in found.pairs:
        if p.first_label != p.second_label:
            one, other = sorted((p.first_label, p.second_label), key=LABELS.index)
            key = (f"{p.first} / {p.second}", one, other)
            confused[key] = confused.get(key, 0) + p.n
    if confused:
        lines.append("most often confused")
        lines += [f"  {raters}: {a} and {b}, {n}" for (raters, a, b), n in sorted(confused.items(), key=lambda item: -item[1])[:8]]
    return "\n".join(lines)


def write_coding_agreement(found: CodingAgreement, folder: Path) -> list[Path]:
    """Write coding_agreement.csv, coding_pairs.csv and coding_differences.csv (with the sentences) for their owner only."""
    names = [f.name for f in fields(CodingFigure)]
    figures: list[list[object]] = [list(names)]
    for figure in found.figures:
        row = asdict(figure)
        figures.append([round(v, 4) if isinstance(v := row[c], float) else v for c in names])
    pairs: list[list[object]] = [[f.name for f in fields(CodingPair)], *(list(asdict(p).values()) for p in found.pairs)]
    differences: list[list[object]] = [
        ["key", "text", "sentence", "first", "first_label", "second", "second_label", "first_comment", "second_comment"]
    ]
    for d in found.differences:
        comments = (single_line(d.first_comment), single_line(d.second_comment))
        told = shorten(single_line(d.unit.sentence), 32_000)
        differences.append([d.unit.key, d.unit.text, told, d.first, d.first_label, d.second, d.second_label, *comments])
    tables = {"coding_agreement.csv": figures, "coding_pairs.csv": pairs, "coding_differences.csv": differences}
    return [put(folder / name, _csv(rows)) for name, rows in tables.items()]


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        ["" if v is None else cell(v) if isinstance(v, str) else v for v in row] for row in rows
    )
    return text.getvalue().encode("utf-8-sig")
