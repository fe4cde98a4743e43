"""DOCX: Word's XML, read directly.

Library readers walk the paragraphs and tables that stand at the top of the body. Real submissions keep text in other
places as well: text boxes, content controls of a district's form, tracked insertions, notes, nested tables. On a set of
real documents such a reader lost a tenth of the text or more in two out of five. So the markup is walked here
(`body`), with the styles and lists it refers to (`styles`), over a package opened behind the guards of all packages.

What is left out, each with a remark: deleted and hidden text, text in white or too small to see, comments. Running
headers and footers are left out too, unless there is nothing else.

A DOCX has no pages. Word's record of its last layout and the breaks that the writer set give an estimate, which is
offered as such; without either, places have no page.
"""

from __future__ import annotations

import io
import logging
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen.containers import check_archive, open_package
from mcscreen.document import Draft, UnreadableDocument
from mcscreen.extractors.docx.body import Body
from mcscreen.extractors.docx.chunks import graphic_texts, html_items, text_items, web_page
from mcscreen.extractors.docx.markup import short, value
from mcscreen.extractors.docx.package import Package
from mcscreen.extractors.docx.styles import Numbering, Styles
from mcscreen.limits import Limits
from mcscreen.manuscript import Item, Line, flat_text, write

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["extract"]

_log = logging.getLogger("mcscreen.extractors.docx")

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EMBEDDED_DEPTH = 3
_KINDS = {"styles": "styles", "numbering": "list numbers", "footnotes": "footnotes", "endnotes": "endnotes", "comments": "comments"}


def extract(path: Path, draft: Draft, limits: Limits) -> None:
    """Read a DOCX into the draft.

    Args:
        path: The file.
        draft: Where the text goes.
        limits: Bounds for reading.

    Raises:
        UnreadableDocument: `encrypted`, `corrupt`, `too_large`, `unsupported` (an old binary Word file) or `needs_ocr`.
    """
    draft.reader = "docx-xml"
    _refuse_ole(path, limits)
    with open_package(path, limits, whole=False) as archive:
        reading = _Reading(Package(archive, limits), draft, limits, 0)
        items = reading.body()
        if reading.package.doubled:
            draft.warn("two parts of the package have the same name; the last one was read")
        notes = reading.notes()
        seen = flat_text(items) + flat_text(notes)
        if not seen.strip() and not any(isinstance(i, Line) and i.text.strip() for i in items):
            if reading.walker.pictures:
                raise UnreadableDocument("needs_ocr", "the document holds only pictures; their text has to be recognised first")
            items = reading.margins()
        pages = reading.walker.page
        write(items, draft, limits, paged=pages > 1)
        draft.move()
        write(notes, draft, limits, paged=False)
        reading.remark()
    if pages > 1:
        draft.pages, draft.page_kind = pages, "page"
        draft.warn("page numbers are estimated from page breaks")


def _refuse_ole(path: Path, limits: Limits) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(len(_OLE))
            if head != _OLE:
                return
            content = file.read(limits.file_bytes)
    except OSError as error:
        raise UnreadableDocument("corrupt", f"the file cannot be opened ({type(error).__name__})") from None
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableDocument("encrypted", "the document is protected with a password; ask for a copy without one")
    raise UnreadableDocument("unsupported", "an old binary Office file; ask for a DOCX or PDF copy")


class _Reading:
    """One package while it is read: its parts, and the walker that remembers pages and pictures."""

    def __init__(self, package: Package, draft: Draft, limits: Limits, depth: int) -> None:
        self.package = package
        self._draft = draft
        self._limits = limits
        self._depth = depth
        self._main = package.main_part()
        self._links = package.relationships(self._main)
        styles, numbering = self._side_parts("styles"), self._side_parts("numbering")
        self.walker = Body(
            Styles(styles[0] if styles else None), Numbering(numbering[0] if numbering else None), draft, limits, self._chunk, self._graphic
        )

    def body(self) -> list[Item]:
        """Items of the main part.

        Raises:
            UnreadableDocument: `corrupt` or `too_large`.
        """
        root = self.package.xml(self._main)
        if root is None:
            raise UnreadableDocument("corrupt", "the file is damaged: the package has no document part")
        if short(root) != "w:document":
            raise UnreadableDocument("corrupt", "the main part of the package is no Word document")
        return self.walker.document(root)

    def notes(self) -> list[Item]:
        """Foot- and endnotes, one line each; the rules that separate them from the text are no notes."""
        return [
            Line(flat_text(self.walker.aside(note)), "note")
            for kind, name in (("footnotes", "w:footnote"), ("endnotes", "w:endnote"))
            for root in self._side_parts(kind)
            for note in root
            if short(note) == name and value(note, "type") in (None, "normal")
        ]

    def margins(self) -> list[Item]:
        """Running headers and footers, each text once; a letterhead's picture is nobody's evidence and is not counted."""
        texts = [flat_text(self.walker.aside(root)) for kind in ("header", "footer") for root in self._side_parts(kind)]
        self.walker.pictures = 0
        return [Line(text) for text in dict.fromkeys(texts)]

    def remark(self) -> None:
        """Note what was left out."""
        comments = sum(short(entry) == "w:comment" for root in self._side_parts("comments") for entry in root)
        if comments:
            self._draft.warn(f"{comments} comments were left out" if comments > 1 else "1 comment was left out")
        pictures = self.walker.pictures
        if pictures:
            self._draft.warn(f"the text in {pictures} pictures was not read" if pictures > 1 else "the text in 1 picture was not read")

    def _side_parts(self, kind: str) -> list[_Element]:
        """Roots of the parts of a kind; a damaged one makes the document partial."""
        roots: list[_Element] = []
        for part in dict.fromkeys(link.target for link in self._links.values() if link.type == kind and not link.external):
            try:
                root = self.package.xml(part)
            except UnreadableDocument:
                _log.info("a part of kind %s could not be read", kind)
                self._draft.unread(f"the {_KINDS.get(kind, kind)} could not be read")
                continue
            if root is not None:
                roots.append(root)
        return roots

    def _graphic(self, identifier: str) -> list[str]:
        link = self._links.get(identifier)
        return [] if link is None or link.external else graphic_texts(self.package, link.target)

    def _chunk(self, identifier: str) -> list[Item]:
        link = self._links.get(identifier)
        try:
            data = None if link is None or link.external else self.package.read(link.target)
            found = None if data is None or link is None else self._embedded(link.target, data)
        except (UnreadableDocument, zipfile.BadZipFile):
            found = None
        if found is None:
            self._draft.unread("a document embedded in this one was not read")
        return found or []

    def _embedded(self, part: str, data: bytes) -> list[Item] | None:
        head = data[:1024].lstrip().lower()
        if data[:4] == b"PK\x03\x04" and self._depth < _EMBEDDED_DEPTH:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                check_archive(archive, self._limits)
                inner = _Reading(Package(archive, self._limits), self._draft, self._limits, self._depth + 1)
                found = inner.body() + inner.notes()
                self.walker.pictures += inner.walker.pictures
                return [replace(item, page=None) if isinstance(item, Line) else item for item in found]
        ending = part.rpartition(".")[2].lower()
        if b"mime-version" in head or ending in ("mht", "mhtml"):
            page = web_page(data)
            return None if page is None else html_items(page)
        if b"<html" in head or ending in ("html", "htm", "xhtml"):
            return html_items(data)
        return text_items(data) if ending == "txt" and b"\0" not in data else None
