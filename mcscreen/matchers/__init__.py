"""Facets and passages in, scores and evidence out.

An *encoder* turns texts into vectors; a *finder* uses one to say, for each facet, how likely it is addressed and where.
Whatever finds better takes the same seat: `find(sentences) -> matches`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mcscreen.errors import ModelError
from mcscreen.heads import cached_heads
from mcscreen.knowledge import Knowledge
from mcscreen.matchers.examples import ExamplesFinder
from mcscreen.matchers.onnx_encoder import OnnxEncoder
from mcscreen.matchers.sentence_transformers_encoder import SentenceTransformersEncoder
from mcscreen.matchers.similarity import SimilarityFinder
from mcscreen.model import load_model, verified
from mcscreen.rubric_files import RubricFolder
from mcscreen.shipped import shipped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "DEFAULT_ENCODER",
    "Encoder",
    "ExamplesFinder",
    "OnnxEncoder",
    "SentenceTransformersEncoder",
    "SimilarityFinder",
    "finders_of",
    "load_encoder",
]

DEFAULT_ENCODER = "facets-l6"


class Encoder(Protocol):
    """Texts -> unit-length vectors of shape (texts, dimension), the same for a text whatever else is encoded with it."""

    name: str
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts."""
        ...


def load_encoder(name: str = DEFAULT_ENCODER) -> Encoder:
    """An encoder by name or path.

    Args:
        name: Id of a shipped model, a model folder with a model.toml, or a sentence-transformers model by name or folder.

    Raises:
        ModelError: When there is none of that name on this machine.
        MissingExtra: When it needs the extra `sentence-transformers`.
    """
    models = shipped("models")
    for folder in (models / name, Path(name)):
        if (folder / "model.toml").is_file():
            return OnnxEncoder(folder)
    if not name.strip():
        raise ModelError(
            f"no encoder named; there are {', '.join(sorted(p.name for p in models.iterdir() if (p / 'model.toml').is_file()))}"
        )
    return SentenceTransformersEncoder(name)


def finders_of(folder: RubricFolder, encoder: Encoder) -> dict[str, ExamplesFinder]:
    """A finder for every part that has facets: part id -> finder.

    Heads come from the encoder's model folder if the rubric's were fitted beforehand, else from the cache, else they are
    fitted now. An encoder other than the default brings no kinds and no look-alikes, and the default's calibrations are used
    for it: its scores are in order, but only nearly probabilities.
    """
    default = shipped("models") / DEFAULT_ENCODER
    model = load_model(default)
    own = isinstance(encoder, OnnxEncoder) and encoder.model.id == DEFAULT_ENCODER
    knowledge = Knowledge(encoder, verified(default, model, "knowledge.npz") if own else None)
    heads = cached_heads(folder, encoder, default / "heads" if own else None)
    return {
        part.id: ExamplesFinder(part.facets, heads, encoder, knowledge, dict(model.bases)) for part in folder.rubric.parts if part.facets
    }
