"""Sentence vectors by ONNX Runtime, from a model folder that carries its weights.

The default encoder: it needs neither torch nor a network and is ready in half a second. Texts are encoded one at a time.
Batching would be about a fifth faster, but a padded neighbour changes a vector in its last digits, and then the same
sentence would score differently in different company; alone, a text always gets the same vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen.errors import ModelError
from mcscreen.model import Model, load_model, verified

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OnnxEncoder"]


class OnnxEncoder:
    """An encoder from a model folder.

    Args:
        folder: Holds model.toml, encoder.onnx and tokenizer.json.
        threads: Threads for one text.

    Attributes:
        model: The contents of model.toml.
        name: The model's id.
        fingerprint: Changes with the weights and the tokenizer.

    Raises:
        ModelError: When a file is missing, altered or not loadable.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self.model: Model = load_model(folder)
        self.name = self.model.id
        self.fingerprint = f"{self.model.id}:{self.model.files['encoder.onnx'][:16]}:{self.model.files['tokenizer.json'][:16]}"
        self.dimension = self.model.dimension
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._tokenizer = Tokenizer.from_str(verified(folder, self.model, "tokenizer.json").decode("utf-8"))
            self._session = onnxruntime.InferenceSession(
                verified(folder, self.model, "encoder.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except ModelError:
            raise
        except Exception as error:  # the two libraries raise types of their own that share no base
            raise ModelError(f"{folder}: the encoder could not be loaded ({type(error).__name__}); build the model anew") from None

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit-length vectors.

        Args:
            texts: Any number of texts; what exceeds `model.max_tokens` is cut.

        Returns:
            Shape (len(texts), dimension).
        """
        import numpy as np

        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            encoding = self._tokenizer.encode(text)
            inputs = {"input_ids": np.array([encoding.ids], np.int64), "attention_mask": np.array([encoding.attention_mask], np.int64)}
            vectors[row] = self._session.run(None, inputs)[0][0]
        return vectors
