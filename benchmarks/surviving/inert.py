"""Formulas, terminal escapes, markup, reversed and broken text in names and texts: nothing runs and nothing breaks.

The same strings stand in the names of submissions and files, in every part, and in the fields of a Part 2 table. The command
line screens them into every format and writes the notes; then each format is read back by a reader of its own kind.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from benchmarks.surviving.floors import Outcome
from benchmarks.surviving.runs import MCSCREEN, run, screening

MARK = "zqx"
PLANTED = (
    f'=HYPERLINK("http://127.0.0.1:9/{MARK}";"{MARK}")',
    f"+cmd|' /C {MARK}'!A0",
    f"-1+1 {MARK}",
    f"@SUM(1+1) {MARK}",
    f"＝1+1 {MARK}",
    f"\t=1+1 {MARK}",
    f'a;=1+1;"{MARK}',
    f"\x1b[31m{MARK}\x1b[0m \x1b]0;{MARK}\x07 \x1b]8;;http://127.0.0.1:9\x07{MARK}\x1b]8;;\x07 \x9b31m",
    f"\u202e{MARK}\u202c \u2066{MARK}\u2069 \u200b{MARK}",
    f"<script>{MARK}()</script><img src={MARK} onerror={MARK}()><svg/onload={MARK}()>",
    f'"><a href="javascript:{MARK}()">{MARK}</a> \'-{MARK}-\' ]]> --> </textarea></style></title></script>',
    f"![{MARK}](http://127.0.0.1:9/{MARK}.png) [{MARK}](javascript:{MARK}) <http://127.0.0.1:9/{MARK}> www.{MARK}.example",
    f"{{{{7*7}}}} ${{7*7}} {{% {MARK} %}} %s %n {{0}} {MARK}",
    f"| {MARK} | # {MARK} \u2028 {MARK} \u0085 {MARK} \u0000 {MARK} \ufffe",
)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_TRIGGER = re.compile("[\\s\u200b-\u200f\u2060\ufeff]*[=+\\-@＝＋－＠]|[\t\r\n]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_NAMES = (
    "=1+1",
    "@sum",
    "+1",
    "-rf",
    "<img src=zqx onerror=zqx()>",
    "\x1b[31mred zqx\x1b[0m",
    "\u202etxt.exe zqx",
    "a,b;=c\td zqx",
    "{{7*7}} zqx",
    "new\nline zqx",
)


def plant(folder: Path) -> None:
    """Submissions with the strings in their names, their files' names and their texts."""
    paragraphs = "\n\n".join(PLANTED).replace("\ufffe", "")
    for n, name in enumerate(_NAMES):
        one = folder / name
        (one / "artifacts").mkdir(parents=True)
        text = f"Part 1. Overview Questions\n\n{paragraphs}\n\nWe met every week with each student about academic and social goals, {n} in all.\n"
        (one / "Part 1 Narrative.txt").write_text(text, encoding="utf-8", errors="surrogatepass")
        (one / "artifacts" / f"{name}.txt").write_text(f"Week {n}. {MARK}\n", encoding="utf-8")
        rows = io.StringIO()
        csv.writer(rows).writerows([("Detail", "Artifact", "Location", "Explanation"), *((p, f"{name} {p}", p, p) for p in PLANTED)])
        (one / "Part 2 Self-Analysis.csv").write_text(rows.getvalue(), encoding="utf-8")
        # A lone surrogate can be written in RTF, whose \\u is a number.
        (one / "Part 3 Reflection.rtf").write_bytes(
            b"{\\rtf1\\ansi\\uc0 Part 3. Reflection\\par I learned " + MARK.encode() + b" \\u-10179 much\\u55357 x.\\par}"
        )
        (one / os.fsdecode(b"latin1-\xe9\xff " + MARK.encode() + b".txt")).write_text("One more line.\n", encoding="utf-8")


def trial(work: Path, rubric: str, cache: dict[str, str]) -> Outcome:
    """Screen the planted submissions, write their notes, and read everything back."""
    outcome = Outcome("inert")
    batch, report = work / "batch", work / "report"
    plant(batch)
    ended = run([*MCSCREEN, *screening([batch], report, rubric)], work / "logs", env=cache)
    noted = run([*MCSCREEN, "note", report], work / "note-logs", env=cache)
    problems: dict[str, list[str]] = {k: [] for k in ("csv", "xlsx", "html", "jsonl", "md", "docx", "terminal", "names")}
    for path in sorted(p for p in report.rglob("*") if p.is_file()):
        kind = path.suffix.lstrip(".")
        if path.name.startswith("journal"):
            continue
        if re.search(r"[^A-Za-z0-9._-]", path.name):
            problems["names"].append(f"a file is called {path.name!r}")
        if kind in _READERS:
            problems[kind] += [f"{path.name}: {p}" for p in _READERS[kind](path)]
    problems["terminal"] = [
        f"U+{ord(c):04X}" for c in {*_CONTROLS.findall((ended.out + ended.err + noted.out + noted.err).replace("\n", ""))}
    ]
    lines = (report / "screenings.jsonl").read_text(encoding="utf-8").splitlines() if (report / "screenings.jsonl").exists() else []
    for kind, found in problems.items():
        outcome.lines.append(f"  {kind:10} {len(found) or 'nothing':>8} found{': ' + '; '.join(found[:3]) if found else ''}")
    outcome.figures = {
        "submissions": len(_NAMES),
        "rows": len(lines),
        "exit_code": ended.code,
        "note_exit_code": noted.code,
        "notes": len(list((report / "notes").rglob("*.md"))),
        "files_read_back": sum(1 for p in report.rglob("*") if p.suffix.lstrip(".") in _READERS),
        "planted_in_pages": sum(MARK in p.read_text(encoding="utf-8") for p in (report / "submissions").glob("*.html")),
        "found": sum(len(found) for found in problems.values()),
    }
    if ended.code not in (0, 3) or noted.code != 0:
        outcome.lines.append(f"  {ended.told()[:200]} {noted.told()[:200]}")
    return outcome


def in_csv(path: Path) -> Iterator[str]:
    """Fields that a spreadsheet would take for formulas, and characters that no file should hold."""
    text = path.read_bytes().decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text)):
        for field in row:
            if _TRIGGER.match(field) and not _NUMBER.fullmatch(field):
                yield f"a field begins a formula: {field[:30]!r}"
            if re.search(r";[\s\"]*[=+\-@]", field):
                yield f"a field begins a formula after a semicolon: {field[:60]!r}"
            if _CONTROLS.search(field):
                yield f"a control character: {field[:30]!r}"


def in_xlsx(path: Path) -> Iterator[str]:
    """Formulas, links and forbidden characters in a workbook."""
    import openpyxl

    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f" or cell.hyperlink:
                    yield f"{sheet.title} {cell.coordinate}: a formula or link"
                if isinstance(cell.value, str) and _CONTROLS.search(cell.value):
                    yield f"{sheet.title} {cell.coordinate}: a control character"
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if b"<f>" in archive.read(name) or "externalLink" in name:
                yield f"{name}: a formula or an outside link"


class _Page(HTMLParser):
    """Collects what a browser would run, load or follow because of planted text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {k: v or "" for k, v in attrs}
        if tag == "meta" and values.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = values.get("content", "")
        if MARK in tag or any(MARK in k for k in values):
            self.found.append(f"planted text became markup: <{tag}>")
        self.found += [f"<{tag} {k}>" for k in values if k.startswith("on")]
        for key in ("href", "src", "action", "srcset", "formaction", "data", "srcdoc"):
            value = values.get(key, "")
            if (MARK in value.lower() and tag != "a") or re.match(r"(?i)\s*(?:[a-z][a-z0-9+.-]*:|//)", value):
                self.found.append(f"<{tag} {key}={value[:40]!r}>")


def in_html(path: Path) -> Iterator[str]:
    """Planted text that became markup, scripts that the page's policy does not name, links that lead out."""
    page = _Page()
    text = path.read_text(encoding="utf-8")
    page.feed(text)
    yield from page.found
    if "default-src 'none'" not in page.policy or "'unsafe-inline'" in page.policy.partition("script-src")[2].partition(";")[0]:
        yield f"no strict policy: {page.policy[:60]!r}"
    if _CONTROLS.search(text.replace("\r", "")):
        yield "a control character"


def in_jsonl(path: Path) -> Iterator[str]:
    """Lines that are no JSON, or that a reader of lines would cut in two."""
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line and (len(line.splitlines()) != 1 or not isinstance(json.loads(line), dict)):
            yield f"a line that is not one: {line[:40]!r}"


def in_markdown(path: Path) -> Iterator[str]:
    """Planted text that a viewer, raw HTML allowed, would show as markup, a link or a picture."""
    from markdown_it import MarkdownIt

    text = path.read_text(encoding="utf-8")
    viewer = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")
    for token in viewer.parse(text):
        for inner in (token, *(token.children or ())):
            if inner.type in ("html_block", "html_inline", "image"):
                yield f"{inner.type}: {inner.content[:40]!r}"
            if (
                inner.type == "link_open"
                and MARK in str(inner.attrGet("href"))
                and not str(inner.attrGet("href")).startswith("submissions/")
            ):
                yield f"a link: {inner.attrGet('href')!r}"
    if _CONTROLS.search(text.replace("\n", "")):
        yield "a control character"


def in_docx(path: Path) -> Iterator[str]:
    """Fields, links and outside parts in a Word file, and characters that XML forbids."""
    from lxml import etree

    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            if name.endswith((".xml", ".rels")):
                etree.fromstring(data)
            if b"<w:hyperlink" in data or b"<w:instrText" in data or b'TargetMode="External"' in data:
                yield f"{name}: a link, field or outside part"


_READERS = {"csv": in_csv, "xlsx": in_xlsx, "html": in_html, "jsonl": in_jsonl, "md": in_markdown, "docx": in_docx}
