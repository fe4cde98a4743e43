"""Which document is which part: names are data, in cases/part_names.toml; headings, content and whole submissions stand here."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcscreen.document import Document, Draft
from mcscreen.parts import assign_parts
from mcscreen.rubric import Rubric
from mcscreen.submission import ARTIFACT, Section, Submission

_CASES = tomllib.loads((Path(__file__).parent / "cases" / "part_names.toml").read_text("utf-8"))["case"]


def rubric(*titles: str) -> Rubric:
    first, second, third = titles or ("Overview Questions", "Skill Demonstration Product with Self-Analysis", "Reflection & Application")
    return Rubric.model_validate(
        {
            "schema": 1,
            "id": "reading",
            "title": "Reading Every Day",
            "source": {"title": "Reading Every Day"},
            "outcomes": [
                {"id": "EO1", "text": "Build a daily habit of reading in every pupil."},
                {"id": "EO2", "text": "Share the work of reading with families and staff."},
            ],
            "parts": [
                {
                    "id": "part1",
                    "title": first,
                    "kind": "narrative",
                    "minimum_words": 150,
                    "criteria": [
                        {"id": "Q1", "text": "What routines have you built so that every pupil reads each day, at school and at home?"},
                        {"id": "Q2", "text": "How do you choose the books that pupils take home, and who helps you choose?"},
                    ],
                },
                {"id": "part2", "title": second, "kind": "portfolio"},
                {
                    "id": "part3",
                    "title": third,
                    "kind": "reflection",
                    "minimum_words": 100,
                    "criteria": [
                        {"id": "R", "text": "Reflect on how your own practice has changed and how you will continue it in the future."}
                    ],
                },
            ],
        }
    )


RUBRIC = rubric()

NARRATIVE = (
    "We read at eight, in every room. I built the routine with four teachers in my first fall here, and pupils carry one book home "
    "each night in a cloth bag. Families sign nothing; they tell me on Friday what was read. I choose the books with Ms. Okafor and two "
    "mothers, and pupils vote with clothespins on the shelf. My custodian keeps the shelves full. I check the bags on Mondays with the "
    "aides, and we mend what is torn. Every pupil reads each day because nobody waits for me to say so. "
) * 2
REFLECTION = (
    "Looking back, I learned that I had been counting pages and not readers. This changed my practice. I used to walk past the quiet "
    "child; now I stop and ask what happens next in the story. I am grateful to the boy who told me that he only turned the pages. In the "
    "future I will continue to sit down and read beside one pupil a day, and next year I will ask each teacher to do the same. "
) * 2
HANDBOOK = (
    "Arrival is at 7:40. Pupils enter by the east door and store coats on the numbered hooks. The office is open until four. Absences are "
    "reported by telephone before nine. Lost property is kept for one month. Visitors sign the book at the desk and wear a badge. "
) * 4
ROWS = [
    ("EO detail", "Artifact", "Where to look", "How this shows proficiency"),
    ("1a. Daily habit", "Family_Handbook", "p. 2", "The page lists the reading hour."),
    ("2. Share the work", "Bag_List", "page 1", "Who carries which bag."),
]
PROSE_ROWS = "EO 1: see Family_Handbook p. 2, the reading hour.\nEO 2: see Bag_List p. 1 and p. 3, who carries which bag."


def doc(name: str, *blocks: str | Sequence[Sequence[str]]) -> Document:
    written = Draft()
    for block in blocks:
        if not isinstance(block, str):
            written.table(block)
        elif block.startswith("# "):
            written.heading(block[2:])
        else:
            written.paragraph(block)
    return written.finish(name=name, format=name.rpartition(".")[2], sha256="", size=1)


def unread(name: str) -> Document:
    return Document(name=name, status="needs_ocr", reason="the pages are pictures", format=name.rpartition(".")[2])


def assign(*documents: Document, of: Rubric = RUBRIC, declared: tuple[tuple[str, str], ...] = ()) -> tuple[Section, ...]:
    return assign_parts(Submission("S01", documents, declared), of)


def parts(*documents: Document, **more: Any) -> dict[str, str]:
    """Document name -> part, with the basis where it is a guess."""
    found: dict[str, str] = {}
    for s in assign(*documents, **more):
        name = documents[s.document].name
        found[name] = "+".join(filter(None, [found.get(name), s.part + ("?" if s.guessed and s.part != ARTIFACT else "")]))
    return found


def stretches(document: Document, **more: Any) -> list[tuple[str, str]]:
    """Part and first words of each section."""
    return [(s.part, document.text[s.start : s.end].split("\n")[0][:40]) for s in assign(document, **more)]


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c["name"], marks=[pytest.mark.xfail(strict=True)] if c.get("known_failure") else []) for c in _CASES]
)
def test_names(case: dict[str, Any]) -> None:
    # A text that fits no part, so that only the name can tell; it is read as a table, a film or slides where the name says so.
    [section] = [s for s in assign(doc(case["name"], HANDBOOK), doc("other.docx", HANDBOOK)) if s.document == 0]
    basis = case.get("basis", "name")
    assert (section.part, section.basis) == (case["part"], basis)


def test_a_manifest_comes_first() -> None:
    documents = (doc("Part 1.docx", NARRATIVE), doc("x.docx", REFLECTION))
    sections = assign(*documents, declared=(("Part 1.docx", "part3"), ("x.docx", "artifact"), ("gone.docx", "part1")))
    assert [(s.part, s.basis) for s in sections] == [("part3", "manifest"), (ARTIFACT, "manifest")]


def test_a_declared_part_that_the_rubric_does_not_have_is_not_believed() -> None:
    assert parts(doc("Part 1.docx", NARRATIVE), declared=(("Part 1.docx", "part9"),)) == {"Part 1.docx": "part1"}


def test_a_usual_submission() -> None:
    found = parts(
        doc("Part 1 Narrative.docx", NARRATIVE),
        doc("Part 2 Self-Analysis.xlsx", ROWS),
        doc("Part 3 Reflection.pdf", REFLECTION),
        doc("artifacts/Family_Handbook.pdf", HANDBOOK),
        doc("artifacts/Clip.vtt", "Good morning, readers."),
    )
    assert list(found.values()) == ["part1", "part2", "part3", ARTIFACT, ARTIFACT]


def test_several_files_for_one_part() -> None:
    found = parts(doc("Part 1a Narrative.docx", NARRATIVE), doc("Part 1 continued.docx", NARRATIVE), doc("Part 3.docx", REFLECTION))
    assert list(found.values()) == ["part1", "part1", "part3"]


def test_artifacts_with_the_number_of_part_two() -> None:
    found = parts(
        doc("Part 2 Self-Analysis.docx", ROWS), doc("Part 2 - Family Handbook.pdf", HANDBOOK), doc("Part 2/Bag List.pdf", HANDBOOK)
    )
    assert list(found.values()) == ["part2", ARTIFACT, ARTIFACT]


def test_a_folder_for_part_two_holds_its_table_and_its_artifacts() -> None:
    found = parts(doc("Part 2/table.docx", ROWS), doc("Part 2/Bag List.pdf", HANDBOOK))
    assert list(found.values()) == ["part2", ARTIFACT]


def test_part_one_misplaced_among_the_artifacts() -> None:
    assert (
        parts(doc("artifacts/Part 1 Narrative.docx", NARRATIVE), doc("Part 3.docx", REFLECTION))["artifacts/Part 1 Narrative.docx"]
        == "part1"
    )
    both = parts(doc("artifacts/Part 1 agenda.docx", HANDBOOK), doc("Part 1.docx", NARRATIVE))
    assert both["artifacts/Part 1 agenda.docx"] == ARTIFACT


def test_an_artifact_that_is_called_like_a_part() -> None:
    found = parts(doc("Part 3.docx", REFLECTION), doc("Reflection protocol for visits.docx", HANDBOOK), doc("Part 1.docx", NARRATIVE))
    assert found["Reflection protocol for visits.docx"] == ARTIFACT


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("# Part 1. Overview Questions", "# Part 2. Skill Demonstration Product with Self-Analysis", "# Part 3. Reflection & Application"),
        ("PART ONE: OVERVIEW QUESTIONS", "PART TWO: SELF ANALYSIS", "PART THREE: REFLECTION"),
        ("Part I", "Part II", "Part III"),
        ("Pt. 1 - Narrative", "Pt. 2 - Evidence self-analysis", "Pt. 3 - Reflection"),
        ("Overview Questions", "Skill Demonstration Product with Self-Analysis", "Reflection and Application"),
        ("# Narrative", "# Artifact Portfolio", "# Reflection"),
        ("Section 1 – Overview Questions (150-word minimum)", "Section 2 – Self-Analysis", "Section 3 – Reflection (100 words min.)"),
        ("## Part 1", "## Part 2", "## Part 3"),
    ],
)
def test_one_file_with_headings(first: str, second: str, third: str) -> None:
    document = doc("submission.pdf", "Candidate S21", first, NARRATIVE, second, ROWS, third, REFLECTION)
    sections = assign(document)
    assert [(s.part, s.basis) for s in sections] == [(p, "heading") for p in ("part1", "part2", "part3")]
    texts = [document.text[s.start : s.end] for s in sections]
    assert "Candidate" not in texts[0] and NARRATIVE.strip() in texts[0] and "Bag_List" in texts[1] and REFLECTION.strip() in texts[2]
    assert len(texts[0]) < len(NARRATIVE) + 80


def test_headings_on_the_lines_of_one_block() -> None:
    document = Document(
        name="all.txt",
        status="text",
        format="txt",
        text="\n".join(["My work", "Part 1", NARRATIVE, "Part 2", PROSE_ROWS, "Part 3", REFLECTION]),
    )
    assert [p for p, _ in stretches(document)] == ["part1", "part2", "part3"]


def test_contents_titles_and_mentions_do_not_confuse() -> None:
    document = doc(
        "portfolio.docx",
        "# Contents",
        "Part 1. Overview Questions ........ 2",
        "Part 2. Skill Demonstration ........ 5",
        "Part 3. Reflection & Application ........ 7",
        "I wrote this in the spring, at the long table of the library, with thanks to everybody who read it and said what was missing.",
        "# Part 1. Overview Questions",
        "Part 1",
        NARRATIVE,
        "# Part 2",
        ROWS,
        "# Part 3. Reflection & Application",
        "Part 3",
        "As I wrote in Part 1, we read at eight.",
        "Part 1 was hard to write.",
        REFLECTION,
    )
    sections = assign(document)
    assert [s.part for s in sections] == ["part1", "part2", "part3"]
    assert document.text[sections[0].start :].startswith("Part 1. Overview Questions\nPart 1\n")
    assert sections[-1].end == len(document.text)


def test_parts_in_another_order() -> None:
    document = doc("all.docx", "# Part 3", REFLECTION, "# Part 1", NARRATIVE)
    assert [p for p, _ in stretches(document)] == ["part3", "part1"]


def test_a_text_before_the_first_heading_is_kept_when_its_part_is_missing() -> None:
    document = doc("all.docx", NARRATIVE, "# Part 2", ROWS, "# Part 3", REFLECTION)
    assert [(s.part, s.basis) for s in assign(document)] == [("part1", "content"), ("part2", "heading"), ("part3", "heading")]


def test_a_file_named_part_one_that_holds_everything() -> None:
    document = doc("Part 1.docx", "# Part 1", NARRATIVE, "# Part 2", ROWS, "# Part 3. Reflection & Application", REFLECTION)
    assert [p for p, _ in stretches(document)] == ["part1", "part2", "part3"]


def test_a_heading_called_reflection_inside_part_one_stays_in_part_one() -> None:
    found = assign(doc("Part 1.docx", NARRATIVE, "# Reflection", NARRATIVE), doc("Part 3.docx", REFLECTION))
    assert [s.part for s in found] == ["part1", "part3"]


def test_a_name_for_two_parts_is_divided_by_its_headings() -> None:
    document = doc("Parts 1 and 3.docx", "# Part 1", NARRATIVE, "# Part 3", REFLECTION)
    assert [(s.part, s.basis) for s in assign(document)] == [("part1", "heading"), ("part3", "heading")]
    undivided = doc("Parts 1 and 3.docx", NARRATIVE, REFLECTION)
    assert [(s.part, s.basis, s.end) for s in assign(undivided)] == [(p, "assumed", len(undivided.text)) for p in ("part1", "part3")]


def test_an_appendix_of_artifacts_is_no_part_of_the_reflection() -> None:
    document = doc("all.docx", "# Part 1", NARRATIVE, "# Part 3", REFLECTION, "# Appendix A: Family handbook", HANDBOOK)
    assert [p for p, _ in stretches(document)] == ["part1", "part3", ARTIFACT]


def test_unnamed_files_by_their_text() -> None:
    found = parts(doc("a.docx", REFLECTION), doc("b.docx", NARRATIVE), doc("c.docx", ROWS), doc("Family_Handbook.docx", HANDBOOK))
    assert found == {"a.docx": "part3?", "b.docx": "part1?", "c.docx": "part2?", "Family_Handbook.docx": ARTIFACT}


def test_pasted_questions_tell_the_narrative() -> None:
    questions = [c.text for c in RUBRIC.parts[0].criteria]
    found = parts(
        doc("a.docx", "It went well for all of us. " * 30), doc("b.docx", questions[0], "At eight. " * 40, questions[1], "By vote. " * 40)
    )
    assert found["b.docx"] == "part1?"


def test_the_only_prose_is_the_narrative() -> None:
    assert parts(doc("essay.docx", HANDBOOK[:600])) == {"essay.docx": "part1?"}


def test_one_long_text_without_headings_may_hold_both_texts() -> None:
    assert parts(doc("essay.docx", NARRATIVE, REFLECTION)) == {"essay.docx": "part1?+part3?"}


def test_a_table_inside_the_only_text_is_part_two() -> None:
    document = doc("essay.docx", NARRATIVE, ROWS, REFLECTION)
    sections = assign(document)
    [table] = [s for s in sections if s.part == "part2"]
    assert document.text[table.start : table.end].startswith("EO detail") and document.text[table.start : table.end].endswith("which bag.")
    assert all("EO detail" not in document.text[s.start : s.end] for s in sections if s.part != "part2")


def test_a_self_analysis_in_prose() -> None:
    found = parts(
        doc("Part 1.docx", NARRATIVE),
        doc("where to look.docx", PROSE_ROWS, "Outcome 2 again: Bag_List page 4."),
        doc("Part 3.docx", REFLECTION),
    )
    assert found["where to look.docx"] == "part2?"


def test_more_prose_in_the_candidates_voice_is_never_dropped() -> None:
    more = doc(
        "one more thing.docx",
        "I forgot to say what I do on Fridays. I sit with my first graders and I read to them, and they correct me. " * 6,
    )
    found = parts(doc("Part 1.docx", NARRATIVE), more, doc("Part 3.docx", REFLECTION))
    assert found["one more thing.docx"] in ("part1?", "part3?")


def test_what_the_self_analysis_cites_is_an_artifact() -> None:
    cited = doc("Bag_List.docx", "I keep my bags by the door and I count them. " * 20)
    found = parts(doc("Part 1.docx", NARRATIVE), doc("Part 2.docx", ROWS), cited, doc("Part 3.docx", REFLECTION))
    assert found["Bag_List.docx"] == ARTIFACT


def test_unread_documents() -> None:
    documents = (unread("Part 1.pdf"), doc("Part 2.docx", ROWS), unread("scan0001.pdf"), unread("clip.mp4"), unread("artifacts/a.pdf"))
    sections = assign(*documents)
    assert [(s.document, s.part, s.start, s.end) for s in sections if s.document != 1] == [
        (0, "part1", 0, 0),
        (3, ARTIFACT, 0, 0),
        (4, ARTIFACT, 0, 0),
    ]
    complete = assign(doc("Part 1.docx", NARRATIVE), doc("Part 2.docx", ROWS), doc("Part 3.docx", REFLECTION), unread("scan0001.pdf"))
    assert complete[-1].part == ARTIFACT


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (("Essay", "Evidence/Artifacts", "Passing"), ("essay.docx", "Evidence.docx", "passing.docx")),
        (("Part A: Context", "Part B: Evidence", "Part C: Looking Ahead"), ("context.docx", "Evidence.docx", "looking ahead.docx")),
        (
            ("Part 1: Written Analysis", "Part 2: Evidence", "Part 3: Candidate Reflection"),
            ("written_analysis.docx", "Part 2.docx", "reflection.docx"),
        ),
    ],
)
def test_other_rubrics(titles: tuple[str, str, str], names: tuple[str, str, str]) -> None:
    other = rubric(*titles)
    found = parts(doc(names[0], NARRATIVE), doc(names[1], ROWS), doc(names[2], REFLECTION), of=other)
    assert list(found.values()) == ["part1", "part2", "part3"]
    combined = doc("all.docx", f"# {titles[0]}", NARRATIVE, f"# {titles[1]}", ROWS, f"# {titles[2]}", REFLECTION)
    assert [p for p, _ in stretches(combined, of=other)] == ["part1", "part2", "part3"]


def test_every_document_is_accounted_for_and_sections_do_not_leave_the_text() -> None:
    documents = tuple(replace(doc(c["name"], NARRATIVE, ROWS), name=f"{n}/{c['name']}") for n, c in enumerate(_CASES))
    sections = assign(*documents)
    assert {s.document for s in sections} == set(range(len(documents)))
    assert all(0 <= s.start <= s.end <= len(documents[s.document].text) for s in sections)


def test_nothing_uploaded() -> None:
    assert assign() == ()
