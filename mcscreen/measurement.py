"""What an indicator of reflection says: how often, out of how many sentences, and where.

A measurement is a count with the sentences that were counted. It carries no level and no threshold: a profile of several
measurements can be read and published, a sum of them would be a score by another name. The unit is the sentence, because
a writer who says "worked" three times in one sentence has evaluated once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mcscreen.submission import Passage

__all__ = ["Measurement", "Span", "measured"]


@dataclass(frozen=True, slots=True)
class Span:
    """Words that were counted: `documents[document].text[start:end] == text`.

    Attributes:
        sentence: Index into the sentences that were measured.
        document: Index into `Submission.documents`.
        kind: Which of the indicator's kinds it is ("worked", "did_not"); empty where there is only one.
    """

    sentence: int
    document: int
    start: int
    end: int
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One indicator, measured on a run of sentences.

    Attributes:
        name: The indicator's key in `INDICATORS`.
        count: Sentences in which it shows.
        sentences: Sentences that were measured.
        spans: Where it shows, in the order of the text.
        figures: Named figures for what is not a count of sentences (words a sentence, lexical diversity).
    """

    name: str
    count: int
    sentences: int
    spans: tuple[Span, ...] = ()
    figures: tuple[tuple[str, float], ...] = ()

    @property
    def per_100(self) -> float:
        """Sentences in which it shows, per 100 sentences; 0 when there are none."""
        return 100 * self.count / self.sentences if self.sentences else 0.0

    def of_kind(self, kind: str) -> int:
        """Number of sentences in which one kind shows."""
        return len({s.sentence for s in self.spans if s.kind == kind})


def measured(name: str, sentences: Sequence[Passage], find: Callable[[int, str], Iterable[tuple[int, int, str]]]) -> Measurement:
    """Measure by a rule that looks at one sentence at a time.

    Args:
        name: The indicator's key.
        sentences: In the order of the text.
        find: Given a sentence's index and text, yields start, end (offsets in that text) and kind of each find. Spans that
            overlap an earlier one of the same kind are dropped.
    """
    spans: list[Span] = []
    for index, passage in enumerate(sentences):
        ends: dict[str, int] = {}
        for start, end, kind in sorted(find(index, passage.text)):
            if start >= ends.get(kind, 0) and end > start:
                spans.append(Span(index, passage.document, passage.start + start, passage.start + end, passage.text[start:end], kind))
                ends[kind] = end
    return Measurement(name, len({s.sentence for s in spans}), len(sentences), tuple(spans))
