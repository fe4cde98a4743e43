"""Sentence vectors by ONNX Runtime, from a model folder that carries its weights.

The default encoder: it needs neither torch nor a network and is ready in half a second, which is spent with the first text: a run
that finds everything in its journal needs no vector. Texts are encoded one at a time.
Batching would be about a fifth faster, but a padded neighbour changes a vector in its last digits, and then the same
sentence would score differently in different company; alone, a text always gets the same vector.

An encoder whose folder holds `windows.onnx` also reads stretches: it gives the vectors of a text's sentences, alone and with
their neighbours, from windows over the text (`mcscreen.windows`). That file takes means over tokens and maps them; the runtime does
it because numpy would start threads for products that small, and wait for them longer than the products take.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcscreen.errors import ModelError, OutOfTime
from mcscreen.model import Model, check_file, hand_back_memory, load_model, tokenizer_of, verified
from mcscreen.windows import MOST, Window, windows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OnnxEncoder"]

WINDOWS = "windows.onnx"
"""From the tokens of a window, and the share that each has in a sentence, to vectors of its sentences."""

_VECTOR, _TOKENS = ["embedding"], ["tokens"]
_START, _END = 101, 102
"""Of the word table: where a text begins and ends."""


class OnnxEncoder:
    """An encoder from a model folder. Checksums are compared at once; files are loaded when they are first needed.

    Args:
        folder: Holds model.toml, encoder.onnx and tokenizer.json.
        threads: Threads for one text.

    Attributes:
        model: The contents of model.toml.
        name: The model's id.
        fingerprint: Changes with the weights and the tokenizer.
        reads_stretches: Whether vectors of sentences can be had from windows over a text.

    Raises:
        ModelError: When a file is missing or altered; from the methods, when one cannot be loaded.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self.model: Model = load_model(folder)
        self.name = self.model.id
        self.fingerprint = f"{self.model.id}:{self.model.files['encoder.onnx'][:16]}:{self.model.files['tokenizer.json'][:16]}"
        self.dimension = self.model.dimension
        self.reads_stretches = WINDOWS in self.model.files
        if self.reads_stretches:
            self.fingerprint += f":{self.model.files[WINDOWS][:16]}"
        self._folder, self._threads = folder, threads
        for name in ("tokenizer.json", "encoder.onnx", *([WINDOWS] if self.reads_stretches else [])):
            check_file(folder, self.model, name)
        self._ids = lru_cache(maxsize=500)(self._tokenised)

    @cached_property
    def _tokenizer(self) -> Any:
        content = verified(self._folder, self.model, "tokenizer.json")
        try:
            return tokenizer_of(content)
        except OutOfTime:
            raise
        except Exception as error:  # the library raises a bare Exception
            raise self._not_loaded(error) from None

    @cached_property
    def _session(self) -> Any:
        return self._opened("encoder.onnx")

    @cached_property
    def _views(self) -> Any:
        return self._opened(WINDOWS)

    def _opened(self, name: str) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            # By its path, because of bytes the runtime keeps a copy for as long as it lives.
            session = onnxruntime.InferenceSession(self._folder / name, options, providers=["CPUExecutionProvider"])
        except OutOfTime:
            raise
        except Exception as error:  # the library's errors share no base
            raise self._not_loaded(error) from None
        hand_back_memory()
        return session

    def _not_loaded(self, error: Exception) -> ModelError:
        return ModelError(f"{self._folder}: the encoder could not be loaded ({type(error).__name__}); build the model anew")

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
            vectors[row] = self._session.run(_VECTOR, inputs)[0][0]
        return vectors

    def windows_of(self, texts: Sequence[str]) -> list[Window]:
        """How a text is cut for `encode_window`."""
        return windows([len(self._ids(text)) for text in texts])

    def encode_window(self, texts: Sequence[str], window: Window) -> NDArray[np.float32]:
        """Unit-length vectors of the sentences of a window.

        Args:
            texts: All sentences of the text.
            window: As `windows_of` gives it.

        Returns:
            Shape (2, window.end - window.begin, dimension): each sentence alone, and each with its neighbours.

        Raises:
            ModelError: When this encoder does not read stretches.
        """
        import numpy as np

        if not self.reads_stretches:
            raise ModelError(f"the encoder {self.name} gives vectors of whole texts only")
        read = [self._ids(text) for text in texts[window.first : window.last]]
        ids = np.array([[_START, *(token for sentence in read for token in sentence), _END]], np.int64)
        tokens = self._session.run(_TOKENS, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        ends = np.cumsum([1, *map(len, read)])
        shares = np.zeros((2, window.end - window.begin, ids.shape[1]), np.float32)
        for row, at in enumerate(range(window.begin - window.first, window.end - window.first)):
            for view, (low, high) in enumerate(((at, at + 1), (max(0, at - 1), min(len(read), at + 2)))):
                shares[view, row, ends[low] : ends[high]] = 1 / max(1, ends[high] - ends[low])
        vectors = self._views.run(None, {"tokens": tokens, "own": shares[0], "three": shares[1]})[0]
        return np.asarray(vectors, np.float32)

    def encode_stretch(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors of a text's sentences, alone and with their neighbours; two arrays of shape (len(texts), dimension)."""
        import numpy as np

        found = [self.encode_window(texts, window) for window in self.windows_of(texts)]
        both = np.concatenate(found, axis=1) if found else np.zeros((2, 0, self.dimension), np.float32)
        return both[0], both[1]

    def _tokenised(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids[:MOST])
