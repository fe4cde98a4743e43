"""From decisions to exemplars, thresholds and a reliability card; nothing of a person is written and no shipped rubric is touched."""

from __future__ import annotations

import json
import random
import shutil
import tomllib

import pytest
from decided import NOON, coverage, decided, decision, evidence, screening
from scipy.stats import beta

from mcscreen.errors import InputError, RubricError
from mcscreen.heads import RECIPE
from mcscreen.learning import carry_out, plan_in_words, plan_learning
from mcscreen.model import load_model
from mcscreen.reliability import parse_reliability, reliability_toml, scorer_of
from mcscreen.reviews import gather
from mcscreen.rubric_files import load_rubric_folder
from mcscreen.runs import Run
from mcscreen.shipped import shipped
from mcscreen.thresholds import Decided, fitted, needs, shares

RUBRIC = """schema = 1
id = "meals"
title = "Meals"
[source]
title = "Meals"
[[outcomes]]
id = "EO1"
text = "Feed every child."
[[parts]]
id = "part1"
title = "Overview"
kind = "narrative"
[[parts.criteria]]
id = "Q1"
text = "What have you done so that each child eats, and with whom?"
[[parts.criteria.facets]]
id = "Q1.eats"
text = "says how each child comes to eat"
[[parts.criteria.facets]]
id = "Q1.whom"
text = "names who helped"
"""
EATS = evidence("Every child eats a warm breakfast in class at eight.", 0)
HELPERS = evidence("Two mothers and the baker carry the trays up the stairs.", 100)
BUS = evidence("The bus is late on most days of the week.", 300)


@pytest.fixture
def rubric(tmp_path):
    folder = tmp_path / "meals"
    folder.mkdir()
    (folder / "rubric.toml").write_text(RUBRIC)
    exemplar = {"facet": "Q1.eats", "label": "met", "text": "We cook porridge for all of them.", "provenance": "ours"}
    (folder / "exemplars.jsonl").write_text(json.dumps(exemplar))
    return load_rubric_folder(folder)


@pytest.fixture
def unfitted(monkeypatch):
    """Without the encoder: fitting heads has its own tests."""

    class Encoder:
        fingerprint = "facets-l4:test"

    monkeypatch.setattr("mcscreen.matchers.load_encoder", lambda: Encoder())
    monkeypatch.setattr("mcscreen.matchers.finders_of", lambda folder, encoder: {})


def one(identifier="S1", sha="0" * 64, lines=None):
    lines = lines or [coverage("Q1.eats", "covered", [EATS, BUS]), coverage("Q1.whom", "thin", [BUS, HELPERS])]
    return screening(identifier, lines, rubric=("meals", sha))


def plan(rubric, told, into=None, assessor="A1", lines=None):
    found = one(lines=lines)
    files = [decided(name, [(found, own)]) for name, own in (told if isinstance(told, dict) else {assessor: told}).items()]
    return plan_learning([found], gather([found], files), rubric, into)


def test_confirmed_selected_and_rejected_passages_become_exemplars(rubric):
    told = [
        decision("Q1.eats", "covered", "agree", passages=[EATS]),
        decision("Q1.whom", "thin", "other_passage", passages=[HELPERS]),
    ]
    lessons = plan(rubric, told).lessons
    assert [(x.exemplar.facet, x.exemplar.label, x.source, x.exemplar.text) for x in lessons] == [
        ("Q1.eats", "met", "confirmed", EATS.quote),
        ("Q1.whom", "met", "selected", HELPERS.quote),
    ]
    assert {x.exemplar.provenance for x in lessons} == {f"assessor decision, {NOON.date()}"}
    (rejected,) = plan(rubric, [decision("Q1.whom", "thin", "not_addressed")]).lessons
    assert (rejected.exemplar.label, rejected.exemplar.text) == ("missing", BUS.quote)


def test_a_rejected_passage_says_nothing_on_other_facets_that_it_is_shown_for(rubric):
    (lesson,) = plan(rubric, [decision("Q1.whom", "thin", "not_addressed")]).lessons
    assert lesson.exemplar.also == ("Q1.eats",)


@pytest.mark.parametrize(
    ("quote", "why"),
    [
        ("Write to okafor@school.org for the list of meals we serve.", "e-mail"),
        ("Call the kitchen at 614-555-0132 before nine in the morning.", "phone"),
        ("We all eat.", "too short"),
        ("We COOK porridge  for all of them.", "known already"),
    ],
)
def test_what_is_not_learned_is_counted(rubric, quote, why):
    found = plan(rubric, [decision("Q1.eats", "covered", "agree", passages=[evidence(quote)])])
    assert found.lessons == ()
    assert len(found.skipped) == 1
    assert why in found.skipped[0][0]


def test_agreement_with_thin_and_contradicting_assessors_teach_nothing(rubric):
    found = plan(rubric, [decision("Q1.whom", "thin", "agree", passages=[BUS])])
    assert found.lessons == ()
    assert [d.value for d in found.decided] == ["partly"]
    told = {"A1": [decision("Q1.eats", "covered", "agree", passages=[EATS])], "A2": [decision("Q1.eats", "covered", "not_addressed")]}
    found = plan(rubric, told)
    assert found.lessons == found.decided == ()
    assert found.skipped == (("assessors do not say the same", 1),)


def test_names_are_masked_and_the_list_says_so(rubric):
    quote = "Ms. Okafor gives every child a warm breakfast, and Okafor eats with them."
    found = plan(rubric, [decision("Q1.eats", "covered", "agree", passages=[evidence(quote)])])
    assert "Okafor" not in found.lessons[0].exemplar.text
    words = plan_in_words(found)
    assert "Ms. Person 1 gives" in words
    assert "names were masked in 1 of them" in words
    assert "Okafor" not in words


def test_the_learned_rubric_is_whole_and_names_nobody(rubric, tmp_path, unfitted):
    told = [decision("Q1.eats", "covered", "agree", passages=[EATS]), decision("Q1.whom", "thin", "not_addressed")]
    into = tmp_path / "learned"
    learned = carry_out(plan(rubric, told, into, assessor="Zebedee"), "2026-05-05")
    folder = load_rubric_folder(into)
    assert [e.text for e in folder.exemplars] == ["We cook porridge for all of them.", EATS.quote, BUS.quote]
    assert folder.reliability == learned.card
    assert folder.reliability.rubric_sha256 == folder.sha256 != rubric.sha256
    assert folder.reliability.thresholds is None
    assert "200 decided facets are needed, there are 2" in folder.reliability.remark
    whole = "".join(p.read_text() for p in into.iterdir())
    assert "Zebedee" not in whole
    assert "S1" not in whole
    assert load_rubric_folder(rubric.path.parent).sha256 == rubric.sha256
    again = plan(folder, told, into)
    assert again.lessons == ()
    assert dict(again.skipped) == {"known already": 2}


def test_a_rubric_of_ones_own_is_added_to_in_place(rubric, unfitted):
    carry_out(plan(rubric, [decision("Q1.eats", "covered", "agree", passages=[EATS])]), "2026-05-05")
    assert len(load_rubric_folder(rubric.path.parent).exemplars) == 2


def test_a_shipped_rubric_is_copied_to_the_user_and_never_edited(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = load_rubric_folder(shipped("rubrics") / "student-centeredness")
    facet = folder.rubric.facets[0].id
    found = screening("S1", [coverage(facet, "covered", [EATS])], rubric=(folder.rubric.id, folder.sha256))
    gathered = gather([found], [decided("A1", [(found, [decision(facet, "covered", "agree", passages=[EATS])])])])
    assert plan_learning([found], gathered, folder).target == tmp_path / "data" / "mcscreen" / "rubrics" / "student-centeredness"
    with pytest.raises(InputError, match="never edited; name another with --into"):
        plan_learning([found], gathered, folder, folder.path.parent)


def test_a_folder_that_holds_something_else_is_refused(rubric, tmp_path):
    told = [decision("Q1.eats", "covered", "agree", passages=[EATS])]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("x")
    with pytest.raises(InputError, match="neither empty nor a rubric folder"):
        plan(rubric, told, tmp_path / "full")
    other = tmp_path / "other"
    shutil.copytree(rubric.path.parent, other)
    (other / "rubric.toml").write_text(RUBRIC.replace('id = "meals"', 'id = "reading"'))
    with pytest.raises(InputError, match="holds the rubric 'reading', not 'meals'"):
        plan(rubric, told, other)
    with pytest.raises(InputError, match="is for the rubric 'reading'"):
        plan(load_rubric_folder(other), told)


def rows(number=300, submissions=12, seed=1, gap=0.35):
    generator = random.Random(seed)
    made = []
    for place in range(number):
        value = "not_addressed" if place % 3 == 0 else "addressed"
        score = min(1.0, max(0.0, round(generator.gauss(0.5 - gap / 2 if value == "not_addressed" else 0.5 + gap / 2, 0.12), 4)))
        status = "covered" if score > 0.6 else "not_found" if score < 0.3 else "thin"
        made.append(Decided(f"S{place % submissions:02}", f"F{place // submissions}", value, status, score, place % 2 == 0, "d"))
    return made


def test_thresholds_keep_their_errors_on_average_over_new_rows():
    low, high = [], []
    for seed in range(25):
        cuts = fitted(rows(seed=seed)).thresholds
        fresh = rows(2000, seed=100 + seed)
        addressed, missing = ([r.score for r in fresh if r.value == v] for v in ("addressed", "not_addressed"))
        low.append(sum(s < cuts.not_found for s in addressed) / len(addressed))
        high.append(sum(s >= cuts.covered for s in missing) / len(missing))
    assert 0 < sum(low) / 25 < 0.013
    assert 0.02 < sum(high) / 25 < 0.05


def test_figures_are_of_submissions_that_the_thresholds_were_not_fitted_on():
    held_out = fitted(rows()).held_out
    assert held_out["addressed_not_found"].n == 200
    assert held_out["missing_not_covered"].n == 100
    assert 0.9 < held_out["missing_not_covered"].value < 1


def test_classes_that_lie_apart_still_give_thresholds_in_order():
    cuts = fitted(rows(gap=2.0)).thresholds
    assert cuts.not_found < cuts.covered
    assert sum(r.score >= cuts.covered for r in rows(gap=2.0) if r.value == "not_addressed") == 0


def test_too_few_decisions_say_how_many_are_needed():
    assert needs(rows()) == ""
    assert needs(rows(199)) == "200 decided facets are needed, there are 199"
    assert needs(rows(submissions=9)) == "10 submissions are needed, there are 9"
    one_third = [r for r in rows(submissions=11) if r.value == "addressed"][:105] + [r for r in rows(900) if r.value == "not_addressed"]
    assert needs(one_third) == "118 of them addressed are needed, there are 105"
    with pytest.raises(ValueError, match="200 decided facets are needed"):
        fitted(rows(30))


def test_intervals_are_exact():
    share = shares([Decided("S", str(n), "addressed", "not_found" if n < 2 else "covered", 0.5, False, "d") for n in range(50)])
    one = share["addressed_not_found"]
    assert (one.hits, one.n) == (2, 50)
    assert one.low == pytest.approx(beta.ppf(0.025, 2, 49), abs=1e-4)
    assert one.high == pytest.approx(beta.ppf(0.975, 3, 48), abs=1e-4)
    assert "missing_not_covered" not in share


def batch(rubric, sha, first=0):
    """Twelve submissions of 26 facet lines each, in a rubric of as many facets, and an assessor who knows what is there."""
    text = RUBRIC + "".join(f'[[parts.criteria.facets]]\nid = "Q1.f{n}"\ntext = "facet {n}"\n' for n in range(24))
    rubric.path.write_text(text)
    folder = load_rubric_folder(rubric.path.parent)
    facets = [f.id for f in folder.rubric.facets]
    screenings, reviews = [], []
    for number in range(first, first + 12):
        lines, told = [], []
        for place, facet in enumerate(facets):
            addressed = (place + number) % 3 > 0
            quote = evidence(f"Sentence {place} of text {number} says what we did there.", 100 * place)
            lines.append(
                coverage(facet, "covered" if addressed else "thin", [quote], 0.6 + place / 100 if addressed else 0.3 - place / 100)
            )
            told.append(
                decision(facet, lines[-1].status, "agree" if addressed else "not_addressed", passages=[quote] if addressed else None)
            )
        screenings.append(one(f"S{number:02}", sha or folder.sha256, lines))
        reviews.append((screenings[-1], told))
    return folder, screenings, gather(screenings, [decided("A1", reviews)])


def test_thresholds_need_scores_of_texts_that_were_not_learned_from(rubric, tmp_path, unfitted):
    folder, screenings, gathered = batch(rubric, None)
    found = plan_learning(screenings, gathered, folder, tmp_path / "learned")
    learned = carry_out(found, "2026-05-05")
    assert learned.card.decided == 312
    assert learned.card.thresholds is None
    assert "the heads learned from these very texts" in learned.card.remark


def test_a_rubric_that_learned_from_these_texts_before_gets_no_thresholds_from_their_scores(rubric, tmp_path, unfitted):
    folder, screenings, gathered = batch(rubric, None)
    known = carry_out(plan_learning(screenings, gathered, folder, tmp_path / "learned"), "2026-05-05").folder
    _, screenings, gathered = batch(rubric, known.sha256)
    found = plan_learning(screenings, gathered, known)
    assert found.lessons == ()
    assert found.fresh == frozenset()
    card = carry_out(found, "2026-05-06").card
    assert card.thresholds is None
    assert "of the submissions from which the rubric had not learned before, 200 decided facets are needed, there are 0" in card.remark
    assert "12 of the submissions are not in the figures" in card.remark
    assert card.figures == {}


def test_a_fresh_batch_and_no_exemplars_give_thresholds(rubric, tmp_path, unfitted):
    folder, screenings, gathered = batch(rubric, None)
    known = carry_out(plan_learning(screenings, gathered, folder, tmp_path / "learned"), "2026-05-05").folder
    _, screenings, gathered = batch(rubric, known.sha256, first=12)
    assert plan_learning(screenings, gathered, known).lessons
    found = plan_learning(screenings, gathered, known, exemplars=False)
    assert found.lessons == ()
    learned = carry_out(found, "2026-05-06")
    card = learned.card
    assert learned.folder.sha256 == known.sha256
    assert card.thresholds is not None
    scorer = scorer_of("facets-l4:test", load_model(shipped("models") / "facets-l4"), RECIPE)
    assert card.belongs_to(known.sha256, scorer)
    assert not card.belongs_to(known.sha256, "another")
    assert not card.belongs_to("0" * 64, scorer)
    assert {"held_out_addressed_not_found", "missing_not_covered"} <= set(card.figures)
    text = (tmp_path / "learned" / "reliability.md").read_text()
    assert "Thresholds: `not_found` below" in text
    assert "| held out: addressed, but called not found" in text


def test_scores_of_another_encoder_give_no_thresholds(rubric, tmp_path, unfitted):
    folder, screenings, gathered = batch(rubric, None)
    run = Run(screenings[0].fingerprint, {"encoder": "another:weights"})
    found = plan_learning(screenings, gathered, folder, tmp_path / "learned", run=run, exemplars=False)
    assert "made by another encoder or model" in carry_out(found, "2026-05-05").card.remark
    model = load_model(shipped("models") / "facets-l4")
    calibrations = {basis: c.model_dump(mode="json") for basis, c in model.bases.items()}
    same = Run(screenings[0].fingerprint, {"encoder": "facets-l4:test", "calibrations": calibrations, "ocr": False})
    found = plan_learning(screenings, gathered, folder, tmp_path / "learned", run=same, exemplars=False)
    assert carry_out(found, "2026-05-05").card.thresholds is not None
    stale = plan_learning(screenings, gathered, folder, tmp_path / "learned", run=Run("0" * 32, run.facts), exemplars=False)
    assert carry_out(stale, "2026-05-05").card.thresholds is not None


def test_a_copy_under_another_name_is_held_out_too(rubric, tmp_path, unfitted, monkeypatch):
    folder, screenings, gathered = batch(rubric, None)
    text = " ".join(e.quote for c in screenings[0].coverage for e in c.evidence)
    found = plan_learning(screenings, gathered, folder, tmp_path / "learned", texts={"S11": text})
    held = {}

    def screened(fold, uploads, wanted, made_with):
        for name in wanted:
            held[name] = {e.text for e in load_rubric_folder(fold).exemplars}
        return []

    monkeypatch.setattr("mcscreen.learning._screened", screened)
    carry_out(found, "2026-05-05", uploads=[tmp_path])
    assert not any("of text 0 " in t for t in held["S00"] | held["S11"])
    assert any("of text 0 " in t for t in held["S02"])


def test_what_was_learned_before_is_held_out_too(rubric, tmp_path, unfitted, monkeypatch):
    folder, screenings, gathered = batch(rubric, None)
    known = carry_out(plan_learning(screenings, gathered, folder, tmp_path / "learned"), "2026-05-05").folder

    def screened(fold, uploads, wanted, made_with):
        texts = {e.text for e in load_rubric_folder(fold).exemplars}
        own = [s for s in screenings if s.submission.id in wanted]
        assert not texts & {e.quote for s in own for c in s.coverage for e in c.evidence}
        assert any("of text" in t for t in texts)
        return own

    monkeypatch.setattr("mcscreen.learning._screened", screened)
    found = plan_learning(screenings, gathered, folder, known.path.parent)
    assert found.lessons == ()
    card = carry_out(found, "2026-05-06", uploads=[tmp_path]).card
    assert card.thresholds is not None
    assert {"held_out_missing_not_covered", "missing_not_covered"} <= set(card.figures)


def test_a_facet_that_the_rubric_no_longer_has_is_counted_and_not_in_the_card(rubric, tmp_path, unfitted):
    lines = [coverage("Q1.eats", "covered", [EATS]), coverage("Q1.gone", "covered", [BUS])]
    told = [decision("Q1.eats", "covered", "agree", passages=[EATS]), decision("Q1.gone", "covered", "agree", passages=[BUS])]
    found = plan(rubric, told, tmp_path / "learned", lines=lines)
    assert dict(found.skipped) == {"the rubric has no such facet": 1}
    assert [d.facet for d in found.decided] == ["Q1.eats"]
    assert carry_out(found, "2026-05-05").card.decided == 1
    with pytest.raises(InputError, match="left out: 1 on facets that the rubric has not"):
        plan(rubric, told[1:], tmp_path / "other", lines=lines)


def test_names_of_the_whole_text_and_of_the_id_are_masked(rubric):
    quote = evidence("Then Dagny and Lindqvist carry the trays up to the second floor.")
    found = one("lindqvist-dagny", lines=[coverage("Q1.eats", "covered", [quote])])
    told = gather([found], [decided("A1", [(found, [decision("Q1.eats", "covered", "agree", passages=[quote])])])])
    (lesson,) = plan_learning([found], told, rubric, texts={"lindqvist-dagny": f"Breakfast at our school. {quote.quote}"}).lessons
    assert "Lindqvist" not in lesson.exemplar.text
    assert "Dagny" not in lesson.exemplar.text


def test_a_card_comes_back_as_written_and_a_broken_one_is_named():
    card = parse_reliability(
        reliability_toml(
            parse_reliability(
                b'schema = 1\ndate = "2026-05-05"\nrubric_sha256 = "' + b"a" * 64 + b'"\nscorer = "e\\"1"\nsubmissions = 1\nassessors = 1\n'
                b"decided = 1\naddressed = 1\npartly = 0\nmissing = 0\nblind = 0\n[thresholds]\nnot_found = 0.1\ncovered = 0.5\n"
                b"[figures.addressed_not_found]\nhits = 0\nn = 1\nlow = 0.0\nhigh = 0.975\n"
            )
        ).encode()
    )
    assert card.scorer == 'e"1'
    assert card.thresholds.covered == 0.5
    assert tomllib.loads(reliability_toml(card))["figures"]["addressed_not_found"]["n"] == 1
    assert card.stamp == "thresholds set on 1 decisions of assessors on 1 submissions (2026-05-05)"
    for broken in (b"schema = 2", b"x", b"\xff", reliability_toml(card).replace("0.1", "0.9").encode()):
        with pytest.raises(RubricError, match=r"reliability\.toml: .*written by 'mcscreen learn'"):
            parse_reliability(broken)


def test_a_scorer_is_another_with_other_calibrations_and_the_same_with_other_thresholds():
    model = load_model(shipped("models") / "facets-l4")
    first = scorer_of("e:1", model, 2)
    marked = model.bases["marked"]
    moved = model.model_copy(update={"bases": {**model.bases, "marked": marked.model_copy(update={"intercept": marked.intercept + 1})}})
    cuts = model.bases["marked"].thresholds.model_copy(update={"covered": 0.99})
    cut = model.model_copy(update={"bases": {**model.bases, "marked": marked.model_copy(update={"thresholds": cuts})}})
    assert scorer_of("e:1", cut, 2) == first
    assert len({first, scorer_of("e:1", moved, 2), scorer_of("e:2", model, 2), scorer_of("e:1", model, 3)}) == 4
