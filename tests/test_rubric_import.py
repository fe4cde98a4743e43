"""Importing pages: saved ones in many layouts with counts made by hand, and one page in hundreds of layouts."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcscreen.authoring.importing import import_page, to_toml
from mcscreen.authoring.page import Page, minimum_words, read_page
from mcscreen.document import Document, Draft
from mcscreen.errors import RubricError
from mcscreen.extractors import read_document
from mcscreen.rubric_files import parse_rubric

PAGES = Path(__file__).parent / "rubric_pages"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((PAGES / "expected.toml").read_text(encoding="utf-8"))

OUTCOMES = [
    "Find out what students already know about money and what they want to know.",
    "Teach budgeting with prices from shops that students use.",
    "Invite a guest from a bank or a market and prepare the class for the visit.",
]
QUESTIONS = [
    "What did your students know about money before you began, and how did you find out?",
    "Which activity taught them the most? Explain why you think so.",
    "What would you leave out next time?",
]
ABOUT = (
    "This micro-credential is for teachers who help students to think about money before they have any, with numbers that are "
    "real and stories that are theirs."
)


def plain_document(text: str, name: str = "page.txt") -> Document:
    draft = Draft()
    for paragraph in re.split(r"\n\s*\n", text):
        draft.paragraph(paragraph)
    return draft.finish(name=name, format="txt", sha256="0" * 64, size=len(text))


def facts(page: Page) -> tuple[object, ...]:
    return (
        page.title,
        [o.text for o in page.outcomes],
        [(p.kind, p.minimum) for p in page.parts],
        [i.text for p in page.parts if p.kind == "narrative" for i in p.items],
    )


FACTS = ("Money Sense in Middle School", OUTCOMES, [("narrative", 1000), ("portfolio", None), ("reflection", 500)], QUESTIONS)


def test_every_saved_page_has_its_counts() -> None:
    assert sorted(EXPECTED) == sorted(p.name for p in PAGES.iterdir() if p.name != "expected.toml")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=[pytest.mark.xfail(reason=e["not_understood"], strict=True)] if "not_understood" in e else [])
        for n, e in sorted(EXPECTED.items())
    ],
)
def test_a_saved_page_gives_what_a_reader_counts(name: str) -> None:
    expected = EXPECTED[name]
    rubric = import_page(read_document(PAGES / name, name)).rubric
    questions = [c for p in rubric.parts if p.kind == "narrative" for c in p.criteria]
    assert rubric.title == expected["title"]
    assert len(rubric.outcomes) == expected["outcomes"]
    assert [p.kind for p in rubric.parts] == expected["kinds"]
    assert [p.minimum_words for p in rubric.parts if p.minimum_words] == expected["minimums"]
    assert len(questions) == expected["questions"]
    assert len(rubric.overview.split()) > 15
    assert [len(c.facets) for c in questions] == expected.get("facets", [len(c.facets) for c in questions])
    assert [len(o.details) for o in rubric.outcomes] == expected.get("details", [len(o.details) for o in rubric.outcomes])
    assert all(o.details for o in rubric.outcomes)


@pytest.mark.parametrize("name", sorted(n for n, e in EXPECTED.items() if "not_understood" not in e))
def test_the_toml_loads_and_is_the_rubric(name: str) -> None:
    imported = import_page(read_document(PAGES / name, name))
    text = to_toml(imported)
    assert parse_rubric(text.encode()) == imported.rubric
    criteria = sum(len(p.criteria) for p in imported.rubric.parts)
    assert text.count("# confirm: ") >= len(imported.rubric.outcomes) + criteria
    assert len(re.findall(r"(?m)^kind = .*# confirm", text)) == len(imported.rubric.parts)


@pytest.mark.parametrize("name", sorted(n for n, e in EXPECTED.items() if "not_understood" in e))
def test_what_is_not_understood_is_said(name: str) -> None:
    with pytest.raises(RubricError, match=f"{name}: found .*Looked for"):
        import_page(read_document(PAGES / name, name))


def test_what_could_be_included_is_optional_and_outcomes_are_taken_up() -> None:
    rubric = import_page(read_document(PAGES / "reading-conferences.txt", "reading-conferences.txt")).rubric
    reflection = rubric.part_of_kind("reflection")
    assert reflection is not None
    assert [f.id for f in reflection.facets][:4] == ["R.eo1", "R.eo2", "R.eo3", "R.eo4"]
    assert [f.outcomes for f in reflection.facets][:4] == [("EO1",), ("EO2",), ("EO3",), ("EO4",)]
    assert [f.text for f in reflection.facets if not f.required] == ["This could include excerpts from your notes"]
    assert reflection.instructions == "Submit, in writing, a summary of your experience (600-word minimum)."


def test_the_shop_around_the_page_stays_out() -> None:
    for name in ("reading-conferences.txt", "peer-mentoring.html", "student-voice.html"):
        dumped = import_page(read_document(PAGES / name, name)).rubric.model_dump_json().lower()
        for furniture in ("cart", "cookie", "return to", "purchase", "newsletter", "companion", "related"):
            assert furniture not in dumped, (name, furniture)


HEADINGS: dict[str, Callable[[int, str], str]] = {
    "Part 1. T": lambda n, t: f"Part {n}. {t}",
    "Part 1 – T": lambda n, t: f"Part {n} – {t}",
    "Part 1: T": lambda n, t: f"Part {n}: {t}",
    "Part 1 T": lambda n, t: f"Part {n} {t}",
    "PART ONE: T": lambda n, t: f"PART {('ONE', 'TWO', 'THREE')[n - 1]}: {t.upper()}",
    "Part I - T": lambda n, t: f"Part {'I' * n} - {t}",
    "Section 1. T": lambda n, t: f"Section {n}. {t}",
    "two lines": lambda n, t: f"Part {n}\n\n{t}",
    "title only": lambda n, t: t,
}
MARKS: dict[str, tuple[Callable[[int], str], Callable[[int], str]]] = {
    "1.": (lambda n: f"{n}. ", lambda n: f"{n}. "),
    "1)": (lambda n: f"{n}) ", lambda n: f"{n}) "),
    "(1)": (lambda n: f"({n}) ", lambda n: f"({n}) "),
    "1. 1. 1.": (lambda n: "1. ", lambda n: "1. "),
    "bullet": (lambda n: "• ", lambda n: "• "),
    "dash": (lambda n: "- ", lambda n: "- "),
    "a.": (lambda n: f"{'abc'[n - 1]}. ", lambda n: f"{'abc'[n - 1]}. "),
    "i.": (lambda n: f"{'i' * n}. ", lambda n: f"{'i' * n}. "),
    "EO1:": (lambda n: f"EO{n}: ", lambda n: f"Q{n}: "),
    "Outcome 1 -": (lambda n: f"Outcome {n} - ", lambda n: f"Question {n}. "),
    "none": (lambda n: "", lambda n: ""),
}


def laid_out(heading: str, mark: str, *, width: int, blank: bool) -> str:
    title = HEADINGS[heading]
    outcome, question = MARKS[mark]
    paragraphs = [
        "Home > Credentials > Money",
        "Money Sense in Middle School",
        "Overview",
        ABOUT,
        "Essential Outcomes",
        "Money Sense in Middle School has the following three outcomes:",
        *(outcome(n) + t for n, t in enumerate(OUTCOMES, 1)),
        "Requirements",
        title(1, "Overview Questions"),
        "Answer the following questions in a narrative of at least 1,000 words:",
        *(question(n) + t for n, t in enumerate(QUESTIONS, 1)),
        title(2, "Evidence/Artifacts"),
        "Upload two artifacts for each outcome and say where in them an assessor should look.",
        title(3, "Reflection"),
        "Submit a reflection (500-word minimum). Explain how your teaching has changed and what you will do next.",
        "Add to cart",
        "Related micro-credentials",
        "Saving for a Class Trip",
    ]
    lines = [textwrap.fill(p, width) if width and "\n" not in p else p for p in paragraphs]
    return ("\n\n" if blank else "\n").join(lines) + "\n"


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("heading", HEADINGS)
def test_one_page_in_many_layouts_gives_the_same(heading: str, mark: str, tmp_path: Path) -> None:
    for width, blank, ends in [(0, True, "\n"), (0, False, "\r\n"), (72, True, "\r\n"), (72, False, "\n")]:
        file = tmp_path / "page.txt"
        file.write_bytes(laid_out(heading, mark, width=width, blank=blank).replace("\n", ends).encode())
        assert facts(read_page(read_document(file, "page.txt"))) == FACTS, (width, blank, ends)


def test_the_seed_page_survives_being_pasted_around(tmp_path: Path) -> None:
    source = (PAGES / "student-centeredness.txt").read_text(encoding="utf-8")
    whole = facts(read_page(plain_document(source)))
    assert [len(x) if isinstance(x, list) else x for x in whole] == ["Embedding a Culture of Student Centeredness", 4, 3, 4]
    wrapped = "\n".join(textwrap.fill(line, 80) for line in source.split("\n"))
    for changed in (
        source.replace("Essential OutcomesEmb", "Essential Outcomes\n\nEmb"),
        source.replace("Essential OutcomesEmb", "ESSENTIAL OUTCOMES: Emb"),
        re.sub(r"Part (\d)\. ", r"PART \1: ", source),
        re.sub(r"(?m)^  \d\. ", "  • ", source),
        re.sub(r"(?m)^  \d\. ", "", source),
        re.sub(r"\n\s*\n", "\n", source),
        wrapped,
        re.sub(r"\n\s*\n", "\n", wrapped),
    ):
        file = tmp_path / "page.txt"
        file.write_text(changed, encoding="utf-8")
        assert facts(read_page(read_document(file, "page.txt"))) == whole


def test_a_word_document_with_list_styles(tmp_path: Path) -> None:
    import docx

    word = docx.Document()
    word.add_heading("Money Sense in Middle School", 0)
    word.add_paragraph(ABOUT)
    word.add_heading("Essential Outcomes", 1)
    for text in OUTCOMES:
        word.add_paragraph(text, style="List Number")
    word.add_heading("Part 1: Overview Questions", 1)
    word.add_paragraph("Answer in at least 1,000 words.")
    for text in QUESTIONS:
        word.add_paragraph(text, style="List Bullet")
    word.add_heading("Part 2: Evidence/Artifacts", 1)
    word.add_paragraph("Upload two artifacts for each outcome.")
    word.add_heading("Part 3: Reflection", 1)
    word.add_paragraph("Write a reflection (500-word minimum). Explain how your teaching has changed.")
    word.save(str(tmp_path / "page.docx"))
    assert facts(read_page(read_document(tmp_path / "page.docx", "page.docx"))) == FACTS


def test_a_printed_page(tmp_path: Path) -> None:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Flowable, ListFlowable, ListItem, Paragraph, SimpleDocTemplate

    styles = getSampleStyleSheet()

    def listed(texts: list[str], kind: str) -> Flowable:
        return ListFlowable(
            [ListItem(Paragraph(t, styles["Normal"])) for t in texts], bulletType=kind, bulletFormat="%s." if kind == "1" else None
        )

    def heading(text: str) -> Flowable:
        return Paragraph(text, styles["Heading2"])

    story = [
        Paragraph("Money Sense in Middle School", styles["Title"]),
        heading("Overview"),
        Paragraph(ABOUT, styles["Normal"]),
        heading("Essential Outcomes"),
        listed(OUTCOMES, "1"),
        heading("Part 1: Overview Questions"),
        Paragraph("Answer in at least 1,000 words.", styles["Normal"]),
        listed(QUESTIONS, "bullet"),
        heading("Part 2: Evidence/Artifacts"),
        Paragraph("Upload two artifacts for each outcome.", styles["Normal"]),
        heading("Part 3: Reflection"),
        Paragraph("Write a reflection (500-word minimum). Explain how your teaching has changed.", styles["Normal"]),
    ]
    SimpleDocTemplate(str(tmp_path / "page.pdf")).build(story)
    assert facts(read_page(read_document(tmp_path / "page.pdf", "page.pdf"))) == FACTS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(1,000-word minimum)", 1000),
        ("a minimum of 500 words", 500),
        ("500 words or more", 500),
        ("at least 750 words", 750),
        ("no fewer than 1 200 words", 1200),
        ("Minimum word count: 300", 300),
        ("Minimum length: 300 words", 300),
        ("250+ words", 250),
        ("between 600 and 900 words", 600),
        ("600–900 words", 600),
        ("at least five hundred words", 500),
        ("one thousand words minimum", 1000),
        ("word count: 400 minimum", 400),
        ("(500 words)", None),
        ("about 500 words", None),
        ("a maximum of 500 words", None),
        ("no more than 500 words", None),
        ("up to 500 words", None),
        ("in your own words", None),
        ("Part 1. Words that matter", None),
    ],
)
def test_minimums(text: str, words: int | None) -> None:
    assert minimum_words(f"Write your answer, {text}, in one file.")[0] == words


def test_a_count_that_may_be_no_minimum_is_noted_and_one_for_each_question_is_summed() -> None:
    lists = "Outcomes\n\n1. Sing.\n2. Dance.\n\nPart 1. Narrative\n\nUse at least 200 words for each question.\n\n1. Why?\n2. How?"
    page = f"Title\n\n{lists}\n\nPart 3. Reflection\n\nAbout 300 words: what now?"
    read = read_page(plain_document(page))
    assert [p.minimum for p in read.parts] == [400, None]
    assert len([n for n in read.notes if "each of 2 questions" in n or "'300 words'" in n]) == 2


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("Bread\n\nHow to bake\n\nFlour, water, salt.", r"bread\.txt: found no outcomes\. Looked for .* Headings seen: Bread; How to bake"),
        ("Bread\n\nLearning Outcomes\n\n1. Knead.\n2. Bake.", r"bread\.txt: found 2 outcomes but no parts\. Looked for"),
        ("Outcomes\n\n" + "\n".join(f"{n}. Bake bread number {n}." for n in range(1, 60)), "found 59 outcomes, more than any"),
        (
            "Outcomes\n\n1. Sing.\n2. Dance.\n\nPart 1. Narrative\n\n1. " + "Why? " * 2_000 + "\n2. How?",
            "a question would be .* characters long",
        ),
        ("x" * 500_000, "too many for a micro-credential's page"),
    ],
)
def test_what_is_no_micro_credential_is_refused_with_what_was_seen(page: str, message: str) -> None:
    with pytest.raises(RubricError, match=message):
        import_page(plain_document(page, "bread.txt"))


def test_a_page_that_could_not_be_read_is_refused_with_the_reason() -> None:
    with pytest.raises(RubricError, match=r"page\.pdf: the page cannot be read .needs_ocr: only pictures"):
        import_page(Document(name="page.pdf", status="needs_ocr", reason="only pictures"))


def test_any_text_survives_the_way_through_toml() -> None:
    nasty = 'Say """quotes""", a \\ backslash\\, # a hash, [brackets], an é, a \U0001f600, and a tab\there"'
    lists = f"Outcomes\n\n1. {nasty}\n2. Plain.\n\nPart 1. Questions\n\nAnswer:\n\n1. Why {nasty}?\n2. How?"
    page = f"{nasty}\n\nOverview\n\n{nasty} {nasty}\n\n{lists}"
    imported = import_page(plain_document(page, 'a"b\\c\n.txt'))
    assert parse_rubric(to_toml(imported).encode()) == imported.rubric
    assert '"""quotes"""' in imported.rubric.outcomes[0].text
