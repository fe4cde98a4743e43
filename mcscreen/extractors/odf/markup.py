"""Names and numbers in OpenDocument XML.

Names are shortened to their customary prefix ("text:p") before they are compared. Counts and lengths are read with bounds,
because a file may claim any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["child", "count", "points", "short", "value", "within"]

_URN = "urn:oasis:names:tc:opendocument:xmlns:"
_URN_NAMES = {"draw": "drawing", "fo": "xsl-fo-compatible", "svg": "svg-compatible"}
_PREFIXES = {name: prefix for prefix, name in _URN_NAMES.items()}
_POINTS = {"pt": 1.0, "cm": 28.35, "mm": 2.835, "in": 72.0, "px": 0.75}


def within(container: _Element, wanted: str, depth: int, also: str = "") -> Iterator[_Element]:
    """Rows of a table, also those inside row groups and headers."""
    for element in container:
        name = short(element)
        if name == wanted or (also and name == also):
            yield element
        elif depth and name in ("table:table-header-rows", "table:table-rows", "table:table-row-group"):
            yield from within(element, wanted, depth - 1, also)


@lru_cache(maxsize=4096)
def _shorten(tag: str) -> str:
    space, _, name = tag.rpartition("}")
    middle = space.removeprefix("{").removeprefix(_URN).rpartition(":")[0] if space.startswith("{" + _URN) else "?"
    return f"{_PREFIXES.get(middle, middle)}:{name}"


def short(element: _Element) -> str:
    """Name with its customary prefix; empty for what is no element (an entity left unresolved)."""
    tag: object = element.tag
    return _shorten(tag) if isinstance(tag, str) else ""


@lru_cache(maxsize=256)
def _full(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_URN}{_URN_NAMES.get(prefix, prefix)}:1.0}}{local}"


def value(element: _Element | None, name: str) -> str | None:
    """An attribute by short name."""
    return None if element is None else element.get(_full(name))


def child(element: _Element | None, name: str) -> _Element | None:
    """First child of that short name."""
    return None if element is None else next((part for part in element if short(part) == name), None)


def count(element: _Element, name: str, most: int) -> int:
    """A count between 1 and `most`; 1 where the file gives none."""
    text = value(element, name) or "1"
    return max(1, min(most, int(text))) if text.isdecimal() and len(text) < 12 else most if text.isdecimal() else 1


def points(length: str | None) -> float | None:
    """A length in points; None where it is absent or relative."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)(pt|cm|mm|in|px)", length or "")
    return float(match[1]) * _POINTS[match[2]] if match else None
