"""Rewriting a text on its surface: where words may change, how many of those places do, and offsets that stay true.

A rewriting is a list of edits in the untouched text. Edits know their places, so a sentence of the untouched text can be found
again in the rewritten one, and a document can be rewritten without anything that points into it going astray.

What stays as it is, because another text would be about something else: numbers, names (every word with a capital that does
not begin a sentence), words that are no plain words (file names, addresses), quotations, headings and short lines without a
full stop that stand for one, and, in a submission, questions that were pasted from the rubric. In a submission the parts
with prose of the candidate's own are rewritten (narrative and reflection); the portfolio and the artifacts are not.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from mcscreen.document import Document, Table, count_words
from mcscreen.language import english, from_parses
from mcscreen.parts import assign_parts, find_prompts
from mcscreen.rubric import Rubric
from mcscreen.segmenter import split_sentences
from mcscreen.submission import Submission

if TYPE_CHECKING:
    from spacy.tokens import Doc

__all__ = ["Edit", "Finder", "Rewriting", "Rewritten", "Stretch", "Surface", "Variant", "Word", "cased", "rewrite", "surface_of"]

_KINDS = ("narrative", "reflection")
_LINE = re.compile(r"[^\n]+(?:\n(?=\s*[a-z(,;])[^\n]+)*")
_QUOTE = re.compile(r"“[^“”]{1,600}”|(?<!\w)\"[^\"]{1,600}\"|‘[^‘\n]{1,300}’(?!\w)|«[^«»]{1,600}»")
_RUN = re.compile(r"\S+")
_NO_PLAIN_WORD = re.compile(r"\d|\w@|://|www\.|_|\w\.\w|/")
_CAPITAL = re.compile(r"\b[^\W\d_]*[A-Z][^\W\d_]*(?:[-’'][^\W\d_]+)*")
_PRONOUN = re.compile(r"I(?:['’](?:m|ve|d|ll))?$")
_ENDED = re.compile(r"[.!?…:;,][\"'”’»)\]]*\s*$")
_HEADING_WORDS = 12
_LONGEST = 20_000
"""Characters above which a stretch is left alone: nobody's paragraph is that long, and a parser's memory grows with it."""
_BULLET = re.compile(r"\s*(?:[-–—•●▪◦‣*·]|\(?\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: `text[start:end]` of the untouched text becomes `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Word:
    """A token with what the tagger and the parser say of it.

    Attributes:
        start: Offset in the stretch.
        lemma: Its dictionary form.
        tag: Penn Treebank tag.
        dep: Its relation to the head.
        head: Index of the head among the stretch's words.
    """

    start: int
    end: int
    text: str
    lemma: str
    tag: str
    dep: str
    head: int


@dataclass(frozen=True)
class Stretch:
    """A paragraph, or a line of one, that may be rewritten.

    Attributes:
        text: As written.
        words: All tokens but spaces.
    """

    text: str
    words: tuple[Word, ...]

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Spans of the sentences, as screening cuts them."""
        return tuple(split_sentences(self.text))

    @cached_property
    def kept(self) -> tuple[tuple[int, int], ...]:
        """Spans that no edit may touch: numbers, names, quotations, what is no plain word."""
        begins = {a + _opening(self.text[a:b]) for a, b in self.sentences}
        spans = [m.span() for m in _QUOTE.finditer(self.text)]
        spans += [m.span() for m in _RUN.finditer(self.text) if _NO_PLAIN_WORD.search(m[0])]
        spans += [m.span() for m in _CAPITAL.finditer(self.text) if m.start() not in begins and not _PRONOUN.match(m[0])]
        spans += [(w.start, w.end) for w in self.words if w.tag in ("NNP", "NNPS", "CD")]
        return tuple(spans)


Finder = Callable[[Stretch, int], Iterable[Edit]]
"""Given a stretch and a seed: every place where something could be changed, with the change; offsets in the stretch."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A way of rewriting.

    Attributes:
        name: By which it is told in tables.
        kinds: Finders, each with the share of its places that is changed.
        cuts: Whether sentences are joined or divided by it, so that their number changes.
        neutral: Whether nothing changes but what reading throws away: a control, under which nothing may flip.
    """

    name: str
    kinds: tuple[tuple[Finder, float], ...]
    cuts: bool = False
    neutral: bool = False

    def at(self, share: float, name: str) -> Variant:
        """The same with another share; of several kinds the most frequent gets it, the others keep their proportion to it.

        Raises:
            ValueError: When the share is not between 0 and 1.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"a share of places is between 0 and 1, not {share}")
        most = max(s for _, s in self.kinds)
        return replace(self, name=name, kinds=tuple((f, share * s / most) for f, s in self.kinds))


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A text after rewriting.

    Attributes:
        text: As rewritten.
        edits: What was changed, in order, not overlapping; offsets in the untouched text.
        places: How many places could have been changed.
    """

    text: str
    edits: tuple[Edit, ...]
    places: int

    @property
    def strength(self) -> float:
        """Share of the places that were changed; 0 where there are none."""
        return len(self.edits) / self.places if self.places else 0.0

    def moved(self, offset: int) -> int:
        """Where an offset of the untouched text lies in the rewritten one; inside an edit, where the edit begins."""
        count = bisect_left(self.edits, offset, key=lambda e: e.start)
        shift = sum(len(e.new) - (e.end - e.start) for e in self.edits[:count])
        if count and self.edits[count - 1].end > offset:
            last = self.edits[count - 1]
            return last.start + shift - (len(last.new) - (last.end - last.start))
        return offset + shift


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A submission after rewriting.

    Attributes:
        submission: With the same documents, blocks, cells and places, on other text.
        documents: The rewriting of each document that has prose to rewrite, by its index.
        edits: Number of changes.
        places: Number of places where something could have been changed.
        words: Words of the prose that may be rewritten, as Microsoft Word counts them.
    """

    submission: Submission
    documents: dict[int, Rewriting]
    edits: int
    places: int
    words: int


@dataclass(frozen=True, slots=True)
class Surface:
    """A submission's prose, tagged once for any number of variants.

    Attributes:
        submission: As read.
        stretches: Index of a document, offset in it, and what stands there.
        kept: Spans of each document that stay (pasted questions), by its index.
    """

    submission: Submission
    stretches: tuple[tuple[int, int, Stretch], ...]
    kept: dict[int, tuple[tuple[int, int], ...]]

    def rewritten(self, variant: Variant, seed: int = 0) -> Rewritten:
        """The submission in a variant; the same for the same seed."""
        chosen, places = _chosen(self.stretches, self.kept, variant, seed)
        by_document: dict[int, list[Edit]] = {}
        for index, edit in chosen:
            by_document.setdefault(index, []).append(edit)
        documents, rewritings = list(self.submission.documents), {}
        for index in sorted({i for i, _, _ in self.stretches}):
            rewriting = _applied(documents[index].text, by_document.get(index, []), 0)
            documents[index] = _moved(documents[index], rewriting)
            rewritings[index] = rewriting
        words = sum(count_words(stretch.text) for _, _, stretch in self.stretches)
        return Rewritten(replace(self.submission, documents=tuple(documents)), rewritings, len(chosen), places, words)


def rewrite(text: str, variant: Variant, *, seed: int = 0, keep: Iterable[tuple[int, int]] = ()) -> Rewriting:
    """A text in a variant.

    Args:
        text: Paragraphs, separated by line breaks.
        variant: How.
        seed: Of the choice of places; the places of a smaller share are among those of a larger one.
        keep: Spans to leave alone, beside those that always are.

    Raises:
        ModelError: When the English pipeline cannot be loaded.
    """
    spans = [m.span() for m in _LINE.finditer(text) if len(m[0]) <= _LONGEST and not _like_heading(m[0])]
    stretches = [(0, a, s) for (a, _), s in zip(spans, _tagged([text[a:b] for a, b in spans]), strict=True)]
    chosen, places = _chosen(stretches, {0: tuple(keep)}, variant, seed)
    return _applied(text, [e for _, e in chosen], places)


def surface_of(submission: Submission, rubric: Rubric) -> Surface:
    """The prose of a submission that may be rewritten: of narrative and reflection, without headings and pasted questions.

    Raises:
        ModelError: When the English pipeline cannot be loaded.
    """
    wanted = {p.id for p in rubric.parts if p.kind in _KINDS}
    spans: list[tuple[int, int, int]] = []
    kept: dict[int, tuple[tuple[int, int], ...]] = {}
    for section in assign_parts(submission, rubric):
        document = submission.documents[section.document]
        if section.part not in wanted or not document.readable:
            continue
        prompts = tuple((p.start, p.end) for p in find_prompts(document, section, rubric))
        kept[section.document] = kept.get(section.document, ()) + prompts
        for block in document.blocks:
            start, end = max(block.start, section.start), min(block.end, section.end)
            if start < end and block.kind != "heading" and not block.template:
                for line in _LINE.finditer(document.text, start, end):
                    if len(line[0]) <= _LONGEST and (block.kind != "paragraph" or not _like_heading(line[0])):
                        spans.append((section.document, *line.span()))
    spans = sorted(dict.fromkeys(spans))
    tagged = _tagged([submission.documents[i].text[a:b] for i, a, b in spans])
    return Surface(submission, tuple((i, a, s) for (i, a, _), s in zip(spans, tagged, strict=True)), kept)


def cased(new: str, old: str) -> str:
    """New words with the capital of the old ones."""
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def _opening(sentence: str) -> int:
    """Length of what stands before a sentence's first letter."""
    bullet = _BULLET.match(sentence)
    begin = bullet.end() if bullet else 0
    return begin + len(sentence[begin:]) - len(sentence[begin:].lstrip("\"'“‘«([ "))


def _like_heading(line: str) -> bool:
    """A short line that does not end as a sentence does and is no point of a list."""
    if _BULLET.match(line) or "\n" in line.strip():
        return False
    words = count_words(line)
    return words <= _HEADING_WORDS and (_ENDED.search(line) is None or (words <= 6 and line.rstrip().endswith(":")))


def _tagged(texts: Sequence[str]) -> Iterator[Stretch]:
    # Line breaks become spaces for the tagger, so that a line's last word is not read as a sentence's.
    flat = (t.replace("\n", " ") for t in texts)
    yield from map(Stretch, texts, from_parses(english(), flat, _words, batch_size=64))


def _words(document: Doc) -> tuple[Word, ...]:
    numbers = {t.i: n for n, t in enumerate(t for t in document if not t.is_space)}
    return tuple(
        Word(t.idx, t.idx + len(t), t.text, t.lemma_, t.tag_, t.dep_, numbers.get(t.head.i, n))
        for n, t in enumerate(t for t in document if not t.is_space)
    )


def _chosen(
    stretches: Sequence[tuple[int, int, Stretch]], kept: dict[int, tuple[tuple[int, int], ...]], variant: Variant, seed: int
) -> tuple[list[tuple[int, Edit]], int]:
    """The edits to make, with their documents, in order, and the number of places there were."""
    taken: dict[int, list[Edit]] = {}
    places = 0
    for number, (finder, share) in enumerate(variant.kinds):
        found: list[tuple[int, Edit]] = []
        for index, offset, stretch in stretches:
            own = [replace(e, start=e.start + offset, end=e.end + offset) for e in _allowed(finder(stretch, seed), stretch)]
            found += [(index, e) for e in own if not any(_touch(e, a, b) for a, b in kept.get(index, ()))]
        places += len(found)
        # One shuffle, cut where the share ends: a larger share changes what a smaller one does, and more.
        order = list(range(len(found)))
        Random(f"{seed} {number} {len(found)}").shuffle(order)
        for place in sorted(order[: round(share * len(found))]):
            index, edit = found[place]
            if not any(_touch(edit, e.start, e.end) for e in taken.get(index, ())):
                taken.setdefault(index, []).append(edit)
    chosen = [(index, edit) for index, edits in taken.items() for edit in edits]
    return sorted(chosen, key=lambda pair: (pair[0], pair[1].start, pair[1].end)), places


def _allowed(edits: Iterable[Edit], stretch: Stretch) -> Iterator[Edit]:
    """Edits in order that change something, do not overlap and touch nothing that stays; of two at one place the longer."""
    end = -1
    for edit in sorted(edits, key=lambda e: (e.start, -e.end)):
        same = stretch.text[edit.start : edit.end] == edit.new
        if edit.start >= end and not same and not any(_touch(edit, a, b) for a, b in stretch.kept):
            yield edit
            end = max(edit.end, edit.start + 1)


def _touch(edit: Edit, start: int, end: int) -> bool:
    return edit.start < end and start < max(edit.end, edit.start + 1) and not (edit.start == edit.end == start)


def _applied(text: str, edits: Sequence[Edit], places: int) -> Rewriting:
    pieces, at = [], 0
    for edit in edits:
        pieces += [text[at : edit.start], edit.new]
        at = edit.end
    return Rewriting("".join([*pieces, text[at:]]), tuple(edits), places)


def _moved(document: Document, rewriting: Rewriting) -> Document:
    """The document on the rewritten text: no edit crosses the edge of a block or cell, so each edge has one new place."""
    move = rewriting.moved
    return replace(
        document,
        text=rewriting.text,
        blocks=tuple(replace(b, start=move(b.start), end=move(b.end)) for b in document.blocks),
        tables=tuple(
            Table(tuple(tuple(replace(c, start=move(c.start), end=move(c.end)) for c in row) for row in t.rows), t.place)
            for t in document.tables
        ),
    )
