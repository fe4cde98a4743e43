"""Text that a DOCX keeps in other parts: embedded documents, charts and diagrams.

An embedded document (`w:altChunk`) is put in by programs that assemble forms and exports. HTML and plain text are read
here in the simplest way that keeps the paragraphs; what needs a reader of its own is reported as unread.
"""

from __future__ import annotations

import email
import email.policy
from typing import TYPE_CHECKING

from mcscreen.document import UnreadableDocument
from mcscreen.extractors.docx.markup import short
from mcscreen.extractors.docx.package import Package
from mcscreen.manuscript import Item, Line

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["graphic_texts", "html_items", "text_items", "web_page"]

_BLOCKS = frozenset((
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "tr", "table", "ul", "ol", "dl", "dt", "dd", "br", "hr",
    "blockquote", "pre", "section", "article", "header", "footer", "caption", "body",
))  # fmt: skip
_SKIPPED = frozenset(("script", "style", "head", "template", "noscript"))


def html_items(data: bytes) -> list[Item]:
    """Paragraphs and headings of an HTML page.

    Raises:
        UnreadableDocument: `corrupt` when nothing can be made of it.
    """
    from lxml import etree

    # Without a declared encoding libxml2 falls back to Latin-1; most pages are UTF-8.
    encoding = None if b"charset" in data[:2048].lower() or data[:2] in (b"\xff\xfe", b"\xfe\xff") else _encoding(data)
    try:
        walk = etree.fromstring(data, etree.HTMLParser(encoding=encoding, no_network=True, remove_comments=True, remove_pis=True))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableDocument("corrupt", f"an embedded page is damaged ({type(error).__name__})") from None
    found: list[Item] = []
    pieces: list[str] = []
    level = skipping = 0

    def close() -> None:
        text = " ".join("".join(pieces).split())
        pieces.clear()
        if text:
            found.append(Line(text, "heading", level) if level else Line(text))

    for event, element in etree.iterwalk(walk, events=("start", "end")) if walk is not None else ():
        name = element.tag if isinstance(element.tag, str) else ""
        if name in _BLOCKS:
            close()
        if event == "start":
            skipping += name in _SKIPPED
            if not skipping and name in ("h1", "h2", "h3", "h4", "h5", "h6"):
                level = int(name[1])
            text = element.text
        else:
            skipping -= name in _SKIPPED
            if name[:1] == "h" and name[1:].isdigit():
                level = 0
            text = element.tail
        if text and not skipping:
            pieces.append(text)
    close()
    return found


def text_items(data: bytes) -> list[Item]:
    """Paragraphs of a plain text."""
    text = data.decode(_encoding(data), "replace")
    return [Line(paragraph) for paragraph in text.replace("\r\n", "\n").split("\n") if paragraph.strip()]


def web_page(data: bytes) -> bytes | None:
    """The HTML inside a saved web page (MHT), or None when it has none."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            return payload if isinstance(payload, bytes) else None
    return None


def graphic_texts(package: Package, part: str) -> list[str]:
    """Texts of a chart or a diagram: titles, names of series and categories, one by one."""
    try:
        root = package.xml(part)
    except UnreadableDocument:
        return []
    texts: list[str] = []
    if root is None:
        return texts
    for element in root.iter():
        name = short(element)
        if name == "a:p":
            texts.append("".join(t.text or "" for t in element.iter("{*}t")))
        elif name == "c:v" and _is_label(element):
            texts.append(element.text or "")
    return list(dict.fromkeys(text for text in texts if text.strip()))


def _is_label(entry: _Element) -> bool:
    """Whether a chart's cached value is text rather than a number."""
    return any(short(above) == "c:strCache" for above in entry.iterancestors())


def _encoding(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig" if data[:3] == b"\xef\xbb\xbf" else "utf-8"
