"""A document's reflection as a profile: how much of each label, how wide, where, and which sentences show it.

Counts are of sentences and carry Wilson intervals, because a reflection of forty sentences says little about a rate; the
interval covers sampling only, not the labeller's errors. A sentence whose label was withheld stays in the denominator, and
`uncertain` is shown beside the rest. `expected` adds up probabilities instead of labels and so counts the withheld ones.

Depth is left as shares of groups. Kember's and Hatton & Smith's levels describe whole texts and are a person's to give: the
crosswalk says in words which labels such a reader would look at, and nothing here computes a level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mcscreen.reflection.labels import GROUPS, LABELS, UNCERTAIN, Label
from mcscreen.submission import Passage

__all__ = ["CROSSWALK", "Crossing", "Profile", "Rate", "ShownSentence", "profile_of", "wilson"]

SHOWN = 3
"""Sentences that are shown for each label, the surest first."""

Third = Literal["beginning", "middle", "end"]
THIRDS: tuple[Third, ...] = ("beginning", "middle", "end")


@dataclass(frozen=True, slots=True)
class Crossing:
    """A level of a published scheme, and what of the profile a person would read for it."""

    scheme: str
    level: str
    labels: tuple[str, ...]
    look_for: str


CROSSWALK: tuple[Crossing, ...] = (
    Crossing(
        "Kember et al. 2008",
        "habitual action / non-reflection",
        ("other", "experience"),
        "Told without a view of it; nothing is asked of the experience.",
    ),
    Crossing("Kember et al. 2008", "understanding", ("experience", "belief"), "A concept is stated, and not tied to what the writer did."),
    Crossing(
        "Kember et al. 2008",
        "reflection",
        ("reflection", "difficulty", "perspective", "learning"),
        "An idea is tied to an own experience, and the writer draws something from it.",
    ),
    Crossing(
        "Kember et al. 2008",
        "critical reflection",
        ("learning", "intention", "belief"),
        "A belief that guided practice has changed, and the text shows from what to what.",
    ),
    Crossing("Hatton & Smith 1995", "descriptive writing", ("experience", "other"), "Events are reported, without reasons."),
    Crossing(
        "Hatton & Smith 1995",
        "descriptive reflection",
        ("experience", "reflection", "difficulty"),
        "Reasons are given, mostly from one point of view.",
    ),
    Crossing(
        "Hatton & Smith 1995",
        "dialogic reflection",
        ("reflection", "perspective", "learning"),
        "The writer steps back, weighs alternatives and other views.",
    ),
    Crossing(
        "Hatton & Smith 1995",
        "critical reflection",
        ("perspective", "belief", "learning"),
        "Reasons are set in their social, cultural or political context.",
    ),
)
"""In words, for a person; labels recur across levels because no sentence label decides one."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many sentences, per 100, with a 95 % Wilson interval.

    Attributes:
        name: A label, a group, "deep" or "uncertain".
        count: Sentences to which it was given.
        per_100: Of 100 sentences.
        low: Lower end of the interval, per 100.
        high: Upper end.
        expected: Sum of the probabilities over all sentences, per 100; equals `per_100` for "uncertain", which has none.
    """

    name: str
    count: int
    per_100: float
    low: float
    high: float
    expected: float


@dataclass(frozen=True, slots=True)
class ShownSentence:
    """A sentence that was given a label."""

    label: str
    probability: float
    passage: Passage


@dataclass(frozen=True, slots=True)
class Profile:
    """One text's reflection.

    Attributes:
        sentences: How many were labelled.
        labels: A rate for each of `LABELS`, then "uncertain".
        groups: A rate for each of `GROUPS`, then "uncertain".
        deep: Sentences that more likely than not analyse or draw something from an experience.
        breadth: How many of the eight labels of the model occur at all.
        thirds: Deep sentences in the beginning, middle and end of the text, as counts.
        spread: Between 0 (all deep sentences in one third) and 1 (as many in each); None without deep sentences.
        shown: The surest sentences of each label but "other".
    """

    sentences: int
    labels: tuple[Rate, ...]
    groups: tuple[Rate, ...]
    deep: Rate
    breadth: int
    thirds: tuple[tuple[Third, int], ...]
    spread: float | None
    shown: tuple[ShownSentence, ...]


def wilson(count: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927, doi 10.1080/01621459.1927.10502953); (0, 1) of nothing."""
    if of == 0:
        return 0.0, 1.0
    z = 1.959964
    share = count / of
    centre = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    below = 1 + z * z / of
    return max(0.0, (centre - reach) / below), min(1.0, (centre + reach) / below)


def profile_of(sentences: Sequence[Passage], labels: Sequence[Label]) -> Profile:
    """Add labels up to a profile.

    Args:
        sentences: In the order of the text.
        labels: One for each, as `Labeller.predict` gives them.

    Raises:
        ValueError: When there are not as many labels as sentences.
    """
    if len(sentences) != len(labels):
        raise ValueError(f"{len(labels)} labels for {len(sentences)} sentences")
    total = len(labels)
    by_label = [
        _rate(name, sum(x.label == name for x in labels), total, sum(x.probabilities[i] for x in labels)) for i, name in enumerate(LABELS)
    ]
    by_group = [
        _rate(name, sum(x.group == name for x in labels), total, sum(x.probabilities[LABELS.index(m)] for x in labels for m in members))
        for name, members in GROUPS.items()
    ]
    deep = [i for i, x in enumerate(labels) if x.deep >= 0.5]
    thirds = [sum(1 for i in deep if 3 * i // total == third) for third in range(3)]
    shown = [
        ShownSentence(name, x.probability, passage)
        for name in LABELS
        if name != "other"
        for passage, x in sorted(
            ((p, x) for p, x in zip(sentences, labels, strict=True) if x.label == name),
            key=lambda pair: (-pair[1].probability, pair[0].start),
        )[:SHOWN]
    ]
    return Profile(
        sentences=total,
        labels=(*by_label, _withheld(sum(x.label == UNCERTAIN for x in labels), total)),
        groups=(*by_group, _withheld(sum(x.group == UNCERTAIN for x in labels), total)),
        deep=_rate("deep", len(deep), total, sum(x.deep for x in labels)),
        breadth=len({x.label for x in labels} - {"other", UNCERTAIN}),
        thirds=tuple(zip(THIRDS, thirds, strict=True)),
        spread=_evenness(thirds),
        shown=tuple(shown),
    )


def _rate(name: str, count: int, of: int, expected: float) -> Rate:
    low, high = wilson(count, of)
    per = 100 / of if of else 0.0
    return Rate(name, count, round(count * per, 1), round(100 * low, 1), round(100 * high, 1), round(expected * per, 1))


def _withheld(count: int, of: int) -> Rate:
    return _rate(UNCERTAIN, count, of, float(count))


def _evenness(counts: Sequence[int]) -> float | None:
    """Shannon's entropy over its maximum (Pielou 1966)."""
    total = sum(counts)
    if not total:
        return None
    entropy = -sum(c / total * math.log(c / total) for c in counts if c)
    return round(abs(entropy) / math.log(len(counts)), 3)
