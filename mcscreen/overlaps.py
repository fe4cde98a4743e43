"""Passages that two texts share word for word: between candidates, or between a candidate's own parts.

A shared passage has many plain reasons: a team wrote its plan together, a template was filled in, a part was used again
where it fits. This shows both places and says nothing else; what it means is for a person to find out.

Words are compared without case and punctuation. A passage is a longest run of identical words, at
least twelve of which stand in none of the *allowed* texts: the rubric's own wording and prompts, files that are given, and
artifacts that several candidates handed in to the byte, which are a team's. Headings and heads of tables are a form's and
allowed too. An allowed stretch inside a longer shared passage does not cut it. Candidates' artifacts themselves are not
compared, only what they wrote; and of one candidate the self-analysis is not compared with the other parts, because it
explains what they tell.

A batch may be larger than memory, so submissions are asked for one at a time and none is kept. The first walk keeps a 64-bit
hash of each run of twelve words (some forty kilobytes a candidate); the second asks again only for submissions with a run that
stands elsewhere too, and keeps nothing but those stretches. They are compared through one dict of such hashes, so that time and memory
grow with the length of the texts and not with the number of pairs. Equal hashes are no proof; the words are. A run that stands
in many texts is linked to earlier ones, at most `_MOST_PLACES` of which are tried, and equal passages are told together.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from mcscreen.document import Document, Place
from mcscreen.rubric import Rubric
from mcscreen.submission import ARTIFACT, Section, Submission

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _Hashes = NDArray[np.int64]
    _Index = dict[int, array[int]]

__all__ = ["RUN", "Overlap", "SharedPassage", "find_overlaps", "wording_of"]

RUN = 12
"""Identical words from which on a passage is shown, allowed ones not counted."""

_ALLOWED_RUN = 6
"""Words of an allowed text in a row that count as its wording; fewer are anybody's, and so are shorter allowed texts."""

_HEAD_WORDS = 8
"""Words of a cell in the first row up to which it is the head of its column."""

_MOST_PLACES = 16
"""Earlier places of one run that are tried."""

_SORTED = 4_000_000
"""Hashes that are sorted together; those of a large batch are gone through in ranges, so that they do not lie in memory twice."""

_BITS = 32
"""Where a run of words stands is one number: that of the text, and below so many bits that of the word in it."""
_LOW = (1 << _BITS) - 1

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class SharedPassage:
    """One of the places of a shared passage: `document.text[start:end] == quote`."""

    submission: str
    document: str
    part: str
    start: int
    end: int
    quote: str
    place: Place


@dataclass(frozen=True, slots=True)
class Overlap:
    """A passage that stands in two or more places.

    Attributes:
        words: Identical words in a row.
        own: Those of them that stand in no allowed text.
        places: In the order of the submissions; at least two.
    """

    words: int
    own: int
    places: tuple[SharedPassage, ...]

    @property
    def within_one(self) -> bool:
        """Whether all places are in one candidate's submission."""
        return len({p.submission for p in self.places}) == 1


@dataclass(slots=True)
class _Text:
    """What is kept of a candidate's text: words with their spans, and the slices that they stand in."""

    submission: str
    document: str
    part: str
    words: list[int] = field(default_factory=list)
    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    allowed: list[bool] = field(default_factory=list)
    slices: list[_Slice] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Slice:
    """`text` begins at `start` of the document and with the word `first`; `blocks` begin at the offsets given."""

    first: int
    start: int
    text: str
    blocks: tuple[tuple[int, Place], ...]


def wording_of(rubric: Rubric) -> tuple[str, ...]:
    """All text of a rubric: what candidates copy from its page."""
    texts = [rubric.title, rubric.overview]
    for outcome in rubric.outcomes:
        texts += [outcome.text, *(d.text for d in outcome.details)]
    for part in rubric.parts:
        texts += [part.title, part.instructions]
        for criterion in part.criteria:
            texts += [criterion.text, *(f.text for f in criterion.facets)]
    return tuple(t for t in texts if t.strip())


def find_overlaps(
    batch: Sequence[tuple[Submission, Sequence[Section]]], rubric: Rubric | None = None, allowed: Iterable[str] = ()
) -> tuple[Overlap, ...]:
    """Passages that candidates' texts share with each other, or a candidate's parts with each other.

    Args:
        batch: Submissions as read, with their sections. Each is asked for once in their order, and a second time if it
            shares something, so the sequence may read them when they are asked for.
        rubric: Its wording is allowed.
        allowed: Texts of templates and other files that candidates were given.

    Returns:
        Longest first. Passages inside one part of one submission are not compared.
    """
    numbers: dict[str, int] = {}
    grams = set[tuple[int, ...]]()
    for given in (*(wording_of(rubric) if rubric else ()), *allowed):
        grams.update(_grams([_number(w, numbers) for w, _ in _words(given)], _ALLOWED_RUN))
    hashes, team = _hashed(batch, numbers, grams)
    grams |= team
    texts: list[_Text] = []
    for at, repeated in _repeated(hashes):
        submission, sections = batch[at]
        for section in sections:
            document = submission.documents[section.document]
            if section.part != ARTIFACT and document.readable:
                texts.append(_text(submission.id, document, section, numbers, grams, repeated, len(texts)))
    found: dict[tuple[int, ...], dict[tuple[int, int], int]] = {}
    index: _Index = {}
    explaining = {p.id for p in rubric.parts if p.kind == "portfolio"} if rubric else set[str]()
    for number, text in enumerate(texts):
        for start, other, at, length in _shared(texts, number, index, explaining):
            own = length - sum(text.allowed[start : start + length])
            if own >= RUN:
                places = found.setdefault(tuple(text.words[start : start + length]), {})
                places[other, at] = places[number, start] = own
        for at, gram in enumerate(map(hash, _grams(text.words))):
            earlier = index.setdefault(gram, array("q"))
            if len(earlier) < _MOST_PLACES:
                earlier.append(number << _BITS | at)
    overlaps = [
        Overlap(len(run), max(places.values()), tuple(_place(texts[t], at, len(run)) for t, at in sorted(places)))
        for run, places in found.items()
    ]
    return tuple(sorted(overlaps, key=lambda o: (-o.own, -o.words, [(p.submission, p.document, p.start) for p in o.places])))


def _hashed(
    batch: Sequence[tuple[Submission, Sequence[Section]]], numbers: dict[str, int], grams: set[tuple[int, ...]]
) -> tuple[list[list[_Hashes]], set[tuple[int, ...]]]:
    """For each submission the sorted hashes of each part's runs that are not wholly allowed; and the wording of a team's artifacts.

    An artifact that more than one candidate handed in to the byte is a team's. It is known as one only with its second
    owner, so the hashes of those before may hold its wording; the second walk takes it out.
    """
    import numpy as np

    hashes: list[list[_Hashes]] = []
    owners: dict[str, str] = {}
    team = set[tuple[int, ...]]()
    known = set[str]()
    for at in range(len(batch)):
        submission, sections = batch[at]
        parts: dict[str, set[int]] = {}
        for section in sections:
            document = submission.documents[section.document]
            if not document.readable:
                continue
            if section.part != ARTIFACT:
                words, _, flags = _read(document, section, numbers, grams)
                own = (gram for gram, given in zip(_grams(words), _grams(flags), strict=True) if not all(given))
                parts.setdefault(section.part, set()).update(map(hash, own))
            elif document.sha256 and document.sha256 not in known and owners.setdefault(document.sha256, submission.id) != submission.id:
                known.add(document.sha256)
                team.update(_grams([_number(w, numbers) for w, _ in _words(document.text)], _ALLOWED_RUN))
        hashes.append([np.sort(np.fromiter(part, dtype=np.int64, count=len(part))) for part in parts.values()])
    return hashes, team


def _repeated(hashes: Sequence[Sequence[_Hashes]]) -> Iterator[tuple[int, set[int]]]:
    """The submissions with runs that stand in another one or another part, and those runs."""
    import numpy as np

    if not any(len(part) for parts in hashes for part in parts):
        return
    found: list[_Hashes] = []
    ranges = 1 + sum(len(part) for parts in hashes for part in parts) // _SORTED
    bounds = [n * (1 << 64) // ranges - (1 << 63) for n in range(1, ranges)]
    for low, high in pairwise([None, *bounds, None]):
        ordered = np.concatenate([_between(part, low, high) for parts in hashes for part in parts])
        ordered.sort()
        found.append(np.unique(ordered[1:][ordered[1:] == ordered[:-1]]))
    repeated = np.concatenate(found)
    if not len(repeated):
        return
    for at, parts in enumerate(hashes):
        own: set[int] = set()
        for part in parts:
            # A search in what is sorted, because each text is short and the runs of a whole batch are many.
            places = np.minimum(np.searchsorted(repeated, part), len(repeated) - 1)
            own.update(part[repeated[places] == part].tolist())
        if own:
            yield at, own


def _between(part: _Hashes, low: int | None, high: int | None) -> _Hashes:
    """Hashes of a sorted part from one bound up to below another."""
    first = 0 if low is None else int(part.searchsorted(low))
    return part[first : None if high is None else int(part.searchsorted(high))]


def _read(
    document: Document, section: Section, numbers: dict[str, int], grams: set[tuple[int, ...]]
) -> tuple[list[int], list[tuple[int, int]], list[bool]]:
    """Words of a section, their spans, and whether each is allowed."""
    words: list[int] = []
    spans: list[tuple[int, int]] = []
    for word, start in _words(document.text[section.start : section.end]):
        words.append(_number(word, numbers))
        spans.append((section.start + start, section.start + start + len(word)))
    allowed = [False] * len(words)
    for at, gram in enumerate(_grams(words, _ALLOWED_RUN)):
        if gram in grams:
            allowed[at : at + _ALLOWED_RUN] = [True] * _ALLOWED_RUN
    for block in document.blocks:
        head = block.kind == "cell" and block.place.row == 1 and len(document.text_of(block).split()) <= _HEAD_WORDS
        if block.kind == "heading" or block.template or head:
            first = bisect_left(spans, (block.start, 0))
            last = bisect_left(spans, (block.end, 0))
            allowed[first:last] = [True] * (last - first)
    return words, spans, allowed


def _text(
    submission: str,
    document: Document,
    section: Section,
    numbers: dict[str, int],
    grams: set[tuple[int, ...]],
    repeated: set[int],
    number: int,
) -> _Text:
    """The stretches of a section whose runs stand elsewhere too, or are allowed; a word that equals no other between them."""
    words, spans, allowed = _read(document, section, numbers, grams)
    kept = [False] * len(words)
    for at, gram in enumerate(_grams(words)):
        if hash(gram) in repeated or all(allowed[at : at + RUN]):
            kept[at : at + RUN] = [True] * RUN
    text = _Text(submission, document.name, section.part)
    starts = [b.start for b in document.blocks]
    at = 0
    while at < len(words):
        if not kept[at]:
            at += 1
            continue
        end = at
        while end < len(words) and kept[end]:
            end += 1
        first, last = spans[at][0], spans[end - 1][1]
        begun = slice(max(0, bisect_right(starts, first) - 1), bisect_right(starts, last))
        blocks = tuple((b.start, b.place) for b in document.blocks[begun])
        text.slices.append(_Slice(len(text.words), first, document.text[first:last], blocks))
        text.words += [*words[at:end], -1 - number]
        text.starts.extend([*(a for a, _ in spans[at:end]), last])
        text.ends.extend([*(b for _, b in spans[at:end]), last])
        text.allowed += [*allowed[at:end], True]
        at = end
    return text


def _shared(texts: Sequence[_Text], number: int, index: _Index, explaining: set[str]) -> Iterable[tuple[int, int, int, int]]:
    """Runs of one text that stand in earlier ones: start, other text, place in it, length. The longest at each start is taken."""
    text = texts[number]
    at = 0
    grams = array("q", map(hash, _grams(text.words)))
    while at < len(grams):
        best = (0, 0, 0)
        for packed in index.get(grams[at], ()):
            other, place = packed >> _BITS, packed & _LOW
            if _comparable(text, texts[other], explaining):
                length = _run(text.words, at, texts[other].words, place)
                best = max(best, (length, -other, -place))
        if best[0] >= RUN:  # equal hashes of other words give less
            yield at, -best[1], -best[2], best[0]
            at += best[0] - RUN + 1  # the next passage may begin inside the end of this one
        else:
            at += 1


def _comparable(a: _Text, b: _Text, explaining: set[str]) -> bool:
    return a.submission != b.submission or (a.part != b.part and not {a.part, b.part} & explaining)


def _run(a: Sequence[int], i: int, b: Sequence[int], j: int) -> int:
    length = 0
    while i + length < len(a) and j + length < len(b) and a[i + length] == b[j + length]:
        length += 1
    return length


def _grams(words: Sequence[int], length: int = RUN) -> Iterator[tuple[int, ...]]:
    return zip(*(words[i:] for i in range(length)), strict=False)


def _words(text: str) -> Iterable[tuple[str, int]]:
    return ((m[0], m.start()) for m in _WORD.finditer(text))


def _number(word: str, numbers: dict[str, int]) -> int:
    normal = unicodedata.normalize("NFKC", word).casefold().replace("’", "'")
    return numbers.setdefault(normal, len(numbers))


def _place(text: _Text, at: int, length: int) -> SharedPassage:
    start, end = text.starts[at], text.ends[at + length - 1]
    piece = text.slices[bisect_right(text.slices, at, key=lambda s: s.first) - 1]
    block = bisect_right(piece.blocks, start, key=lambda b: b[0]) - 1
    place = piece.blocks[block][1] if block >= 0 else Place()
    return SharedPassage(text.submission, text.document, text.part, start, end, piece.text[start - piece.start : end - piece.start], place)
