"""What the styles of an OpenDocument file say about its text.

Nearly every formatting in a text is an automatic style, written for the occasion, whose parent is a named one; both are
resolved along their parents once, by family and name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zipfile import ZipFile

from mcscreen.containers import parse_xml, read_member
from mcscreen.extractors.odf.markup import child, points, short, value
from mcscreen.limits import Limits
from mcscreen.manuscript import is_white

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Style", "overlaid", "read_styles"]


@dataclass(frozen=True, slots=True)
class Style:
    """Resolved properties of a style; None where neither it nor its parents say anything."""

    title: bool = False
    level: int | None = None
    bold: bool | None = None
    hidden: bool | None = None
    colour: str | None = None
    size: float | None = None
    shaded: bool = False
    break_before: bool = False
    break_after: bool = False


def read_styles(root: _Element, archive: ZipFile, limits: Limits) -> dict[tuple[str, str], Style]:
    """All styles by family and name, each resolved along its parents."""
    elements: dict[tuple[str, str], _Element] = {}
    shared = read_member(archive, "styles.xml", limits)
    shelves = [] if not shared else [child(parse_xml(shared), "office:styles")]
    for shelf in (*shelves, child(root, "office:automatic-styles")):
        for element in () if shelf is None else shelf:
            if short(element) == "style:style":
                elements[value(element, "style:family") or "", value(element, "style:name") or ""] = element
    resolved: dict[tuple[str, str], Style] = {}
    for start in elements:
        chain: list[tuple[str, str]] = []
        key = start
        while key in elements and key not in resolved and key not in chain:
            chain.append(key)
            key = (start[0], value(elements[key], "style:parent-style-name") or "")
        style = resolved.get(key, Style())
        for entry in reversed(chain):
            style = resolved[entry] = _extended(style, elements[entry])
    return resolved


def _extended(base: Style, element: _Element) -> Style:
    letters, layout = child(element, "style:text-properties"), child(element, "style:paragraph-properties")
    other = [p for p in element if short(p) in ("style:section-properties", "style:table-properties", "style:table-cell-properties")]
    backs = [value(p, "fo:background-color") for p in (letters, layout, *other) if p is not None]
    weight, display = value(letters, "fo:font-weight"), value(letters, "text:display")
    sections = [shown for p in other if (shown := value(p, "text:display"))]
    display = display or (sections[0] if sections else None)
    name = (value(element, "style:display-name") or value(element, "style:name") or "").replace("_20_", " ").strip().lower()
    heading = re.fullmatch(r"heading (\d)", name)
    before, after = value(layout, "fo:break-before"), value(layout, "fo:break-after")
    outline = value(element, "style:default-outline-level")
    return Style(
        title=base.title or name in ("title", "titel", "titre", "título", "titolo"),
        level=int(heading[1]) if heading else int(outline) if outline and outline.isdigit() else base.level,
        bold=base.bold if weight is None else weight == "bold" or (weight.isdigit() and int(weight) >= 600),
        hidden=base.hidden if display is None else display == "none",
        colour=value(letters, "fo:color") or base.colour,
        size=base.size if (size := points(value(letters, "fo:font-size"))) is None else size,
        shaded=base.shaded or any(back and back != "transparent" and not is_white(back) for back in backs),
        break_before=bool(value(element, "style:master-page-name")) or (base.break_before if before is None else before == "page"),
        break_after=base.break_after if after is None else after == "page",
    )


def overlaid(base: Style, own: Style) -> Style:
    """Text properties of a span inside a paragraph or another span."""
    return replace(
        base,
        bold=base.bold if own.bold is None else own.bold,
        hidden=base.hidden if own.hidden is None else own.hidden,
        colour=own.colour or base.colour,
        size=base.size if own.size is None else own.size,
        shaded=base.shaded or own.shaded,
    )
