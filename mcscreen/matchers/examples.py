"""The finder that learns from examples: for each facet a calibrated probability and the passages that carry it.

A sentence's score for a facet joins what its head says of the sentence (smoothed with its neighbours), what it says of the
sentence with its neighbours, and what is spoken of around it: people answer the asks of one question together, so a stretch
in which some ask of a criterion scores high lends weight to the others of that criterion. That is the structure of the text
as the scores show it; headings and pasted questions, which only some writers use, are not needed for it.

What decides whether the facet is addressed at all is not the best score alone: sixteen measures of the scores go into a
logistic calibration (`MEASURES`), among them how far the best sentence prefers this facet to the others of the part (near
neighbours share words), how it stands out from the text's other sentences, and which kind of sentence it is (own practice,
restated question, denial). Its coefficients and thresholds lie in the model's TOML, one set for each basis.

A passage grows from the best sentence to its neighbours while they score nearly as well, up to three sentences: answers
are told in runs, and a run is what an assessor reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from mcscreen.document import Document
from mcscreen.heads import Basis, Heads
from mcscreen.knowledge import KINDS, Knowledge
from mcscreen.model import Calibration
from mcscreen.rubric import Part
from mcscreen.submission import Match, Passage
from mcscreen.windows import in_context

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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

MENTION = 0.7
"""Share of the head for mentions in the score that ranks what is shown."""

AROUND = 4
"""Sentences on either side in which the other asks of a criterion lend weight."""

TOGETHER = 4.0
"""Weight of a stretch that is all about a criterion, in logits."""

MEASURES = (
    "best",
    "second best",
    "mean of three best",
    "best, discounted for its kind",
    "lead of the best over the part's other facets",
    "lead of the best discounted",
    "best, standardised over the sentences",
    "lead of that over the other facets",
    "second best, discounted",
    "mean of three best, discounted",
    "log chance that the best is own practice",
    "log chance that it restates the question",
    "log chance that it denies",
    "log chance that it is off topic",
    "log number of sentences",
    "sentences that prefer this facet",
)
"""What the calibration's coefficients belong to, in their order."""


class _Encoder(Protocol):
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class ExamplesFinder:
    """Finds the facets of one part.

    Args:
        part: The part with its criteria and their facets.
        heads: Fitted heads of the rubric.
        encoder: The encoder that the heads were fitted for.
        knowledge: Kinds of passages and look-alike facets, for this encoder.
        calibrations: By basis.
    """

    def __init__(self, part: Part, heads: Heads, encoder: _Encoder, knowledge: Knowledge, calibrations: dict[Basis, Calibration]) -> None:
        facets = part.facets
        criteria = [c.id for c in part.criteria for _ in c.facets]
        rows = [heads.facets.index(f.id) for f in facets]
        self._facets = tuple(facets)
        self._groups = [[i for i, c in enumerate(criteria) if c == criterion] for criterion in dict.fromkeys(criteria)]
        self._bases = tuple(heads.bases[r] for r in rows)
        self._alone, self._near = heads.alone[rows].astype("f8"), heads.near[rows].astype("f8")
        # What is shown is ranked by both strengths of heads together.
        self._shown_alone = (1 - MENTION) * self._alone + MENTION * heads.mention_alone[rows]
        self._shown_near = (1 - MENTION) * self._near + MENTION * heads.mention_near[rows]
        self._encoder, self._knowledge, self._calibrations = encoder, knowledge, calibrations
        unknown = [i for i, basis in enumerate(self._bases) if basis == "text"]
        for i in unknown:
            self._alone[i] = self._near[i] = self._shown_alone[i] = self._shown_near[i] = knowledge.head_of(facets[i].text)

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
        for column, (facet, measures) in enumerate(zip(self._facets, self._measured(scores, kinds), strict=True)):
            basis = self._bases[column]
            probability = round(self._calibrations[basis].probability(measures), DIGITS)
            matches.append(Match(facet.id, probability, self._passages(sentences, documents, exact[:, column], probability, kinds), basis))
        return tuple(matches)

    def measures(self, texts: Sequence[str]) -> list[list[float]]:
        """The `MEASURES` of every facet over one part's sentences, for fitting the calibration; shape (facets, measures)."""
        scores, _, kinds = self._scored(texts)
        return self._measured(scores, kinds)

    def _scored(self, texts: Sequence[str]) -> tuple[Floats, Floats, Floats]:
        vectors, around = (v.astype("f8") for v in in_context(self._encoder, texts))
        kinds = 0.5 * self._knowledge.kinds(vectors) + 0.5 * self._knowledge.kinds(around)
        alone, near = _linear(vectors, self._alone), NEAR * _linear(around, self._near)
        smoothed = _smoothed(alone)
        whole = ALONE * smoothed + near
        # Whether a facet is addressed shows best in smoothed scores; which sentence it is, only in its own.
        shown = _linear(vectors, self._shown_alone)
        exact = ALONE * 0.5 * (shown + _smoothed(shown)) + NEAR * _linear(around, self._shown_near)
        stretch = self._stretch(whole)
        return whole + stretch, exact + stretch, kinds

    def _stretch(self, scores: Floats) -> Floats:
        """How much more a sentence's surroundings are about a facet's criterion than about the others; same shape."""
        import numpy as np

        chances = 1 / (1 + np.exp(-scores))
        if len(self._groups) < 2:
            return np.zeros_like(scores)
        about = np.stack([chances[:, group].max(axis=1) for group in self._groups], axis=1)
        around = np.stack([about[max(0, i - AROUND) : i + AROUND + 1].mean(axis=0) for i in range(len(about))])
        around -= around.mean(axis=1, keepdims=True)
        spread = np.zeros_like(scores)
        for column, group in enumerate(self._groups):
            spread[:, group] = TOGETHER * around[:, [column]]
        return spread

    def _measured(self, scores: Floats, kinds: Floats) -> list[list[float]]:
        import numpy as np

        discounted = scores + np.log(kinds[:, [self._knowledge.own]] + 0.05)
        standard = (scores - scores.mean(axis=0)) / (scores.std(axis=0) + 1e-6)
        preferred = standard.argmax(axis=1)
        measured = []
        for column in range(scores.shape[1]):
            mine, less = scores[:, column], discounted[:, column]
            peak, spoken, apart = int(mine.argmax()), int(less.argmax()), int(standard[:, column].argmax())
            ranked, ranked_less = np.sort(mine)[::-1], np.sort(less)[::-1]
            own, echo, denial, other = (kinds[peak, KINDS.index(kind)] for kind in ("own", "echo", "negated", "offtopic"))
            values = [
                ranked[0],
                ranked[min(1, len(ranked) - 1)],
                ranked[:3].mean(),
                ranked_less[0],
                _lead(scores[peak], column),
                _lead(scores[spoken], column),
                standard[apart, column],
                _lead(standard[apart], column),
                ranked_less[min(1, len(ranked) - 1)],
                ranked_less[:3].mean(),
                *(np.log(chance + 0.02) for chance in (own, echo, denial, other)),
                np.log(len(mine)),
                (preferred == column).sum(),
            ]
            measured.append([float(v) for v in values])
        return measured

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


def _lead(scores: Floats, column: int) -> float:
    """By how much a sentence prefers one facet to the best of the others; 0 where there is no other."""
    import numpy as np

    others = np.delete(scores, column)
    return float(scores[column] - others.max()) if len(others) else 0.0


def _adjoin(sentences: Sequence[Passage], documents: Sequence[Document], first: int) -> bool:
    """Whether nothing but space stands between a sentence and the next: no heading, no pasted question, no other document."""
    a, b = sentences[first], sentences[first + 1]
    return a.document == b.document and a.end <= b.start and not documents[a.document].text[a.end : b.start].strip(" \n-–—*•")


def _joined(first: Passage, last: Passage, documents: Sequence[Document], cue: str) -> Passage:
    text = documents[first.document].text[first.start : last.end]
    cues = (cue,) if cue else ()
    return Passage(first.document, first.part, first.start, last.end, text, first.place, (first.sentences[0], last.sentences[1]), cues)
