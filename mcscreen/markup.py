"""HTML to paragraphs, headings, list items and tables.

Used by the HTML reader, and by the readers of formats that carry HTML inside (mail, Markdown). It walks the lxml tree by
events instead of by recursion: a page nested ten thousand deep is then only a long page, and a saved page of many
megabytes is read in seconds. What a visitor does not see (scripts, menus, elements hidden by an attribute or an inline
style) is left out, because it is not what the candidate shows; that something was left out is a warning.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from mcscreen.document import Covered, Draft, count_words

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["write_markup"]

_DROPPED = frozenset([
    "head", "script", "style", "noscript", "template", "svg", "canvas", "iframe", "object", "embed", "nav", "title", "select",
    "datalist", "button", "audio", "video", "map", "math",
])  # fmt: skip
_BLOCKS = frozenset([
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html",
    "legend", "li", "main", "menu", "ol", "option", "p", "pre", "search", "section", "summary", "table", "tbody", "tfoot", "thead",
    "td", "th", "tr", "ul",
])  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:font-size|opacity)\s*:\s*0+(?:\.0*)?(?![\d.]*[1-9])", re.I
)
_WHITE = re.compile(r"[ \t\r\n\f]+")
_DATA_URI = re.compile(r"""(?<=["'(])data:[\w/+.;=-]{0,100}base64,[A-Za-z0-9+/=\s]*""")
_SILENT = re.compile(r"<!--.*?-->|<(script|style|head|template)\b.*?</\1\s*>", re.I | re.S)
_SHOWN_INPUTS = frozenset(["", "text", "email", "url", "tel", "search", "number", "date"])
_HIDDEN_NOTE = "text that the page hides from its visitors was left out"
_PROSE_CELL, _WIDEST_SPAN = 150, 50


def write_markup(text: str, draft: Draft) -> None:
    """Write the visible text of an HTML page or fragment into a draft.

    Nothing is fetched and no script is run. Text that cannot be parsed as HTML writes nothing.
    """
    from lxml import etree

    # Pictures inside the page are most of its bytes and none of its words.
    text = _DATA_URI.sub("", text)
    parser = etree.HTMLParser(encoding="utf-8", recover=True, no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        draft.warn("the page is nested too deeply; its text was read without its layout")
        _write_flat(text, draft)
    elif root is not None:
        _Walk(draft).walk(root)


def _write_flat(text: str, draft: Draft) -> None:
    text = _SILENT.sub(" ", text)
    for piece in re.split(r"(?:\s*<[^<>]{0,2000}>\s*)+", text):
        draft.paragraph(_WHITE.sub(" ", html.unescape(piece)))


class _Walk:
    """One pass over a page; collects inline text and writes it whenever a block begins or ends."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.inline: list[str] = []
        self.lists = 0
        self.items: list[int] = []
        self.verbatim = 0

    def walk(self, root: _Element) -> None:
        from lxml import etree

        events = etree.iterwalk(root, events=("start", "end"))
        skipped: _Element | None = None
        for event, element in events:
            if self.draft.full:
                return
            name = element.tag if isinstance(element.tag, str) else ""
            if skipped is not None:
                if event == "end" and element is skipped:
                    skipped = None
                    self.add(element.tail)
                continue
            if event == "start":
                if self.leaves_out(element, name):
                    if name in _BLOCKS:
                        self.flush()
                    events.skip_subtree()
                    skipped = element
                elif name == "table" and _is_data(element):
                    self.flush()
                    for caption in element.iterchildren("caption"):
                        self.draft.paragraph(_cell_text(caption))
                    self.draft.table(_rows(element))
                    events.skip_subtree()
                    skipped = element
                else:
                    self.open(element, name)
            else:
                self.close(element, name)
        self.flush()

    def leaves_out(self, element: _Element, name: str) -> bool:
        if name in _DROPPED:
            return True
        if element.get("role") == "navigation":
            return True
        if _is_hidden(element):
            if name != "input" and any(piece.strip() for piece in element.itertext()):
                self.draft.warn(_HIDDEN_NOTE)
            return True
        return False

    def open(self, element: _Element, name: str) -> None:
        if name in _BLOCKS:
            self.flush()
            if name in ("ul", "ol", "menu", "dir"):
                self.lists += 1
            elif name == "li":
                self.items.append(self.lists)
            elif name == "pre":
                self.verbatim += 1
        elif name == "br":
            self.inline.append("\n")
        elif name == "input" and element.get("type", "").lower() in _SHOWN_INPUTS:
            self.add(f" {element.get('value', '')} ")
        elif name == "textarea":
            self.flush()
            self.verbatim += 1
        self.add(element.text)

    def close(self, element: _Element, name: str) -> None:
        if name in _BLOCKS or name == "textarea":
            self.flush(_HEADINGS.get(name, 0), form=name == "textarea")
            if name in ("ul", "ol", "menu", "dir"):
                self.lists -= 1
            elif name == "li" and self.items:
                self.items.pop()
            elif name in ("pre", "textarea"):
                self.verbatim -= 1
        self.add(element.tail)

    def add(self, text: str | None) -> None:
        if text:
            self.inline.append(text if self.verbatim else _WHITE.sub(" ", text))

    def flush(self, heading: int = 0, *, form: bool = False) -> None:
        text = "".join(self.inline)
        self.inline.clear()
        if not text.strip():
            return
        if heading:
            self.draft.heading(text, heading)
            return
        for piece in re.split(r"\n\s*\n", text):
            if form:
                self.draft.paragraph(piece, kind="form_field")
            elif self.items:
                self.draft.paragraph(piece, kind="list_item", level=max(1, self.items[-1]))
            else:
                self.draft.paragraph(piece)


def _is_hidden(element: _Element) -> bool:
    if element.get("hidden") is not None:
        return True
    style = element.get("style")
    return bool(style and _HIDING.search(style))


def _is_data(table: _Element) -> bool:
    """Whether a table holds data; pages also use tables to place whole columns of prose."""
    if table.get("role") in ("presentation", "none"):
        return False
    if next(table.iterdescendants("table", "h1", "h2", "h3", "ul", "ol", "textarea"), None) is not None and not _has_header(table):
        return False
    if next(table.iterdescendants("table"), None) is not None:
        return False
    rows = [len(row.findall("td")) + len(row.findall("th")) for row in table.iter("tr")]
    if len(rows) < 2 or max(rows) < 2:
        return False
    cells = [count_words("".join(map(str, cell.itertext()))) for cell in table.iter("td", "th")]
    return sum(cells) / max(1, len(cells)) <= _PROSE_CELL


def _has_header(table: _Element) -> bool:
    return next(table.iterdescendants("th", "thead"), None) is not None


def _rows(table: _Element) -> list[list[str | Covered]]:
    rows: list[list[str | Covered]] = []
    reaching: dict[int, int] = {}
    for row in table.iter("tr"):
        texts: list[str | Covered] = []
        for cell in row.iterchildren("td", "th"):
            _pass_covered(texts, reaching)
            width, height = _span(cell.get("colspan")), _span(cell.get("rowspan"))
            for offset in range(width):
                if height > 1:
                    reaching[len(texts)] = height - 1
                texts.append(Covered.LEFT if offset else _cell_text(cell))
        _pass_covered(texts, reaching)
        rows.append(texts)
    return rows


def _pass_covered(texts: list[str | Covered], reaching: dict[int, int]) -> None:
    while reaching.get(len(texts), 0) > 0:
        reaching[len(texts)] -= 1
        texts.append(Covered.ABOVE)


def _span(value: str | None) -> int:
    return min(_WIDEST_SPAN, max(1, int(value))) if value and value.strip().isdecimal() else 1


def _cell_text(cell: _Element) -> str:
    from lxml import etree

    pieces: list[str] = []
    skipped: _Element | None = None
    events = etree.iterwalk(cell, events=("start", "end"))
    for event, element in events:
        name = element.tag if isinstance(element.tag, str) else ""
        if skipped is not None:
            if event == "end" and element is skipped:
                skipped = None
                pieces.append(_WHITE.sub(" ", element.tail or ""))
            continue
        if event == "start":
            if element is not cell and (name in _DROPPED or _is_hidden(element)):
                events.skip_subtree()
                skipped = element
                continue
            if name == "br" or (name in _BLOCKS and element is not cell):
                pieces.append("\n")
            elif name == "input" and element.get("type", "").lower() in _SHOWN_INPUTS:
                pieces.append(element.get("value", ""))
            pieces.append(_WHITE.sub(" ", element.text or ""))
        elif element is not cell:
            if name in _BLOCKS:
                pieces.append("\n")
            pieces.append(_WHITE.sub(" ", element.tail or ""))
    return re.sub(r"\s*\n\s*", "\n", "".join(pieces)).strip()
