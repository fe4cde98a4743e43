"""The HTML pages and the Markdown files: what an assessor sees, and that nothing in an upload can act."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from mcscreen.reports import REPORTS
from mcscreen.reports.html import render
from mcscreen.results import Completion, CompletionItem, Evidence, Notice, Screening, Trace, TraceCell
from mcscreen.rubric import Rubric
from mcscreen.wording import COVERAGE

Screenings = tuple[Screening, ...]
JUDGING = re.compile(r"\b(?:grad(?:e|es|ed|ing)|pass(?:ed|es)?|fail(?:ed|s|ure)?|verdict)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def screenings(screenings: Screenings, hostile: object) -> Screenings:
    """The shared screenings with completion, trace and notices; in the hostile one all of it is hostile."""
    script = "</script><script>alert(3)</script><!--"
    note = Evidence(document="Reading plan.pdf", page=3, start=0, end=4, quote="Loans of the fortnight", score=None)
    item = CompletionItem(check="minimum_words", subject="P1", message="862 of 1,000 words.", remedy="Add what is missing to Part 1.")
    row = CompletionItem(
        check="artifact_missing", subject="O2.training", row=6, message="No file is called “Appendix C”.", remedy="Upload it."
    )
    evil = CompletionItem(check="x", subject=script, message=script, remedy=script)
    told = {
        "2024-031_Okonkwo": ("ready", (), "P1"),
        "2024-032 Brandt, Jo": ("return", (item, row), "Reading plan.pdf"),
        "2024-033_Lindqvist": ("unreadable", (), "P1"),
        "../x": ("return", (evil,), script),
    }
    found = TraceCell(status="partly", asked=2, found=1, lines=("A1.school", "A1.home"))
    none = TraceCell(status="not_asked", asked=0, found=0)
    return tuple(
        s.model_copy(
            update={
                "completion": Completion(status=status, items=items),
                "notices": (Notice(check="uncited_artifact", subject=subject, message=f"No row cites {subject}.", evidence=(note,)),),
                "trace": (
                    Trace(outcome="O1", text=subject, claimed=found, cited=found.model_copy(update={"lines": ("O1.time",)}), applied=none),
                ),
            }
        )
        for s in screenings
        for status, items, subject in [told[s.submission.id]]
    )


@pytest.fixture(scope="module")
def folder(screenings: Screenings, rubric: Rubric, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    REPORTS["html"](screenings, rubric, folder)
    REPORTS["md"](screenings, rubric, folder)
    return folder


@cache
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


def test_every_page_loads_nothing_and_runs_its_own_script_only(every_page: list[BeautifulSoup]) -> None:
    assert len(every_page) == 5
    for soup in every_page:
        policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
        assert policy is not None
        rules = dict(rule.strip().split(" ", 1) for rule in str(policy["content"]).split(";"))
        data, script = soup.find_all("script")
        (style,) = soup.find_all("style")
        assert rules.pop("default-src") == "'none'"
        assert rules.pop("script-src") == f"'{_hash(script.string)}'" and script.attrs == {}
        assert rules.pop("style-src") == f"'{_hash(style.string)}'"
        assert rules == {
            "base-uri": "'none'", "form-action": "'none'", "require-trusted-types-for": "'script'", "trusted-types": "'none'",
        }  # fmt: skip
        assert data["type"] == "application/json" and json.loads(data.string)["schema"] == 1 and data.string.isascii()
        assert not soup.find_all(["img", "iframe", "link", "object", "embed", "form", "base", "video"])
        for tag in soup.find_all(True):
            assert not [name for name in tag.attrs if name.lower().startswith("on") or name in ("src", "srcset", "style")]
        for link in soup.find_all(["a", "use"]):
            if link.get("href") is not None:
                assert re.fullmatch(r"(?:\.\./index\.html|submissions/[\w.-]+\.html|[\w.-]+\.html|#[\w.-]+)", str(link["href"]))
        assert "url(" not in style.text and "@import" not in style.text


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def test_the_script_turns_no_text_into_markup_or_code(every_page: list[BeautifulSoup]) -> None:
    for soup in every_page:
        script = soup.find_all("script")[1].string
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|fetch\(|XMLHttpRequest|https?:", script
        )
        assert "</" not in script and "<!--" not in script


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
        for label in soup.select("label[for]"):
            assert str(label["for"]) in ids
        for link in soup.select('a[href^="#"], use[href^="#"]'):
            assert str(link["href"])[1:] in ids
        for status in soup.select(".status"):
            assert _text(status) and status.select_one('svg[aria-hidden="true"]') is not None


def test_links_between_pages_lead_somewhere(folder: Path) -> None:
    for path in folder.rglob("*.html"):
        for link in _soup(path).select("a[href]"):
            assert (path.parent / str(link["href"]).split("#")[0]).exists()


def test_no_word_of_the_tool_judges(folder: Path) -> None:
    for soup in map(_soup, (folder / "index.html", *folder.glob("submissions/2024*.html"))):
        quoted = sum(len(JUDGING.findall(quote.text)) for quote in soup.select("blockquote"))
        assert len(JUDGING.findall(soup.text)) == quoted
    for path in (folder / "screenings.md", *folder.glob("submissions/2024*.md")):
        tool = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("  >")]
        assert not JUDGING.search("\n".join(tool))


def test_index_sums_up_each_submission(folder: Path) -> None:
    soup = _soup(folder / "index.html")
    assert "4 submissions: 1 ready, 2 to return, 1 unreadable" in _text(soup.header)
    first, second, third = (_cells(soup.select("tbody tr")[n]) for n in range(3))
    assert first["Completion"] == "ready" and first["Covered"] == "20" and first["Citations to check"] == "0 of 10"
    assert second["Completion"] == "to return (2)" and second["Not found"] == "5" and second["Citations to check"] == "7 of 10"
    assert second["Own words, Part 1. Narrative"] == "short 862" and second["Notices"] == "1"
    assert third["Completion"] == "unreadable" and third["Unread"] == "16" and third["Own words, Part 1. Narrative"] == "–"
    assert "Scan_0001.pdf: pictures of text" in _text(soup.select("tbody th")[2])
    assert "not found by this search" in soup.text and "A person reads, weighs and decides" in soup.text
    assert "uncalibrated" in soup.text and "cde0fb0dec1400c5" in soup.text
    assert "Part 2. Portfolio" not in _text(soup.thead), "a part without a minimum needs no column"


def _cells(row: object) -> dict[str, str]:
    return {str(cell["data-label"]): _text(cell) for cell in row.select("td")}  # type: ignore[attr-defined]


def test_index_rows_carry_what_they_are_sorted_and_filtered_by(folder: Path, screenings: Screenings) -> None:
    soup = _soup(folder / "index.html")
    facts = json.loads(soup.select_one("#data").string)["rows"]  # type: ignore[union-attr, arg-type]
    for row, fact, screening in zip(soup.select("tbody tr"), facts, screenings, strict=True):
        assert row["data-status"] == screening.completion.status
        keys = {key for cell in row.select("td") for key in cell.attrs if key.startswith("data-") and key != "data-label"}
        wanted = {f"data-{th['data-key']}" for th in soup.select("th[data-key]")} - {"data-name", "data-completion"}
        assert keys == wanted
        assert fact["submission"] == screening.submission.id and fact["fingerprint"] == screening.fingerprint
        required = sum(c.required for c in screening.coverage)
        assert fact["total"] == required + len(screening.citations)


def test_strip_has_one_mark_a_facet_and_a_shape_a_status(pages: dict[str, BeautifulSoup], screenings: Screenings) -> None:
    for screening in screenings:
        paths = pages[screening.submission.id].select(".glance .strip path")
        drawn: dict[str, int] = {}
        shapes: dict[str, set[str]] = {}
        for path in paths:
            status = str(path["class"][0]).removeprefix("is-")
            if "drawn" in path["class"]:
                drawn[status] = drawn.get(status, 0) + str(path["d"]).count("M")
            for step in str(path["d"]).split("M")[1:]:
                shapes.setdefault(status, set()).add(re.sub(r"^[\d.]+", "", step) + str("filled" in path["class"]))
        counted = {status: sum(c.status == status for c in screening.coverage) for status in {c.status for c in screening.coverage}}
        assert drawn == counted
        assert len({frozenset(s) for s in shapes.values()}) == len(shapes), "two statuses must not look alike without colour"


def test_what_could_not_be_read_stands_first(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["2024-032 Brandt, Jo"]
    assert page.main is not None
    assert [h.text for h in page.main.find_all("h2")] == [
        "What could not be read", "Completion", "Evidence map", "Citations", "Trace of each outcome", "Documents", "About the scores",
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
            assert COVERAGE[fact.status].label in _text(block.select_one(".item-status"))
            assert (f"{fact.score:.2f}" if fact.score is not None else "unread") in _text(block.select_one(".item-status"))
            assert [q.text for q in block.select("blockquote")] == [e.quote for e in fact.evidence]
            for caption, item in zip(block.select("figcaption"), fact.evidence, strict=True):
                assert item.document in caption.text and f"paragraph {item.paragraph}" in caption.text
            assert ("optional" in _text(block.h5)) == (not fact.required)


def test_not_found_says_what_was_searched(pages: dict[str, BeautifulSoup]) -> None:
    blocks = pages["2024-032 Brandt, Jo"].select("section.facet.is-not_found")
    assert blocks
    for block in blocks:
        assert re.search(
            r"Searched in Part \d\. \w+: my essay FINAL \(2\)\.docx \(1,410 words\)\. The nearest misses, best first:", _text(block)
        )
        assert len(block.select("blockquote")) == 3


def test_citations_are_told_in_plain_words(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["2024-032 Brandt, Jo"]
    rows = [_text(block) for block in page.select("section.citation")]
    assert len(rows) == 10
    assert "place found" in rows[0]
    assert "artifact missing" in rows[5] and "Appendix C" in rows[5] and "No file is called" in rows[5]
    assert "place beyond the end" in rows[3] and "page 61" in rows[3]
    assert "No row" in rows[9] and "a yearly review" in rows[9]


def test_completion_names_each_thing_to_mend_and_how(pages: dict[str, BeautifulSoup]) -> None:
    items = [_text(li) for li in pages["2024-032 Brandt, Jo"].select("ol.mending li")]
    assert items == [
        "Part 1. Narrative862 of 1,000 words.Add what is missing to Part 1.",
        "training, row 6No file is called “Appendix C”.Upload it.",
    ]
    assert not pages["2024-031_Okonkwo"].select("ol.mending")
    assert "No row cites Reading plan.pdf." in _text(pages["2024-032 Brandt, Jo"].select_one(".notices"))


def test_trace_leads_to_the_lines_that_it_counts(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["2024-031_Okonkwo"]
    claimed, cited, applied = page.select("table.trace tbody td")
    assert _text(claimed).startswith("partly 1 of 2") and _text(applied) == "not asked"
    targets = [page.select_one(str(a["href"]).replace(".", "\\.")) for a in claimed.select("a") + cited.select("a")]
    assert ["facet" in t["class"] for t in targets if t] == [True, True, False] and "time set aside" in _text(targets[2]).lower()


def test_every_item_is_told_to_the_script(pages: dict[str, BeautifulSoup], screenings: Screenings) -> None:
    for screening in screenings:
        page = pages[screening.submission.id]
        facts = json.loads(page.select_one("#data").string)  # type: ignore[union-attr, arg-type]
        sections = page.select("section.item")
        assert [s["id"] for s in sections] == [i["anchor"] for i in facts["items"]]
        assert [i["finding"] for i in facts["items"]] == [c.status for c in (*screening.coverage, *screening.citations)]
        assert [p["quote"] for i in facts["items"] for p in i["passages"]] == [
            e.quote for c in (*screening.coverage, *screening.citations) for e in c.evidence
        ]


def test_blind_first_folds_every_finding(screenings: Screenings, rubric: Rubric) -> None:
    files = dict(render(screenings, rubric, blind_first=True))
    index = BeautifulSoup(files.pop("index.html"), "html.parser")
    assert not index.select(".batch .strip, [data-covered], [data-thin], [data-missing]")
    for content in files.values():
        soup = BeautifulSoup(content, "html.parser")
        assert all("folded" in s["class"] for s in soup.select("section.item"))
        for finding in soup.select(".finding"):
            finding.extract()
        assert not soup.select(".item .status, .item .score, .item blockquote, .strip, table.trace")
        assert json.loads(soup.select_one("#data").string)["blind"] is True  # type: ignore[union-attr, arg-type]


def test_hostile_text_is_shown_as_text(pages: dict[str, BeautifulSoup], folder: Path) -> None:
    page = pages["../x"]
    assert "<script>alert(1)</script>" in page.text and "report⟨U+202E⟩fdp.exe" in page.text
    assert page.h1 is not None and page.h1.text == "../x"
    raw = next(folder.glob("submissions/x-*.html")).read_text(encoding="utf-8")
    assert "\u202e" not in raw and raw.count("<script") == raw.count("</script") == 2
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


def test_the_profile_of_the_reflection_is_shown_as_counts_with_intervals_and_no_level(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["2024-031_Okonkwo"]
    rows = [[" ".join(cell.text.split()) for cell in row.select("th, td")] for row in page.select("table.profile tbody tr")]
    assert rows[0] == ["experiencetells what happened or what was done", "12", "30 [24, 42]"] and len(rows) == 4
    section = page.select_one("section[aria-labelledby=reflection]")
    assert section is not None and "4 more likely than not weigh it" in " ".join(section.text.split())
    assert "1 in the first third of the text, 0 in the second, 3 in the last" in " ".join(section.text.split())
    assert [row.select_one("q").text for row in section.select("table.indicators tbody tr")] == ["We moved the meeting to the library."]
    assert "no level" in section.text and "words per sentence 14.25" in section.text


def test_markdown_summary_is_one_table_with_links(folder: Path, screenings: Screenings) -> None:
    soup = BeautifulSoup(
        MarkdownIt("gfm-like", {"linkify": False}).render((folder / "screenings.md").read_text(encoding="utf-8")), "html.parser"
    )
    rows = soup.select("tbody tr")
    assert len(rows) == len(screenings) and all(len(row.select("td")) == len(soup.select("thead th")) for row in rows)
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
