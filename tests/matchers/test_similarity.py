"""A finder ranks passages by nearness, keeps scores between 0 and 1, and says nothing where nothing was given."""

import pytest

from mcscreen.document import Place
from mcscreen.matchers.similarity import EVIDENCE, SimilarityFinder
from mcscreen.rubric import Facet
from mcscreen.submission import Passage

FACETS = (Facet(id="A.food", text="free meals for students"), Facet(id="A.plan", text="a plan written together with parents"))


def _passages(texts):
    return [Passage(0, "part1", i * 100, i * 100 + len(t), t, Place(), (i, i + 1)) for i, t in enumerate(texts)]


@pytest.fixture(scope="module")
def finder(encoder):
    return SimilarityFinder(FACETS, encoder)


def test_the_passage_that_says_it_comes_first(finder):
    food, plan = finder.find(
        _passages(["We wrote the plan with six parents.", "The bus was late.", "Every student eats breakfast for free."])
    )
    assert food.passages[0][0].text.startswith("Every student eats")
    assert plan.passages[0][0].text.startswith("We wrote the plan")
    assert food.score == food.passages[0][1]


def test_scores_are_ordered_and_bounded(finder):
    for match in finder.find(_passages(["A.", "Meals are free.", "Parents and I planned.", "Rain.", "Lunch."])):
        scores = [s for _, s in match.passages]
        assert len(scores) == EVIDENCE
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= s <= 1 for s in scores)


def test_a_window_lifts_the_sentence_that_says_it(finder):
    alone = finder.find(_passages(["They get it every morning.", "The roof leaks."]))[0]
    joined = finder.find(_passages(["They get it every morning.", "Breakfast, I mean, for all of the students."]))[0]
    assert joined.passages[0][0].text.startswith("Breakfast")
    assert joined.score > alone.score


def test_nothing_to_search_gives_no_passage(finder):
    assert [(m.score, m.passages) for m in finder.find([])] == [(0.0, ()), (0.0, ())]


def test_company_does_not_change_the_score_of_a_lone_sentence(finder):
    text = "Every student eats breakfast for free."
    alone = finder.find(_passages([text]))[0].score
    other = Passage(1, "part1", 0, 5, "Other.", Place(), (7, 8))
    assert finder.find([*_passages([text]), other])[0].score == alone
