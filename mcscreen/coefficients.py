"""Coefficients of agreement between raters, with intervals from a bootstrap over clusters of units.

All measures are functions of a table of counts, so a bootstrap over clusters (facets of one submission, sentences of one
text are not independent; Efron & Tibshirani 1993, ch. 13) is a weighted sum of tables. Cohen's kappa: Cohen 1960.
Krippendorff's alpha: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"; written out here because the
maintained package for it is under the GPL. The tests hold both to scikit-learn and to the published example.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Measure", "alpha", "counted", "interval", "kappa", "measured", "percent"]

Measure = Literal["percent", "kappa", "alpha_nominal", "alpha_ordinal"]

_DEFINED = 0.9
"""Share of bootstrap samples in which a measure must be defined (more than one value in use) for its interval to be told."""


def counted(rated: Sequence[tuple[tuple[str | int | None, ...], Sequence[int]]], size: int) -> tuple[Floats, Floats]:
    """Tables a cluster: how often each pair of values was given.

    Args:
        rated: Units, the first field of each its cluster (a submission, a text), and the values that it was given as indices, at
            least two; the counts are of the first two of them, the coincidences of all.
        size: How many values there are.

    Returns:
        Counts of (first, second) rater's values, and Krippendorff's coincidences; both of shape (clusters, size, size).
    """
    import numpy as np

    rows = {cluster: row for row, cluster in enumerate(dict.fromkeys(unit[0] for unit, _ in rated))}
    counts, coincidences = np.zeros((len(rows), size, size)), np.zeros((len(rows), size, size))
    for unit, given in rated:
        row = rows[unit[0]]
        counts[row, given[0], given[1]] += 1
        for i, a in enumerate(given):
            for j, b in enumerate(given):
                if i != j:
                    coincidences[row, a, b] += 1 / (len(given) - 1)
    return counts, coincidences


def measured(measure: Measure, counts: Floats, coincidences: Floats, rounds: int, seed: int) -> tuple[float | None, Floats]:
    """A measure of all clusters together, and of bootstrap samples of clusters.

    Args:
        measure: Which.
        counts: As `counted` gives them.
        coincidences: As `counted` gives them.
        rounds: Bootstrap samples.
        seed: Of the sampling.

    Returns:
        The value, None where it is undefined, and the samples' values, not a number where undefined; shape (rounds,).
    """
    import numpy as np

    number = len(counts)
    weights = np.vstack([np.ones(number), np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), rounds)])
    if measure in ("percent", "kappa"):
        tables = np.tensordot(weights, counts, 1)
        values = percent(tables) if measure == "percent" else kappa(tables)
    else:
        values = alpha(np.tensordot(weights, coincidences, 1), ordinal=measure == "alpha_ordinal")
    whole = float(values[0])
    return (None if np.isnan(whole) else whole), values[1:]


def interval(samples: Floats) -> tuple[float | None, float | None]:
    """Percentile interval (95 %) of bootstrap samples; None where the measure is undefined in too many of them."""
    import numpy as np

    defined = samples[~np.isnan(samples)]
    if len(defined) < max(1.0, _DEFINED * len(samples)):
        return None, None
    return float(np.quantile(defined, 0.025)), float(np.quantile(defined, 0.975))


def percent(tables: Floats) -> Floats:
    """Share of units with equal values, of tables of shape (..., values, values)."""
    import numpy as np

    return np.asarray(np.trace(tables, axis1=1, axis2=2) / tables.sum(axis=(1, 2)))


def kappa(tables: Floats) -> Floats:
    """Cohen's kappa of tables of shape (…, values, values); not a number where both raters use one and the same value only."""
    import numpy as np

    total = tables.sum(axis=(1, 2))
    chance = (tables.sum(axis=2) * tables.sum(axis=1)).sum(axis=1) / total**2
    room = np.where(1 - chance < 1e-12, np.nan, 1 - chance)
    return np.asarray((percent(tables) - chance) / room)


def alpha(coincidences: Floats, *, ordinal: bool) -> Floats:
    """Krippendorff's alpha of tables of coincidences; not a number where only one value is in use."""
    import numpy as np

    size = coincidences.shape[1]
    each = coincidences.sum(axis=2)
    total = each.sum(axis=1)
    distance = np.zeros(coincidences.shape)
    for a in range(size):
        for b in range(a + 1, size):
            apart = (each[:, a : b + 1].sum(axis=1) - (each[:, a] + each[:, b]) / 2) ** 2 if ordinal else np.ones(len(each))
            distance[:, a, b] = distance[:, b, a] = apart
    seen = (coincidences * distance).sum(axis=(1, 2))
    expected = (each[:, :, None] * each[:, None, :] * distance).sum(axis=(1, 2))
    return np.asarray(1 - (total - 1) * seen / np.where(expected < 1e-12, np.nan, expected))
