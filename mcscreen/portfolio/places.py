"""Looking a place up in a file: does page 7 exist, and what stands there?

Three answers, because two would force a guess: *found*, *beyond* (the file has fewer pages, slides or minutes) and
*unknown* (the file has no pages, holds only pictures, or the words were not understood). Only numbers that the file itself
fixes can be beyond: pages of a PDF, slides, rows of a sheet, the length of a video. Pages of a word-processor file are
counted from its hard page breaks; they are estimates and called so, and a page is beyond them only when the text between
the breaks is too short to run over. A heading that is not found is unknown and never beyond: it may be written otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from math import ceil, inf
from pathlib import PurePosixPath
from typing import Literal

from mcscreen.document import Block, Document, Place, count_words
from mcscreen.locators import Locator, Range
from mcscreen.portfolio.artifacts import CAPTIONS, VIDEO

__all__ = ["Lookup", "Stretch", "clock", "holds_place", "look_up"]

_WORDS_A_PAGE = 300
"""Above this, the text between two page breaks may take more than one page."""

_ONE_PAGE_WORDS = 250
"""A document without page breaks and with no more words has its text on page 1."""

_LATE_CAPTION = 60.0
"""Seconds by which a video may go on after its last caption, where its own length is not known."""

_ROUNDING = 5.0
"""Seconds by which a time may be past the end; players and people round."""

_SECTION = re.compile(r"(?:section|sec\.|chapter|ch\.|part|unit|module|step|goal|§)\s*(\d{1,2})", re.I)

_CELL_RANGE = re.compile(r"\$?\b[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?")

_AFTER_MOMENT = 20.0
"""Seconds after a single time stamp whose captions are shown."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a document that stands at the place: `document.text[start:end]`."""

    document: Document
    start: int
    end: int
    place: Place


@dataclass(frozen=True, slots=True)
class Lookup:
    """What looking up a place gave.

    Attributes:
        state: "found", "beyond" the end of the file, or "unknown".
        message: Why it is not found; for "found" a remark, such as that pages are estimated, or "".
        stretches: All text at the place, in order, a stretch a page, slide or run.
    """

    state: Literal["found", "beyond", "unknown"]
    message: str = ""
    stretches: tuple[Stretch, ...] = ()


def look_up(locator: Locator, document: Document, tracks: Sequence[Document] = ()) -> Lookup:
    """Look a place up.

    Args:
        locator: The place.
        document: The file.
        tracks: Caption tracks of the file, where it is a video.
    """
    extension = PurePosixPath(document.name).suffix.lstrip(".").casefold()
    if extension in VIDEO or (document.seconds is not None and extension not in CAPTIONS):
        return _in_video(locator, document, [t for t in tracks if t.readable])
    if extension in CAPTIONS or (document.readable and any(b.kind == "caption" for b in document.blocks[:3])):
        return _in_video(locator, document, [document] if document.readable else [])
    if document.page_kind == "slide":
        numbers = locator.slides or locator.pages or locator.numbers
        return _numbered(numbers, document, "slide", exact=True) if numbers else _by_text(locator, document)
    if document.page_kind == "sheet" or ((locator.cells or locator.rows) and any(b.kind == "cell" for b in document.blocks)):
        return _in_sheets(locator, document)
    numbers = locator.pages or locator.slides or locator.numbers
    if numbers and document.pages is not None:
        return _numbered(numbers, document, "page", exact=not any("estimated" in w for w in document.warnings))
    if not document.readable:
        return _unread(document)
    if numbers and any((b.place.page or 0) > 0 for b in document.blocks):
        return _numbered(numbers, document, "page", exact=False)
    if numbers and all(r == (1, 1) for r in numbers) and document.words <= _ONE_PAGE_WORDS:
        return Lookup("found", "the file has no page numbers; its text is short enough for one page", (_whole(document),))
    if numbers and not (locator.headings or locator.paragraphs):
        return Lookup("unknown", "the file has no fixed pages, so the page could not be looked up")
    return _by_text(locator, document)


_INTRODUCED = re.compile(r"^\W*(?:see\s+)?(?:the\s+)?(?:section|chapter|part|heading|sheet|page)\W+(?:called\s+|titled\s+|on\s+)?", re.I)
"""What people write before the words of a heading."""


def holds_place(name: str, document: Document) -> bool:
    """Whether a heading or a sheet of a file is called exactly that."""
    wanted = _folded(name)
    if len(wanted) < 3 or not document.readable:
        return False
    called = [document.text_of(b) for b in document.blocks if b.kind == "heading"]
    called += dict.fromkeys(b.place.sheet for b in document.blocks if b.place.sheet)
    return any(_folded(c) == wanted for c in called)


def _unread(document: Document) -> Lookup:
    return Lookup("unknown", f"the artifact could not be read ({document.reason or document.status})")


def _numbered(numbers: Sequence[Range], document: Document, unit: Literal["page", "slide"], *, exact: bool) -> Lookup:
    count = document.pages or max((getattr(b.place, unit) or 0 for b in document.blocks), default=0)
    spans = [_resolved(r, count) for r in numbers]
    highest = count if exact else max(count, _upper_bound(document))
    outside = sorted({n for a, b in spans for n in (a, b) if n > highest or n < 1})
    held = f"{'about ' if not exact else ''}{count} {unit}{'s' if count != 1 else ''}"
    if outside:
        names = " and ".join(map(str, outside))
        remark = "" if exact else " (estimated from its page breaks)"
        return Lookup("beyond", f"there is no {unit} {names}: the file has {held}{remark}")
    if any(b > count for _, b in spans):
        return Lookup(
            "unknown", f"the file has {held}, estimated from its page breaks; {unit} {max(b for _, b in spans)} may or may not exist"
        )
    if not document.readable:
        return _unread(document)
    wanted = [b for b in document.blocks if any(x <= (getattr(b.place, unit) or 0) <= y for x, y in spans)]
    if not wanted:
        return Lookup("unknown", f"the {unit} exists, but no text could be read there")
    return Lookup("found", "" if exact else "page numbers of this file are estimated from its page breaks", _runs(document, wanted))


def _resolved(span: Range, count: int) -> Range:
    """A range with the end counted from the beginning: -1 is the last."""
    first, last = (n + count + 1 if n < 0 else n for n in span)
    return first, max(first, last)


def _upper_bound(document: Document) -> int:
    """The most pages that the text between the page breaks can take."""
    words: dict[int, int] = {}
    for block in document.blocks:
        if block.place.page is not None:
            words[block.place.page] = words.get(block.place.page, 0) + count_words(document.text_of(block))
    return sum(max(1, ceil(n / _WORDS_A_PAGE)) for n in words.values()) + max(0, (document.pages or 0) - len(words))


def _runs(document: Document, blocks: Iterable[Block]) -> tuple[Stretch, ...]:
    """Blocks joined to stretches, a new one where something stands between or the page changes."""
    found: list[Stretch] = []
    last: Block | None = None
    for block in blocks:
        same = last and (last.place.page, last.place.slide, last.place.sheet) == (block.place.page, block.place.slide, block.place.sheet)
        if found and same and not document.text[found[-1].end : block.start].strip():
            found[-1] = Stretch(document, found[-1].start, block.end, found[-1].place)
        else:
            found.append(Stretch(document, block.start, block.end, block.place))
        last = block
    return tuple(found)


def _whole(document: Document) -> Stretch:
    return Stretch(document, 0, len(document.text), document.blocks[0].place if document.blocks else Place())


def _in_video(locator: Locator, document: Document, tracks: Sequence[Document]) -> Lookup:
    is_track = document in tracks
    length = None if is_track else document.seconds
    last_caption = max((t.seconds or _last_caption(t) for t in tracks), default=None)
    if not locator.seconds:
        if locator.whole and tracks:
            return Lookup("found", "the whole video is cited; its captions were read", (_whole(tracks[0]),))
        reason = (
            "the video has no captions that could be read"
            if locator.whole
            else "a video has times and no pages, so the place could not be looked up"
        )
        return Lookup("unknown", reason)
    latest = max(start if end == inf else end for start, end in locator.seconds)
    if length is not None and latest > length + _ROUNDING:
        return Lookup("beyond", f"{clock(latest)} is past the end: the video is {clock(length)} long")
    if length is None and last_caption is not None and latest > last_caption + _ROUNDING:
        state: Literal["beyond", "unknown"] = "beyond" if latest > last_caption + _LATE_CAPTION else "unknown"
        return Lookup(state, f"{clock(latest)} is after the last caption, which ends at {clock(last_caption)}")
    if not tracks:
        known = (
            f"the video is {clock(length)} long, so the time exists, but" if length is not None else "the video's length is not known, and"
        )
        return Lookup("unknown", f"{known} it has no captions that could be read")
    track = tracks[0]
    blocks = [b for b in track.blocks if b.place.seconds and any(_overlap(b.place.seconds, cited) for cited in locator.seconds)]
    if not blocks:
        return Lookup("unknown", "the time exists, but the captions hold no words there")
    return Lookup("found", "", _runs(track, blocks))


def _last_caption(track: Document) -> float:
    return max((b.place.seconds[1] for b in track.blocks if b.place.seconds), default=0.0)


def _overlap(cue: tuple[float, float], cited: tuple[float, float]) -> bool:
    start, end = cited
    if end == start:
        end = start + _AFTER_MOMENT
    return cue[0] <= end and cue[1] >= start


def clock(seconds: float) -> str:
    """Seconds as "2:15" or "1:02:15"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _in_sheets(locator: Locator, document: Document) -> Lookup:
    if not document.readable:
        return _unread(document)
    names = list(dict.fromkeys(b.place.sheet for b in document.blocks if b.place.sheet))
    complete = document.pages is None or len(names) == document.pages
    blocks = list(document.blocks)
    sheets = locator.sheets or _named_sheets(locator, names)
    sheets = sheets or tuple(str(n) for a, b in (*locator.pages, *locator.numbers) for n in (a, b))
    if sheets and names:
        meant = {s: _sheet(s, names) for s in sheets}
        strangers = [s for s, name in meant.items() if name is None]
        if strangers:
            state: Literal["beyond", "unknown"] = "beyond" if complete and locator.sheets else "unknown"
            return Lookup(state, f"there is no sheet “{strangers[0]}”; the sheets are {', '.join(f'“{n}”' for n in names)}")
        blocks = [b for b in blocks if b.place.sheet in meant.values()]
    rows = [*locator.rows, *(r for c in locator.cells if (r := _rows_of(c)))]
    if rows:
        last = max((b.place.row or 0 for b in blocks), default=0)
        spans = [_resolved(r, last) for r in rows]
        if len({b.place.sheet for b in blocks}) <= 1 and any(b > last for _, b in spans) and document.status == "text":
            return Lookup("beyond", f"there is no row {max(b for _, b in spans)}: the last row with text is {last}")
        blocks = [b for b in blocks if any(x <= (b.place.row or 0) <= y for x, y in spans)]
        if not blocks:
            return Lookup("unknown", "no text could be read in these rows")
    elif not (locator.sheets or locator.cells or locator.whole or sheets):
        return _by_text(locator, document)
    return Lookup("found", "", _runs(document, blocks))


def _named_sheets(locator: Locator, names: Sequence[str]) -> tuple[str, ...]:
    """Sheets that a place names without the word: "Pulse, A1:E5", "Room bookings"."""
    text = f" {_folded(_CELL_RANGE.sub(' ', locator.text))} "
    held = [n for n in names if len(_folded(n)) >= 3 and f" {_folded(n)} " in text]
    # "Data 2024" is not also "Data".
    return tuple(n for n in held if not any(n != other and _folded(n) in _folded(other) for other in held))


def _sheet(name: str, names: Sequence[str]) -> str | None:
    folded = {_folded(n): n for n in names}
    if _folded(name) in folded:
        return folded[_folded(name)]
    number = re.fullmatch(r"(?:sheet|tab)?\s*(\d{1,3})", name.strip(), re.I)
    if number and 1 <= int(number[1]) <= len(names):
        return names[int(number[1]) - 1]
    near = [
        (SequenceMatcher(None, _folded(name), f, autojunk=False).ratio() if f not in _folded(name) else 1.0, n) for f, n in folded.items()
    ]
    best = max(near, default=(0.0, ""))
    return best[1] if best[0] >= 0.8 else next((n for f, n in folded.items() if _folded(name) and _folded(name) in f), None)


def _rows_of(cells: str) -> Range | None:
    numbers = [int(n) for n in re.findall(r"\d+", cells)]
    return (min(numbers), max(numbers)) if numbers else None


def _by_text(locator: Locator, document: Document) -> Lookup:
    """Places that are named by words: headings, the whole, paragraphs."""
    if not document.readable:
        return _unread(document)
    if locator.whole:
        return Lookup("found", "the whole artifact is cited", (_whole(document),))
    bare = _INTRODUCED.sub("", locator.text).strip(" \"'“”‘’.,;:")
    exact = [name for name in (locator.text, bare) if holds_place(name, document)]
    named = [*exact, *locator.headings, *([locator.text, bare, locator.leftover] if not locator.understood else [])]
    for name in named:
        start = _heading(name, document)
        if start is not None:
            return Lookup("found", "", (_under(document, start),))
    last = _last_numbered(document)
    for name in locator.headings:
        number = _SECTION.fullmatch(name.strip())
        if number and last and document.status == "text" and int(number[1]) > last:
            return Lookup("beyond", f"there is no section {number[1]}: the headings are numbered up to {last}")
    if locator.paragraphs and not locator.headings:
        wanted = [
            b for b in document.blocks if b.place.paragraph and any(x <= b.place.paragraph <= y for x, y in locator.paragraphs if x > 0)
        ]
        if wanted:
            return Lookup("found", "paragraphs were counted as the reader sees them", _runs(document, wanted))
        return Lookup("unknown", "the paragraph was not found; people and programs count paragraphs differently")
    if locator.headings:
        return Lookup("unknown", f"no heading or text “{locator.headings[0]}” was found in the artifact")
    if locator.seconds:
        return Lookup("unknown", "a time cannot be looked up in this kind of file")
    if locator.cells or locator.sheets or locator.rows:
        return Lookup("unknown", "rows and cells cannot be looked up in this kind of file")
    return Lookup("unknown", f"the place “{locator.text.strip()[:80]}” was not understood")


def _heading(name: str, document: Document) -> int | None:
    """Index of the block that a heading's name means: a heading, else the first block that has the words."""
    wanted = _folded(name)
    if len(wanted) < 3:
        return None
    texts = [_folded(document.text_of(b)[:400]) for b in document.blocks]
    number = _SECTION.fullmatch(name.strip())
    numbered = f"{number[1]} " if number else "\0"
    for test in (
        lambda n, t: document.blocks[n].kind == "heading" and t == wanted,
        lambda n, t: document.blocks[n].kind == "heading" and t.startswith(wanted),
        lambda n, t: document.blocks[n].kind == "heading" and t.startswith(numbered),
        lambda n, t: len(wanted) >= 5 and t.startswith(wanted),
        lambda n, t: document.blocks[n].kind == "heading" and len(wanted) >= 6 and wanted in t,
        lambda n, t: len(wanted) >= 8 and wanted in t,
    ):
        for n, text in enumerate(texts):
            if test(n, text):
                return n
    return None


def _last_numbered(document: Document) -> int | None:
    """The highest number of a file's headings, where they count from 1 without a gap; None where they do not."""
    heads = [document.text_of(b) for b in document.blocks if b.kind == "heading"]
    numbers = [int(m[1]) for h in heads if (m := re.match(r"(?:section\s+)?(\d{1,2})(?:[.):]\s|\s|[.):]?$)", h, re.I))]
    whole = sorted(set(numbers))
    return whole[-1] if len(whole) > 1 and whole == list(range(1, len(whole) + 1)) else None


def _under(document: Document, start: int) -> Stretch:
    """A heading with what stands under it, or the block alone."""
    first = document.blocks[start]
    end = first.end
    if first.kind == "heading":
        for block in document.blocks[start + 1 :]:
            if block.kind == "heading" and block.level <= first.level:
                break
            end = block.end
    return Stretch(document, first.start, end, first.place)


def _folded(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKD", text.casefold()).replace("’", "'")))
