"""Which stretches of a part are the rubric's text and not the candidate's: pasted questions, part titles, form lines.

Candidates paste the questions above their answers. Counted as theirs, the pasted words make a short answer look long
enough; searched, they look like an answer to themselves. Taken away too eagerly, they cost an answer that uses the
question's words, and that is the worse error. So a stretch counts as pasted only when nearly every one of its words stands
in the rubric in the same order (containment of the stretch in the question) and it is the question's beginning, its end or
most of it (containment of the question in the stretch). A first person that the question does not have ends it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from mcscreen.document import Document, count_words
from mcscreen.parts.names import LABEL, MINIMUM, PartNames, may_hold_minimum, names_of, same_word, without_minimum, words_of
from mcscreen.rubric import Rubric
from mcscreen.submission import Section

__all__ = ["Span", "find_prompts", "own_words"]

_CONTAINED = 0.9
"""Share of a stretch's words that must stand in the rubric in the same order."""
_HALF = 0.5
"""Share of them that must be spelled the same for the others to be looked at for typing errors."""
_RESTATED = 0.85
"""Share of a rubric sentence that makes a stretch a restatement wherever it begins."""
_MOST_UNITS = 20_000
"""Sentences of a section that are compared with the rubric; nobody pastes questions behind more."""
_SHORTEST = 6
"""Words below which only a whole rubric sentence counts."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.?!:])[\"'”’)\]*_]*\s+(?=[\"'“‘(\[*_•]*[A-Z0-9])|\n+")
_FIRST_PERSON = frozenset({"i", "im", "ive", "id", "my", "me", "mine", "we", "our", "ours", "us", "weve", "myself", "ourselves"})
_ENUMERATOR = re.compile(
    r"[\s(\[*_#•-]*(?:\d{1,2}[a-d]?\s*[.):\]–—-]*|(?:[a-h]|[ivx]{1,4}|(?:q|eo)\s?\d{1,2})\s*[.):\]–—-]+)\s*(?=\S|$)", re.I
)
_FORM_LINE = re.compile(
    r"(?:candidate|participant|practitioner|student|applicant|educator)(?:['’]s)?(?:\s+(?:name|id|number|no\.?))?\s*(?:[:#]\s*.{0,60}|\s[A-Z]{0,3}[-#]?\d{1,8})$"
    r"|(?:(?:full\s+)?name|date(?:\s+submitted)?|submitted\s+(?:by|to|on)|e-?mail|author|id(?:\s+number)?|micro-?credential(?:\s+title)?)\s*:\s*.{0,80}$",
    re.I,
)
_PAGE_LINE = re.compile(r"(?:page\s+)?\d{1,3}\s*(?:of|/)\s*\d{1,3}$|page\s+\d{1,3}$", re.I)
_TITLE_COMPANY = frozenset({"micro", "credential", "microcredential", "submission", "portfolio", "the", "a", "for", "by", "eln"})


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document that is not the candidate's: `document.text[start:end]`."""

    start: int
    end: int
    kind: Literal["question", "heading", "template"]


@dataclass(frozen=True, slots=True)
class _Source:
    """A text of the rubric. `asked` ones are pasted in pieces; the others count only when restated nearly whole."""

    words: tuple[str, ...]
    sentences: tuple[tuple[int, int], ...]
    asked: bool
    vocabulary: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Sources:
    """All texts of the rubric.

    Attributes:
        texts: In the rubric's order.
        holders: For each word the numbers of the texts that have it.
        starts: Sentences of the asked ones that are long enough to run into an answer, by the letter that they begin with.
    """

    texts: tuple[_Source, ...]
    holders: dict[str, list[int]]
    starts: dict[str, list[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence of the document, or the part of one that stands on one line."""

    start: int
    end: int
    words: tuple[str, ...]
    ends: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a unit lies in a rubric text: words matched, and from which to which word of the text."""

    source: int
    matched: int
    first: int
    last: int


def find_prompts(document: Document, section: Section, rubric: Rubric) -> tuple[Span, ...]:
    """The stretches of a section that are the rubric's text or a form's, in order, not overlapping.

    Args:
        document: The document that the section lies in.
        section: Where to look.
        rubric: Whose questions, titles and instructions are looked for; any part's count, because people paste them all.
    """
    names = names_of(rubric)
    sources = _sources(rubric)
    title = [w for w in words_of(rubric.title) if w not in _TITLE_COMPANY]
    spans: list[Span] = []
    units: list[_Unit] = []
    for number, (start, end, template) in enumerate(_lines(document, section)):
        text = document.text[start:end]
        if template:
            spans.append(Span(start, end, "template"))
            continue
        kind = _form_kind(text, names, title, early=number < 8)
        if kind is not None:
            spans.append(Span(start, end, kind))
            continue
        label = LABEL.match(text)
        if label and label.end() < len(text) and re.search(r"[.:)\]–—-]\s*$", label[0]):
            spans.append(Span(start, start + len(label[0].rstrip()), "heading"))
            start += label.end()
        for minimum in MINIMUM.finditer(document.text, start, end) if may_hold_minimum(text) else ():
            if minimum[0].strip().startswith(("(", "[")) or minimum.start() == start:
                spans.append(Span(*minimum.span(), "heading"))
        units += _units(document.text, start, end)
    spans += _questions(document.text, units, sources)
    return _merged(spans, document.text)


def own_words(document: Document, section: Section, spans: Sequence[Span]) -> tuple[int, int]:
    """Words of a section: the candidate's own, and all.

    Args:
        document: The document that the section lies in.
        section: What is counted.
        spans: What `find_prompts` found there.
    """
    raw = count_words(document.text[section.start : section.end])
    own, at = 0, section.start
    for span in sorted(spans, key=lambda s: s.start):
        own += count_words(document.text[at : max(at, min(span.start, section.end))])
        at = max(at, min(span.end, section.end))
    return own + count_words(document.text[at : section.end]), raw


def _lines(document: Document, section: Section) -> Iterator[tuple[int, int, bool]]:
    """Lines of a section's blocks; of the bare text where there are no blocks."""
    blocks = [(b.start, b.end, b.template) for b in document.blocks if b.start < section.end and b.end > section.start]
    for start, end, template in blocks or [(section.start, section.end, False)]:
        start, end = max(start, section.start), min(end, section.end)
        if template:
            yield start, end, True
            continue
        for line in re.finditer(r"[^\n]+", document.text[start:end]):
            yield start + line.start(), start + line.end(), False


def _form_kind(text: str, names: PartNames, title: Sequence[str], *, early: bool) -> Literal["heading", "template"] | None:
    """What a line is when it is no writing at all: a part's title, a question's label, a line of a form."""
    line = text.strip(" \t*#_•|")
    if not words_of(line) or len(line) > 200:
        return None
    label = LABEL.match(line)
    if (label and label.end() >= len(line.rstrip())) or not words_of(without_minimum(line)):
        return "heading"
    named = names.in_heading(line)
    if named is not None and not named.rest and named.strength > 1:
        return "heading"
    if _PAGE_LINE.match(line) or (
        len(line.split()) <= 12 and _FORM_LINE.match(line) and (early or not re.match("student|author", line, re.I))
    ):
        return "template"
    words = [w for w in words_of(line) if w not in _TITLE_COMPANY]
    if title and words and len(words) <= len(title) + 1 and _ratio(words, title) >= 0.9:
        return "heading"
    return None


def _ratio(a: Sequence[str], b: Sequence[str]) -> float:
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


@lru_cache(maxsize=8)
def _sources(rubric: Rubric) -> _Sources:
    asked = [t for p in rubric.parts for t in (p.instructions, *(c.text for c in p.criteria))]
    stated = [rubric.overview, *(o.text for o in rubric.outcomes), *(d.text for d in rubric.details)]
    sources = []
    for text, is_asked in [*((t, True) for t in asked), *((t, False) for t in stated)]:
        words: list[str] = []
        sentences: list[tuple[int, int]] = []
        for sentence in _SENTENCE_END.split(MINIMUM.sub(" ", text)):
            more = words_of(sentence)
            if more:
                sentences.append((len(words), len(words) + len(more)))
                words += more
        if words:
            sources.append(_Source(tuple(words), tuple(sentences), is_asked, frozenset(words)))
    holders: defaultdict[str, list[int]] = defaultdict(list)
    starts: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for number, source in enumerate(sources):
        for word in source.vocabulary:
            holders[word].append(number)
        for a, b in source.sentences if source.asked else ():
            if b - a >= _SHORTEST:
                starts[source.words[a][0]].append(source.words[a:b])
    return _Sources(tuple(sources), dict(holders), dict(starts))


def _units(text: str, start: int, end: int) -> Iterator[_Unit]:
    at = start
    for boundary in [*(m.span() for m in _SENTENCE_END.finditer(text, start, end)), (end, end)]:
        found = list(_WORD.finditer(text, at, boundary[0]))
        if found:
            words = tuple(m[0].replace("'", "").replace("’", "").casefold() for m in found)
            yield _Unit(at, boundary[0], words, tuple(m.end() for m in found))
        at = boundary[1]


def _questions(text: str, units: Sequence[_Unit], sources: _Sources) -> Iterator[Span]:
    """Pasted stretches: runs of units that follow each other in the document and in one rubric text."""
    taken = -1
    for i in range(min(len(units), _MOST_UNITS)):
        if i <= taken:
            continue
        run = _longest_run(units, i, sources, text)
        if run is not None:
            taken = run
            first = i
            if i and len(units[i - 1].words) == 1 and "\n" not in text[units[i - 1].end : units[i].start]:
                first = i - 1 if _ENUMERATOR.match(text, units[i - 1].start, units[i - 1].end) else i
            yield Span(units[first].start, units[run].end, "question")
        elif (cut := _run_in(text, units[i], sources)) is not None:
            yield Span(units[i].start, cut, "question")


def _longest_run(units: Sequence[_Unit], i: int, sources: _Sources, text: str) -> int | None:
    """Index of the last unit of the longest pasted run that begins with unit `i`."""
    best: int | None = None
    first = units[i].words[1:] if _is_numbered(units[i], text) else units[i].words
    for number in _nearest(first, sources):
        source = sources.texts[number]
        vocabulary = source.vocabulary
        words: list[str] = []
        for j in range(i, min(i + 24, len(units))):
            more = units[j].words[1:] if _is_numbered(units[j], text) else units[j].words
            if not _mostly_in(more, vocabulary):
                break
            words += more
            fit = _fit(words, source, number)
            if fit is None:
                break
            if _is_pasted(words, fit, source, text[units[j].start : units[j].end]) and (best is None or j > best):
                best = j
    return best


def _is_numbered(unit: _Unit, text: str) -> bool:
    return len(unit.words) > 1 and _ENUMERATOR.match(text, unit.start, unit.end) is not None


def _nearest(words: Sequence[str], sources: _Sources) -> Iterator[int]:
    """The sources that hold at least half of the words, which `_mostly_in` asks for; most hold fewer, and most text is pasted from none."""
    known = [0] * len(sources.texts)
    for word in words:
        for number in sources.holders.get(word, ()):
            known[number] += 1
    return (number for number, count in enumerate(known) if count >= _HALF * len(words))


def _mostly_in(words: Sequence[str], vocabulary: frozenset[str]) -> bool:
    known = sum(w in vocabulary for w in words)
    if known >= _CONTAINED * len(words):
        return True
    return known >= _HALF * len(words) and sum(_spelled_in(w, vocabulary) for w in words) >= 0.8 * len(words)


@lru_cache(maxsize=5_000)
def _spelled_in(word: str, vocabulary: frozenset[str]) -> bool:
    return any(v[0] == word[0] and same_word(word, v) for v in vocabulary)


def _fit(words: Sequence[str], source: _Source, number: int) -> _Fit | None:
    spelled = [w if w in source.vocabulary else next((v for v in source.words if same_word(w, v)), w) for w in words]
    blocks = [b for b in SequenceMatcher(None, spelled, source.words, autojunk=False).get_matching_blocks() if b.size]
    matched = sum(b.size for b in blocks)
    if not blocks or matched < _CONTAINED * len(words):
        return None
    inside = {k for b in blocks for k in range(b.a, b.a + b.size)}
    if any(w in _FIRST_PERSON for k, w in enumerate(words) if k not in inside):
        return None
    return _Fit(number, matched, blocks[0].b, blocks[-1].b + blocks[-1].size)


def _is_pasted(words: Sequence[str], fit: _Fit, source: _Source, last: str) -> bool:
    begins = any(fit.first == a for a, _ in source.sentences)
    asks = last.rstrip(" \"'”’)*_").endswith("?") and any(fit.last == b for _, b in source.sentences)
    if not begins and not asks:
        return False
    if len(words) >= _SHORTEST and source.asked:
        return True
    whole = sum(b - a for a, b in source.sentences if a < fit.last and b > fit.first)
    return fit.matched >= _RESTATED * whole and (len(words) >= _SHORTEST or (fit.matched == whole and (len(words) >= 4 or asks)))


def _run_in(text: str, unit: _Unit, sources: _Sources) -> int | None:
    """Where a pasted question ends that runs into its answer without a full stop, or None.

    Only a whole sentence of the rubric at the very beginning counts, with a capital letter or a mark behind it.
    """
    for sentence in sources.starts.get(unit.words[0][0], ()):
        if len(unit.words) < len(sentence) + 2 or not same_word(unit.words[0], sentence[0]):
            continue
        for length in (len(sentence), len(sentence) - 1, len(sentence) + 1):
            head = unit.words[:length]
            if not same_word(head[-1], sentence[-1]) or any(w in _FIRST_PERSON and w not in sentence for w in head):
                continue
            gap = text[unit.ends[length - 1] : unit.end].lstrip()
            same = sum(m.size for m in SequenceMatcher(None, head, sentence, autojunk=False).get_matching_blocks())
            if same >= 0.92 * len(sentence) and (gap[:1].isupper() or not gap[:1].isalnum()):
                return unit.ends[length - 1]
    return None


def _merged(spans: Sequence[Span], text: str) -> tuple[Span, ...]:
    """Spans in order; overlapping ones joined, and neighbours with nothing but space between (questions also across lines)."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        last = merged[-1] if merged else None
        between = text[last.end : span.start] if last else ""
        same = last is not None and ("\n" not in between or span.kind == last.kind == "question")
        if last and (span.start < last.end or (same and not between.strip())):
            kind = "question" if "question" in (span.kind, last.kind) else last.kind
            merged[-1] = Span(last.start, max(last.end, span.end), kind)
        else:
            merged.append(span)
    return tuple(merged)
