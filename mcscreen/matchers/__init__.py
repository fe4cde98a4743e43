"""Facets and passages in, scores and evidence out.

An *encoder* turns texts into vectors; a *finder* uses one to say, for each facet, how likely it is addressed and where.
Whatever finds better takes the same seat: `find(sentences) -> matches`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mcscreen.errors import ModelError
from mcscreen.matchers.onnx_encoder import OnnxEncoder
from mcscreen.matchers.sentence_transformers_encoder import SentenceTransformersEncoder
from mcscreen.matchers.similarity import SimilarityFinder
from mcscreen.shipped import shipped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["DEFAULT_ENCODER", "Encoder", "OnnxEncoder", "SentenceTransformersEncoder", "SimilarityFinder", "load_encoder"]

DEFAULT_ENCODER = "minilm-l6"


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
