"""Shared passages: found with both places, the rubric's and given wording taken out, nothing shown from fewer than twelve words."""

from __future__ import annotations

import random
import time
import tracemalloc

import numpy as np
import pytest

from mcscreen import overlaps
from mcscreen.document import Draft
from mcscreen.overlaps import RUN, find_overlaps, wording_of
from mcscreen.rubric import Rubric
from mcscreen.submission import ARTIFACT, Section, Submission

SHARED = "Every newcomer eats with two fifth graders for a month and they show where the ball is kept."
RUBRIC = Rubric.model_validate(
    {
        "schema": 1,
        "id": "meals",
        "title": "Meals",
        "source": {"title": "Meals"},
        "outcomes": [{"id": "EO1", "text": "Feed every child."}],
        "parts": [
            {
                "id": "part1",
                "title": "Overview",
                "kind": "narrative",
                "criteria": [
                    {"id": "Q1", "text": "What have you done so that each child eats a warm meal at school on every day of the week?"}
                ],
            }
        ],
    }
)
QUESTION = RUBRIC.parts[0].criteria[0].text


def document(name: str, *paragraphs: str, sha256: str = ""):
    draft = Draft()
    for text in paragraphs:
        draft.paragraph(text)
    return draft.finish(name=name, format="docx", sha256=sha256, size=1)


def submission(identifier: str, **parts):
    """One document a part; a value is a paragraph or several; `artifact` gets the checksum "team"."""
    documents = [
        document(f"{part}.docx", *([text] if isinstance(text, str) else text), sha256="team" if part == "artifact" else "")
        for part, text in parts.items()
    ]
    sections = [
        Section(n, ARTIFACT if p == "artifact" else p, 0, len(d.text), "name")
        for n, (p, d) in enumerate(zip(parts, documents, strict=True))
    ]
    return Submission(identifier, tuple(documents)), sections


def prose(words: int, seed: int) -> str:
    generator = random.Random(seed)
    return " ".join("".join(generator.choices("abcdefghijklmnop", k=5)) for _ in range(words))


def test_a_passage_of_two_candidates_is_shown_with_both_places():
    batch = [
        submission("anna", part1=["We began in May.", f"Here is how. {SHARED} It works."]),
        submission("ben", part1=f"I asked around. {SHARED.upper().replace(' AND ', ', AND—')} It rained."),
    ]
    (one,) = [o for o in find_overlaps(batch) if o.words > 12]
    assert (one.words, one.own, one.within_one) == (19, 19, False)
    first, second = one.places
    assert (first.submission, second.submission) == ("anna", "ben")
    assert first.quote == SHARED.rstrip(".") + ". It"
    assert first.place.paragraph == 2
    for place, (loaded, _) in zip(one.places, batch, strict=True):
        assert loaded.documents[0].text[place.start : place.end] == place.quote


def test_a_candidates_own_parts_are_compared_but_not_a_part_with_itself():
    (one,) = find_overlaps([submission("anna", part1=SHARED, part3=f"Looking back: {SHARED}")])
    assert one.within_one
    assert [p.part for p in one.places] == ["part1", "part3"]
    assert find_overlaps([submission("anna", part1=[SHARED, SHARED])]) == ()


@pytest.mark.parametrize(("words", "shown"), [(RUN - 1, 0), (RUN, 1)])
def test_twelve_words_are_needed(words, shown):
    run = " ".join(SHARED.split()[:words])
    assert len(find_overlaps([submission("a", part1=f"one {run} two"), submission("b", part1=f"three {run} four")])) == shown


def test_the_rubrics_wording_is_not_shown():
    batch = [submission(name, part1=f"{QUESTION} {answer}") for name, answer in (("a", "We cook."), ("b", "Soup."))]
    assert len(find_overlaps(batch)) == 1
    assert find_overlaps(batch, RUBRIC) == ()
    assert QUESTION in wording_of(RUBRIC)


def test_an_allowed_stretch_inside_a_passage_neither_counts_nor_cuts():
    text = f"Seven of us met on a Monday and asked: {QUESTION} Then nine of us cooked for three days."
    (one,) = find_overlaps([submission("a", part1=text), submission("b", part1=text)], RUBRIC)
    assert one.words == len(text.split())
    assert one.own == one.words - len(QUESTION.split())


def test_given_files_and_artifacts_of_a_team_are_taken_out():
    alone = [submission("a", part1=SHARED), submission("b", part1=SHARED)]
    assert find_overlaps(alone, allowed=[f"Template: {SHARED}"]) == ()
    team = [submission(n, part1=f"As the plan says: {SHARED}", artifact=SHARED) for n in "ab"]
    assert find_overlaps(team) == ()
    own = [submission("a", part1=SHARED, artifact=SHARED), submission("b", part1=SHARED)]
    assert len(find_overlaps(own)) == 1


def test_one_passage_of_many_candidates_is_told_once():
    batch = [submission(f"s{n:02}", part1=f"{prose(30, n)} {SHARED} {prose(30, 100 + n)}") for n in range(30)]
    (one,) = find_overlaps(batch)
    assert len(one.places) == 30


def test_several_passages_come_longest_first():
    long, short = prose(40, 1), prose(15, 2)
    batch = [submission("a", part1=f"{short} x1 {long}"), submission("b", part1=f"{long} x2 {short}")]
    assert [o.words for o in find_overlaps(batch)] == [40, 15]


def test_nothing_shared_nothing_shown():
    assert find_overlaps([submission("a", part1=prose(300, 1)), submission("b", part1=prose(300, 2))]) == ()
    assert find_overlaps([]) == ()


class Asked:
    """A batch that is read when it is asked for, and counts how often."""

    def __init__(self, make, number):
        self.make, self.asked = make, [0] * number

    def __len__(self):
        return len(self.asked)

    def __getitem__(self, at):
        self.asked[at] += 1
        return self.make(at)


@pytest.mark.parametrize("together", [1, 7, 10**6])
def test_hashes_that_are_gone_through_in_ranges_are_found_all_the_same(monkeypatch, together):
    monkeypatch.setattr(overlaps, "_SORTED", together)
    own = [np.arange(start, start + 5) * (1 << 58) for start in (-20, -16, 0, 8, 12)]
    assert dict(overlaps._repeated([[part] for part in own])) == {
        0: {-16 << 58},
        1: {-16 << 58},
        3: {12 << 58},
        4: {12 << 58},
    }


def test_only_who_shares_is_asked_for_again():
    batch = Asked(lambda n: submission(f"s{n}", part1=prose(50, n) + (f" {SHARED}" if n in (3, 7) else "")), 10)
    (one,) = find_overlaps(batch)
    assert [p.submission for p in one.places] == ["s3", "s7"]
    assert batch.asked == [1, 1, 1, 2, 1, 1, 1, 2, 1, 1]


def test_memory_stays_flat_over_a_batch():
    def peak(number):
        batch = Asked(lambda n: submission(f"s{n}", part1=f"{prose(20, n)} {SHARED}", artifact=f"{n:02}" * 50_000), number)
        find_overlaps(batch)
        tracemalloc.start()
        find_overlaps(batch)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(16) - peak(4) < 6 * 100_000  # twelve artifacts of 100,000 characters more


def test_headings_and_heads_of_tables_are_a_form():
    def filled(name):
        draft = Draft()
        draft.heading("Evidence that was gathered over the course of one whole year")
        draft.table([["Detail of the outcome", "Name of artifact", "Where to look", "How this shows it"], [name, name, "p. 1", "because"]])
        read = draft.finish(name="part2.docx", format="docx", sha256="", size=1)
        return Submission(name, (read,)), [Section(0, "part2", 0, len(read.text), "name")]

    assert find_overlaps([filled("anna"), filled("ben")]) == ()


def test_a_self_analysis_may_repeat_what_the_same_candidate_tells():
    parts = [{"id": p, "title": p, "kind": k} for p, k in (("part1", "narrative"), ("part2", "portfolio"), ("part3", "reflection"))]
    rubric = Rubric.model_validate(RUBRIC.model_dump(by_alias=True) | {"parts": parts})
    assert find_overlaps([submission("anna", part1=SHARED, part2=SHARED)], rubric) == ()
    assert len(find_overlaps([submission("anna", part1=SHARED, part3=SHARED)], rubric)) == 1
    assert len(find_overlaps([submission("anna", part2=SHARED), submission("ben", part2=SHARED)], rubric)) == 1


def test_cost_grows_with_the_length_and_not_with_the_pairs():
    def seconds(number):
        batch = [submission(f"s{n}", part1=f"{prose(200, n)} {SHARED} " + "la " * 100) for n in range(number)]
        start = time.process_time()
        find_overlaps(batch)
        return time.process_time() - start

    seconds(5)
    assert seconds(80) < 10 * max(seconds(20), 0.02)
