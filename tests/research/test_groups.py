"""Groups compared: sizes as in the textbooks, and nobody found in a small group."""

from itertools import chain

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mcscreen.errors import InputError
from mcscreen.research import compare_groups
from mcscreen.research.groups import holm


def _documents(sizes, shift=0.0, seed=2, measures=("learning", "feeling")):
    """A table as of a corpus; "learning" grows with the group's place."""
    random = np.random.default_rng(seed)
    rows = []
    for place, (group, number) in enumerate(sizes.items()):
        for i in range(number):
            for name in measures:
                value = random.gamma(4, 3) + (shift * place if name == measures[0] else 0)
                rows.append({"text": f"{group}{i}", "kind": "label", "name": name, "value": value, "cohort": group})
    return pd.DataFrame(rows)


def test_a_real_difference_is_found_and_its_size_is_that_of_the_formula():
    documents = _documents({"x": 40, "y": 30}, shift=6)
    found = compare_groups(documents, "cohort", rounds=1000)
    row = found.differences.set_index("name").loc["learning"]
    x, y = (documents.query("cohort == @g and name == 'learning'")["value"].to_numpy() for g in "xy")
    assert row["difference"] == pytest.approx(y.mean() - x.mean())
    pooled = np.sqrt((39 * x.var(ddof=1) + 29 * y.var(ddof=1)) / 68)
    assert row["effect"] == pytest.approx((y.mean() - x.mean()) / pooled * (1 - 3 / (4 * 68 - 1)))
    assert row["effect_low"] < row["effect"] < row["effect_high"]
    welch = stats.ttest_ind(y, x, equal_var=False).confidence_interval()
    assert (row["low"], row["high"]) == (pytest.approx(welch.low, abs=0.4), pytest.approx(welch.high, abs=0.4))
    assert row["p"] == pytest.approx(1 / 1001) and row["p_holm"] == pytest.approx(2 / 1001)
    other = found.differences.set_index("name").loc["feeling"]
    f, g = (documents.query("cohort == @g and name == 'feeling'")["value"] for g in "xy")
    assert other["p"] == pytest.approx(stats.ttest_ind(f, g, equal_var=False).pvalue, abs=0.05)


def test_cliffs_delta_counts_pairs():
    documents = _documents({"x": 20, "y": 25}, shift=3)
    row = compare_groups(documents, "cohort", effect="cliff", rounds=200).differences.set_index("name").loc["learning"]
    x, y = (documents.query("cohort == @g and name == 'learning'")["value"].to_numpy() for g in "xy")
    assert row["effect"] == pytest.approx(np.sign(y[:, None] - x[None, :]).mean())
    assert -1 <= row["effect_low"] < row["effect"] < row["effect_high"] <= 1


def test_the_p_of_no_difference_is_spread_evenly():
    found = [
        compare_groups(_documents({"x": 12, "y": 30}, seed=s, measures=("a", "b", "c", "d")), "cohort", rounds=200, seed=s).differences["p"]
        for s in range(25)
    ]
    below = np.mean(np.concatenate(found) < 0.1)
    assert 0.03 <= below <= 0.18


def test_holm_as_in_the_textbook():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == [] and holm([0.7, 0.9]) == [1.0, 1.0]


def _told(found):
    return list(chain(*(map(str, t.to_numpy().ravel()) for t in (found.means, found.differences))))


def test_a_small_group_is_not_shown_and_cannot_be_had_by_subtraction():
    found = compare_groups(_documents({"x": 40, "y": 30, "small": 6, "z": 12}), "cohort", rounds=50)
    groups = found.groups.set_index("group")
    assert groups["shown"].to_dict() == {"small": False, "x": True, "y": True, "z": False}
    assert groups["texts"].to_dict() == {"small": "fewer than 10", "x": "40", "y": "30", "z": "not told"}
    assert not {"small", "z"} & set(_told(found))
    hidden = 88 - int(groups.loc["x", "texts"]) - int(groups.loc["y", "texts"])
    assert hidden >= 10, "what a total leaves is no small group"


def test_two_groups_of_which_one_is_small_leave_nothing():
    found = compare_groups(_documents({"x": 40, "small": 6}), "cohort", rounds=50)
    assert found.means.empty and found.differences.empty and not found.groups["shown"].any()
    assert "p_holm" in found.differences.columns
    open_ = compare_groups(_documents({"x": 40, "small": 6}), "cohort", rounds=50, totals_published=False)
    assert open_.groups.set_index("group")["texts"].to_dict() == {"small": "fewer than 10", "x": "40"}
    assert set(open_.means["group"]) == {"x"}


def test_texts_without_the_fact_are_a_hidden_group_too():
    documents = _documents({"x": 40, "y": 30, "z": 20, "none": 4})
    documents["cohort"] = documents["cohort"].replace("none", None)
    found = compare_groups(documents, "cohort", rounds=50)
    assert found.groups["group"].tolist() == ["x", "y", "z"] and found.groups["shown"].tolist() == [True, True, False]
    enough = _documents({"x": 40, "y": 30, "none": 15})
    enough["cohort"] = enough["cohort"].replace("none", None)
    assert compare_groups(enough, "cohort", rounds=50).groups["shown"].tolist() == [True, True]


def test_a_measure_that_few_texts_have_is_left_out():
    documents = _documents({"x": 20, "y": 20})
    undefined = (documents["name"] == "feeling") & (documents["cohort"] == "y") & documents["text"].isin([f"y{i}" for i in range(14)])
    documents.loc[undefined, "value"] = np.nan
    found = compare_groups(documents, "cohort", rounds=50)
    assert found.differences["name"].tolist() == ["learning"]
    assert set(zip(found.means["group"], found.means["name"], strict=True)) == {("x", "learning"), ("x", "feeling"), ("y", "learning")}


def test_all_pairs_share_one_correction_and_a_seed_decides():
    documents = _documents({"x": 15, "y": 15, "z": 15}, shift=1)
    first, again, other = (compare_groups(documents, "cohort", rounds=100, seed=s).differences for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)
    assert first[["group_a", "group_b"]].drop_duplicates().to_numpy().tolist() == [["x", "y"], ["x", "z"], ["y", "z"]]
    assert first["p_holm"].tolist() == pytest.approx(holm(first["p"].tolist()))


def test_values_that_do_not_vary():
    documents = _documents({"x": 12, "y": 12})
    documents.loc[documents["name"] == "feeling", "value"] = 0.0
    row = compare_groups(documents, "cohort", rounds=50).differences.set_index("name").loc["feeling"]
    assert row["difference"] == 0 and row["p"] == 1 and np.isnan(row["effect"])


def test_what_cannot_be_compared_says_why():
    documents = _documents({"x": 12, "y": 12})
    with pytest.raises(InputError, match="fewer than 5"):
        compare_groups(documents, "cohort", fewest=4)
    with pytest.raises(InputError, match="no fact 'year'"):
        compare_groups(documents, "year")
    documents.loc[0, "cohort"] = "y"
    with pytest.raises(InputError, match="more than one 'cohort'"):
        compare_groups(documents, "cohort")
