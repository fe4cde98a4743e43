"""Figures: what is drawn is what stands in the table."""

import builtins

import matplotlib
import numpy as np
import pandas as pd
import pytest

from mcscreen.errors import InputError, MissingExtra
from mcscreen.research import plot_differences, plot_positions, plot_profile

matplotlib.use("Agg")

CORPUS = pd.DataFrame(
    [
        ("label", "learning", 12, 300, 4.0, 2.0, 6.0),
        ("label", "uncertain", 12, 300, 20.0, 15.0, 25.0),
        ("figure", "words", 12, 300, 500.0, 400.0, 600.0),
    ],
    columns=["kind", "name", "texts", "sentences", "mean", "low", "high"],
)
DIFFERENCES = pd.DataFrame(
    [("label", "intention", "x", "y", 12, 14, 5.0, 2.0, 8.0, 0.01), ("indicator", "intention", "x", "y", 12, 14, 1.0, -2.0, 4.0, 0.9)],
    columns=["kind", "name", "group_a", "group_b", "texts_a", "texts_b", "difference", "low", "high", "p_holm"],
)


@pytest.fixture(autouse=True)
def closed():
    yield
    matplotlib.pyplot.close("all")


def _marks(axes):
    return [line for line in axes.lines if line.get_marker() not in ("None", None, "")]


def test_a_profile_shows_means_intervals_and_n(tmp_path):
    axes = plot_profile(CORPUS)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["learning", "uncertain"]
    assert [m.get_xdata()[0] for m in _marks(axes)] == [4.0, 20.0]
    assert [list(line.get_xdata()) for line in axes.lines if line not in _marks(axes)] == [[2.0, 6.0], [15.0, 25.0]]
    assert "12 texts, 300 sentences" in axes.get_xlabel()
    axes.figure.savefig(tmp_path / "profile.png")
    assert (tmp_path / "profile.png").stat().st_size > 1000
    with pytest.raises(InputError, match="no rates"):
        plot_profile(CORPUS, "figure")


def test_positions_are_means_over_texts():
    sentences = pd.DataFrame(
        {"text": ["a"] * 4 + ["b"] * 2, "position": [0.125, 0.375, 0.625, 0.875, 0.25, 0.75], "deep": [0.9, 0.1, 0.1, 0.9, 0.2, 0.8]}
    )
    axes = plot_positions(sentences, bins=2, rounds=100)
    assert axes.lines[0].get_xdata().tolist() == [0.25, 0.75]
    assert axes.lines[0].get_ydata().tolist() == [25.0, 75.0]
    assert len(axes.collections) == 1 and "2 texts, 6 sentences" in axes.get_xlabel()
    one = plot_positions(sentences[:4], bins=5)
    assert np.isnan(one.lines[0].get_ydata()[2]), "no sentence lies there"
    with pytest.raises(InputError, match="nothing to draw"):
        plot_positions(sentences[:0])


def test_differences_tell_clear_ones_by_more_than_colour():
    axes = plot_differences(DIFFERENCES, ax=matplotlib.pyplot.figure().subplots())
    clear, unclear = _marks(axes)
    assert (clear.get_marker(), unclear.get_marker()) == ("o", "s")
    assert unclear.get_markerfacecolor() == "white" != clear.get_markerfacecolor()
    assert [t.get_text() for t in axes.get_yticklabels()] == ["intention (label)", "intention (indicator)"]
    assert "y minus x" in axes.get_xlabel() and "n = 12 and 14 texts" in axes.get_xlabel()
    more = pd.concat([DIFFERENCES, DIFFERENCES.assign(group_b="z")])
    with pytest.raises(InputError, match="x, y; x, z"):
        plot_differences(more)
    assert "z minus x" in plot_differences(more, ("x", "z")).get_xlabel()
    with pytest.raises(InputError, match="no two groups"):
        plot_differences(DIFFERENCES[:0])


def test_without_matplotlib_the_way_out_is_told(monkeypatch):
    load = builtins.__import__

    def absent(name, *rest, **more):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return load(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtra, match=r"pip install 'mcscreen\[research\]'"):
        plot_profile(CORPUS)
