"""PowerPoint presentations, from their XML.

Read from the parts instead of through python-pptx, which gives up on a whole deck for one shape of a kind that it does
not know, and shows neither SmartArt nor the text in charts. Shapes are taken in the order in which people read a slide,
from the top and then from the left; the order in the file is the one in which they were drawn.

Footers, dates and slide numbers are the template's words, not the candidate's, and are left out. Presenter notes are kept
and marked as such.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen.containers import open_package, parse_xml, read_member
from mcscreen.document import BlockKind, Covered, Draft, UnreadableDocument
from mcscreen.limits import Limits

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["extract"]

_FURNITURE = frozenset(["sldNum", "dt", "ftr", "hdr", "sldImg"])
_TITLES = frozenset(["title", "ctrTitle"])
_SHAPES = frozenset(["sp", "grpSp", "graphicFrame", "pic", "cxnSp", "contentPart", "AlternateContent"])
_LONGEST_TITLE = 150
"""Characters; what is longer is prose that somebody typed into the title box, and as a heading it would not be evidence."""
_BAND = 228_600
"""Quarter of an inch in EMU: shapes whose tops differ by less stand beside each other."""


def extract(path: Path, draft: Draft, limits: Limits) -> None:
    """Read all slides with their notes into the draft, in the order of the presentation.

    Raises:
        UnreadableDocument: `corrupt` when the package or every slide is damaged, and what opening a package raises.
    """
    from lxml import etree

    draft.reader = f"lxml {etree.__version__}"
    with open_package(path, limits) as archive:
        slides = _slide_parts(archive)
        draft.pages, draft.page_kind = len(slides), "slide"
        damaged: list[int] = []
        pictures: list[int] = []
        for number, part in enumerate(slides, 1):
            if draft.full:
                break
            if number > limits.pages:
                draft.unread(f"more than {limits.pages:,} slides; the rest was not read")
                break
            try:
                if _Slide(archive, part, number, draft, limits).write():
                    pictures.append(number)
            except UnreadableDocument:
                damaged.append(number)
    if damaged and len(damaged) == len(slides):
        raise UnreadableDocument("corrupt", "the file is damaged: none of its slides can be read")
    for numbers, what in ((damaged, "damaged"), (pictures, "only a picture; if it shows text, add the text to the slide")):
        if numbers:
            listed = ", ".join(map(str, numbers[:10])) + (" …" if len(numbers) > 10 else "")
            few = f"slide {listed} " if len(numbers) == 1 else f"slides {listed} "
            draft.unread(
                few
                + (("holds " if len(numbers) == 1 else "hold ") if numbers is pictures else ("is " if len(numbers) == 1 else "are "))
                + what
            )


@dataclass(slots=True)
class _Part:
    """An XML part of the package and where its relations point."""

    name: str
    root: _Element
    targets: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def related(self, kind: str) -> str | None:
        """Name of the first related part of a kind ("notesSlide")."""
        return next((self.targets[key] for key, value in self.kinds.items() if value == kind), None)


def _open(archive: zipfile.ZipFile, name: str) -> _Part:
    data = read_member(archive, name)
    if data is None:
        raise UnreadableDocument("corrupt", "a part of the package is missing")
    part = _Part(name, parse_xml(data))
    folder, file = posixpath.split(name)
    relations = read_member(archive, f"{folder}/_rels/{file}.rels" if folder else f"_rels/{file}.rels")
    for relation in parse_xml(relations).iter("{*}Relationship") if relations else ():
        key, target = relation.get("Id", ""), relation.get("Target", "")
        if relation.get("TargetMode") != "External":
            part.targets[key] = posixpath.normpath(posixpath.join(folder, target)).lstrip("/") if target[:1] != "/" else target[1:]
            part.kinds[key] = relation.get("Type", "").rpartition("/")[2]
    return part


def _slide_parts(archive: zipfile.ZipFile) -> list[str]:
    main = "ppt/presentation.xml"
    relations = read_member(archive, "_rels/.rels")
    for relation in parse_xml(relations).iter("{*}Relationship") if relations else ():
        if relation.get("Type", "").endswith("/officeDocument"):
            main = relation.get("Target", main).lstrip("/")
    part = _open(archive, main)
    found = [part.targets.get(_relation_id(slide), "") for slide in part.root.iter("{*}sldId")]
    return [name for name in found if name]


def _relation_id(element: _Element, name: str = "id") -> str:
    """Value of an attribute in the relationships namespace, which transitional and strict files spell differently."""
    return next((str(value) for key, value in element.attrib.items() if str(key).endswith(f"/relationships}}{name}")), "")


class _Slide:
    """One slide while it is written into the draft."""

    def __init__(self, archive: zipfile.ZipFile, name: str, number: int, draft: Draft, limits: Limits) -> None:
        self.archive = archive
        self.part = _open(archive, name)
        self.number = number
        self.draft = draft
        self.limits = limits
        self.pictures = 0
        self.written = 0
        self.layout = self._placeholder_places()

    def write(self) -> bool:
        """Write the slide; True when it holds pictures and nothing else."""
        self.draft.move(slide=self.number, keep_heading=False)
        if self.part.root.get("show") in ("0", "false"):
            self.draft.warn(f"slide {self.number} is hidden in the presentation; it was read")
        tree = self.part.root.find("{*}cSld/{*}spTree")
        if tree is not None:
            shapes = self._ordered(tree)
            titles = [shape for shape in shapes if _placeholder(shape)[0] in _TITLES]
            for title in titles[:1]:
                self._write_title(title)
            for shape in shapes:
                if shape not in titles[:1]:
                    self._write_shape(shape, 1)
        alone = self.pictures > 0 and not self.written
        self._write_notes()
        return alone

    def _write_title(self, shape: _Element) -> None:
        texts = [text for paragraph in shape.iterfind("{*}txBody/{*}p") if (text := _text(paragraph))]
        if texts:
            self.written += 1
            title = " ".join(texts)
            if len(title) <= _LONGEST_TITLE:
                self.draft.heading(title, 1)
            else:
                self.draft.paragraph("\n".join(texts))

    def _write_shape(self, shape: _Element, depth: int) -> None:
        name = _local(shape)
        if name == "AlternateContent":
            self._write_alternative(shape, depth)
        elif name == "grpSp" and depth < self.limits.nesting:
            for child in self._ordered(shape):
                self._write_shape(child, depth + 1)
        elif name == "pic":
            self.pictures += 1
        elif name == "graphicFrame":
            self._write_frame(shape)
        elif _placeholder(shape)[0] not in _FURNITURE:
            for paragraph in shape.iter("{*}p"):
                self._write_paragraph(paragraph)

    def _write_alternative(self, shape: _Element, depth: int) -> None:
        # What a newer program draws stands in Choice, a picture of it for older ones in Fallback.
        for branch in shape.iterchildren("{*}Choice", "{*}Fallback"):
            before = self.written
            for child in self._ordered(branch):
                self._write_shape(child, depth + 1)
            if self.written > before:
                return

    def _write_paragraph(self, paragraph: _Element, kind: BlockKind | None = None) -> None:
        text = _text(paragraph)
        if not text.strip():
            return
        self.written += 1
        properties = paragraph.find("{*}pPr")
        level = int(properties.get("lvl", "0")) if properties is not None and properties.get("lvl", "0").isdecimal() else 0
        bulleted = properties is not None and (properties.find("{*}buChar") is not None or properties.find("{*}buAutoNum") is not None)
        listed = bulleted or level > 0
        self.draft.paragraph(text, kind=kind or ("list_item" if listed else "paragraph"), level=level + 1 if listed and kind is None else 0)

    def _write_frame(self, frame: _Element) -> None:
        table = frame.find("{*}graphic/{*}graphicData/{*}tbl")
        if table is not None:
            self.written += 1
            self.draft.table([_row(row) for row in table.iterfind("{*}tr")])
            return
        for reference in frame.iterfind("{*}graphic/{*}graphicData/*"):
            name = _local(reference)
            if name in ("chart", "relIds"):
                self._write_drawing(name, self.part.targets.get(_relation_id(reference, "id" if name == "chart" else "dm"), ""))
            elif name == "oleObj":
                self.pictures += 1

    def _write_drawing(self, kind: str, name: str) -> None:
        try:
            part = _open(self.archive, name)
        except UnreadableDocument:
            self.draft.unread(f"a {'chart' if kind == 'chart' else 'diagram'} on slide {self.number} could not be read")
            return
        if kind == "chart":
            for title in part.root.iter("{*}title"):
                for paragraph in title.iter("{*}p"):
                    self._write_paragraph(paragraph)
            rows = _chart_rows(part.root)
            if rows:
                self.written += 1
                self.draft.table(rows)
        else:
            for level, point in _points(part.root):
                for paragraph in point.iterfind("{*}t/{*}p"):
                    text = _text(paragraph)
                    if text.strip():
                        self.written += 1
                        self.draft.paragraph(text, kind="list_item", level=level)

    def _write_notes(self) -> None:
        name = self.part.related("notesSlide")
        if name is None:
            return
        try:
            notes = _open(self.archive, name)
        except UnreadableDocument:
            self.draft.unread(f"the notes of slide {self.number} could not be read")
            return
        for shape in notes.root.iter("{*}sp"):
            if _placeholder(shape)[0] not in _FURNITURE:
                for paragraph in shape.iter("{*}p"):
                    self._write_paragraph(paragraph, kind="slide_note")

    def _ordered(self, parent: _Element) -> list[_Element]:
        shapes = [shape for shape in parent.iterchildren() if _local(shape) in _SHAPES]
        places: list[tuple[int, int]] = []
        for shape in shapes:
            place = self._place(shape)
            # A shape without a place of its own stays behind the one that was drawn before it.
            places.append(place if place is not None else places[-1] if places else (0, 0))
        rows = sorted(range(len(shapes)), key=lambda i: (places[i][0], i))
        banded: list[tuple[int, int, int]] = []
        top = None
        for index in rows:
            if top is None or places[index][0] - top > _BAND:
                top = places[index][0]
            banded.append((top, places[index][1], index))
        return [shapes[index] for _, _, index in sorted(banded)]

    def _place(self, shape: _Element) -> tuple[int, int] | None:
        kind, index = _placeholder(shape)
        own = _offset(shape)
        if own is not None or (kind is None and index is None):
            return own
        return self.layout.get(("idx", index or ""), self.layout.get(("type", kind or "")))

    def _placeholder_places(self) -> dict[tuple[str, str], tuple[int, int]]:
        places: dict[tuple[str, str], tuple[int, int]] = {}
        name = self.part.related("slideLayout")
        for _ in range(2):  # the layout first, then the master for what the layout leaves open
            if name is None:
                break
            try:
                part = _open(self.archive, name)
            except UnreadableDocument:
                break
            for shape in part.root.iter("{*}sp"):
                kind, index = _placeholder(shape)
                offset = _offset(shape)
                if offset is not None and kind is not None:
                    places.setdefault(("type", kind), offset)
                if offset is not None and index:
                    places.setdefault(("idx", index), offset)
            name = part.related("slideMaster")
        return places


def _local(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _placeholder(shape: _Element) -> tuple[str | None, str | None]:
    """Type and index of a placeholder; (None, None) for other shapes."""
    found = shape.find("{*}nvSpPr/{*}nvPr/{*}ph")
    return (None, None) if found is None else (found.get("type", "body"), found.get("idx"))


def _offset(shape: _Element) -> tuple[int, int] | None:
    """Top and left of a shape in EMU."""
    if _local(shape) == "AlternateContent":
        inner = next((child for branch in shape for child in branch if _local(child) in _SHAPES), None)
        return _offset(inner) if inner is not None and _local(inner) != "AlternateContent" else None
    found = next(
        (
            o
            for o in (shape.find("{*}spPr/{*}xfrm/{*}off"), shape.find("{*}grpSpPr/{*}xfrm/{*}off"), shape.find("{*}xfrm/{*}off"))
            if o is not None
        ),
        None,
    )
    if found is None:
        return None
    try:
        return int(found.get("y", "")), int(found.get("x", ""))
    except ValueError:
        return None


def _text(paragraph: _Element) -> str:
    pieces: list[str] = []
    for element in paragraph.iter("{*}t", "{*}br", "{*}tab"):
        name = _local(element)
        if name == "t":
            field_type = _field_type(element)
            if field_type != "slidenum" and not field_type.startswith("datetime"):
                pieces.append(element.text or "")
        elif _local_parent(element) == "p":
            pieces.append("\n" if name == "br" else "\t")
    return "".join(pieces)


def _field_type(text: _Element) -> str:
    parent = text.getparent()
    return parent.get("type", "") if parent is not None and _local(parent) == "fld" else ""


def _local_parent(element: _Element) -> str:
    parent = element.getparent()
    return _local(parent) if parent is not None else ""


def _row(row: _Element) -> list[str | Covered]:
    texts: list[str | Covered] = []
    for cell in row.iterfind("{*}tc"):
        if cell.get("hMerge") in ("1", "true"):
            texts.append(Covered.LEFT)
        elif cell.get("vMerge") in ("1", "true"):
            texts.append(Covered.ABOVE)
        else:
            texts.append("\n".join(_text(paragraph) for paragraph in cell.iterfind("{*}txBody/{*}p")))
    return texts


def _chart_rows(root: _Element) -> list[list[str | Covered]]:
    """Categories and stored values of a chart, one row a category, one column a series."""
    series = list(root.iter("{*}ser"))
    names = [" ".join(v.text or "" for v in one.iterfind("{*}tx//{*}v")) for one in series]
    columns = [_chart_values(one, "{*}val", "{*}yVal") for one in series]
    categories = next((found for one in series if (found := _chart_values(one, "{*}cat", "{*}xVal"))), {})
    rows: list[list[str | Covered]] = [["", *names]] if any(names) else []
    for index in sorted({*categories, *(i for column in columns for i in column)}):
        rows.append([categories.get(index, ""), *(column.get(index, "") for column in columns)])
    return rows


def _chart_values(series: _Element, *names: str) -> dict[int, str]:
    values: dict[int, str] = {}
    for name in names:
        for point in series.iterfind(f"{name}//{{*}}pt"):
            value = point.findtext("{*}v")
            if value is not None and point.get("idx", "").isdecimal():
                values[int(point.get("idx", "0"))] = _number(value)
    return values


def _number(text: str) -> str:
    try:
        return f"{float(text):.6g}" if "." in text else text
    except ValueError:
        return text


def _points(root: _Element) -> Iterator[tuple[int, _Element]]:
    """Text points of a SmartArt diagram with their depth, from the top of its tree; unconnected ones last."""
    points = {p.get("modelId", ""): p for p in root.iter("{*}pt") if p.get("type", "node") in ("node", "asst", "doc")}
    children: dict[str, list[tuple[int, str]]] = {}
    for link in root.iter("{*}cxn"):
        if link.get("type", "parOf") == "parOf":
            order = link.get("srcOrd", "0")
            children.setdefault(link.get("srcId", ""), []).append((int(order) if order.isdecimal() else 0, link.get("destId", "")))
    waiting = [(0, key) for key, point in points.items() if point.get("type") == "doc"][::-1]
    seen: set[str] = set()
    while waiting:
        depth, key = waiting.pop()
        if key in seen or key not in points:
            continue
        seen.add(key)
        if points[key].get("type") != "doc":
            yield max(1, depth), points[key]
        waiting.extend((depth + 1, child) for _, child in sorted(children.get(key, ()), reverse=True))
    for key, point in points.items():
        if key not in seen and point.get("type") != "doc":
            yield 1, point
