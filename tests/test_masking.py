"""Masking of names: the cases are data, in cases/masking.toml; here stand the rules that hold for every text."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from mcscreen import language
from mcscreen.document import Document, Draft
from mcscreen.masking import Names, find_names, mask, masked, masked_id, spans_of
from mcscreen.submission import Submission

_CASES = tomllib.loads((Path(__file__).parent / "cases" / "masking.toml").read_text("utf-8"))["case"]


def marks(case):
    return [pytest.mark.xfail(reason="known failure")] if case.get("known_failure") else []


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"], marks=marks(c)) for c in _CASES])
def test_case(case):
    names = find_names(case["texts"], people=case.get("people", ()), schools=case.get("schools", ()))
    assert [mask(text, names) for text in case["texts"]] == case["masked"]


def test_spans_point_into_the_untouched_text_and_give_the_masked_one():
    text = "Ms. Okafor (okafor@school.org, 614-555-0132) met Ms. Reyes of Hill School; Okafor wrote."
    names = find_names([text], schools=["Hill School"])
    spans = spans_of(text, names)
    assert [(text[s.start : s.end], s.kind, s.alias) for s in spans] == [
        ("Okafor", "person", "Person 1"),
        ("okafor@school.org", "email", "[e-mail]"),
        ("614-555-0132", "phone", "[phone]"),
        ("Reyes", "person", "Person 2"),
        ("Hill School", "school", "School 1"),
        ("Okafor", "person", "Person 1"),
    ]
    assert all(a.end <= b.start for a, b in pairwise(spans))
    rebuilt = text
    for span in reversed(spans):
        rebuilt = rebuilt[: span.start] + span.alias + rebuilt[span.end :]
    assert mask(text, names) == rebuilt


def test_a_quote_is_masked_with_the_names_of_the_whole_submission():
    names = find_names(["Ms. Okafor has the key.", "We asked Okafor twice."])
    assert mask("asked Okafor", names) == "asked Person 1"


def test_masking_again_changes_nothing():
    text = "Ms. Okafor wrote to a@b.org."
    names = find_names([text])
    assert mask(mask(text, names), names) == mask(text, names)


def test_without_names_only_contacts_are_masked():
    assert mask("Ms. Okafor, a@b.org", Names()) == "Ms. Okafor, [e-mail]"
    assert mask("", Names()) == ""


def test_numbers_follow_the_first_appearance_and_not_the_order_of_finding():
    assert mask("Amir saw Ms. Zhou.", find_names(["Amir saw Ms. Zhou."], people=["Zhou", "Amir"])) == "Person 1 saw Ms. Person 2."


def test_the_recogniser_is_loaded_alone_and_once():
    pipeline = language.recogniser()
    assert pipeline is language.recogniser()
    assert pipeline.pipe_names == ["ner"]


def test_long_runs_without_spaces_cost_no_more_than_their_length():
    for text in ("a" * 50_000 + "@", "1-" * 30_000, "A." * 20_000, "Mr. " * 10_000):
        assert mask(text, Names((("Noor", "Person 1"),))) == text


def document(name="Part 1.docx"):
    draft = Draft()
    draft.heading("The room of Ms. Okafor")
    draft.paragraph("Ms. Okafor opens at seven. Write to okafor@school.org.")
    draft.table([["Detail", "Artifact"], ["Support by Okafor", "Okafor_Plan.pdf"], ["", None]])
    draft.paragraph("At the end stands\nOkafor.")
    return draft.finish(name=name, format="docx", sha256="1", size=1)


def submission(*names, id="S01"):
    return Submission(id, tuple(document(name) for name in names))


def test_a_masked_document_keeps_every_block_and_cell_on_its_own_text():
    before = document()
    (after,) = masked(submission("Part 1.docx")).documents
    names = Names((("Okafor", "Person 1"),))
    assert "kafor" not in repr(after)
    assert len(after.text) != len(before.text)
    assert [mask(before.text_of(b), names) for b in before.blocks] == [after.text_of(b) for b in after.blocks]
    assert [(b.kind, b.level, b.place.paragraph, b.place.row) for b in before.blocks] == [
        (b.kind, b.level, b.place.paragraph, b.place.row) for b in after.blocks
    ]
    assert after.blocks[1].place.heading == after.text_of(after.blocks[0]) == "The room of Ms. Person 1"
    assert [[after.text_of(c) for c in row] for row in after.tables[0].rows] == [
        ["Detail", "Artifact"],
        ["Support by Person 1", "Person 1_Plan.pdf"],
        ["", ""],
    ]
    assert after.sha256 == before.sha256


def test_a_file_name_and_the_row_that_cites_it_are_masked_alike():
    found = masked(submission("artifacts/Okafor_Plan.pdf", "okafor part 3.docx"))
    assert [d.name for d in found.documents] == ["artifacts/Person 1_Plan.pdf", "Person 1 part 3.docx"]
    assert "Person 1_Plan.pdf" in found.documents[0].text


def test_file_names_stay_apart_and_so_do_remarks_about_them():
    damaged = Document("Okafor.docx", "corrupt", "Okafor.docx is cut off", warnings=("seen by Ms. Okafor",))
    given = Submission(
        "S01", (damaged, document("OKAFOR.docx")), declared=(("OKAFOR.docx", "part1"),), problems=("Okafor.docx: a link was left out",)
    )
    found = masked(given)
    assert [d.name for d in found.documents] == ["Person 1.docx", "Person 1 (2).docx"]
    assert (found.documents[0].reason, found.documents[0].warnings) == ("Person 1.docx is cut off", ("seen by Ms. Person 1",))
    assert found.declared == (("Person 1 (2).docx", "part1"),)
    assert found.problems == ("Person 1.docx: a link was left out",)


@pytest.mark.parametrize("name", ["lindqvistkofi_part1.docx", "Kofi Lindqvist Part 1.docx", "KofiLindqvist-1.docx", "Lindqvist, Kofi.docx"])
def test_a_given_name_is_masked_in_file_names_however_it_is_put_together(name):
    (found,) = masked(submission(name), ["Kofi Lindqvist"]).documents
    assert "indqvist" not in found.name
    assert "ofi" not in found.name


def test_a_roster_masks_who_is_there_and_keeps_numbers_for_them():
    draft = Draft()
    draft.paragraph("We are Kofi and the others of Riverbend Elementary School.")
    read = Submission("S01", (draft.finish(name="a.docx", format="docx", sha256="", size=1),))
    roster = [f"Kofi {chr(65 + n)}quist" for n in range(20)] + ["Riverbend Elementary School", "Kofi Mensah"]
    assert masked(read, roster).documents[0].text == "We are Person 1 and the others of School 1."


def test_the_candidate_named_by_the_id_is_masked_in_the_text():
    draft = Draft()
    draft.paragraph("lindqvist is not written so, and Lindqvist is. Mensah reads.")
    draft.paragraph("the portfolio")
    read = Submission("mensah_portfolio", (draft.finish(name="a.docx", format="docx", sha256="", size=1),))
    found = masked(read)
    assert "Mensah" not in found.documents[0].text
    assert found.documents[0].text.endswith("the portfolio")


def test_words_of_the_rubric_are_left_alone_unless_given():
    read = submission("a.docx")
    assert "Okafor" in masked(read, (), ["Read Okafor before you write."]).documents[0].text
    assert "Okafor" not in masked(read, ["Okafor"], ["Read Okafor before you write."]).documents[0].text


def test_an_id_that_may_be_a_name_is_replaced_by_one_of_its_own():
    assert [masked_id(i) for i in ("S01", "candidate 12", "2024-03", "submission-7")] == ["S01", "candidate 12", "2024-03", "submission-7"]
    ids = [masked_id(f"person{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10]}") for n in range(100)]
    assert len(set(ids)) == 100
    assert all(masked_id(i) == i for i in ids)
    assert masked_id("lindqvist") == masked_id("lindqvist") != masked_id("Lindqvist")
