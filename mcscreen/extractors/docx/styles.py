"""What styles.xml and numbering.xml say about a paragraph or a run.

A style inherits from the style it is based on, so each is resolved once along that chain and kept. A heading is known by
its outline level or by its name: Word stores built-in names in English whatever the language of its menus, while the
style *id* is localised; other writers localise the name too, hence the short list of translations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mcscreen.extractors.docx.markup import child, number, short, switch, value

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Numbering", "Style", "Styles", "is_shaded"]

_HEADING = re.compile(
    r"(?:heading|überschrift|titre|título|titulo|titolo|kop|rubrik|overskrift|otsikko|nagłówek|nadpis|encabezado|cabeçalho"
    r"|заголовок|επικεφαλίδα|başlık|標題|标题|見出し|제목)\s*([1-9])\b",
    re.IGNORECASE,
)
_TITLES = {"title": 1, "titel": 1, "titre": 1, "título": 1, "titolo": 1, "subtitle": 2, "untertitel": 2}
_CONTENTS = re.compile(r"(?:toc|contents|verzeichnis|tdc|tm)\s*\d|table of figures", re.IGNORECASE)
_LETTERS = 26


@dataclass(frozen=True, slots=True)
class Style:
    """Resolved properties of a style; None where the chain says nothing.

    Attributes:
        level: Heading level from 1; 0 for body text.
        contents: Whether it is for entries of a generated table of contents.
        numbering: Id of the list, and its level from 0.
        colour: Hexadecimal text colour.
        size: Text size in half points.
        shaded: Whether something coloured lies behind the text.
        placeholder: Whether it marks the prompt of an unfilled content control.
    """

    level: int | None = None
    contents: bool = False
    numbering: tuple[str, int | None] | None = None
    bold: bool | None = None
    hidden: bool | None = None
    colour: str | None = None
    size: int | None = None
    shaded: bool = False
    page_break_before: bool | None = None
    placeholder: bool = False


_PLAIN = Style()


class Styles:
    """The styles of a document.

    Args:
        root: Root of styles.xml, or None where the package has none.
    """

    def __init__(self, root: _Element | None) -> None:
        self._elements: dict[str, _Element] = {}
        self._resolved: dict[str, Style] = {}
        self._default: str | None = None
        for element in () if root is None else root:
            name = value(element, "styleId")
            if short(element) == "w:style" and name:
                self._elements[name] = element
                if value(element, "type") == "paragraph" and value(element, "default") in ("1", "true", "on"):
                    self._default = name

    def paragraph(self, name: str | None) -> Style:
        """Style of a paragraph: the one named, else the default."""
        return self._find(name or self._default)

    def run(self, name: str | None) -> Style:
        """Style of a run."""
        return self._find(name)

    def _find(self, name: str | None) -> Style:
        if not name:
            return _PLAIN
        chain: list[str] = []
        base: str | None = name
        while base and base not in self._resolved and base not in chain:
            chain.append(base)
            element = self._elements.get(base)
            base = value(child(element, "w:basedOn")) if element is not None else None
        style = self._resolved.get(base or "", _PLAIN)
        for entry in reversed(chain):
            style = self._resolved[entry] = self._extend(style, entry)
        return style

    def _extend(self, base: Style, name: str) -> Style:
        element = self._elements.get(name)
        title = value(child(element, "w:name")) or name
        paragraph, run = child(element, "w:pPr"), child(element, "w:rPr")
        heading = _HEADING.match(title.strip())
        level = int(heading[1]) if heading else _TITLES.get(title.strip().lower())
        outline = number(value(child(paragraph, "w:outlineLvl")), 0, 9)
        if level is None and outline is not None:
            level = 0 if outline == 9 else outline + 1
        size = number(value(child(run, "w:sz")), 0, 10_000)
        return Style(
            level=base.level if level is None else level,
            contents=base.contents or bool(_CONTENTS.match(title.strip())),
            numbering=numbering_of(paragraph) or base.numbering,
            bold=_first(switch(child(run, "w:b")), base.bold),
            hidden=_first(switch(child(run, "w:vanish")), base.hidden),
            colour=value(child(run, "w:color")) or base.colour,
            size=base.size if size is None else size,
            shaded=base.shaded or is_shaded(run) or is_shaded(paragraph),
            page_break_before=_first(switch(child(paragraph, "w:pageBreakBefore")), base.page_break_before),
            placeholder=base.placeholder or title.replace(" ", "").lower() == "placeholdertext",
        )


def _first(own: bool | None, inherited: bool | None) -> bool | None:
    return inherited if own is None else own


def numbering_of(paragraph: _Element | None) -> tuple[str, int | None] | None:
    """List id and level that a paragraph's properties give."""
    properties = child(paragraph, "w:numPr")
    if properties is None:
        return None
    return value(child(properties, "w:numId")) or "", number(value(child(properties, "w:ilvl")), 0, 8)


def is_shaded(properties: _Element | None) -> bool:
    """Whether the properties of a run, paragraph or cell put a colour behind the text."""
    shade = child(properties, "w:shd")
    fill = (value(shade, "fill") or "").upper()
    return (
        child(properties, "w:highlight") is not None
        or fill not in ("", "AUTO", "FFFFFF")
        or (shade is not None and (value(shade, "themeFill") is not None or value(shade) not in (None, "clear", "nil")))
    )


@dataclass(frozen=True, slots=True)
class _Level:
    format: str = "bullet"
    pattern: str = ""
    start: int = 1
    style: str | None = None


@dataclass(slots=True)
class _List:
    levels: dict[int, _Level] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of a document, and how far each has counted.

    Only decimal and letter numbers are rendered; anything else gives an empty label.

    Args:
        root: Root of numbering.xml, or None where the package has none.
    """

    def __init__(self, root: _Element | None) -> None:
        self._lists: dict[str, _List] = {}
        abstract: dict[str, _List] = {}
        entries = [] if root is None else list(root)
        for element in entries:
            if short(element) == "w:abstractNum":
                abstract[value(element, "abstractNumId") or ""] = _List(_levels(element))
        for element in entries:
            if short(element) != "w:num":
                continue
            shared = abstract.get(value(child(element, "w:abstractNumId")) or "", _List())
            changed = {
                number(value(o, "ilvl"), 0, 8) or 0: o
                for o in element
                if short(o) == "w:lvlOverride" and child(o, "w:startOverride") is not None
            }
            if changed:
                starts = {at: number(value(child(o, "w:startOverride")), 0, 10_000) for at, o in changed.items()}
                levels = {at: replace(level, start=starts.get(at) or level.start) for at, level in shared.levels.items()}
                shared = _List(levels)
            self._lists[value(element, "numId") or ""] = shared

    def level_of_style(self, list_id: str, style: str | None) -> int:
        """Level of a list that is tied to a paragraph style, from 0."""
        found = self._lists.get(list_id)
        return next((at for at, level in found.levels.items() if level.style and level.style == style), 0) if found else 0

    def label(self, list_id: str, at: int) -> str:
        """Count one paragraph at a level, and give its number as it is printed ("2.1", "b)"), or an empty text."""
        found = self._lists.get(list_id)
        if found is None:
            return ""
        level = found.levels.get(at, _Level())
        found.counts[at] = found.counts.get(at, level.start - 1) + 1
        for above in range(at):  # a level that was skipped has begun all the same
            found.counts.setdefault(above, found.levels.get(above, _Level()).start)
        for deeper in [other for other in found.counts if other > at]:
            del found.counts[deeper]
        used = [int(digit) - 1 for digit in re.findall(r"%([1-9])", level.pattern)]
        texts: dict[int, str] = {}
        for other in used:
            this = found.levels.get(other, _Level())
            rendered = _rendered(found.counts.get(other, this.start), this.format)
            if rendered is None:
                return ""
            texts[other] = rendered
        return re.sub(r"%([1-9])", lambda match: texts[int(match[1]) - 1], level.pattern).strip() if used else ""


def _levels(element: _Element) -> dict[int, _Level]:
    return {
        number(value(entry, "ilvl"), 0, 8) or 0: _Level(
            format=value(child(entry, "w:numFmt")) or "decimal",
            pattern=(value(child(entry, "w:lvlText")) or "")[:40],
            start=number(value(child(entry, "w:start")), 0, 10_000) or 0,
            style=value(child(entry, "w:pStyle")),
        )
        for entry in element
        if short(entry) == "w:lvl"
    }


def _rendered(count: int, form: str) -> str | None:
    if form == "decimal":
        return str(count)
    if form in ("lowerLetter", "upperLetter") and 1 <= count <= _LETTERS:
        return chr((97 if form == "lowerLetter" else 65) + count - 1)
    return None
