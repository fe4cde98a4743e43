"""Learning with the uploads at hand, for real: screened, decided on, screened again by heads that had not learned from them."""

from __future__ import annotations

import logging

import pytest
from decided import NOON, decided, decision

from mcscreen import Screener, learning
from mcscreen.learning import carry_out, plan_learning, texts_for
from mcscreen.reviews import gather
from mcscreen.rubric_files import load_rubric_folder

TOPICS = (
    "breakfast reading bicycles gardening choir chess lockers mittens swimming painting pottery lunches tutoring buses notebooks lanterns"
    " puppets telescopes knitting drums maps beehives"
).split()
TAUGHT = TOPICS[:2]
PLACES = "the gym,the annex,the old shop,room nine,the hall,the porch,the chapel,the depot,the loft,the cellar".split(",")
PEOPLE = "Okafor Brandt Castellano Dubois Eriksen Fitzgerald Gutierrez Hargreaves Ivanova Jankowski".split()

HEAD = """schema = 1
id = "school-life"
title = "School life"
[source]
title = "School life"
[[outcomes]]
id = "EO1"
text = "Run a school."
[[parts]]
id = "part1"
title = "Overview"
kind = "narrative"
[[parts.criteria]]
id = "Q1"
text = "What have you set up?"
"""


def sentence(topic: str, number: int) -> str:
    return f"Since {number + 2} Mondays Ms. {PEOPLE[number]} has run our {topic} for {number + 11} children in {PLACES[number]}."


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """A rubric without exemplars, ten narratives, their screenings, and an assessor who knows what is in them."""
    folder = tmp_path_factory.mktemp("school")
    (folder / "rubric").mkdir()
    asks = "".join(f'[[parts.criteria.facets]]\nid = "Q1.{t}"\ntext = "says who runs the {t}"\n' for t in TOPICS)
    (folder / "rubric" / "rubric.toml").write_text(HEAD + asks)
    for number in range(10):
        own = [sentence(t, number) for place, t in enumerate(TOPICS) if (place + number) % 3]
        (folder / "uploads" / f"S{number:02}").mkdir(parents=True)
        (folder / "uploads" / f"S{number:02}" / "Part 1 Narrative.txt").write_text("Overview\n\n" + "\n\n".join(own) + "\n")
    rubric = load_rubric_folder(folder / "rubric")
    screener = Screener(rubric)
    screenings = [screener.screen(folder / "uploads" / f"S{number:02}") for number in range(10)]
    reviews = []
    for number, one in enumerate(screenings):
        told = []
        for place, (topic, line) in enumerate(zip(TOPICS, one.coverage, strict=True)):
            quotes = [e for e in line.evidence if f"our {topic} for" in e.quote]
            if not (place + number) % 3:
                told.append(decision(line.facet, line.status, "not_addressed"))
            else:
                # Of most facets nothing is taught, so that few heads have to be fitted.
                told.append(decision(line.facet, line.status, "other_passage", passages=quotes if topic in TAUGHT else []))
        reviews.append((one, told))
    return folder, rubric, screenings, gather(screenings, [decided("Zebedee", reviews)])


def test_uploads_are_screened_again_by_heads_that_had_not_learned_from_them(school, tmp_path, monkeypatch, caplog):
    folder, rubric, screenings, gathered = school
    again, screened = {}, learning._screened

    def watched(fold, uploads, wanted, made_with):
        texts = [e.text for e in load_rubric_folder(fold).exemplars]
        found = screened(fold, uploads, wanted, made_with)
        for one in found:
            again[one.submission.id] = one
            number = int(one.submission.id[1:])
            assert texts
            assert not any(f"for {number + 11} children in {PLACES[number]}" in t for t in texts)
        return found

    monkeypatch.setattr("mcscreen.learning._screened", watched)
    monkeypatch.setattr("mcscreen.learning._FOLDS", 3)  # each costs the set-up of a screener
    uploads = [folder / "uploads"]
    texts = texts_for(screenings, uploads, rubric)
    assert set(texts) == {f"S{n:02}" for n in range(10)}
    with caplog.at_level(logging.DEBUG):
        learned = carry_out(plan_learning(screenings, gathered, rubric, tmp_path / "learned", texts=texts), "2026-05-05", uploads=uploads)
    card = learned.card
    assert card.decided == 220
    assert card.remark == "thresholds fitted on 220 facets, each scored by heads that had not learned from its submission"
    assert card.thresholds is not None
    assert set(again) == {f"S{n:02}" for n in range(10)}

    # What the card says of the thresholds is said of submissions that they were not fitted on, with the scores of those heads.
    missing = card.figures["held_out_missing_not_covered"]
    addressed = card.figures["held_out_addressed_not_found"]
    assert (missing.n, addressed.n) == (card.missing, card.addressed) == (74, 146)

    # The thresholds do not rest on the scores that the learned rubric gives to the very texts that it learned from.
    screener = Screener(learned.folder)
    assert screener.calibration.endswith(card.stamp)
    assert set(screener.facts["thresholds"]["text"].values()) == {card.thresholds.not_found, card.thresholds.covered}
    own = [screener.screen(folder / "uploads" / s) for s in again]
    gain = [
        now.score - then.score
        for one in own
        for now, then in zip(one.coverage, again[one.submission.id].coverage, strict=True)
        if now.facet in [f"Q1.{t}" for t in TAUGHT] and (int(one.submission.id[1:]) + TOPICS.index(now.facet[3:])) % 3
    ]
    assert sum(abs(g) > 0.01 for g in gain) > len(gain) / 2

    # Nobody is named, and nothing of a submission is logged.
    written = "".join(p.read_text() for p in (tmp_path / "learned").iterdir())
    assert f"assessor decision, {NOON.date()}" in written
    logged = " ".join(r.getMessage() for r in caplog.records)
    for name in (*PEOPLE, "Zebedee", "S03"):
        assert name not in written
        assert name not in logged
    assert not any(place in logged for place in PLACES)
    assert sum("Ms. Person" in e.text for e in learned.folder.exemplars) == len(learned.folder.exemplars)


def test_too_few_of_the_uploads_are_named(school, tmp_path):
    folder, rubric, screenings, gathered = school
    found = plan_learning(screenings, gathered, rubric, tmp_path / "learned", exemplars=False)
    card = carry_out(found, "2026-05-05", uploads=[folder / "uploads" / "S00"]).card
    assert card.thresholds is None
    assert "of the uploads given, too few are those that were decided on: 200 decided facets are needed, there are 22" in card.remark
