"""Pasted text: the cases are data, in cases/prompts.toml; here stand the rules that hold for every text."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mcscreen.document import Document, Draft, count_words
from mcscreen.parts.prompts import find_prompts, own_words
from mcscreen.rubric import Rubric
from mcscreen.submission import Section

_CASES = tomllib.loads((Path(__file__).parent / "cases" / "prompts.toml").read_text("utf-8"))["case"]

RUBRIC = Rubric.model_validate(
    {
        "schema": 1,
        "id": "reading",
        "title": "Reading Every Day",
        "overview": "Candidates show how a school comes to read. They write, collect and look back.",
        "source": {"title": "Reading Every Day"},
        "outcomes": [{"id": "EO1", "text": "Build a daily habit of reading in every pupil."}],
        "parts": [
            {
                "id": "part1",
                "title": "Overview Questions",
                "kind": "narrative",
                "instructions": "Write a narrative that answers the questions below (900-word minimum):",
                "minimum_words": 900,
                "criteria": [
                    {"id": "Q1", "text": "What routines have you built so that every pupil reads each day, at school and at home?"},
                    {"id": "Q2", "text": "How do you choose the books that pupils take home, and who helps you choose?"},
                    {"id": "Q3", "text": "What did you change after the first year? Give two examples."},
                ],
            },
            {"id": "part2", "title": "Evidence/Artifacts", "kind": "portfolio"},
            {"id": "part3", "title": "Looking Back", "kind": "reflection", "minimum_words": 400},
        ],
    }
)


def draft(blocks: list[str]) -> Document:
    written = Draft()
    for block in blocks:
        if block.startswith("# "):
            written.heading(block[2:])
        else:
            written.paragraph(block)
    return written.finish(name="essay.docx", format="docx", sha256="", size=1)


def found_in(document: Document) -> list[str]:
    spans = find_prompts(document, Section(0, "part1", 0, len(document.text), "name"), RUBRIC)
    return [line for s in spans for line in document.text[s.start : s.end].split("\n")]


@pytest.mark.parametrize(
    "case",
    [pytest.param(c, id=c["name"], marks=[pytest.mark.xfail(strict=True)] if c.get("known_failure") else []) for c in _CASES],
)
def test_case(case: dict[str, Any]) -> None:
    assert found_in(draft(case["blocks"])) == case["prompt"]


def test_every_question_of_the_rubric_is_found_and_nothing_else_is_lost() -> None:
    answer = "In September we moved the first lesson to nine and gave the hour before it to books, in every room and with every adult."
    questions = [c.text for p in RUBRIC.parts for c in p.criteria]
    document = draft([x for q in questions for x in (q, answer)])
    section = Section(0, "part1", 0, len(document.text), "name")
    own, raw = own_words(document, section, find_prompts(document, section, RUBRIC))
    assert own == len(questions) * count_words(answer)
    assert raw == own + sum(count_words(q) for q in questions)


def test_template_text_is_not_the_candidates() -> None:
    written = Draft()
    written.paragraph("Type your answer here.", template=True)
    written.paragraph("We read at eight.")
    document = written.finish(name="form.docx", format="docx", sha256="", size=1)
    section = Section(0, "part1", 0, len(document.text), "name")
    spans = find_prompts(document, section, RUBRIC)
    assert [s.kind for s in spans] == ["template"]
    assert own_words(document, section, spans) == (4, 8)


def test_only_the_section_is_looked_at() -> None:
    document = draft(["Question 1", "We read at eight.", "Question 2", "The pupils choose."])
    start = document.text.index("We read")
    section = Section(0, "part1", start, document.text.index("Question 2"), "heading")
    assert find_prompts(document, section, RUBRIC) == ()
    assert own_words(document, section, ()) == (4, 4)


def test_text_without_blocks() -> None:
    document = Document(name="a.txt", status="text", text="Question 1\nWe read at eight.")
    assert found_in(document) == ["Question 1"]


def test_spans_are_in_order_and_apart() -> None:
    document = draft([b for c in _CASES for b in c["blocks"]])
    spans = find_prompts(document, Section(0, "part1", 0, len(document.text), "name"), RUBRIC)
    assert len(spans) > 20
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_an_empty_section() -> None:
    document = draft(["We read."])
    section = Section(0, "part1", 0, 0, "name")
    assert find_prompts(document, section, RUBRIC) == () and own_words(document, section, ()) == (0, 0)
