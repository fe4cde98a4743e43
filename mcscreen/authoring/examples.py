"""How well a rubric's exemplars do their work: how many there are, which are mistaken for another facet's, where more would help.

A facet is judged as it will be used: its head is fitted on four fifths of the rubric's exemplars and asked about the rest.
The area under the curve says how well it tells the facet's answers from everything else; an exemplar is confusable when,
left out of the fitting, another facet's head claims it more strongly than its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mcscreen.heads import undecided
from mcscreen.rubric import Exemplar
from mcscreen.rubric_files import RubricFolder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ENOUGH", "FacetReview", "review_exemplars"]

FOLDS = 5
ENOUGH = 8
"""Exemplars that meet a facet; below that, more help whatever the figures say."""

_SEED = 0


class _Encoder(Protocol):
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class FacetReview:
    """The exemplars of one facet.

    Attributes:
        met: Number of exemplars that meet the facet; `partial` and `missing` likewise.
        marked: Sentences of marked submissions that meet it.
        auc: Cross-validated area under the curve, between 0.5 (chance) and 1; None with fewer exemplars than folds.
        confusable: Exemplars that another facet's head claims more strongly, with that facet.
    """

    facet: str
    met: int
    partial: int
    missing: int
    marked: int
    auc: float | None
    confusable: tuple[tuple[Exemplar, str], ...]

    @property
    def needs(self) -> float:
        """How much more exemplars would help, for ranking: larger is more."""
        return max(0, ENOUGH - self.met) + 10 * (1 - (0.5 if self.auc is None else self.auc)) + len(self.confusable) / max(1, self.met)


def review_exemplars(folder: RubricFolder, encoder: _Encoder) -> list[FacetReview]:
    """Review every facet that the rubric's parts ask for, in the rubric's order.

    Args:
        folder: The rubric with its exemplars.
        encoder: Gives unit-length vectors.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import KFold

    exemplars = folder.exemplars
    facets = [f.id for f in folder.rubric.facets]
    vectors = encoder.encode([e.text for e in exemplars])
    targets = {f: np.array([int(e.facet == f and e.label == "met") for e in exemplars]) for f in facets}
    judged = [f for f in facets if targets[f].sum() >= FOLDS]
    scores = {f: np.full(len(exemplars), np.nan) for f in judged}
    for train, rest in KFold(FOLDS, shuffle=True, random_state=_SEED).split(vectors) if judged else []:
        for facet in judged:
            clear = np.array([i for i in train if not undecided(exemplars[i], facet)])
            if 0 < targets[facet][clear].sum() < len(clear):
                head = LogisticRegression(class_weight="balanced", max_iter=3000).fit(vectors[clear], targets[facet][clear])
                scores[facet][rest] = head.decision_function(vectors[rest])
    reviews = []
    for facet in facets:
        own = [(i, e) for i, e in enumerate(exemplars) if e.facet == facet]
        auc = None
        confusable: list[tuple[Exemplar, str]] = []
        if facet in judged:
            asked = np.array([i for i, e in enumerate(exemplars) if not undecided(e, facet) and not np.isnan(scores[facet][i])])
            auc = float(roc_auc_score(targets[facet][asked], scores[facet][asked]))
            for i, exemplar in own:
                rivals = {f: float(scores[f][i]) for f in judged if f != facet and f not in exemplar.also}
                rival = max(rivals, key=lambda f: rivals[f], default="")
                if exemplar.label == "met" and rival and rivals[rival] > max(0.0, float(scores[facet][i])):
                    confusable.append((exemplar, rival))
        counts = {label: sum(e.label == label for _, e in own) for label in ("met", "partial", "missing")}
        marked = sum(facet in s.met for m in folder.marked for s in m.sentences)
        reviews.append(FacetReview(facet, counts["met"], counts["partial"], counts["missing"], marked, auc, tuple(confusable)))
    return reviews
