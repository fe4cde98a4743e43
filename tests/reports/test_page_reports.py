"""The HTML pages and the Markdown files: what an assessor sees, and that nothing in an upload can act."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from mcscreen.reports import REPORTS
from mcscreen.results import Screening
from mcscreen.rubric import Rubric
from mcscreen.wording import COVERAGE

Screenings = tuple[Screening, ...]
JUDGING = re.compile(r"\b(?:grad(?:e|es|ed|ing)|pass(?:ed|es)?|fail(?:ed|s|ure)?|verdict)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def folder(screenings: Screenings, rubric: Rubric, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    REPORTS["html"](screenings, rubric, folder)
    REPORTS["md"](screenings, rubric, folder)
    return folder


def _soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def pages(folder: Path, screenings: Screenings) -> dict[str, BeautifulSoup]:
    """Pages by submission id, found as a reader finds them: through the links of the index."""
    links = [str(a["href"]) for a in _soup(folder / "index.html").select("tbody a")]
    return {s.submission.id: _soup(folder / link) for s, link in zip(screenings, links, strict=True)}


@pytest.fixture(scope="module")
def every_page(folder: Path) -> list[BeautifulSoup]:
    return [_soup(path) for path in folder.rglob("*.html")]


def _text(node: object) -> str:
    return " ".join(getattr(node, "text", "").split())


def _row(soup: BeautifulSoup, table: str, number: int) -> str:
    return _text(soup.select(f"{table} tbody tr")[number])


def test_every_page_loads_nothing_and_runs_nothing(every_page: list[BeautifulSoup]) -> None:
    assert len(every_page) == 5
    for soup in every_page:
        policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
        assert policy is not None and policy["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        assert not soup.find_all(["script", "img", "iframe", "link", "object", "embed", "form", "base", "video"])
        for tag in soup.find_all(True):
            assert not [name for name in tag.attrs if name.lower().startswith("on") or name in ("src", "srcset", "style")]
        for link in soup.find_all(["a", "use"]):
            assert re.fullmatch(r"(?:\.\./index\.html|submissions/[\w.-]+\.html|[\w.-]+\.html|#[\w.-]+)", str(link["href"]))
        (style,) = soup.find_all("style")
        assert "url(" not in style.text and "@import" not in style.text


def test_every_page_is_built_for_all_readers(every_page: list[BeautifulSoup]) -> None:
    for soup in every_page:
        assert soup.html is not None and soup.html["lang"] == "en"
        assert soup.title is not None and "Growing a Culture of Reading" in soup.title.text
        assert len(soup.find_all("main")) == len(soup.find_all("h1")) == 1
        levels = [int(h.name[1]) for h in soup.find_all(re.compile("^h[1-6]$"))]
        assert levels[0] == 1 and all(b - a <= 1 for a, b in pairwise(levels))
        for table in soup.find_all("table"):
            assert table.caption is not None and all(th.get("scope") for th in table.find_all("th"))
        ids = [tag["id"] for tag in soup.find_all(id=True)]
        assert len(ids) == len(set(ids))
        for link in soup.select('a[href^="#"], use[href^="#"]'):
            assert str(link["href"])[1:] in ids
        for status in soup.select(".status"):
            assert _text(status) and status.select_one('svg[aria-hidden="true"]') is not None


def test_links_between_pages_lead_somewhere(folder: Path) -> None:
    for path in folder.rglob("*.html"):
        for link in _soup(path).find_all("a"):
            assert (path.parent / str(link["href"]).split("#")[0]).exists()


def test_no_word_of_the_tool_judges(folder: Path) -> None:
    for soup in map(_soup, (folder / "index.html", *folder.glob("submissions/2024*.html"))):
        for quote in soup.select("blockquote"):
            quote.extract()
        assert not JUDGING.search(soup.text)
    for path in (folder / "screenings.md", *folder.glob("submissions/2024*.md")):
        tool = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("  >")]
        assert not JUDGING.search("\n".join(tool))


def test_index_sums_up_each_submission(folder: Path) -> None:
    soup = _soup(folder / "index.html")
    assert "4 submissions: 1 complete so far, 2 with something to mend, 1 with something unchecked" in _text(soup.header)
    first, second, third = (_row(soup, "main > table", n) for n in range(3))
    assert "complete so far" in first and "20 covered" in first and "none of 10" in first and "all read" in first
    assert "2 to mend, 1 unchecked" in second and "5 not found" in second and "7 of 10" in second and "862 short" in second
    assert "16 unread" in third and "Scan_0001.pdf pictures of text" in third
    assert "not found by this search" in soup.text and "A person reads, weighs and decides" in soup.text
    assert "uncalibrated" in soup.text and "cde0fb0dec1400c5" in soup.text
    assert "Part 2. Portfolio" not in _text(soup.thead), "a part without a minimum needs no column"


def test_strip_has_one_mark_a_facet(pages: dict[str, BeautifulSoup], screenings: Screenings) -> None:
    for screening in screenings:
        marks = [str(i["class"][0]) for i in pages[screening.submission.id].select(".glance .strip i")]
        assert marks == [f"is-{c.status}" for c in screening.coverage]


def test_what_could_not_be_read_stands_first(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["2024-032 Brandt, Jo"]
    assert page.main is not None
    assert [h.text for h in page.main.find_all("h2")] == [
        "What could not be read", "Completion", "Evidence map", "Citations", "Documents", "About the scores",
    ]  # fmt: skip
    gaps = _text(page.select_one(".gaps"))
    assert "Reading plan.pdf" in gaps and "pages 9 to 14 are pictures without text" in gaps and "old notes.doc" in gaps
    assert pages["2024-031_Okonkwo"].select_one(".gaps") is None


def test_a_guessed_part_is_called_a_guess(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["2024-032 Brandt, Jo"]
    assert "862 short 1,000 1,009 my essay FINAL (2).docx a guess from what it says" in _row(page, "table.words", 0)
    assert "guess" not in _text(pages["2024-031_Okonkwo"].select_one("table.words"))


def test_facets_show_status_score_and_every_quote_with_its_place(pages: dict[str, BeautifulSoup], screenings: Screenings) -> None:
    for screening in screenings[:3]:
        blocks = pages[screening.submission.id].select("section.facet")
        assert len(blocks) == len(screening.coverage) == 23
        for block, fact in zip(blocks, screening.coverage, strict=True):
            assert COVERAGE[fact.status].label in _text(block.select_one(".facet-status"))
            assert (f"{fact.score:.2f}" if fact.score is not None else "unread") in _text(block.select_one(".facet-status"))
            assert [q.text for q in block.select("blockquote")] == [e.quote for e in fact.evidence]
            for caption, item in zip(block.select("figcaption"), fact.evidence, strict=True):
                assert item.document in caption.text and f"paragraph {item.paragraph}" in caption.text
            assert ("optional" in _text(block.h5)) == (not fact.required)


def test_not_found_says_what_was_searched(pages: dict[str, BeautifulSoup]) -> None:
    blocks = pages["2024-032 Brandt, Jo"].select("section.facet.is-not_found")
    assert blocks
    for block in blocks:
        assert "Nearest passages, best first. Searched: my essay FINAL (2).docx (1,410 words)." in _text(block)
        assert len(block.select("blockquote")) == 3 and block.select_one("details[open]") is not None


def test_citations_are_told_in_plain_words(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["2024-032 Brandt, Jo"]
    rows = [_row(page, "table.citations", n) for n in range(10)]
    assert "place found" in rows[0]
    assert "artifact missing" in rows[5] and "Appendix C" in rows[5] and "No file is called" in rows[5]
    assert "place beyond the end" in rows[3] and "page 61" in rows[3]
    assert "no row" in rows[9] and "a yearly review" in rows[9]


def test_navigation_names_every_facet_with_its_status(pages: dict[str, BeautifulSoup], screenings: Screenings) -> None:
    links = pages["2024-033_Lindqvist"].select("nav.facets li li a")
    assert [_text(a).rsplit(": ", 1)[1] for a in links] == [COVERAGE[c.status].label for c in screenings[2].coverage]


def test_hostile_text_is_shown_as_text(pages: dict[str, BeautifulSoup], folder: Path) -> None:
    page = pages["../x"]
    assert "<script>alert(1)</script>" in page.text and "report⟨U+202E⟩fdp.exe" in page.text
    assert page.h1 is not None and page.h1.text == "../x"
    raw = next(folder.glob("submissions/x-*.html")).read_text(encoding="utf-8")
    assert "\u202e" not in raw and "<script" not in raw
    assert "cut here: 8,800 more characters in the file" in page.text
    assert not any(path.name in ("x.html", "x.md") for path in folder.parent.iterdir())


def test_hostile_names_get_their_own_pages(screenings: Screenings, rubric: Rubric, tmp_path: Path) -> None:
    names = ["../x", "../X", "CON", "a" * 300, "読書", "same", "SAME", "same", "index", ""]
    batch = tuple(
        screenings[2].model_copy(update={"submission": screenings[2].submission.model_copy(update={"id": name})}) for name in names
    )
    for report in ("html", "md"):
        paths = REPORTS[report](batch, rubric, tmp_path / report)
        assert len({str(p).lower() for p in paths}) == len(names) + 1
        assert all(p.exists() and p.resolve().is_relative_to(tmp_path / report) for p in paths)


def test_a_facet_that_the_rubric_does_not_know_is_shown_by_its_id(screenings: Screenings, rubric: Rubric, tmp_path: Path) -> None:
    strange = screenings[0].coverage[0].model_copy(update={"part": "P9", "criterion": "Z", "facet": 'Z."><b>'})
    paths = REPORTS["html"]((screenings[0].model_copy(update={"coverage": (strange,)}),), rubric, tmp_path)
    block = _soup(paths[1]).select_one("section.facet")
    assert block is not None and _text(block.h5) == 'Z."><b>'


def test_measurements_of_the_reflection_are_listed(pages: dict[str, BeautifulSoup]) -> None:
    rows = [[cell.text for cell in row.select("th, td")] for row in pages["2024-031_Okonkwo"].select("table.measurements tbody tr")]
    assert rows == [["words", "655"], ["first_person_per_100_words", "4.12"], ["tenses › past", "61"], ["tenses › future", "9"]]


def test_markdown_summary_is_one_table_with_links(folder: Path, screenings: Screenings) -> None:
    soup = BeautifulSoup(
        MarkdownIt("gfm-like", {"linkify": False}).render((folder / "screenings.md").read_text(encoding="utf-8")), "html.parser"
    )
    rows = soup.select("tbody tr")
    assert len(rows) == len(screenings) and all(len(row.select("td")) == 9 for row in rows)
    for row, screening in zip(rows, screenings, strict=True):
        assert row.a is not None and row.a.text == screening.submission.id
        assert (folder / str(row.a["href"])).is_file()


def test_markdown_pages_hold_all_quotes_and_no_live_markup(folder: Path, screenings: Screenings) -> None:
    (path,) = folder.glob("submissions/x-*.md")
    soup = BeautifulSoup(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(path.read_text(encoding="utf-8")), "html.parser")
    assert not soup.find_all(["script", "img", "a", "code"])
    assert "<script>alert(1)</script>" in soup.text and "report⟨U+202E⟩fdp.exe" in soup.text
    tables = soup.find_all("table")
    assert all(len(row.find_all(["td", "th"])) == len(t.find_all("th")) for t in tables for row in t.find_all("tr"))
    assert len(soup.find_all("blockquote")) == sum(len(c.evidence) for c in screenings[3].coverage)
