"""Bootstrap over texts: the weights, and intervals of means.

Sentences of one text hang together, so the text is what is drawn (a cluster bootstrap; Efron & Tibshirani 1993, ch. 13;
percentile intervals). A draw is a row of counts, how often each text was drawn. Measures of one table share their draws,
which keeps what they have to do with each other; draws come in portions, so that thousands of texts need little memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["PORTION", "drawn_means", "means", "percentiles", "portions"]

PORTION = 2_000_000
"""Numbers of one portion of draws."""


def portions(units: int, rounds: int, random: Generator, at_once: int = 0) -> Iterator[Floats]:
    """How often each unit is drawn, round by round.

    Args:
        units: How many there are; as many are drawn in each round.
        rounds: How many rounds in all.
        random: Where chance comes from.
        at_once: Rounds of one portion; by default as many as `PORTION` numbers hold.

    Yields:
        Arrays of shape (some rounds, units).
    """
    import numpy as np

    at_once = at_once or max(1, PORTION // max(1, units))
    for start in range(0, rounds, at_once):
        yield random.multinomial(units, np.full(units, 1 / units), min(at_once, rounds - start)).astype(np.float64)


def means(weights: Floats, values: Floats) -> Floats:
    """Weighted means of columns; what is not a number is left out.

    Args:
        weights: Shape (rounds, units).
        values: Shape (units, columns).

    Returns:
        Shape (rounds, columns); not a number where nothing is left.
    """
    import numpy as np

    known = ~np.isnan(values)
    number = weights @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(number > 0, weights @ np.where(known, values, 0.0) / number, np.nan))


def drawn_means(values: Floats, rounds: int, seed: int) -> Floats:
    """Means of bootstrap samples of the rows; shape (rounds, columns)."""
    import numpy as np

    random = np.random.default_rng(seed)
    return np.vstack([means(weights, values) for weights in portions(len(values), rounds, random)])


def percentiles(samples: Floats) -> tuple[Floats, Floats]:
    """2.5 and 97.5 % of each column of samples; not a number where a column has too few defined ones (under 90 %)."""
    import numpy as np

    low, high = np.full(samples.shape[1], np.nan), np.full(samples.shape[1], np.nan)
    for column in range(samples.shape[1]):
        defined = samples[~np.isnan(samples[:, column]), column]
        if len(defined) >= max(1.0, 0.9 * len(samples)):
            low[column], high[column] = np.quantile(defined, [0.025, 0.975])
    return low, high
