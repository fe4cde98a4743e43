"""The profile of a submission's reflection: whose sentences, which places, and that nothing else hangs on it."""

import pytest

from mcscreen import load_submission
from mcscreen.profiles import reflection_of
from mcscreen.results import Reflection


@pytest.fixture
def screened(screener, small_submission):
    submission = load_submission(small_submission)
    return submission, screener.screen(submission)


def test_only_the_candidates_own_sentences_of_the_reflection_are_counted(screened):
    submission, screening = screened
    profile = screening.reflection
    assert profile.sentences == 3
    assert sum(rate.count for rate in profile.labels) == profile.sentences == sum(rate.count for rate in profile.groups)
    assert profile.deep is not None and sum(profile.thirds) == profile.deep.count
    texts = {d.name: d.text for d in submission.documents}
    shown = [*(s.evidence for s in profile.shown), *(e for i in profile.indicators for e in i.evidence)]
    assert shown and {e.document for e in shown} == {"Part 3 Reflection.txt"}
    assert all(texts[e.document][e.start : e.end] == e.quote for e in shown)


def test_indicators_say_what_can_be_pointed_at(screened):
    found = {i.name: i for i in screened[1].reflection.indicators}
    assert found["intention"].count == 1 and "corridor desk" in found["intention"].evidence[0].quote
    assert found["readability"].figures["words"] > 30


def test_no_status_hangs_on_the_profile(screener, screened, monkeypatch):
    submission, screening = screened
    monkeypatch.setattr(screener, "_labeller", None)
    without = screener.screen(submission)
    assert without.reflection == Reflection()
    assert without == screening.model_copy(update={"reflection": Reflection()})


def test_passages_shown_for_an_outcome_are_told_by_outcome(screener, screened):
    _, screening = screened
    outcomes = {o.id for o in screener.rubric.outcomes}
    spread = screening.reflection.outcomes
    assert {o.outcome for o in spread} == outcomes and all(0 <= o.deep <= o.sentences <= 3 for o in spread)


def test_nothing_is_told_where_there_is_no_reflection(screener, small_submission):
    (small_submission / "Part 3 Reflection.txt").unlink()
    assert screener.screen(load_submission(small_submission)).reflection == Reflection()
    assert reflection_of((), (), screener._labeller, screener.rubric, ()) == Reflection()
