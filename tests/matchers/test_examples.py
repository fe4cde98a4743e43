"""The finder: probabilities in range, three passages where there are three sentences, runs that stop at headings, cues as data."""

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from mcscreen.document import Draft
from mcscreen.knowledge import CUES, Knowledge
from mcscreen.model import Calibration, load_model
from mcscreen.segmenter import segment
from mcscreen.shipped import shipped
from mcscreen.submission import Section

CASES = tomllib.loads((Path(__file__).parent.parent / "cases" / "cues.toml").read_text(encoding="utf-8"))["case"]

ANSWER = "Four mornings a week our aide takes nine second graders through the sounds they missed on Friday. By spring six had caught up with their class."
OTHER = "The gym roof was mended in 2009. It rained for the whole of that week. The firm came from the next valley."


def _sentences(*paragraphs):
    draft = Draft()
    for text in paragraphs:
        draft.heading(text[1:]) if text.startswith("#") else draft.paragraph(text)
    document = draft.finish(name="a.txt", format="txt", sha256="", size=1)
    return segment(document, 0, Section(0, "part1", 0, len(document.text), "name")), [document]


@pytest.fixture(scope="module")
def finder(screener):
    return screener._finders["part1"]


def _match(finder, facet, *paragraphs):
    return next(m for m in finder.find(*_sentences(*paragraphs)) if m.facet == facet)


def test_an_answer_scores_far_above_its_absence(finder):
    there, absent = _match(finder, "Q1.academic", OTHER, ANSWER), _match(finder, "Q1.academic", OTHER)
    assert there.score > 0.5
    assert absent.score < 0.1
    assert there.passages[0][0].text.startswith("Four mornings")
    assert there.basis == "marked"


def test_probabilities_and_passages_are_in_order(finder):
    for match in finder.find(*_sentences(OTHER, ANSWER, "We trust the cooks to decide alone.")):
        scores = [s for _, s in match.passages]
        assert len(scores) == 3
        assert scores == sorted(scores, reverse=True)
        assert 0 <= scores[-1] <= match.score == scores[0] <= 1


def test_passages_do_not_overlap_and_are_slices(finder):
    sentences, documents = _sentences(OTHER, ANSWER, OTHER)
    for match in finder.find(sentences, documents):
        spans = sorted((p.start, p.end) for p, _ in match.passages)
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
        assert all(documents[0].text[p.start : p.end] == p.text for p, _ in match.passages)


def test_a_passage_never_runs_over_a_heading(finder):
    sentences, documents = _sentences("Six readers meet a tutor at eight.", "#Sums", "Five pupils meet a tutor at nine.", OTHER)
    for match in finder.find(sentences, documents):
        assert all("Sums" not in p.text for p, _ in match.passages)


def test_few_sentences_give_as_many_passages(finder):
    assert {len(m.passages) for m in finder.find(*_sentences("One tutor came. She stayed."))} == {2}
    assert {(m.score, m.passages) for m in finder.find([], [])} == {(0.0, ())}


def test_the_same_text_scores_the_same_on_every_call(finder):
    assert finder.find(*_sentences(OTHER, ANSWER)) == finder.find(*_sentences(OTHER, ANSWER))


def _case(case):
    marks = [pytest.mark.xfail(strict=True, reason="known failure of the head of kinds")] if case.get("known_failure") else []
    return pytest.param(case, marks=marks, id=case["text"][:40])


@pytest.mark.parametrize("case", [_case(c) for c in CASES])
def test_cues(case, finder, encoder):
    kinds = finder._knowledge.kinds(encoder.encode([case["text"]]).astype("f8"))[0]
    assert finder._knowledge.cue(kinds) == case["cue"]
    assert kinds.sum() == pytest.approx(1)


def test_an_encoder_without_knowledge_makes_no_remark(encoder):
    nothing = Knowledge(encoder, None)
    assert nothing.cue(nothing.kinds(encoder.encode([CASES[0]["text"]]))[0]) == ""
    assert set(CUES.values()) >= {c["cue"] for c in CASES if c["cue"]}


def test_calibrations_rise_with_the_discounted_score_and_are_ordered():
    model = load_model(shipped("models") / "facets-l4")
    assert set(model.bases) == {"marked", "exemplars", "text"}
    for calibration in model.bases.values():
        low, high = (
            calibration.probability([m + d * s for m, s in zip(calibration.mean, calibration.scale, strict=True)]) for d in (-1, 1)
        )
        assert 0 < low < high < 1
        assert calibration.thresholds.not_found < calibration.thresholds.covered
    with pytest.raises(ValueError, match="argument"):
        model.bases["marked"].probability([0.0])


def test_probability_is_a_logistic_function_of_the_measures():
    plain = Calibration(mean=(0, 1), scale=(1, 2), weights=(1, 0), intercept=0, thresholds={"not_found": 0.1, "covered": 0.9})
    assert plain.probability([0, 5]) == 0.5
    assert plain.probability([1000, 5]) > 0.999
