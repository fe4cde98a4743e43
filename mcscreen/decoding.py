"""Bytes of a text file to a string, whatever program saved them.

A wrong guess here turns a candidate's apostrophes into noise, so the order of the tries follows what is certain and not
what a statistical detector finds likely: a byte order mark, the zero bytes of UTF-16 and UTF-32, strict UTF-8, UTF-8 with
a few broken bytes, and only then a code page. Windows-1252 decodes almost any bytes, so it is taken for text whose
letters are mostly ASCII; the detector is asked only when high bytes are dense, as they are in Cyrillic, Greek or Asian
code pages, and then about a sample, because its cost grows with the text.

Also here, because every text format needs it: reading no more of a file than the limits allow.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from mcscreen.document import Draft
from mcscreen.limits import Limits

__all__ = ["REPAIRED", "decode", "read_text", "wide_encoding"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
REPAIRED = "utf-8, repaired"
"""Name for UTF-8 with a few broken bytes, which are read as Windows-1252."""

_SAMPLE = 65_536
_BROKEN_SHARE = 0.01
_DENSE_SHARE = 0.25
_WIDTH = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
_HIGH = re.compile(rb"[\x80-\xff]")
_LETTERS = re.compile(rb"[A-Za-z\x80-\xff]")
_ESCAPED = re.compile("[\udc80-\udcff]")
# Old Mac text, which Excel for Mac still writes: 0xD5 is the apostrophe, 0xD2 and 0xD3 the quotation marks.
_MAC_QUOTES = re.compile(rb"[A-Za-z]\xd5(?:s|t|d|m|re|ve|ll)\b|\xd2[A-Z][^\x80-\xff]{1,400}\xd3")
_WINDOWS_QUOTES = re.compile(rb"[\x91-\x94]")


def wide_encoding(data: bytes) -> str | None:
    """Name of the UTF-16 or UTF-32 form that unmarked bytes are in, from where their zero bytes stand; None for others."""
    sample = data[:4096]
    if sample.count(0) < max(2, len(sample) // 50):
        return None
    zeros = [sample[i::4].count(0) / max(1, len(sample[i::4])) for i in range(4)]
    if min(zeros[2], zeros[3]) > 0.95 and zeros[0] < 0.1:
        return "utf-32-le"
    if min(zeros[0], zeros[1]) > 0.95 and zeros[3] < 0.1:
        return "utf-32-be"
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    if odd > 0.02 and even <= odd / 20:
        return "utf-16-le"
    if even > 0.02 and odd <= even / 20:
        return "utf-16-be"
    return None


def decode(data: bytes) -> tuple[str, str]:
    """Text of the bytes and the name of the encoding they were taken for; never fails.

    An odd byte at the end of UTF-16 or UTF-32 is dropped, bytes that mean nothing become U+FFFD.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], name), name
    wide = wide_encoding(data)
    if wide is not None:
        return _decode_as(data, wide), wide
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    nearly = _nearly_utf8(data)
    if nearly is not None:
        return nearly, REPAIRED
    sample = data[:_SAMPLE]
    letters = len(_LETTERS.findall(sample))
    name = "cp1252"
    if letters and len(_HIGH.findall(sample)) / letters > _DENSE_SHARE:
        name = _detect(sample) or name
    elif _MAC_QUOTES.search(sample) and not _WINDOWS_QUOTES.search(sample):
        name = "mac_roman"
    return data.decode(name, "replace"), name


def read_text(path: Path, draft: Draft, limits: Limits, *, markup: int = 1) -> tuple[str, str]:
    """Text of a file and its encoding, cut where the limits say; a cut makes the draft `partial`.

    Args:
        path: The file.
        draft: The document being written.
        limits: Its `characters` bound what is kept.
        markup: How many characters of the file may stand for one character of text, above 1 for formats with tags.
    """
    most = limits.characters * markup
    with path.open("rb") as stream:
        data = stream.read(4 * most + 4)
    text, name = decode(data)
    if name == REPAIRED or "\ufffd" in text:
        draft.warn("some characters are damaged in the file; they were guessed or marked")
    elif name in _WIDTH and (len(data) % 2 or (_WIDTH[name] == 4 and len(data) % 4)):
        draft.warn("the file ends in the middle of a character; its end may be missing")
    elif not name.startswith("utf"):
        draft.warn(f"the file does not say how its characters are stored; read as {name}")
    if len(text) > most or len(data) > 4 * most:
        text = text[:most]
        draft.unread(f"longer than {most:,} characters; the rest was not read")
    return text, name


def _decode_as(data: bytes, name: str) -> str:
    width = _WIDTH.get(name, 1)
    return data[: len(data) - len(data) % width].decode(name, "replace")


def _nearly_utf8(data: bytes) -> str | None:
    # Few broken bytes alone prove nothing: a Windows-1252 essay with twenty curly quotes has few as well. What proves
    # UTF-8 is that whole sequences outnumber the broken bytes. Those come from pasted Windows-1252, so they are read as it.
    text = data.decode("utf-8", "surrogateescape")
    broken = len(_ESCAPED.findall(text))
    whole = sum(1 for _ in re.finditer("[\x80-\ud7ff\ue000-\U0010ffff]", text))
    if broken > _BROKEN_SHARE * len(text) + 1 or whole <= broken:
        return None
    return _ESCAPED.sub(lambda m: bytes([ord(m[0]) - 0xDC00]).decode("cp1252", "replace"), text)


def _detect(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    if best is None:
        return None
    try:
        codecs.lookup(best.encoding)
    except LookupError:
        return None
    return best.encoding
