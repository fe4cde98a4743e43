"""Shared passages in a report: told with both places, without a reason, and never at the report's cost."""

from __future__ import annotations

import pytest

from mcscreen.document import Draft
from mcscreen.results import DocumentRecord, RubricRecord, Screening, SectionRecord, SubmissionRecord
from mcscreen.rubric import Rubric
from mcscreen.shared import SHARED, shared_passages
from mcscreen.submission import Submission

WORDS = "Every newcomer eats with two fifth graders for a month and they show where the ball is kept"
RUBRIC = Rubric.model_validate(
    {
        "schema": 1,
        "id": "meals",
        "title": "Meals",
        "source": {"title": "Meals"},
        "outcomes": [{"id": "EO1", "text": "Feed every child."}],
        "parts": [{"id": "part1", "title": "Overview", "kind": "narrative"}, {"id": "part3", "title": "Reflection", "kind": "reflection"}],
    }
)


def read(name: str, **parts: str) -> tuple[Screening, Submission]:
    documents, records = [], []
    for part, text in parts.items():
        draft = Draft()
        draft.paragraph("First.")
        draft.paragraph(text)
        document = draft.finish(name=f"{part}.docx", format="docx", sha256=name + part, size=1)
        documents.append(document)
        section = SectionRecord(part=part, start=0, end=len(document.text), basis="name", guessed=False)
        records.append(
            DocumentRecord(
                name=document.name,
                part=part,
                status="text",
                reason="",
                reader="",
                pages=None,
                words=1,
                sha256=name + part,
                sections=(section,),
            )
        )
    screening = Screening(
        fingerprint="f", rubric=RubricRecord(id="meals", sha256=""), submission=SubmissionRecord(id=name, documents=tuple(records))
    )
    return screening, Submission(name, tuple(documents))


def shared(*batch, allowed=()):
    return shared_passages([s for s, _ in batch], {s.id: s for _, s in batch}, RUBRIC, allowed)


def test_each_screening_gets_its_own_place_as_evidence_and_the_other_in_words():
    batch = read("anna", part1=f"Well, {WORDS}. We laughed."), read("ben", part1=f"Here {WORDS}, I think."), read("carla", part1="Soup.")
    told, table = shared(*batch)
    anna, ben, carla = (s.notices for s in told)
    assert carla == ()
    assert (anna[0].check, anna[0].subject) == (SHARED, "part1.docx")
    assert anna[0].message == "18 words in a row stand here and in “ben”, part1.docx, paragraph 2"
    assert ben[0].message == "18 words in a row stand here and in “anna”, part1.docx, paragraph 2"
    (evidence,) = anna[0].evidence
    assert batch[0][1].documents[0].text[evidence.start : evidence.end] == evidence.quote == WORDS
    assert table.name == "shared"
    assert [row[:6] for row in table.rows] == [(1, 18, 18, n, "Overview", "part1.docx") for n in ("anna", "ben")]
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_a_candidates_own_two_parts_are_told_in_one_notice():
    (told,), _ = shared(read("anna", part1=WORDS, part3=WORDS))
    (notice,) = told.notices
    assert notice.message == "19 words in a row stand here and in part3.docx, paragraph 1 of this submission"
    assert [e.document for e in notice.evidence] == ["part1.docx", "part3.docx"]


def test_no_notice_gives_a_reason():
    (told, _), _ = shared(read("anna", part1=WORDS), read("ben", part1=WORDS))
    words = told.notices[0].message.lower()
    assert not any(w in words for w in ("copied", "plagiar", "cheat", "misconduct", "suspicious", "original", "integrity"))


def test_allowed_wording_is_nobodys():
    assert all(s.notices == () for s in shared(read("anna", part1=WORDS), read("ben", part1=WORDS), allowed=[f"Template. {WORDS}"])[0])


def test_many_passages_are_cut_to_the_longest_and_the_table_has_all():
    texts = [" ".join(f"w{n}x{i}" for i in range(12 + n)) for n in range(15)]
    (told, _), table = shared(read("anna", part1=" a ".join(texts)), read("ben", part1=" b ".join(texts)))
    assert len(told.notices) == 13
    assert told.notices[0].message.startswith("26 words")
    assert told.notices[-1].message.startswith("3 shorter passages")
    assert len(table.rows) == 30


def test_more_places_than_can_be_named_are_counted():
    told, _ = shared(*(read(f"s{n}", part1=WORDS) for n in range(6)))
    assert told[0].notices[0].message.endswith("“s3”, part1.docx, paragraph 1 and in 2 more places")


@pytest.mark.parametrize("gone", ["changed", "missing"])
def test_a_text_that_cannot_be_read_again_costs_its_own_notices_only(gone, caplog):
    batch = [read("anna", part1=WORDS), read("ben", part1=WORDS), read("carla", part1=WORDS)]
    texts = {s.id: s for _, s in batch}
    if gone == "missing":
        del texts["anna"]
    else:
        texts["anna"] = read("dora", part1=WORDS)[1]
    told, _ = shared_passages([s for s, _ in batch], texts, RUBRIC)
    assert [len(s.notices) for s in told] == [0, 1, 1]
    assert "anna" not in caplog.text


def test_a_submission_that_was_not_screened_is_not_read_again():
    empty = Screening(fingerprint="f", rubric=RubricRecord(id="meals", sha256=""), submission=SubmissionRecord(id="dora", documents=()))
    told, table = shared_passages([empty], {}, RUBRIC)
    assert list(told) == [empty]
    assert table.rows == ()
