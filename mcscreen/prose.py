"""Plain text to paragraphs, headings and list items.

Plain text says nothing about its structure, and candidates write it in two ways: one line a paragraph, or lines broken
at a fixed width. Taking the second for the first would cut every sentence in pieces; taking the first for the second
would glue lists and headings together. The test is whether the breaks were forced: in wrapped text the next line's first
word would not have fitted on the line above.

Headings are recognised only where there is little doubt (marked with `#`, underlined, or a short line without a final
mark that stands alone above prose), because a sentence taken for a heading is no longer evidence.
"""

from __future__ import annotations

import re
from itertools import pairwise

from mcscreen.document import Draft, count_words

__all__ = ["write_prose"]

_ITEM = re.compile(r"(?:[-*+•‣◦▪●·–—]|\(?\d{1,3}[.)]|\(?[A-Za-z][.)])[ \t]+(?=\S)")
_MARKED = re.compile(r"(#{1,6})[ \t]+(\S.*?)[ \t#]*$")
_RULE = re.compile(r"\s*([=\-_*~])\1{2,}\s*$")
_BREAKS = re.compile("\r\n|[\r\x0b\x85\u2028\u2029]")
_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_CLOSERS = "\"'”’)]*_"
_NARROWEST, _WIDEST = 45, 110
_HEADING_CHARACTERS, _HEADING_WORDS, _PROSE_WORDS = 70, 10, 12


def write_prose(text: str, draft: Draft, *, page_breaks: bool = True) -> None:
    """Write plain text into a draft.

    Args:
        text: The text; line ends of any kind.
        draft: The document being written.
        page_breaks: Whether form feeds begin pages.
    """
    text = _BREAKS.sub("\n", text)
    pages = text.split("\f") if page_breaks else [text.replace("\f", "\n")]
    if len(pages) > 1 and not pages[-1].strip():
        pages.pop()
    width = _wrap_width(text)
    numbered = len(pages) > 1
    if numbered:
        draft.pages, draft.page_kind = len(pages), "page"
    for number, page in enumerate(pages, 1):
        if draft.full:
            return
        if numbered:
            draft.move(page=number)
        _write_page(page, draft, width)


def _write_page(page: str, draft: Draft, width: int) -> None:
    chunks = [[line for line in chunk.split("\n") if line.strip()] for chunk in _BLANK.split(page)]
    chunks = [chunk for chunk in chunks if chunk]
    for position, chunk in enumerate(chunks):
        if draft.full:
            return
        following = " ".join(chunks[position + 1][:3]) if position + 1 < len(chunks) else ""
        _write_chunk(chunk, following, draft, width)


def _write_chunk(lines: list[str], following: str, draft: Draft, width: int) -> None:
    position = 0
    while position < len(lines):
        line = lines[position].strip()
        after = lines[position + 1] if position + 1 < len(lines) else ""
        marked = _MARKED.match(line)
        rule = _RULE.match(after) if after else None
        if marked:
            draft.heading(marked[2], len(marked[1]))
            position += 1
        elif rule and rule[1] in "=-" and len(line) <= 120 and count_words(line):
            draft.heading(line, 1 if rule[1] == "=" else 2)
            position += 2
        elif _RULE.match(line):
            position += 1
        elif _is_heading(line, after or following, alone=len(lines) == 1):
            draft.heading(line.rstrip(":").strip("*_ "), 1)
            position += 1
        else:
            end = position + 1
            while end < len(lines) and _continues(lines[end - 1], lines[end], width):
                end += 1
            _write_paragraph(_join(lines[position:end]), draft)
            position = end


def _write_paragraph(text: str, draft: Draft) -> None:
    item = _ITEM.match(text)
    if item:
        # A bullet is type, a dash is typed: word processors count the dash as a word, and so do the people who wrote it.
        draft.paragraph(text[item.end() :] if text[0] in "•‣◦▪●·" else text, kind="list_item", level=1)
    else:
        draft.paragraph(text)


def _join(lines: list[str]) -> str:
    text = lines[0].strip()
    for line in lines[1:]:
        line = line.strip()
        glued = text.endswith("-") and not text.endswith(("--", " -")) and line[:1].islower()
        text += line if glued else " " + line
    return text


def _continues(above: str, line: str, width: int) -> bool:
    stripped = line.strip()
    if not width or _ITEM.match(stripped) or _MARKED.match(stripped) or _RULE.match(line):
        return False
    return len(above.rstrip()) + 1 + len(stripped.split(None, 1)[0]) > 0.9 * width


def _is_heading(line: str, following: str, *, alone: bool) -> bool:
    bare = line.strip("*_ ")
    if not bare or len(bare) > _HEADING_CHARACTERS or not 1 <= count_words(bare) <= _HEADING_WORDS:
        return False
    if bare.rstrip(_CLOSERS)[-1:] in ".,;!" or not (bare[0].isupper() or bare[0].isdigit()) or _ITEM.match(line) or "\t" in line:
        return False
    below = following.strip()
    if alone:
        return count_words(below) >= _PROSE_WORDS and _RULE.match(below) is None
    return len(below) > 2 * _WIDEST and not bare.endswith("?")


def _wrap_width(text: str) -> int:
    """Width at which the lines were broken, in characters; 0 when the breaks are the writer's own."""
    lines = [line.rstrip() for line in text.replace("\f", "\n").split("\n")]
    lengths = sorted(len(line) for line in lines if line)
    if len(lengths) < 3:
        return 0
    width = lengths[min(len(lengths) - 1, int(0.95 * len(lengths)))]
    if not _NARROWEST <= width <= _WIDEST:
        return 0
    breaks = [(above, below) for above, below in pairwise(lines) if above and below.strip()]
    forced = sum(_continues(above, below, width) for above, below in breaks)
    return width if breaks and forced >= 0.5 * len(breaks) else 0
