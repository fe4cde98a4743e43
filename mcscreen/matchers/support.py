"""Does the cited place support the explanation? The place is held against the other places of the same artifact.

Explanations tell what stands in a place in other words, or say what it means ("nobody falls through the cracks", for a
roster), so no amount of likeness is enough or too little by itself. But the place that is meant is mostly more like the
explanation than its neighbours are. So each place gets a *fit* from three interpretable measures, and the probability is a
logistic function of the lead of the cited place's fit over the best other one. The weights of the fit are those of a
conditional logit (McFadden, 1974): which of an artifact's places does the explanation mean?

Telling neighbouring places apart needs finer vectors than finding answers does: the six-layer encoder from which the one that
finds facets was taught does it better, though it is slower and has to be loaded for this alone. Weights and thresholds belong to
an encoder: they lie in `citing.toml` of a model folder, which names it, written by training/fit_citing.py, and without those very
weights nothing is compared.
"""

from __future__ import annotations

import math
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from re import findall
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcscreen.errors import ModelError
from mcscreen.submission import Claim, Comparison, Spot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["MEASURES", "Citing", "Support", "load_citing"]

MEASURES = ("explanation_place", "detail_window", "words")
"""What the fit of a place rests on: cosine of explanation and place, cosine of detail and nearest window (a place may
hold two topics), and the share of the explanation's rare words that the place has. A place's vector is the mean of its
windows' vectors."""

_MOST = 60
"""Places that are compared; of more, those that share most words with the explanation."""

_DIGITS = 4
_STEM = 5
"""Characters of a word that are compared: endings differ, and a stemmer would be no better at this."""


class _Encoder(Protocol):
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class Citing(BaseModel):
    """Contents of a citing.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = Field(alias="schema")
    encoder: str = Field(description="Fingerprint of the encoder that the weights were fitted for.")
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    slope: float
    intercept: float
    unrelated: float = Field(ge=0, le=1, description="Below this probability a place is called unrelated.")
    doubtful: float = Field(ge=0, le=1, description="Below this probability a place is remarked on.")


def load_citing(folder: Path) -> Citing:
    """Read `citing.toml` of a model folder.

    Raises:
        ModelError: When there is none, or it is not valid.
    """
    path = folder / "citing.toml"
    try:
        citing = Citing.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError:
        raise ModelError(f"{path}: cannot be read; run 'make train-citing' or install mcscreen again") from None
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ModelError(f"{path}: not valid: {error}") from None
    if not len(citing.mean) == len(citing.scale) == len(citing.weights) == len(MEASURES):
        raise ModelError(f"{path}: needs {len(MEASURES)} numbers each for mean, scale and weights; run 'make train-citing'")
    return citing


class Support:
    """Compares cited places with explanations.

    Args:
        encoder: The encoder that the weights were fitted for.
        citing: Weights and thresholds.
    """

    def __init__(self, encoder: _Encoder, citing: Citing) -> None:
        self._encoder, self._citing = encoder, citing
        self.unrelated, self.doubtful = citing.unrelated, citing.doubtful
        self.fingerprint = citing.model_dump_json()

    def compare(self, claims: Sequence[Claim]) -> tuple[Comparison, ...]:
        """Compare every claim's place with its explanation.

        Args:
            claims: Those of one submission; how rare a word is, is counted over all their places.

        Returns:
            One comparison a claim, in their order.
        """
        import numpy as np

        citing = self._citing
        mean, scale, weights = (np.array(v) for v in (citing.mean, citing.scale, citing.weights))
        found = []
        for kept, measures, windows in self.measures(claims):
            if len(measures) < 2:
                found.append(Comparison(None, windows))
                continue
            fits = ((measures - mean) / scale) @ weights
            best = int(np.argmax(fits[1:])) + 1
            lead = round(float(fits[0] - fits[best]), _DIGITS)
            total = max(-40.0, min(40.0, citing.intercept + citing.slope * lead))
            found.append(Comparison(round(1 / (1 + math.exp(-total)), _DIGITS), windows, kept[best - 1] if lead < 0 else None))
        return tuple(found)

    def measures(self, claims: Sequence[Claim]) -> list[tuple[tuple[int, ...], Floats, tuple[int, ...]]]:
        """The measures behind the fits, for fitting the weights.

        Returns:
            For each claim: indices of the other places that were compared; measures of shape (1 + others, measures), the
            cited place first; the order of the cited place's windows.
        """
        import numpy as np

        rarity = _rarity([spot for c in claims for spot in (c.cited, *c.others)])
        vectors: dict[str, Floats] = {}
        found = []
        for claim in claims:
            wanted = _stems(claim.explanation)
            shared = [_shared(wanted, spot, rarity) for spot in claim.others]
            kept = tuple(sorted(sorted(range(len(shared)), key=lambda n: -shared[n])[:_MOST]))
            spots = [claim.cited, *(claim.others[n] for n in kept)]
            self._encode([claim.explanation, claim.detail, *(w for s in spots for w in s.windows)], vectors)
            explanation, detail = vectors[claim.explanation], vectors[claim.detail]
            rows = []
            for spot in spots:
                windows = np.array([vectors[w] for w in spot.windows])
                place = windows.sum(axis=0)
                place = place / max(float(np.linalg.norm(place)), 1e-9)
                rows.append((float(place @ explanation), float((windows @ detail).max()), _shared(wanted, spot, rarity)))
            near = [float(vectors[w] @ (explanation + detail)) + _shared(wanted, Spot((w,)), rarity) for w in claim.cited.windows]
            order = np.argsort(-np.round(near, _DIGITS), kind="stable")
            found.append((kept, np.round(np.array(rows), 6), tuple(int(n) for n in order)))
        return found

    def _encode(self, texts: Sequence[str], vectors: dict[str, Floats]) -> None:
        new = [t for t in dict.fromkeys(texts) if t not in vectors]
        for text, vector in zip(new, self._encoder.encode(new), strict=True):
            vectors[text] = vector.astype("f8")


@lru_cache(maxsize=4_000)
def _stems(text: str) -> frozenset[str]:
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return frozenset(w[:_STEM] for w in findall(r"[^\W_]{3,}", plain))


def _rarity(spots: Sequence[Spot]) -> Callable[[str], float]:
    bags = [_stems(" ".join(windows)) for windows in {s.windows for s in spots}]
    count = Counter(stem for bag in bags for stem in bag)
    return cache(lambda stem: math.log((len(bags) + 1) / (count[stem] + 0.5)))


def _shared(wanted: frozenset[str], spot: Spot, rarity: Callable[[str], float]) -> float:
    rare = [(s, rarity(s)) for s in sorted(wanted)]
    total = sum(r for _, r in rare)
    held = _stems(" ".join(spot.windows))
    return sum(r for s, r in rare if s in held) / total if total > 0 else 0.0
