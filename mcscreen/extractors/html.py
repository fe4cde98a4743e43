"""Saved web pages.

The walk over the page is in `mcscreen.markup`; here is only what a file adds, its character set. The bytes are believed
before the page's own declaration: pages that say UTF-8 and are Windows-1252, or the other way round, are everyday, and a
page that is valid UTF-8 with letters outside ASCII is UTF-8 whatever it says.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from mcscreen.decoding import decode
from mcscreen.document import Draft
from mcscreen.limits import Limits
from mcscreen.markup import write_markup

__all__ = ["extract"]

_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})|<\?xml[^>]{0,80}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{2,40})", re.I
)
# Browsers read these as Windows-1252 too (WHATWG Encoding Standard).
_LATIN = frozenset(["iso8859-1", "ascii"])
_CODE_PAGE = re.compile(r"cp\d|iso8859|koi8|mac|shift_jis|euc|gb|big5|johab|tis|ascii")
_MARKUP = 8
_BROKEN_SHARE = 0.01


def extract(path: Path, draft: Draft, limits: Limits) -> None:
    """Read the visible text of an HTML file into the draft."""
    from lxml import etree

    draft.reader = f"lxml {etree.__version__}"
    most = limits.characters * _MARKUP
    with path.open("rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        draft.unread(f"longer than {most:,} bytes; the rest was not read")
    write_markup(_text(data[:most]), draft)


def _text(data: bytes) -> str:
    text, name = decode(data)
    if name.startswith("utf"):
        return text
    declared = _DECLARED.search(data[:4096])
    if declared is None:
        return text
    try:
        codec = codecs.lookup((declared[1] or declared[2]).decode("ascii"))
    except LookupError:
        return text
    if _CODE_PAGE.match(codec.name) is None:
        return text
    said = data.decode("cp1252" if codec.name in _LATIN else codec.name, "replace")
    return said if said.count("\ufffd") <= _BROKEN_SHARE * len(said) else text
