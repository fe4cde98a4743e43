"""Layers fitted to reflection, set upon the lower layers of the shipped encoder.

The lower layers of a sentence encoder tell words and their order; what a sentence is *for* is learned above them. So only
upper layers are fitted and shipped (a few megabytes), and the lower ones are those of the encoder that screening brings anyway.
Its file gives only the finished vector, and ONNX Runtime computes a whole graph whatever is asked of it. Therefore the
graph is cut in memory: its output is replaced by the inner value that the fitted layers take, and what is computed behind
it is left out. The file on the disk, its checksum and its vectors stay as they are.

Texts are computed one at a time, so that a sentence gets the same scores in any company.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcscreen.errors import ModelError, OutOfTime
from mcscreen.model import hand_back_memory, load_model, tokenizer_of, verified

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FittedLayers", "LowerLayers", "cut_at"]

_GRAPH = 7
_NODE = 1
_OUTPUT = 12
_MADE = 2
_FLOAT_TENSOR = b"\x12\x04\x0a\x02\x08\x01"
"""Of onnx.proto: the fields ModelProto.graph, GraphProto.node and .output, NodeProto.output; a ValueInfoProto.type, "tensor of float"."""


class LowerLayers:
    """The encoder up to an inner value.

    Args:
        folder: The encoder's model folder.
        value: Name of the value in its graph, one row a token.
        fingerprint: The encoder's, as it was when the layers above were fitted.

    Raises:
        ModelError: When files are missing or altered, the encoder is another one, or its graph has no such value.
    """

    def __init__(self, folder: Path, value: str, fingerprint: str) -> None:
        model = load_model(folder)
        found = f"{model.id}:{model.files['encoder.onnx'][:16]}:{model.files['tokenizer.json'][:16]}"
        if not f"{fingerprint}:".startswith(f"{found}:"):  # how windows are read, which it may end in, does not matter here
            raise ModelError(f"{folder}: is {found}, and the layers of reflection belong to {fingerprint}; fit the labels anew")
        self._tokenizer = tokenizer_of(verified(folder, model, "tokenizer.json"))
        self._session = _session(cut_at(verified(folder, model, "encoder.onnx"), value), folder)
        hand_back_memory()

    def hidden(self, text: str) -> NDArray[np.float32]:
        """What the layers below hand on.

        Args:
            text: Any text; what exceeds the encoder's number of tokens is cut.

        Returns:
            Shape (1, tokens, width).
        """
        import numpy as np

        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        return np.asarray(self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0])


class FittedLayers:
    """Lower layers of the encoder and the fitted ones above them.

    Args:
        lower: The encoder up to where the fitted layers begin.
        content: Bytes of layers.onnx: hidden values in, a score for every label out.
        name: What a message calls the file.

    Raises:
        ModelError: When the file is no such graph.
    """

    def __init__(self, lower: LowerLayers, content: bytes, name: Path) -> None:
        self._lower = lower
        self._session = _session(content, name)

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Scores of the labels, in their order; shape (texts, labels)."""
        import numpy as np

        return np.vstack([self._session.run(None, {"hidden": self._lower.hidden(text)})[0] for text in texts]).astype("f8")


def _session(content: bytes, name: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except OutOfTime:
        raise
    except Exception as error:  # the library's errors share no base
        raise ModelError(f"{name}: the layers could not be loaded ({type(error).__name__}); fit the labels anew") from None
    session._model_bytes = None  # kept only to load it again on another device, and as large as the graph
    return session


def cut_at(model: bytes, value: str) -> bytes:
    """A serialised ONNX model with one inner value, a tensor of floats, as its only output.

    Only the outer fields of messages are read (protobuf's wire format), so nothing but the runtime is needed. A node never
    takes what a later one makes (that is a rule of ONNX), so those after the one that makes the value are left out.

    Args:
        model: A ModelProto.
        value: Name of a value in its graph.

    Raises:
        ModelError: When the graph has no such value, or this is no ONNX model.
    """
    name = value.encode("utf-8")
    info = b"\x0a" + _varint(len(name)) + name + _FLOAT_TENSOR
    out = bytearray()
    for number, whole, inner in _fields(memoryview(model)):
        if number != _GRAPH:
            out += whole
            continue
        graph = bytearray()
        reached = False
        for at, field, content in _fields(inner):
            if at == _OUTPUT or (at == _NODE and reached):
                continue
            graph += field
            reached |= at == _NODE and any(n == _MADE and made == name for n, _, made in _fields(content))
        if not reached:
            raise ModelError(f"the encoder's graph computes no {value!r}; fit the labels anew for this encoder")
        graph += _varint(_OUTPUT << 3 | 2) + _varint(len(info)) + info
        out += _varint(_GRAPH << 3 | 2) + _varint(len(graph)) + graph
    return bytes(out)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview, memoryview]]:
    """Number, bytes and content of every field."""
    at = 0
    while at < len(message):
        start = at
        key, at = _read_varint(message, at)
        match key & 7:
            case 0:
                begin, at = at, _read_varint(message, at)[1]
            case 1:
                begin, at = at, at + 8
            case 2:
                size, begin = _read_varint(message, at)
                at = begin + size
            case 5:
                begin, at = at, at + 4
            case _:
                raise ModelError("an encoder.onnx is not in ONNX's format; build the model anew")
        yield key >> 3, message[start:at], message[begin:at]


def _read_varint(message: memoryview, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if at >= len(message):
            raise ModelError("an encoder.onnx ends too early; build the model anew")
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
