"""The finder that learns from examples: for each facet a calibrated probability and the passages that carry it.

A sentence's score for a facet joins what its head says of the sentence (smoothed with its neighbours) and of the sentence
with its neighbours. What decides whether the facet is addressed at all is not the best score alone: five measures of it go
into a logistic calibration, among them how far the sentence prefers this facet to the others of the part (near neighbours
share words), and the best score after discounting sentences that restate the question, deny, plan or generalise (the head
of kinds). Its coefficients and thresholds lie in the model's TOML, one set for each basis.

A passage grows from the best sentence to its neighbours while they score nearly as well, up to three sentences: answers
are told in runs, and a run is what an assessor reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from mcscreen.document import Document
from mcscreen.heads import Basis, Heads, neighbourhoods
from mcscreen.model import Calibration
from mcscreen.rubric import Facet
from mcscreen.submission import Match, Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mcscreen.knowledge import Knowledge

    Floats = NDArray[np.float64]

__all__ = ["ExamplesFinder"]

EVIDENCE = 3
"""Passages that are shown for a facet."""

LONGEST = 3
"""Sentences that a passage may grow to."""

NEARLY = 0.6
"""Share of the best sentence's score above which a neighbour belongs to the passage."""

DIGITS = 4
"""Scores are rounded before they are compared with thresholds, so that the last bits of a vector decide nothing."""

ALONE, NEAR = 0.6, 0.4
SMOOTHING = (0.2, 0.6, 0.2)


class _Encoder(Protocol):
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class ExamplesFinder:
    """Finds the facets of one part.

    Args:
        facets: The part's facets.
        heads: Fitted heads of the rubric.
        encoder: The encoder that the heads were fitted for.
        knowledge: Kinds of passages and look-alike facets, for this encoder.
        calibrations: By basis.
    """

    def __init__(
        self, facets: Sequence[Facet], heads: Heads, encoder: _Encoder, knowledge: Knowledge, calibrations: dict[Basis, Calibration]
    ) -> None:
        rows = [heads.facets.index(f.id) for f in facets]
        self._facets = tuple(facets)
        self._bases = tuple(heads.bases[r] for r in rows)
        self._alone, self._near = heads.alone[rows].astype("f8"), heads.near[rows].astype("f8")
        self._encoder, self._knowledge, self._calibrations = encoder, knowledge, calibrations
        unknown = [i for i, basis in enumerate(self._bases) if basis == "text"]
        for i in unknown:
            self._alone[i] = self._near[i] = knowledge.head_of(facets[i].text)

    def find(self, sentences: Sequence[Passage], documents: Sequence[Document]) -> tuple[Match, ...]:
        """Probability of every facet and its best passages, best first.

        Args:
            sentences: As the segmenter gives them, in order.
            documents: What the sentences index into.

        Returns:
            One match a facet, in the order of the facets; a score of 0 and no passages when there are no sentences.
        """
        if not sentences:
            return tuple(Match(f.id, 0.0, (), basis) for f, basis in zip(self._facets, self._bases, strict=True))
        scores, exact, kinds = self._scored([s.text for s in sentences])
        matches = []
        for column, facet in enumerate(self._facets):
            basis = self._bases[column]
            measures = _measures(scores, column, self._discount(kinds))
            probability = round(self._calibrations[basis].probability(measures), DIGITS)
            matches.append(Match(facet.id, probability, self._passages(sentences, documents, exact[:, column], probability, kinds), basis))
        return tuple(matches)

    def measures(self, texts: Sequence[str]) -> list[list[float]]:
        """The five measures that the calibration works on, for every facet over one part's sentences; for fitting it."""
        scores, _, kinds = self._scored(texts)
        return [_measures(scores, column, self._discount(kinds)) for column in range(len(self._facets))]

    def _scored(self, texts: Sequence[str]) -> tuple[Floats, Floats, Floats]:
        vectors, around = self._encoder.encode(texts).astype("f8"), self._encoder.encode(neighbourhoods(texts)).astype("f8")
        kinds = 0.5 * self._knowledge.kinds(vectors) + 0.5 * self._knowledge.kinds(around)
        alone, near = _linear(vectors, self._alone), NEAR * _linear(around, self._near)
        smoothed = _smoothed(alone)
        # Whether a facet is addressed shows best in smoothed scores; which sentence it is, only in its own.
        return ALONE * smoothed + near, ALONE * 0.5 * (alone + smoothed) + near, kinds

    def _discount(self, kinds: Floats) -> Floats:
        import numpy as np

        return np.asarray(np.log(kinds[:, self._knowledge.own] + 0.05))

    def _passages(
        self, sentences: Sequence[Passage], documents: Sequence[Document], scores: Floats, probability: float, kinds: Floats
    ) -> tuple[tuple[Passage, float], ...]:
        import numpy as np

        chances = 1 / (1 + np.exp(-scores))
        free, apart = np.ones(len(sentences), bool), np.ones(len(sentences), bool)
        found: list[tuple[Passage, float]] = []
        best = float(chances.max())
        while len(found) < EVIDENCE and free.any():
            # A neighbour of a passage that is shown already adds little; it is shown only when nothing else is left.
            peak = int(np.argmax(np.where(apart if apart.any() else free, chances, -1.0)))
            needed = EVIDENCE - len(found) - 1
            first = last = peak
            while last - first + 1 < LONGEST and free.sum() - (last - first + 2) >= needed:
                left = chances[first - 1] if first > 0 and free[first - 1] and _adjoin(sentences, documents, first - 1) else -1.0
                right = chances[last + 1] if last + 1 < len(sentences) and free[last + 1] and _adjoin(sentences, documents, last) else -1.0
                if max(left, right) < NEARLY * chances[peak]:
                    break
                first, last = (first, last + 1) if right >= left else (first - 1, last)
            free[first : last + 1] = False
            apart[max(0, first - 1) : last + 2] = False
            cue = self._knowledge.cue(kinds[peak])
            score = round(probability * float(chances[peak]) / best, DIGITS)
            found.append((_joined(sentences[first], sentences[last], documents, cue), score))
        return tuple(sorted(found, key=lambda pair: -pair[1]))


def _linear(vectors: Floats, weights: Floats) -> Floats:
    return vectors @ weights[:, :-1].T + weights[:, -1]


def _smoothed(scores: Floats) -> Floats:
    import numpy as np

    padded = np.vstack([scores[:1], scores, scores[-1:]])
    before, here, after = SMOOTHING
    return before * padded[:-2] + here * padded[1:-1] + after * padded[2:]


def _measures(scores: Floats, column: int, own: Floats) -> list[float]:
    """Best score, second best, mean of the three best, best after the discount for its kind, and lead over the part's other facets."""
    import numpy as np

    mine = scores[:, column]
    ranked = np.sort(mine)[::-1]
    peak = int(mine.argmax())
    others = np.delete(scores[peak], column)
    lead = float(mine[peak] - others.max()) if len(others) else 0.0
    return [float(ranked[0]), float(ranked[min(1, len(ranked) - 1)]), float(ranked[:3].mean()), float((mine + own).max()), lead]


def _adjoin(sentences: Sequence[Passage], documents: Sequence[Document], first: int) -> bool:
    """Whether nothing but space stands between a sentence and the next: no heading, no pasted question, no other document."""
    a, b = sentences[first], sentences[first + 1]
    return a.document == b.document and a.end <= b.start and not documents[a.document].text[a.end : b.start].strip(" \n-–—*•")


def _joined(first: Passage, last: Passage, documents: Sequence[Document], cue: str) -> Passage:
    text = documents[first.document].text[first.start : last.end]
    cues = (cue,) if cue else ()
    return Passage(first.document, first.part, first.start, last.end, text, first.place, (first.sentences[0], last.sentences[1]), cues)
