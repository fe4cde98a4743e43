"""What an encoder's model folder knows beyond its vectors: kinds of passages, and the facets of other rubrics.

The *kinds* are a logistic regression over all rubrics of the training data: own practice, bare mention, generic talk,
intention, echo of the question, denial, off topic. They become a discount on the score and a short cue on the passage.

The *look-alikes* are the wordings of the training rubrics' facets with the mean vector of the passages that meet them. A
facet without examples borrows a direction from those whose wording is nearest, beside the direction of its own wording.
The encoder was trained with wordings marked by `ASK`, so that an ask and its answers lie together though they are not alike.

Encoders that bring no such file get an indifferent one: no cue, no discount, the facet's wording alone.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ASK", "CUES", "KINDS", "Knowledge"]

KINDS = ("own", "bare", "generic", "intention", "echo", "negated", "offtopic")

CUES = {
    "bare": "names it, says no more",
    "generic": "general talk",
    "intention": "plan, not yet done",
    "echo": "restates the question",
    "negated": "says it was not done",
}
"""What is said of a passage when its kind is nearly sure; off-topic passages are not remarked upon."""

ASK = "ask: "
"""What stands before the wording of a facet when it is encoded as a question to a text."""

SURE = 0.6
BORROWED = 1.0
LOOK_ALIKES = 8
SHARPNESS = 8.0


class _Encoder(Protocol):
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class Knowledge:
    """Kinds and look-alike facets in the space of one encoder.

    Args:
        encoder: The encoder.
        content: Bytes of a knowledge file (arrays `kinds`, `wordings`, `answers`, `centre`), or None.
    """

    own = KINDS.index("own")

    def __init__(self, encoder: _Encoder, content: bytes | None) -> None:
        self._encoder = encoder
        self._arrays: dict[str, NDArray[np.float64]] | None = None
        if content is not None:
            import numpy as np

            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                self._arrays = {name: stored[name].astype("f8") for name in ("kinds", "wordings", "answers", "centre")}

    def kinds(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of `KINDS`; shape (texts, kinds). Without knowledge everything counts as own practice."""
        import numpy as np

        if self._arrays is None:
            return np.tile([1.0] + [0.0] * (len(KINDS) - 1), (len(vectors), 1))
        logits = vectors @ self._arrays["kinds"][:, :-1].T + self._arrays["kinds"][:, -1]
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def cue(self, kinds: NDArray[np.float64]) -> str:
        """A remark on a passage, or nothing."""
        best = int(kinds.argmax())
        return CUES.get(KINDS[best], "") if kinds[best] >= SURE else ""

    def head_of(self, wording: str) -> NDArray[np.float64]:
        """A head for a facet without examples, from its wording; shape (dimension + 1,)."""
        import numpy as np

        query = self._encoder.encode([wording if self._arrays is None else ASK + wording])[0].astype("f8")
        direction = query
        if self._arrays is not None:
            nearness = self._arrays["wordings"] @ query
            nearest = np.argsort(-nearness, kind="stable")[:LOOK_ALIKES]
            weights = np.exp(SHARPNESS * (nearness[nearest] - nearness[nearest].max()))
            borrowed = (self._arrays["answers"][nearest] - self._arrays["centre"]).T @ (weights / weights.sum())
            direction = query + BORROWED * borrowed
        return np.append(8.0 * direction, -2.0)
