"""The bootstrap over texts, held to textbook values."""

import numpy as np
import pytest

from mcscreen.research import resampling
from mcscreen.research.resampling import drawn_means, means, percentiles, portions


def test_means_leave_out_what_is_not_a_number():
    values = np.array([[1.0, np.nan], [3.0, 4.0], [5.0, np.nan]])
    found = means(np.array([[1.0, 1, 1], [2, 0, 1], [0, 0, 3]]), values)
    assert found[:, 0].tolist() == [3, pytest.approx(7 / 3), 5]
    assert found[0, 1] == 4 and np.isnan(found[1:, 1]).all()


def test_the_interval_of_a_mean_is_near_the_one_of_theory():
    values = np.random.default_rng(3).normal(10, 2, (400, 1))
    low, high = percentiles(drawn_means(values, 4000, 1))
    reach = 1.96 * values.std(ddof=1) / 20
    assert low[0] == pytest.approx(values.mean() - reach, abs=0.03) and high[0] == pytest.approx(values.mean() + reach, abs=0.03)


def test_portions_do_not_change_what_is_drawn(monkeypatch):
    whole = np.vstack(list(portions(7, 50, np.random.default_rng(1))))
    monkeypatch.setattr(resampling, "PORTION", 20)
    parts = list(portions(7, 50, np.random.default_rng(1)))
    assert len(parts) == 25 and np.array_equal(np.vstack(parts), whole)
    assert (whole.sum(axis=1) == 7).all()
    assert not np.array_equal(whole, np.vstack(list(portions(7, 50, np.random.default_rng(2)))))


def test_what_is_seldom_defined_has_no_interval():
    samples = np.column_stack([np.arange(100.0), np.where(np.arange(100) < 20, np.nan, 1.0)])
    low, high = percentiles(samples)
    assert low[0] == pytest.approx(2.475) and np.isnan(low[1]) and np.isnan(high[1])
