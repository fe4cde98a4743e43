"""Figures for a paper: a corpus with intervals, where in a text depth stands, how groups differ.

Each takes one of the tables, draws into the axes that it is given, or into new ones, and returns them, so that size, titles
and files stay the study's. Colours are those of Okabe & Ito (2008), which colour-blind readers can tell apart; what matters is
told by place, marker and line as well, so that nothing is lost in grey. Each figure says its n. Nothing but matplotlib's own
functions is used, and no style is set beyond the axes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mcscreen.errors import InputError, MissingExtra
from mcscreen.research.resampling import drawn_means, percentiles

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["plot_differences", "plot_positions", "plot_profile"]

_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#999999"


def plot_profile(corpus: pd.DataFrame, kind: str = "label", ax: Axes | None = None) -> Axes:
    """Mean rate of each measure of a kind, with its interval, from top to bottom in the order of the table.

    Args:
        corpus: `Corpus.corpus`.
        kind: "label", "group" or "indicator".
        ax: Axes to draw into.

    Raises:
        InputError: When the table holds nothing of that kind.
        MissingExtra: When matplotlib is not installed.
    """
    rows = corpus[corpus["kind"] == kind]
    if rows.empty or kind == "figure":
        raise InputError(f"no rates of the kind {kind!r} in the table; give the corpus table, and label, group, deep or indicator")
    axes = ax if ax is not None else _axes(0.35 * len(rows) + 1.2)
    for place, (name, *ends) in enumerate(_rows(rows, "name", "mean", "low", "high")):
        withheld = name == "uncertain"
        _interval(axes, place, ends, _GREY if withheld else _BLUE, hollow=withheld)
    axes.set_yticks(range(len(rows)), list(rows["name"]))
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    number = f"n = {int(rows['texts'].max()):,} texts, {int(rows['sentences'].max()):,} sentences"
    axes.set_xlabel(f"sentences per 100, mean over texts with 95 % interval\n{number}")
    return _plain(axes)


def plot_positions(sentences: pd.DataFrame, bins: int = 5, rounds: int = 1000, seed: int = 1, ax: Axes | None = None) -> Axes:
    """How many of the sentences are deep, from the beginning of the texts to their end.

    A sentence is deep where it more likely than not analyses an experience or draws something from it. The mean is over texts
    that have a sentence in the stretch; the band is a bootstrap over texts (95 %).

    Args:
        sentences: `Corpus.sentences`.
        bins: Stretches that each text is cut into.
        rounds: Bootstrap samples.
        seed: Of the bootstrap.
        ax: Axes to draw into.

    Raises:
        InputError: When there are no sentences.
        MissingExtra: When matplotlib is not installed.
    """
    import numpy as np
    import pandas as pd

    if sentences.empty or bins < 1:
        raise InputError("there is nothing to draw; give the sentences table with at least one sentence, and bins=1 or more")
    stretch = np.minimum((sentences["position"].to_numpy(float) * bins).astype(int), bins - 1)
    found = pd.DataFrame({"text": sentences["text"].to_numpy(), "stretch": stretch, "deep": 100.0 * (sentences["deep"].to_numpy() >= 0.5)})
    table = found.pivot_table(index="text", columns="stretch", values="deep", aggfunc="mean", sort=True).reindex(columns=range(bins))
    values = table.to_numpy(float)
    middle = table.mean().to_numpy(float)
    axes = ax if ax is not None else _axes(3.2)
    place = (np.arange(bins) + 0.5) / bins
    if len(values) > 1:
        low, high = percentiles(drawn_means(values, rounds, seed))
        axes.fill_between(place, low, high, color=_BLUE, alpha=0.2, linewidth=0)
    axes.plot(place, middle, color=_BLUE, marker="o")
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xticks([0, 0.5, 1], ["beginning", "middle", "end"])
    axes.set_ylabel("deep sentences per 100")
    axes.set_xlabel(f"place in the text\nn = {len(values):,} texts, {len(sentences):,} sentences; band: 95 % interval")
    return _plain(axes)


def plot_differences(differences: pd.DataFrame, pair: tuple[str, str] | None = None, ax: Axes | None = None) -> Axes:
    """Difference of two groups in each measure, with its interval; filled where Holm's p is below 0.05.

    Args:
        differences: `Comparison.differences`; rates only, since figures have units of their own.
        pair: Which two groups, where the table holds several pairs: (group_a, group_b).
        ax: Axes to draw into.

    Raises:
        InputError: When the table holds no such pair, or several and none was named.
        MissingExtra: When matplotlib is not installed.
    """
    rates = differences[differences["kind"] != "figure"]
    pairs = list(dict.fromkeys(zip(rates["group_a"], rates["group_b"], strict=True)))
    if pair is None and len(pairs) == 1:
        pair = pairs[0]
    if pair not in pairs:
        held = "; ".join(f"{a}, {b}" for a, b in pairs) or "none, so no two groups were shown"
        raise InputError(f"name one of the pairs of groups that the table holds: {held}")
    a, b = pair
    rows = rates[(rates["group_a"] == a) & (rates["group_b"] == b)]
    axes = ax if ax is not None else _axes(0.35 * len(rows) + 1.4)
    for place, (chance, *ends) in enumerate(_rows(rows, "p_holm", "difference", "low", "high")):
        clear = chance < 0.05
        _interval(axes, place, ends, _ORANGE if clear else _BLUE, hollow=not clear)
    axes.axvline(0, color="black", linewidth=0.8, linestyle=":")
    several = rows["name"].duplicated(keep=False)
    names = [f"{n} ({k})" if twice else n for n, k, twice in zip(rows["name"], rows["kind"], several, strict=True)]
    axes.set_yticks(range(len(rows)), names)
    axes.invert_yaxis()
    number = f"n = {int(rows['texts_a'].max()):,} and {int(rows['texts_b'].max()):,} texts"
    axes.set_xlabel(f"sentences per 100, {b} minus {a}, with 95 % interval\n{number}; filled: Holm's p below 0.05")
    return _plain(axes)


def _axes(height: float) -> Axes:
    try:
        from matplotlib import pyplot
    except ImportError:
        raise MissingExtra("drawing figures", "research") from None
    _, axes = pyplot.subplots(figsize=(6.4, height), layout="constrained")
    return axes


def _rows(table: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[c].tolist() for c in columns), strict=True)


def _interval(axes: Axes, place: int, ends: Sequence[float], colour: str, *, hollow: bool) -> None:
    middle, low, high = ends
    axes.plot([low, high], [place, place], color=colour, linewidth=1.6)
    axes.plot([middle], [place], marker="s" if hollow else "o", color=colour, markerfacecolor="white" if hollow else colour)


def _plain(axes: Axes) -> Axes:
    axes.spines[["top", "right"]].set_visible(False)
    return axes
