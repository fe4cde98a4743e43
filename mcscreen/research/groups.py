"""Groups of texts compared: cohorts, years, before and after; no group so small that it speaks of persons.

The text is the unit: the measure of a group is the mean of its texts' values. A difference comes with a bootstrap interval
over texts, a size that does not hang on the unit (Hedges' g, with Hedges' 1981 correction, doi 10.3102/10769986006002107; or
Cliff's delta, 1993, doi 10.1037/0033-2909.114.3.494, which asks for no normal values), and the p of a permutation test of the
studentised difference, which holds for unequal spreads as well (Janssen 1997, doi 10.1016/S0167-7152(97)00043-6). Many measures
are looked at, so the p-values are corrected by Holm's method (1979) over all measures and pairs of one comparison.

Small groups are not shown. Their number of texts is told as "fewer than", and since a group that is left out alone could be
had by taking the others from a total, the next larger group is left out with it until those left out hold as many texts as a
shown group must (complementary suppression; Hundepool et al. 2012, "Statistical Disclosure
Control"). Only a study that publishes no total of its texts may switch that off. Nothing here gives a total, a smallest or a
largest value. What two comparisons with different groups tell together is beyond this module: publish one.

A difference of labels is a difference of what the labeller said. Where groups write differently (second language, dictated
text), its errors may differ too; compare the readability figures, and label sentences of each group by hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

from mcscreen.errors import InputError
from mcscreen.research.resampling import PORTION, drawn_means, means, percentiles, portions

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["LEAST", "Comparison", "Effect", "compare_groups", "holm"]

Effect = Literal["hedges", "cliff"]

LEAST = 5
"""No group with fewer texts is ever shown."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Groups of texts beside each other.

    Attributes:
        groups: A row a group: `group`, `texts` (in words, "fewer than 10" where that is all that may be told), `shown`, `why`.
        means: A row a measure of a shown group: `group`, `kind`, `name`, `texts`, `mean`, `low`, `high`, `sd`.
        differences: A row a measure of a pair of shown groups: `kind`, `name`, `group_a`, `group_b`, `texts_a`, `texts_b`, `mean_a`,
            `mean_b`, `difference` (b - a), `low`, `high`, `effect`, `effect_low`, `effect_high`, `p`, `p_holm`.
        effect: What the effect is.
        fewest: Texts that a group needs to be shown.
    """

    groups: pd.DataFrame
    means: pd.DataFrame
    differences: pd.DataFrame
    effect: Effect
    fewest: int


def compare_groups(
    documents: pd.DataFrame,
    by: str,
    *,
    kinds: Sequence[str] = ("label", "group", "deep", "indicator"),
    fewest: int = 10,
    totals_published: bool = True,
    effect: Effect = "hedges",
    rounds: int = 2000,
    seed: int = 1,
) -> Comparison:
    """Compare groups of texts.

    Args:
        documents: `Corpus.documents`, with the facts about the texts as columns.
        by: The fact that tells the groups. Texts for which it is missing are a group that is never shown.
        kinds: Which measures; each counts in Holm's correction, so name those that the question is about. "figure" adds lengths
            and readability.
        fewest: Texts that a group needs to be shown, at least `LEAST`.
        totals_published: Whether anything that counts all texts together may be seen by the readers of this table.
        effect: Hedges' g, or Cliff's delta.
        rounds: Bootstrap samples, and permutations.
        seed: Of both.

    Returns:
        Groups in the order of their names. A measure that is defined in fewer than `fewest` texts of a group is left out there.

    Raises:
        InputError: When there is no such column, a text has two values of it, or `fewest` is below `LEAST`.
    """
    import numpy as np
    import pandas as pd

    if fewest < LEAST:
        raise InputError(f"fewest={fewest}: groups of fewer than {LEAST} texts are not shown; give {LEAST} or more")
    if by not in documents.columns or by in ("text", "kind", "name", "count", "sentences", "per_100", "low", "high", "expected", "value"):
        raise InputError(f"no fact {by!r} in the table; give the name of one of the columns of facts that the texts came with")
    of_text = _facts(documents, by)
    sizes: dict[str, int] = {}
    for name in of_text.values():
        if name is not None:
            sizes[name] = sizes.get(name, 0) + 1
    shown, why = _shown(sizes, sum(name is None for name in of_text.values()), fewest, totals_published)
    chosen = documents[documents["kind"].isin(list(kinds))]
    wide = chosen.pivot(index="text", columns=["kind", "name"], values="value")
    keys = list(dict.fromkeys(zip(chosen["kind"], chosen["name"], strict=True)))
    values = {g: wide.reindex(index=[t for t, name in of_text.items() if name == g])[keys].to_numpy(float) for g in shown}
    enough = {g: (~np.isnan(v)).sum(axis=0) >= fewest for g, v in values.items()}
    rows: list[dict[str, Any]] = []
    for a, b in combinations(shown, 2):
        both = enough[a] & enough[b]
        columns = [k for k, usable in zip(keys, both, strict=True) if usable]
        rows += _compared(a, b, values[a][:, both], values[b][:, both], columns, effect, rounds, np.random.default_rng(seed))
    for row, corrected in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = corrected
    names = ["kind", "name", "group_a", "group_b", "texts_a", "texts_b", "mean_a", "mean_b", "difference", "low", "high"]
    return Comparison(
        groups=pd.DataFrame(
            [(g, str(sizes[g]) if g in shown else why[g][0], g in shown, "" if g in shown else why[g][1]) for g in sorted(sizes)],
            columns=["group", "texts", "shown", "why"],
        ),
        means=_means(values, enough, keys, rounds, seed),
        differences=pd.DataFrame(rows, columns=[*names, "effect", "effect_low", "effect_high", "p", "p_holm"]),
        effect=effect,
        fewest=fewest,
    )


def _facts(documents: pd.DataFrame, by: str) -> dict[str, str | None]:
    """The group of each text; None where it is missing."""
    pairs = documents[["text", by]].drop_duplicates()
    twice = pairs["text"].duplicated()
    if twice.any():
        raise InputError(f"the text {pairs['text'][twice].iloc[0]!r} has more than one {by!r}; a text belongs to one group")
    missing = pairs[by].isna()
    return {str(t): None if gone else str(g) for t, g, gone in zip(pairs["text"], pairs[by], missing, strict=True)}


def _shown(sizes: dict[str, int], missing: int, fewest: int, totals_published: bool) -> tuple[list[str], dict[str, tuple[str, str]]]:
    """Groups to show, in the order of their names, and for each other one what may be told of its size, and why."""
    why: dict[str, tuple[str, str]] = {g: (f"fewer than {fewest}", "too few texts") for g, n in sizes.items() if n < fewest}
    left_out = sum(sizes[g] for g in why) + missing
    for group in sorted((g for g in sizes if g not in why), key=lambda g: (sizes[g], g)):
        if not totals_published or left_out == 0 or left_out >= fewest:
            break
        why[group] = ("not told", "left out so that a smaller group cannot be had by subtraction")
        left_out += sizes[group]
    return [g for g in sorted(sizes) if g not in why], why


def _means(values: dict[str, Floats], enough: dict[str, Any], keys: Sequence[tuple[str, str]], rounds: int, seed: int) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    rows = []
    for group, table in values.items():
        low, high = percentiles(drawn_means(table, rounds, seed))
        for column, (kind, name) in enumerate(keys):
            if enough[group][column]:
                known = table[~np.isnan(table[:, column]), column]
                rows.append((group, kind, name, len(known), known.mean(), low[column], high[column], known.std(ddof=1)))
    return pd.DataFrame(rows, columns=["group", "kind", "name", "texts", "mean", "low", "high", "sd"])


def _compared(
    a: str, b: str, first: Floats, second: Floats, keys: Sequence[tuple[str, str]], effect: Effect, rounds: int, random: Generator
) -> list[dict[str, Any]]:
    import numpy as np

    if not keys:
        return []
    size = _hedges if effect == "hedges" else _cliff
    samples, sizes = [], []
    at_once = max(1, PORTION // (len(first) + len(second)))
    for one, other in zip(portions(len(first), rounds, random, at_once), portions(len(second), rounds, random, at_once), strict=True):
        samples.append(means(other, second) - means(one, first))
        sizes.append(size(one, first, other, second))
    low, high = percentiles(np.vstack(samples))
    effect_low, effect_high = percentiles(np.vstack(sizes))
    whole = np.ones((1, len(first))), np.ones((1, len(second)))
    mean_a, mean_b = means(whole[0], first)[0], means(whole[1], second)[0]
    found = size(whole[0], first, whole[1], second)[0]
    chance = _permuted(first, second, rounds, random)
    known = (~np.isnan(first)).sum(axis=0), (~np.isnan(second)).sum(axis=0)
    return [
        {
            "kind": kind,
            "name": name,
            "group_a": a,
            "group_b": b,
            "texts_a": int(known[0][i]),
            "texts_b": int(known[1][i]),
            "mean_a": mean_a[i],
            "mean_b": mean_b[i],
            "difference": mean_b[i] - mean_a[i],
            "low": low[i],
            "high": high[i],
            "effect": found[i],
            "effect_low": effect_low[i],
            "effect_high": effect_high[i],
            "p": chance[i],
        }
        for i, (kind, name) in enumerate(keys)
    ]


def _spread(weights: Floats, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Number, mean and variance (n - 1) of weighted columns; the variance is not a number below two."""
    import numpy as np

    known = ~np.isnan(values)
    number = weights @ known
    centre = np.nan_to_num(np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))
    moved = np.where(known, values - centre, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = weights @ moved / number
        variance = np.where(number > 1, (weights @ moved**2 - number * mean**2) / (number - 1), np.nan)
    # Equal values give a variance that is nothing but rounding.
    return number, mean + centre, np.where(np.abs(variance) < 1e-12, 0.0, variance)


def _hedges(one: Floats, first: Floats, other: Floats, second: Floats) -> Floats:
    """Hedges' g of weighted columns, second minus first; not a number where nothing varies."""
    import numpy as np

    (n, mean, variance), (m, other_mean, other_variance) = _spread(one, first), _spread(other, second)
    free = n + m - 2
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = ((n - 1) * variance + (m - 1) * other_variance) / free
        return np.asarray(np.where(pooled > 0, (other_mean - mean) / np.sqrt(pooled) * (1 - 3 / (4 * free - 1)), np.nan))


def _cliff(one: Floats, first: Floats, other: Floats, second: Floats) -> Floats:
    """Cliff's delta of weighted columns: how much oftener a text of the second group has more than one of the first, than less."""
    import numpy as np

    found = np.full((len(one), first.shape[1]), np.nan)
    for column in range(first.shape[1]):
        here, there = ~np.isnan(first[:, column]), ~np.isnan(second[:, column])
        steps = np.unique(np.concatenate([first[here, column], second[there, column]]))
        counts = _stepped(one[:, here], first[here, column], steps)
        others = _stepped(other[:, there], second[there, column], steps)
        below = np.cumsum(counts, axis=1) - counts
        above = counts.sum(axis=1, keepdims=True) - below - counts
        pairs = counts.sum(axis=1) * others.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found[:, column] = np.where(pairs > 0, (others * (below - above)).sum(axis=1) / pairs, np.nan)
    return found


def _stepped(weights: Floats, values: Floats, steps: Floats) -> Floats:
    """Weights added up by value; shape (rounds, steps)."""
    import numpy as np

    return np.asarray(weights @ (values[:, None] == steps[None, :]))


def _permuted(first: Floats, second: Floats, rounds: int, random: Generator) -> Floats:
    """Two-sided p of a permutation test of the studentised difference of means, (1 + as far or farther) / (1 + rounds)."""
    import numpy as np

    pooled = np.vstack([first, second])
    belongs = np.concatenate([np.zeros(len(first)), np.ones(len(second))])

    def distance(members: Floats) -> Floats:
        (n, mean, variance), (m, other_mean, other_variance) = _spread(1 - members, pooled), _spread(members, pooled)
        with np.errstate(invalid="ignore", divide="ignore"):
            far = np.abs(other_mean - mean) / np.sqrt(variance / n + other_variance / m)
        # Without spread, equal means are no distance and unequal ones the greatest.
        return np.where(np.isnan(far), 0.0, far)

    seen = distance(belongs[None, :])
    count = np.ones(pooled.shape[1])
    at_once = max(1, PORTION // len(pooled))
    for start in range(0, rounds, at_once):
        shuffled = random.permuted(np.tile(belongs, (min(at_once, rounds - start), 1)), axis=1)
        count += (distance(shuffled) >= seen - 1e-9).sum(axis=0)
    return np.asarray(count / (rounds + 1))


def holm(chances: Sequence[float]) -> list[float]:
    """P-values corrected for their number (Holm 1979): each at least as great as it was, in the same order, at most 1."""
    order = sorted(range(len(chances)), key=lambda i: chances[i])
    corrected = [math.nan] * len(chances)
    greatest = 0.0
    for rank, i in enumerate(order):
        greatest = max(greatest, min(1.0, (len(chances) - rank) * chances[i]))
        corrected[i] = greatest
    return corrected
