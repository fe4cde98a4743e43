"""A finder without training: how near is each passage to the wording of a facet?

Cosine similarity ranks passages well enough to show where to look and is weak at telling whether a facet is addressed at
all (it rewards the rubric's words, not the candidate's practice). Results that rest on it are stamped "uncalibrated".
It is what a finder looks like from outside: sentences in, a score and the best passages for every facet out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from mcscreen.rubric import Facet
from mcscreen.submission import Match, Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SimilarityFinder"]

EVIDENCE = 3
"""Passages that are shown for a facet."""

DIGITS = 4
"""Scores are rounded before they are compared with thresholds, so that the last bits of a vector decide nothing."""


class _Encoder(Protocol):
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class SimilarityFinder:
    """Cosine similarity between a facet's text and sentences, and windows of two neighbouring sentences.

    Args:
        facets: The facets to find.
        encoder: Gives unit-length vectors.
    """

    def __init__(self, facets: Sequence[Facet], encoder: _Encoder) -> None:
        self._facets = tuple(facets)
        self._encoder = encoder
        self._queries = encoder.encode([f.text for f in facets])

    def find(self, sentences: Sequence[Passage]) -> tuple[Match, ...]:
        """Score of every facet and its best passages, best first.

        A window's vector is the mean of its sentences' vectors. A sentence's score is its own similarity or, where that is
        higher, that of a window it stands in, slightly discounted, so that the sentence that says it comes first.

        Returns:
            One match a facet, in the order of the facets; a score of 0 and no passages when there are no sentences.
        """
        import numpy as np

        if not sentences:
            return tuple(Match(f.id, 0.0, ()) for f in self._facets)
        vectors = self._encoder.encode([s.text for s in sentences])
        own = vectors @ self._queries.T
        best = own.copy()
        for i in range(len(sentences) - 1):
            if sentences[i].document != sentences[i + 1].document or sentences[i].sentences[1] != sentences[i + 1].sentences[0]:
                continue
            mean = vectors[i] + vectors[i + 1]
            window = 0.95 * (mean / max(float(np.linalg.norm(mean)), 1e-9)) @ self._queries.T
            # Only the nearer sentence of the two gains: the other would come along without saying anything of the facet.
            nearer = own[i] >= own[i + 1]
            best[i] = np.where(nearer, np.maximum(best[i], window), best[i])
            best[i + 1] = np.where(nearer, best[i + 1], np.maximum(best[i + 1], window))
        matches = []
        for column, facet in enumerate(self._facets):
            scores = np.round(np.clip(best[:, column], 0.0, 1.0), DIGITS)
            order = sorted(range(len(sentences)), key=lambda i: (-scores[i], i))[:EVIDENCE]
            passages = tuple((sentences[i], float(scores[i])) for i in order)
            matches.append(Match(facet.id, passages[0][1], passages))
        return tuple(matches)
