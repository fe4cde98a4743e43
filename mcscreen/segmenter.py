"""Document -> passages: sentences with their offsets and places.

Sentences are cut by rules of our own. Submissions are full of what general splitters trip over ("Ms. Duong", "pp. 4-5",
"3 p.m.", bullets without full stops, a missing space after one), and a rule can be read, tested as data
(tests/cases/sentences.toml) and runs a hundred times faster than a parser. Where the rules find no end for a very long
stretch (dictated or unpunctuated text), spaCy's parser is asked to help; only then is it loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from mcscreen.document import Block, Document, count_words
from mcscreen.language import english, from_parses
from mcscreen.submission import Passage, Section

__all__ = ["segment", "split_sentences"]

LONG_STRETCH = 90
"""Words without a recognised sentence end after which the parser is asked."""

PARSED = 20_000
"""Characters above which a stretch is not given to the parser: no writer's sentence is that long, and a parser's memory grows with it."""

_ABBREVIATIONS = frozenset(
    """mr mrs ms mx dr prof sr jr st mt ft rev hon gov sen rep gen col capt lt sgt supt asst assoc dept dist univ inst
    vs viz cf ca approx est misc incl excl resp e.g i.e eg ie etc al ibid op no nos vol vols ed eds p pp pg pgs fig figs tab
    sec secs ch chap chaps para art app ex gr yr yrs mo mos wk wks hr hrs min mins avg max min std temp tel ext
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    inc ltd co corp bros ave blvd rd hwy apt bldg rm ph.d ed.d m.ed b.a m.a b.s m.s j.d u.s u.k u.n d.c a.m p.m n.b""".split()
)
# These may end a sentence as well as stand inside one; a capital after them decides.
_OPEN = frozenset(
    "etc al a.m p.m u.s u.k u.n d.c inc ltd co corp jr sr ph.d ed.d m.ed b.a m.a b.s m.s j.d yr yrs hr hrs min mins wk wks mo mos".split()
)
# "No." before a number is an abbreviation, before anything else an answer; the like for the months and short words.
_BEFORE_NUMBER = frozenset("no nos vol vols p pp pg pgs fig figs tab sec secs ch chap chaps para art app ex gr room rm ext may mar".split())
_TITLES = frozenset("mr mrs ms mx dr prof st mt ft rev hon gov sen rep gen col capt lt sgt supt asst".split())

# Possessive, and only at the first of a row of marks: a hundred thousand dots would otherwise be tried from each of them anew.
_END = re.compile(r"(?P<mark>(?<![.!?…])[.!?…]++|[。！？])(?P<close>[\"'”’»)\]]*+)(?P<gap>\s+|(?=[A-Z][a-z]+[\s,'’])|(?<=[。！？])|$)")
_LIST_MARK = re.compile(r"\s*(?:[-–—•●▪◦‣*·o]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])\s*$")
_WORD_BEFORE = re.compile(r"([^\s\"'“”‘’()\[\]]+)$")
_BULLET = re.compile(r"\s*[-–—•●▪◦‣*·]\s+")
_BEFORE_LETTER = frozenset("a an the than as and or not but was am is did do".split())
_ALSO_WORDS = frozenset("no art ex may mar room".split())
_STARTERS = frozenset(
    """The This That These Those It He She We They I You There In On At For After
     Before When While If But And So Our My Then""".split()
)
_CONJUNCTIONS = frozenset("and but so then because when while although which who".split())
_TOKEN = re.compile(r"\S+")
_URL = re.compile(r"(?:https?:|www\.|@|/)\S*$")


_NEAR = 300
"""Characters around a mark that decide whether it ends a sentence; without a bound, a text of abbreviations costs its length squared."""


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of a paragraph; white space between them belongs to none."""
    spans: list[tuple[int, int]] = []
    for line in _soft_lines(text):
        start = line.start()
        for match in _END.finditer(text, line.start(), line.end()):
            if match.end() > start and _ends_sentence(text, start, match, line.end()):
                _add(spans, text, start, match.end("close"))
                start = match.end()
        _add(spans, text, start, line.end())
    return [piece for span in spans for piece in _relieved(text, *span)]


_LINE = re.compile(r"[^\n]+(?:\n(?=\s*[a-z(,;])[^\n]+)*")


def _soft_lines(text: str) -> Iterable[re.Match[str]]:
    # A line break inside a paragraph ends a sentence unless the next line goes on in lower case.
    return _LINE.finditer(text)


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start >= end:
        return
    if spans and not any(c.isalnum() for c in text[start:end]) and "\n" not in text[spans[-1][1] : start]:
        spans[-1] = (spans[-1][0], end)
        return
    spans.append((start, end))


def _ends_sentence(text: str, start: int, match: re.Match[str], limit: int) -> bool:
    following = text[match.end() : min(limit, match.end() + _NEAR)].lstrip("\"'“‘«([")
    if not following:
        return True
    near = max(start, match.start() - _NEAR)
    before = _WORD_BEFORE.search(text, near, match.start())
    word = before.group(1) if before else ""
    mark = match.group("mark")
    if match.group("gap") == "":
        # A missing space ("support.The next"): only after a plain word, never inside an address.
        return len(word) > 2 and word.isalpha() and word.islower() and _URL.search(text, near, match.start()) is None
    if near == start and _LIST_MARK.match(text, start, match.end("mark")):
        return False
    if mark == ".":
        decided = _after_full_stop(text[near : match.start()], word, following)
        if decided is not None:
            return decided
    if not following[0].islower():
        return True
    # Writers who do not capitalise still end sentences: "it worked. then we asked".
    plain = len(word) >= 3 and word.isalpha() and not match.group("close")
    return plain and mark in {".", "!", "?"}


def _after_full_stop(sentence: str, word: str, following: str) -> bool | None:
    """Whether a full stop after an initial or abbreviation ends the sentence; None when the word is neither."""
    lowered = word.lower()
    next_words = following.split(maxsplit=2)
    capital = following[0].isupper()
    if len(word) == 1 and word.isupper():
        # The pronoun and a mark ("than I.", "an A.") end a sentence; an initial ("J. Smith") does not.
        previous = sentence[: -len(word)].split()
        return capital and bool(previous) and previous[-1].lower() in _BEFORE_LETTER
    if lowered in _TITLES:
        return False
    if lowered in _BEFORE_NUMBER:
        numbered = following[0].isdigit() or re.match(r"[ivxIVX]+\b", following) is not None
        return capital and not numbered and lowered in _ALSO_WORDS
    if lowered in {"u.s", "u.k", "u.n", "d.c"}:
        return capital and next_words[0] in _STARTERS
    if lowered in _ABBREVIATIONS:
        return capital and lowered in _OPEN
    return None


def _relieved(text: str, start: int, end: int) -> list[tuple[int, int]]:
    piece = text[start:end]
    if count_words(piece) <= LONG_STRETCH:
        return [(start, end)]
    cuts = from_parses(english(), [piece], lambda parsed: [s.start_char for s in parsed.sents][1:])[0] if len(piece) <= PARSED else []
    spans: list[tuple[int, int]] = []
    for a, b in zip([0, *cuts], [*cuts, len(piece)], strict=True):
        for c, d in _clauses(piece, a, b):
            _add(spans, text, start + c, start + d)
    return spans


def _clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Stretches of at most `LONG_STRETCH` words, cut before a conjunction or after a comma where there is one."""
    pieces = []
    while len(words := list(islice(_TOKEN.finditer(text, start, end), LONG_STRETCH + 1))) > LONG_STRETCH:
        half = words[LONG_STRETCH // 3 :]
        cut = next(
            (w.start() for w in reversed(half) if w.group().lower() in _CONJUNCTIONS or text[w.start() - 2 : w.start()] in (", ", "; ")),
            None,
        )
        cut = cut or words[-1].start()
        pieces.append((start, cut))
        start = cut
    return [*pieces, (start, end)]


def segment(document: Document, index: int, section: Section, excluded: Sequence[tuple[int, int]] = ()) -> list[Passage]:
    """The sentences of a section, in reading order.

    Args:
        document: The document that the section lies in.
        index: Its index in the submission.
        section: The stretch to segment.
        excluded: Spans that are not the candidate's words (pasted questions, template text).

    Returns:
        One passage a sentence. Headings and blocks marked as template are left out.
    """
    pieces: list[tuple[int, int, list[Block]]] = []
    for block in document.blocks:
        start, end = max(block.start, section.start), min(block.end, section.end)
        if start >= end or block.kind == "heading" or block.template:
            continue
        for piece_start, piece_end in _remaining(start, end, excluded):
            if pieces and _runs_on(document, pieces[-1], block, piece_start):
                pieces[-1] = (pieces[-1][0], piece_end, [*pieces[-1][2], block])
            else:
                pieces.append((piece_start, piece_end, [block]))
    passages: list[Passage] = []
    for piece in pieces:
        passages.extend(_sentences(document, index, section.part, piece, len(passages)))
    return passages


def _runs_on(document: Document, before: tuple[int, int, list[Block]], block: Block, start: int) -> bool:
    """Whether a block goes on with the sentence that the page break before it cut."""
    above = before[2][-1]
    text = document.text
    return (
        start == before[1] + 1
        and above.kind == block.kind == "paragraph"
        and above.place.page != block.place.page
        and text[start].islower()
        and text[before[1] - 1] not in '.!?:;…"”’'
    )


def _sentences(document: Document, index: int, part: str, piece: tuple[int, int, list[Block]], first: int) -> list[Passage]:
    start, end, blocks = piece
    found: list[Passage] = []
    bullet = _BULLET.match(document.text, start, end)
    start = bullet.end() if bullet else start
    for a, b in split_sentences(document.text[start:end]):
        text = document.text[start + a : start + b]
        if any(c.isalpha() for c in text):
            number = first + len(found)
            place = next(k.place for k in reversed(blocks) if k.start <= start + a)
            found.append(Passage(index, part, start + a, start + b, text, place, (number, number + 1)))
    return found


def _remaining(start: int, end: int, excluded: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    pieces = [(start, end)]
    for a, b in excluded:
        pieces = [(s, e) for p, q in pieces for s, e in ((p, min(q, a)), (max(p, b), q)) if s < e]
    return pieces
