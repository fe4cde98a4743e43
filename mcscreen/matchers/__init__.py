"""Facets and passages in, scores and evidence out.

An *encoder* turns texts into vectors; a *finder* uses one to say, for each facet, how likely it is addressed and where.
Whatever finds better takes the same seat: `find(sentences) -> matches`.
"""

from __future__ import annotations

import logging
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
from mcscreen.matchers.support import Support, load_citing
from mcscreen.model import check_file, load_model, verified
from mcscreen.remembered import RememberedEncoder
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
    "Support",
    "check_knowledge",
    "finders_of",
    "load_encoder",
    "support_of",
]

_log = logging.getLogger("mcscreen.matchers")

DEFAULT_ENCODER = "facets-l4"


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
        name: Id of a shipped model, a folder with an encoder.onnx and a model.toml, or a sentence-transformers model by name or folder.

    Raises:
        ModelError: When there is none of that name on this machine.
        MissingExtra: When it needs the extra `sentence-transformers`.
    """
    models = shipped("models")
    for folder in (models / name, Path(name)):
        if (folder / "encoder.onnx").is_file():
            return RememberedEncoder(OnnxEncoder(folder))
    if not name.strip():
        raise ModelError(
            f"no encoder named; there are {', '.join(sorted(p.name for p in models.iterdir() if (p / 'encoder.onnx').is_file()))}"
        )
    return SentenceTransformersEncoder(name)


def finders_of(folder: RubricFolder, encoder: Encoder, knowledge: Knowledge | None = None) -> dict[str, ExamplesFinder]:
    """A finder for every part that has facets: part id -> finder.

    Heads come from the encoder's model folder if the rubric's were fitted beforehand, else from the cache, else they are
    fitted now. An encoder other than the default brings no kinds and no look-alikes, and the default's calibrations are used
    for it: its scores are in order, but only nearly probabilities.

    Args:
        folder: The rubric.
        encoder: The encoder.
        knowledge: Kinds and look-alikes to use instead of the model's own, for measuring.
    """
    default = shipped("models") / DEFAULT_ENCODER
    model = load_model(default)
    own = _is_default(encoder)
    knowledge = knowledge or Knowledge(encoder, verified(default, model, "knowledge.npz") if own else None)
    heads = cached_heads(folder, encoder, default / "heads" if own else None)
    return {part.id: ExamplesFinder(part, heads, encoder, knowledge, dict(model.bases)) for part in folder.rubric.parts if part.facets}


def check_knowledge(encoder: Encoder) -> None:
    """Compare the checksum of what `finders_of` loads for an encoder, without loading it.

    Raises:
        ModelError: When the file is missing or altered.
    """
    folder = shipped("models") / DEFAULT_ENCODER
    if _is_default(encoder):
        check_file(folder, load_model(folder), "knowledge.npz")


def _is_default(encoder: Encoder) -> bool:
    bare = encoder.encoder if isinstance(encoder, RememberedEncoder) else encoder
    return isinstance(bare, OnnxEncoder) and bare.model.id == DEFAULT_ENCODER


def support_of(encoder: Encoder) -> Support | None:
    """What compares cited places with explanations; None for an encoder that it was not fitted for.

    The encoder's model folder says in citing.toml which weights the comparison belongs to. They may be those of another shipped
    model: what tells places apart needs finer vectors than what finds answers, and there are fewer texts.

    Raises:
        ModelError: When the encoder's model folder holds a citing.toml that is not valid.
    """
    models = shipped("models")
    folder = models / Path(encoder.name).name
    if not (folder / "citing.toml").is_file():
        return None
    citing = load_citing(folder)
    named = citing.encoder.partition(":")[0]
    if named != encoder.name and (models / named / "encoder.onnx").is_file():
        encoder = load_encoder(named)
    if citing.encoder != encoder.fingerprint:
        _log.warning("cited places are not compared with explanations: %s was fitted for other weights", folder / "citing.toml")
        return None
    return Support(encoder, citing)
