"""Names in WordprocessingML, the same for both editions of the standard.

Word writes the "transitional" namespaces, and the "strict" ones when asked to; only the addresses differ. Every name is
therefore shortened to its customary prefix ("w:p") before it is compared. Namespaces that do not matter get the prefix "?".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["child", "local", "number", "relation", "short", "switch", "value"]

_W = ("http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main")
_R = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_PREFIXES = {
    **dict.fromkeys(_W, "w"),
    "http://schemas.microsoft.com/office/word/2010/wordml": "w14",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://purl.oclc.org/ooxml/drawingml/chart": "c",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": "dgm",
    "http://purl.oclc.org/ooxml/drawingml/diagram": "dgm",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:office": "o",
}


@lru_cache(maxsize=4096)
def _shorten(tag: str) -> str:
    space, _, name = tag.rpartition("}")
    return f"{_PREFIXES.get(space[1:], '?')}:{name}"


def short(element: _Element) -> str:
    """Name of an element with its customary prefix; empty for what is no element (an entity left unresolved)."""
    tag: object = element.tag
    return _shorten(tag) if isinstance(tag, str) else ""


def local(element: _Element) -> str:
    """Name of an element without its namespace."""
    return short(element).rpartition(":")[2]


def child(element: _Element | None, name: str) -> _Element | None:
    """First child of that short name."""
    if element is not None:
        for candidate in element:
            if short(candidate) == name:
                return candidate
    return None


def value(element: _Element | None, name: str = "val") -> str | None:
    """An attribute in the main namespace, or in none, as careless writers have it."""
    if element is None:
        return None
    for space in _W:
        found = element.get(f"{{{space}}}{name}")
        if found is not None:
            return found
    return element.get(name)


def relation(element: _Element, name: str = "id") -> str | None:
    """An attribute that names a relationship."""
    for space in _R:
        found = element.get(f"{{{space}}}{name}")
        if found is not None:
            return found
    return None


def number(text: str | None, low: int, high: int) -> int | None:
    """A whole number pressed into bounds; None where there is none."""
    try:
        return max(low, min(high, int(float(text)))) if text else None
    except (ValueError, OverflowError):
        return None


def switch(element: _Element | None) -> bool | None:
    """State of an on/off property; None where the property is absent."""
    return None if element is None else value(element) not in ("0", "false", "off", "none")
