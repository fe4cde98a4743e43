"""Reading the self-analysis: every layout gives the same rows, and rows find their details."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcscreen.document import Document, Draft
from mcscreen.portfolio.details import Wording, name_details
from mcscreen.portfolio.fields import field_of
from mcscreen.portfolio.rows import read_rows
from mcscreen.rubric import Rubric
from mcscreen.rubric_files import load_rubric_folder
from mcscreen.shipped import shipped
from mcscreen.submission import ARTIFACT, CitationRow, Section, Submission

SEED = load_rubric_folder(shipped("rubrics") / "student-centeredness").rubric
TALK = Rubric.model_validate(
    {
        "schema": 1,
        "id": "classroom-talk",
        "title": "Classroom Talk",
        "source": {"title": "invented"},
        "outcomes": [
            {
                "id": "LO1",
                "text": "Share the floor in discussions.",
                "details": [
                    {"id": "LO1.share", "text": "Record who talks and how often"},
                    {"id": "LO1.wait", "text": "Use wait time after questions"},
                ],
            },
            {
                "id": "LO2",
                "text": "Deepen what is said.",
                "details": [
                    {"id": "LO2.build", "text": "Have pupils build on the ideas of others"},
                    {"id": "LO2.assess", "text": "Assess talk against agreed marks"},
                ],
            },
        ],
        "parts": [{"id": "portfolio", "title": "Portfolio", "kind": "portfolio"}],
    }
)
CASES = tomllib.loads((Path(__file__).parent / "cases" / "detail_names.toml").read_text("utf-8"))["case"]
WHY = "Tutors meet the same four children daily and write down what grew."
HEADER = ["EO detail", "Artifact", "Where to look", "How this shows proficiency"]
Build = Callable[[Draft], None]


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c["name"], marks=[pytest.mark.xfail(strict=True)] if c.get("known_failure") else []) for c in CASES]
)
def test_detail_names(case: dict[str, Any]) -> None:
    rows = [Wording(*r) if isinstance(r, list) else Wording(r) for r in case["rows"]]
    found = name_details(rows, {"seed": SEED, "talk": TALK}[case["rubric"]])
    assert [" ".join(f) for f in found] == case["details"]


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("Location of the evidence in the artifact", "locator"),
        ("Specific evidence (page number, video time stamp, etc.)", "locator"),
        ("Explanation of how the evidence demonstrates the outcome detail", "explanation"),
        ("What it shows", "explanation"),
        ("Description of artifact", "explanation"),
        ("Uploaded file", "artifact"),
        ("Document / Product", "artifact"),
        ("Essential Outcome", "detail"),
        ("Indicator", "detail"),
        ("#", "number"),
        ("All staff understand their responsibilities", None),
        ("p. 3", None),
    ],
)
def test_titles(title: str, field: str | None) -> None:
    assert field_of(title) == field


def _document(name: str, build: Build) -> Document:
    draft = Draft()
    build(draft)
    return draft.finish(name=name, format=name.rpartition(".")[2], sha256="", size=1)


def _read(build: Build, name: str = "Part 2.docx", rubric: Rubric = SEED) -> tuple[CitationRow, ...]:
    part2 = _document(name, build)
    artifacts = [
        _document(n, lambda d: d.paragraph("Some text."))
        for n in ("Staff_Handbook.pdf", "Celebration Slides.pptx", "support-plan-2024.pdf")
    ]
    portfolio = next(p.id for p in rubric.parts if p.kind == "portfolio")
    sections = [Section(0, portfolio, 0, len(part2.text), "name")]
    sections += [Section(n, ARTIFACT, 0, 10, "folder") for n in (1, 2, 3)]
    rows = read_rows(Submission("s", (part2, *artifacts)), sections, rubric)
    for row in rows:
        assert 0 <= row.start < row.end <= len(part2.text)
    return rows


def _brief(rows: tuple[CitationRow, ...]) -> list[tuple[str | None, str, str]]:
    return [(r.facet, r.artifact, r.locator) for r in rows]


TWO = [("EO1.academic", "Staff Handbook", "p. 1"), ("EO1.social", "Celebration Slides", "slide 2")]


def _lines(draft: Draft) -> None:
    for detail, artifact, place in (("1a Academic", "Staff Handbook", "p. 1"), ("1b Social", "Celebration Slides", "slide 2")):
        for label, value in (("Detail", detail), ("Artifact", artifact), ("Location", place), ("Explanation", WHY)):
            draft.paragraph(f"{label}: {value}")


def _chained(draft: Draft) -> None:
    for detail, artifact, place in (("1a Academic", "Staff Handbook", "p. 1"), ("1b Social", "Celebration Slides", "slide 2")):
        draft.paragraph(f"Detail: {detail} | Artifact: {artifact} | Location: {place} | Explanation: {WHY}")


def _field_tables(draft: Draft) -> None:
    for detail, artifact, place in (("1a Academic", "Staff Handbook", "p. 1"), ("1b Social", "Celebration Slides", "slide 2")):
        draft.table([["Outcome detail:", detail], ["Artifact:", artifact], ["Location:", place], ["Explanation:", WHY]])


def _headings(draft: Draft) -> None:
    draft.heading("Essential Outcome 1")
    draft.heading("Academic support", 2)
    draft.paragraph("Artifact: Staff Handbook, p. 1")
    draft.paragraph(WHY)
    draft.heading("Social support", 2)
    draft.paragraph("Celebration Slides, slide 2")
    draft.paragraph(WHY)


def _sentences(draft: Draft) -> None:
    draft.paragraph(f"EO 1a: see Staff Handbook p. 1. {WHY}")
    draft.paragraph(f"Social support: on slide 2 of the Celebration Slides you can read it. {WHY}")


def _table(rows: list[list[str | None]]) -> Build:
    return lambda draft: draft.table(rows)


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(_table([HEADER, ["1a", "Staff Handbook", "p. 1", WHY], ["1b", "Celebration Slides", "slide 2", WHY]]), id="usual"),
        pytest.param(
            _table(
                [
                    ["Why it shows it", "Page", "File", "Standard"],
                    [WHY, "p. 1", "Staff Handbook", "1a"],
                    [WHY, "slide 2", "Celebration Slides", "1b"],
                ]
            ),
            id="other order",
        ),
        pytest.param(
            _table([["Academic support", "Staff Handbook", "p. 1", WHY], ["Social support", "Celebration Slides", "slide 2", WHY]]),
            id="no titles",
        ),
        pytest.param(
            _table(
                [
                    ["Part 2 Self-analysis", "", "", "", ""],
                    ["Name: R. Onwu", "", "", "", ""],
                    ["#", *HEADER],
                    ["1", "Academic", "Staff Handbook", "p. 1", WHY],
                    ["2", "Social", "Celebration Slides", "slide 2", WHY],
                ]
            ),
            id="title row above",
        ),
        pytest.param(
            _table(
                [
                    ["Outcome", "Evidence", None, "Explanation"],
                    ["", "File", "Page", ""],
                    ["1a", "Staff Handbook", "p. 1", WHY],
                    ["1b", "Celebration Slides", "slide 2", WHY],
                ]
            ),
            id="titles in two rows",
        ),
        pytest.param(
            _table(
                [
                    ["", "1a Academic", "1b Social"],
                    ["Artifact", "Staff Handbook", "Celebration Slides"],
                    ["Location", "p. 1", "slide 2"],
                    ["Explanation", WHY, WHY],
                ]
            ),
            id="turned",
        ),
        pytest.param(
            _table(
                [
                    ["EO detail", "Evidence and explanation"],
                    ["1a", f"See Staff Handbook, p. 1. {WHY}"],
                    ["1b", f"Celebration Slides slide 2. {WHY}"],
                ]
            ),
            id="place inside the explanation",
        ),
        pytest.param(_field_tables, id="a small table a detail"),
        pytest.param(_lines, id="labelled lines"),
        pytest.param(_chained, id="labels in one line"),
        pytest.param(_headings, id="headings"),
        pytest.param(_sentences, id="sentences"),
        pytest.param(
            lambda d: d.paragraph(
                f"| Detail | Artifact | Page | Why |\n|---|---|---|---|\n| 1a | Staff Handbook | p. 1 | {WHY} |\n| 1b | Celebration Slides | slide 2 | {WHY} |"
            ),
            id="bars",
        ),
    ],
)
def test_layouts(build: Build) -> None:
    rows = _read(build)
    assert _brief(rows) == TWO
    assert all(WHY in r.explanation for r in rows)
    assert [r.row for r in rows] == [1, 2]


def test_table_goes_on_over_pages() -> None:
    def build(draft: Draft) -> None:
        draft.move(page=1)
        draft.table([HEADER, ["1a", "Staff Handbook", "p. 1", WHY], ["1b", "Staff Handbook", "p. 2", "This goes on to the next"]])
        draft.move(page=2)
        draft.table([["", "", "", "page because it is long."], ["1c", "Staff Handbook", "p. 3", WHY]])
        draft.move(page=3)
        draft.table([HEADER, ["1d", "Staff Handbook", "p. 4", WHY]])

    rows = _read(build)
    assert _brief(rows) == [
        (f"EO1.{d}", "Staff Handbook", f"p. {n}") for n, d in enumerate(("academic", "social", "emotional", "physical"), 1)
    ]
    assert rows[1].explanation == "This goes on to the next page because it is long."
    assert [r.place.page for r in rows] == [1, 1, 2, 3]


def test_outcome_merged_down_and_same_as_above() -> None:
    rows = _read(
        _table(
            [
                ["Essential outcome", "Detail", "Artifact", "Place", "Explanation"],
                ["EO 1", "academic", "Staff Handbook", "p. 1", WHY],
                [None, "social", "same as above", "p. 2", WHY],
                ["EO 3", "celebrate", "Celebration Slides", "slide 1", WHY],
            ]
        )
    )
    assert _brief(rows) == [
        ("EO1.academic", "Staff Handbook", "p. 1"),
        ("EO1.social", "Staff Handbook", "p. 2"),
        ("EO3.celebrate", "Celebration Slides", "slide 1"),
    ]


def test_section_rows_and_empty_details() -> None:
    rows = _read(
        _table(
            [
                HEADER,
                ["EO 1: Ensure targeted support", None, None, None],
                ["a", "Staff Handbook", "p. 1", WHY],
                ["EO 2", None, None, None],
                ["a", "Staff Handbook", "p. 3", WHY],
                ["", "support plan", "p. 1", WHY],
            ]
        )
    )
    assert _brief(rows) == [
        ("EO1.academic", "Staff Handbook", "p. 1"),
        ("EO2.responsibilities", "Staff Handbook", "p. 3"),
        ("EO2.responsibilities", "support plan", "p. 1"),
    ]


def test_several_artifacts_of_one_row() -> None:
    rows = _read(
        _table(
            [
                HEADER,
                ["1a", "Staff Handbook p. 2; Celebration Slides slides 1-2", "", WHY],
                ["1b", "Staff Handbook and support plan", "p. 2; p. 3", WHY],
                ["1c", "Staff_Handbook.pdf, support-plan-2024.pdf", "p. 1", WHY],
            ]
        )
    )
    assert [(r.row, r.artifact, r.locator) for r in rows] == [
        (1, "Staff Handbook", "p. 2"),
        (1, "Celebration Slides", "slides 1-2"),
        (2, "Staff Handbook", "p. 2"),
        (2, "support plan", "p. 3"),
        (3, "Staff_Handbook.pdf", "p. 1"),
        (3, "support-plan-2024.pdf", "p. 1"),
    ]


def test_a_row_without_file_place_and_explanation_is_none() -> None:
    rows = _read(_table([HEADER, ["1a", "Staff Handbook", "p. 1", WHY], ["1b", "", "", ""], ["1c", "Staff Handbook", "", ""]]))
    assert [r.facet for r in rows] == ["EO1.academic", "EO1.emotional"]


def test_a_row_of_an_unknown_detail_is_kept() -> None:
    rows = _read(_table([HEADER, ["1a", "Staff Handbook", "p. 1", WHY], ["Lunch menu", "Staff Handbook", "p. 2", WHY]]))
    assert [r.facet for r in rows] == ["EO1.academic", None]
    assert rows[1].detail == "Lunch menu"


def test_introduction_beside_a_table_is_no_row() -> None:
    def build(draft: Draft) -> None:
        draft.paragraph("My files are in the folder; the list of names is in the Staff Handbook, p. 6.")
        draft.table([HEADER, ["1a", "Staff Handbook", "p. 1", WHY]])

    assert len(_read(build)) == 1


def test_only_the_portfolio_section_is_read() -> None:
    part2 = _document("all.docx", lambda d: [d.paragraph(f"EO 1a: see Staff Handbook p. {n}. {WHY}") for n in (1, 2, 3)] and None)
    second = part2.blocks[1]
    sections = [Section(0, "part1", 0, second.start, "heading"), Section(0, "part2", second.start, second.end, "heading")]
    rows = read_rows(Submission("s", (part2, _document("Staff_Handbook.pdf", lambda d: d.paragraph("x")))), sections, SEED)
    assert [r.locator for r in rows] == ["p. 2"]


def test_another_rubric() -> None:
    rows = _read(
        _table(
            [
                ["Indicator", "File", "Page", "Rationale"],
                ["wait time", "Staff Handbook", "p. 1", WHY],
                ["who talks", "support plan", "p. 2", WHY],
            ]
        ),
        rubric=TALK,
    )
    assert [r.facet for r in rows] == ["LO1.wait", "LO1.share"]


@pytest.mark.parametrize("text", ["|" * 100_000, "a:" * 100_000, "Aa " * 100_000, "Staff Handbook p. 1-1-1 EO 1a: " * 10_000])
def test_hostile_text_is_cheap(text: str) -> None:
    started = time.process_time()
    _read(lambda d: d.paragraph(text))
    assert time.process_time() - started < 5


def test_a_heading_after_the_file_name_is_the_place() -> None:
    minutes = _document("Team minutes.docx", lambda d: (d.heading("Meeting of 4 May"), d.paragraph("Groups were made."))[1])
    part2 = _document(
        "Part 2.docx",
        lambda d: (d.heading("Academic support"), d.paragraph("Evidence: Team minutes.docx, Meeting of 4 May"), d.paragraph(WHY))[1],
    )
    sections = [Section(0, "part2", 0, len(part2.text), "name"), Section(1, ARTIFACT, 0, 10, "folder")]
    rows = read_rows(Submission("s", (part2, minutes)), sections, SEED)
    assert [(r.facet, r.artifact, r.locator, r.explanation) for r in rows] == [
        ("EO1.academic", "Team minutes.docx", "Meeting of 4 May", WHY)
    ]


def test_two_words_of_a_long_detail_are_enough_in_a_heading() -> None:
    def build(draft: Draft) -> None:
        draft.heading("Wait time")
        draft.paragraph("Artifact: Staff Handbook")
        draft.paragraph("Location: p. 1")
        draft.paragraph(f"Explanation: {WHY}")

    assert _brief(_read(build, rubric=TALK)) == [("LO1.wait", "Staff Handbook", "p. 1")]
