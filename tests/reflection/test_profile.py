"""Profiles: sums that can be done by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcscreen.document import Place
from mcscreen.reflection.labels import DEEP, GROUPS, LABELS, UNCERTAIN, Label
from mcscreen.reflection.profile import CROSSWALK, profile_of, wilson
from mcscreen.submission import Passage


def _label(name, probability=0.8):
    rest = (1 - probability) / 8
    chances = tuple(probability if x == name else rest for x in LABELS)
    group = next(g for g, members in GROUPS.items() if name in members)
    deep = sum(c for x, c in zip(LABELS, chances, strict=True) if any(x in GROUPS[g] for g in DEEP))
    return Label(name if probability >= 0.5 else UNCERTAIN, probability, group, deep, chances)


def _passages(count):
    return [Passage(0, "part3", 10 * i, 10 * i + 5, f"s{i:04d}", Place()) for i in range(count)]


def _profile(*labels):
    return profile_of(_passages(len(labels)), [x if isinstance(x, Label) else _label(x) for x in labels])


def test_rates_are_shares_of_all_sentences_and_say_how_sure_they_are():
    found = _profile("experience", "experience", "learning", _label("feeling", 0.3))
    rates = {r.name: r for r in found.labels}
    assert list(rates) == [*LABELS, UNCERTAIN]
    assert (rates["experience"].count, rates["experience"].per_100) == (2, 50.0)
    assert (rates[UNCERTAIN].count, rates[UNCERTAIN].per_100) == (1, 25.0)
    assert rates["feeling"].count == 0 < rates["feeling"].expected
    assert sum(r.count for r in found.labels) == found.sentences == 4
    assert sum(rates[x].expected for x in LABELS) == pytest.approx(100, abs=0.5)
    assert rates["experience"].low < 50 < rates["experience"].high


def test_breadth_counts_kinds_not_sentences_and_not_other():
    assert _profile("other", "other", "experience", "learning", "learning").breadth == 2
    assert _profile("other", _label("learning", 0.3)).breadth == 0


def test_depth_is_placed_in_the_text():
    found = _profile("experience", "experience", "reflection", "experience", "learning", "intention")
    assert found.thirds == (("beginning", 0), ("middle", 1), ("end", 2))
    assert 0 < found.spread < 1
    assert found.deep.count == 3


def test_spread_ends():
    assert _profile("learning", "learning", "learning").spread == 1.0
    assert _profile("learning", "other", "other").spread == 0.0
    assert _profile("other", "other").spread is None


def test_the_surest_sentences_are_shown_and_other_is_not():
    found = _profile(_label("learning", 0.6), _label("learning", 0.9), _label("learning", 0.7), _label("learning", 0.8), "other")
    assert [(s.label, s.probability, s.passage.text) for s in found.shown] == [
        ("learning", 0.9, "s0001"),
        ("learning", 0.8, "s0003"),
        ("learning", 0.7, "s0002"),
    ]


def test_an_empty_text_has_a_profile_without_figures():
    found = _profile()
    assert (found.sentences, found.breadth, found.spread, found.shown) == (0, 0, None, ())
    assert found.deep.per_100 == 0
    assert (found.deep.low, found.deep.high) == (0, 100)


def test_a_label_for_each_sentence():
    with pytest.raises(ValueError, match="1 labels for 2 sentences"):
        profile_of(_passages(2), [_label("other")])


def test_wilson_as_published():
    # 81 of 263: 0.2553 to 0.3662 (Newcombe 1998, table I, method 3)
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


@given(st.integers(0, 300), st.integers(0, 300))
def test_wilson_holds_the_share(count, more):
    low, high = wilson(count, count + more)
    assert 0 <= low <= high <= 1
    if count + more:
        assert low - 1e-9 <= count / (count + more) <= high + 1e-9


def test_the_crosswalk_names_known_labels_and_no_level_is_computed():
    assert {x for c in CROSSWALK for x in c.labels} <= set(LABELS)
    assert {c.scheme for c in CROSSWALK} == {"Kember et al. 2008", "Hatton & Smith 1995"}
    assert not hasattr(_profile("learning"), "level")
