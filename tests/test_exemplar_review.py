"""The review of exemplars: counts, cross-validated figures, and what it says where there are few."""

import dataclasses

import pytest

from mcscreen import load_rubric
from mcscreen.authoring import review_exemplars


@pytest.fixture(scope="module")
def folder():
    return load_rubric("student-centeredness")


@pytest.fixture(scope="module")
def reviews(folder, encoder):
    return {r.facet: r for r in review_exemplars(folder, encoder)}


def test_every_facet_is_reviewed_and_counted(reviews, folder):
    assert list(reviews) == [f.id for f in folder.rubric.facets]
    assert sum(r.met + r.partial + r.missing for r in reviews.values()) == sum(e.facet is not None for e in folder.exemplars)
    assert all(r.marked > 0 for r in reviews.values())


def test_figures_are_far_above_chance_and_not_perfect(reviews):
    values = [r.auc for r in reviews.values()]
    assert min(values) > 0.6
    assert 0.85 < sum(values) / len(values) < 1


def test_confusable_exemplars_name_another_facet_that_they_do_not_answer(reviews):
    pairs = [(facet, e, rival) for facet, r in reviews.items() for e, rival in r.confusable]
    assert pairs
    assert all(rival != facet and rival not in e.also and e.label == "met" for facet, e, rival in pairs)


def test_few_exemplars_need_more_than_many(folder, encoder):
    few = dataclasses.replace(folder, exemplars=tuple(e for e in folder.exemplars if e.facet != "Q1.social"))
    reviews = {r.facet: r for r in review_exemplars(few, encoder)}
    assert reviews["Q1.social"].auc is None
    assert max(reviews.values(), key=lambda r: r.needs).facet == "Q1.social"
    none = review_exemplars(dataclasses.replace(folder, exemplars=()), encoder)
    assert {r.auc for r in none} == {None}


def test_command(capsys, monkeypatch):
    from test_cli import _run

    code, stdout, _ = _run(capsys, "rubric", "exemplars", "student-centeredness")
    assert code == 0
    assert "more exemplars would help most for" in stdout
    code, stdout, _ = _run(capsys, "rubric", "exemplars", "student-centeredness", "--facet", "Q1.social")
    assert stdout.count("met, ") >= 9
    assert _run(capsys, "rubric", "exemplars", "student-centeredness", "--facet", "Q9")[0] == 2
