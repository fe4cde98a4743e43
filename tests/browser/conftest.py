"""A report of three invented submissions, one of them hostile, and a Chromium to look at it.

These checks need a browser (`CHROMIUM`, or /usr/bin/chromium), `playwright` and `axe-playwright-python`. So they are a folder
of their own whose files are not collected by default; run them with `pytest -o python_files='check_*.py' tests/browser`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from mcscreen.document import Document, Draft, clean_text
from mcscreen.reports.html import render
from mcscreen.results import (
    Citation,
    Completion,
    CompletionItem,
    Coverage,
    DocumentRecord,
    Evidence,
    Notice,
    RubricRecord,
    Screening,
    SectionRecord,
    SubmissionRecord,
    Trace,
    TraceCell,
    WordCount,
)
from mcscreen.rubric import Rubric
from mcscreen.rubric_files import load_rubric_folder
from mcscreen.shipped import shipped
from mcscreen.submission import Submission

HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1><!-- \u2028 ${1}"
PARAGRAPHS = (
    "Each morning the whole school stops for twenty minutes. Nobody answers the telephone 📚 while we read. It took a year.",
    "On Fridays a canvas bag goes home with each child. It comes back on Monday with a slip.",
    "What did not work was the log. Families signed it in the car park.",
    "We meet every second Tuesday with the loans on the table. We change one thing at a time.",
)


def _document(name: str, hostile: bool) -> Document:
    draft = Draft(reader="none")
    draft.heading("Mornings")
    for text in (*PARAGRAPHS, *((HOSTILE,) if hostile else ()), *PARAGRAPHS[::-1]):
        draft.paragraph(text)
    return draft.finish(name=name, format="docx", sha256=f"{abs(len(name)):064}", size=1)


def _pair(rubric: Rubric, identifier: str, hostile: bool) -> tuple[Screening, Submission]:
    name = HOSTILE[:60] if hostile else "Part 1.docx"
    document = _document(name, hostile)

    def evidence(number: int) -> Evidence:
        quote = clean_text(HOSTILE) if hostile and number % 5 == 0 else PARAGRAPHS[number % 4].split(". ")[0]
        start = document.text.index(quote)
        return Evidence(document=name, start=start, end=start + len(quote), quote=quote, score=0.5, paragraph=1 + number % 4)

    statuses = ("covered", "thin", "not_found", "unread")
    asked = [(p.id, c.id, f) for p in rubric.parts for c in p.criteria for f in c.facets]
    coverage = tuple(
        Coverage(
            part=part, criterion=criterion, facet=facet.id, required=facet.required, status=statuses[n % 4], score=0.5,
            evidence=() if n % 4 == 3 else tuple(evidence(n + i) for i in range(3)),
        )
        for n, (part, criterion, facet) in enumerate(asked)
    )  # fmt: skip
    citations = tuple(
        Citation(
            row=n + 1, detail=HOSTILE if hostile else d.text, facet=d.id, artifact=name, locator="page 2",
            explanation=HOSTILE if hostile else "It shows who lends.", status="ok" if n % 2 else "unrelated", evidence=(evidence(n),),
        )
        for n, d in enumerate(rubric.details[:3])
    )  # fmt: skip
    part = rubric.parts[0].id
    record = DocumentRecord(
        name=name, part=part, status="text", reason="", reader="none", pages=None, words=document.words, sha256=document.sha256,
        sections=(SectionRecord(part=part, start=0, end=len(document.text), basis="name", guessed=False),),
    )  # fmt: skip
    scan = DocumentRecord(name="scan.pdf", part=None, status="needs_ocr", reason="a picture", reader="", pages=2, words=0, sha256="1" * 64)
    line = coverage[0].facet
    cell = TraceCell(status="found", asked=1, found=1, lines=(line,))
    told = HOSTILE if hostile else "Name the page."
    screening = Screening(
        fingerprint="f" * 16,
        rubric=RubricRecord(id=rubric.id, sha256="0" * 64, title=rubric.title),
        submission=SubmissionRecord(id=identifier, documents=(record, scan)),
        words=(WordCount(part=part, own=900, raw=950, minimum=1000),),
        coverage=coverage,
        citations=citations,
        completion=Completion(status="return", items=(CompletionItem(check="no_locator", subject=part, message=told, remedy=told),)),
        trace=(Trace(outcome="O1", text=told, claimed=cell, cited=cell, applied=TraceCell(status="not_asked", asked=0, found=0)),),
        notices=(Notice(check="uncited_artifact", subject=name, message=told),),
    )
    return screening, Submission(identifier, (document,))


@dataclass
class Report:
    """A report on the disk."""

    folder: Path
    screenings: list[Screening]
    submissions: dict[str, Submission]

    def address(self, name: str) -> str:
        return (self.folder / name).as_uri()


@dataclass
class Watched:
    """A page, and everything that it asked for or complained of."""

    page: Page
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def _write(folder: Path, pairs: list[tuple[Screening, Submission]], rubric: Rubric, blind_first: bool = False) -> Report:
    screenings, submissions = [s for s, _ in pairs], {s.submission.id: t for s, t in pairs}
    for name, content in render(screenings, rubric, submissions=submissions, blind_first=blind_first):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return Report(folder, screenings, submissions)


@pytest.fixture(scope="session")
def rubric() -> Rubric:
    return load_rubric_folder(shipped("rubrics") / "student-centeredness").rubric


@pytest.fixture(scope="session")
def report(rubric: Rubric, tmp_path_factory: pytest.TempPathFactory) -> Report:
    pairs = [_pair(rubric, "one", False), _pair(rubric, "two", False), _pair(rubric, HOSTILE, True)]
    return _write(tmp_path_factory.mktemp("report"), pairs, rubric)


@pytest.fixture(scope="session")
def blind(rubric: Rubric, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return _write(tmp_path_factory.mktemp("blind"), [_pair(rubric, "one", False)], rubric, blind_first=True)


@pytest.fixture(scope="session")
def large(rubric: Rubric, tmp_path_factory: pytest.TempPathFactory) -> Report:
    screening, _ = _pair(rubric, "one", False)
    many = [screening.model_copy(update={"submission": screening.submission.model_copy(update={"id": f"s{n:03}"})}) for n in range(300)]
    return _write(tmp_path_factory.mktemp("large"), [(s, Submission(s.submission.id, ())) for s in many], rubric)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    watched = Watched(context.new_page())
    watched.page.set_default_timeout(20_000)
    watched.page.on("console", lambda message: watched.troubles.append(message.text))
    watched.page.on("pageerror", lambda error: watched.troubles.append(str(error)))
    watched.page.on("request", lambda request: watched.requests.append(request.url))
    yield watched
    assert watched.troubles == []
    assert all(url.startswith(("file:", "blob:")) for url in watched.requests)
    context.close()
