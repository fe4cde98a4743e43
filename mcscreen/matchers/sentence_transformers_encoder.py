"""Sentence vectors by any model of the sentence-transformers library.

For those who have a larger encoder on their disk, and for training and export. The library is an optional extra and is
imported only here. It is kept from the network: a model must be a folder or already lie in the local cache.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen.errors import MissingExtra, ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SentenceTransformersEncoder"]


class SentenceTransformersEncoder:
    """An encoder by name or folder.

    Args:
        name: A folder with a sentence-transformers model, or the name of one that lies in the local cache.

    Attributes:
        fingerprint: Changes with the name, with the libraries and, for a folder, with the weights.

    Raises:
        MissingExtra: When the extra `sentence-transformers` is not installed.
        ModelError: When there is no such model on this machine.
    """

    def __init__(self, name: str) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise MissingExtra(f"The encoder {name!r}", "sentence-transformers") from None
        try:
            self._model = SentenceTransformer(name, device="cpu", local_files_only=True, model_kwargs={"use_safetensors": True})
        except Exception as error:  # a missing model surfaces as one of many types of three libraries
            raise ModelError(
                f"no encoder {name!r} on this machine ({type(error).__name__}); give the folder of a sentence-transformers model "
                "with safetensors weights, or 'facets-l4' for the one that comes with mcscreen"
            ) from None
        self.name = name
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"{name!r} does not say how long its vectors are; use a sentence-transformers model")
        self.dimension: int = dimension
        libraries = ":".join(version(p) for p in ("sentence-transformers", "transformers", "torch"))
        self.fingerprint = f"sentence-transformers:{Path(name).name}:{_digest(Path(name))}:{libraries}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit-length vectors, one text at a time so that a text's vector never depends on its neighbours.

        Returns:
            Shape (len(texts), dimension).
        """
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        vectors = self._model.encode(list(texts), batch_size=1, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")) if folder.is_dir() else []:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()[:16]
