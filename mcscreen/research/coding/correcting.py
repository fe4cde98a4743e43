"""A correction of the shipped labeller, fitted on a study's own labels.

The sentences that the shipped weights were fitted on are not shipped, so their knowledge comes in as a prior: the corrected
scores are the shipped ones (logarithms of the probabilities, centred), plus a mixing of them, plus a linear function of the
sentence's vector, plus an offset for each label,

    z = l + l M + x V + b,

with multinomial log loss and a ridge on M, V and b: a logistic regression whose prior mean is the shipped model (the idea is
Chelba & Acero's, 2004, "Adaptation of maximum entropy capitalizer: little data can help a lot"). With no labels of one's own
the result is the shipped model. M learns where one's own codebook draws a line elsewhere, from few labels; V what words of
one's own subject mean, from more. How stiff the ridge is follows from cross-validation, and "no correction" is one of the
choices. As log loss is what is minimised, the probabilities come out calibrated for one's own texts as far as the labels allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["STRENGTHS", "Correction", "Sample", "Strength", "chances_of", "chosen", "fitted", "folds", "log_loss"]

Strength = tuple[float, float] | None
"""Ridge of the mixing and of the vector's part; None for no correction."""

STRENGTHS: tuple[Strength, ...] = (None, (300.0, 30.0), (100.0, 10.0), (30.0, 3.0), (30.0, 1.0), (10.0, 1.0))
"""From none to loose. The offsets' ridge is the mixing's, at most 30."""

_OFFSET = 30.0
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """Labelled sentences as numbers, a row a sentence.

    Attributes:
        scores: The shipped model's, centred; shape (sentences, labels).
        vectors: Centred and of unit length; shape (sentences, dimension), of dimension 0 where the model takes none.
        shares: Which share of the coders gave each label; shape (sentences, labels).
        weights: Of the sentences; their mean is 1.
        texts: Number of the text of each sentence, from 0.
    """

    scores: Floats
    vectors: Floats
    shares: Floats
    weights: Floats
    texts: Whole

    def of(self, rows: NDArray[np.bool_]) -> Sample:
        """The rows that are True."""
        return Sample(self.scores[rows], self.vectors[rows], self.shares[rows], self.weights[rows], self.texts[rows])


@dataclass(frozen=True, slots=True)
class Correction:
    """What is added to the shipped scores.

    Attributes:
        mixing: Shape (labels, labels).
        vector: Shape (dimension, labels).
        offset: Shape (labels,).
    """

    mixing: Floats
    vector: Floats
    offset: Floats

    def scores(self, sample: Sample) -> Floats:
        """Corrected scores; a softmax of them gives probabilities."""
        return sample.scores + sample.scores @ self.mixing + sample.vectors @ self.vector + self.offset


def chances_of(scores: Floats) -> Floats:
    """Softmax of each row."""
    import numpy as np

    raised = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-1e9))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def log_loss(chances: Floats, sample: Sample) -> Floats:
    """Log loss of every sentence, in nats; shape (sentences,)."""
    import numpy as np

    return np.asarray(-(sample.shares * np.log(np.maximum(chances, 1e-12))).sum(axis=1))


def fitted(sample: Sample, strength: Strength) -> Correction:
    """The correction of least penalised log loss; always the same for the same sample."""
    import numpy as np
    from scipy.optimize import minimize  # type: ignore[import-untyped]  # scipy has no types

    labels, dimension = sample.scores.shape[1], sample.vectors.shape[1]
    edges = (labels, labels + labels * labels)

    def parts(flat: Floats) -> Correction:
        return Correction(flat[edges[0] : edges[1]].reshape(labels, labels), flat[edges[1] :].reshape(dimension, labels), flat[: edges[0]])

    start = np.zeros(edges[1] + dimension * labels)
    if strength is None:
        return parts(start)
    ridge = np.concatenate(
        [np.full(labels, min(_OFFSET, strength[0])), np.full(labels * labels, strength[0]), np.full(dimension * labels, strength[1])]
    )

    def loss(flat: Floats) -> tuple[float, Floats]:
        scores = parts(flat).scores(sample)
        top = scores.max(axis=1, keepdims=True)
        raised = np.exp(scores - top)
        total = raised.sum(axis=1, keepdims=True)
        told = float((sample.weights[:, None] * sample.shares * (top + np.log(total) - scores)).sum())
        slope = sample.weights[:, None] * (raised / total - sample.shares)
        back = np.concatenate([slope.sum(axis=0), (sample.scores.T @ slope).ravel(), (sample.vectors.T @ slope).ravel()])
        return told + float(ridge @ flat**2) / 2, back + ridge * flat

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _ROUNDS})
    return parts(np.asarray(found.x))


def folds(texts: Whole, number: int, seed: int) -> Whole:
    """Fold of every sentence; all of a text are in one, and folds are about equally long.

    Args:
        texts: Number of the text of each sentence.
        number: How many folds; as many as there are texts, if these are fewer.
        seed: Orders texts of the same length.
    """
    import numpy as np

    names, sizes = np.unique(texts, return_counts=True)
    random = np.random.default_rng(seed).permutation(len(names))
    lengths = np.zeros(min(number, len(names)))
    fold_of: dict[int, int] = {}
    for i in sorted(range(len(names)), key=lambda i: (-sizes[i], random[i])):
        fold = int(np.argmin(lengths))
        fold_of[int(names[i])] = fold
        lengths[fold] += sizes[i]
    return np.array([fold_of[int(t)] for t in texts], np.int64)


def chosen(sample: Sample, number: int = 5, seed: int = 0, strengths: Sequence[Strength] = STRENGTHS) -> Strength:
    """The strength of least log loss on texts left out; the stiffer one where two are alike."""
    import numpy as np

    sides = folds(sample.texts, number, seed)
    losses = []
    for strength in strengths:
        lost = 0.0
        for fold in np.unique(sides):
            correction = fitted(sample.of(sides != fold), strength)
            held = sample.of(sides == fold)
            lost += float(held.weights @ log_loss(chances_of(correction.scores(held)), held))
        losses.append(lost)
    return strengths[int(np.argmin(np.round(losses, 6)))]
