"""Fine-tune upper layers of the encoder to tell what a sentence of a reflection does, and write them as an ONNX graph.

The layers below stay as shipped, so their output is computed once, by the runtime that also computes it in use. The layers
above begin as the encoder's own and are read from its file: nothing but the repository and the sentences is needed. A sentence
is the mean over its tokens; a linear layer scores the labels. Labels that the annotators found less typical are trusted less:
part of their weight goes to the shares of all labels.

Products are of integers, with weights of seven bits, as in the encoder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.nn import functional

from training.export_encoder import EPSILON, MICROSOFT, OPSET, Graph, integer_product

BELOW = "layer1.norm2"
"""Value of the encoder's graph from which on layers are fitted."""

LAYERS = (2, 3)
"""Layers of the encoder that the fitted ones begin as."""

HEADS = 12
SEEN = 200
"""Sentences on which the sizes of channels are seen, for products of integers."""
LONGEST = 64
"""Tokens of a sentence that training sees; one in a hundred has more."""

EPOCHS = 3
BATCH = 32
RATE = 1e-4
HEAD_RATE = 1e-3
LOWER_RATE = 0.8
"""Rate of a layer against that of the one above it."""

DROPPED = 0.1
WARMING = 0.06
DOUBT = (0.05, 0.35)
"""Weight that leaves a label of the highest and of the lowest typicality."""

PARTS = ("qkv.w", "qkv.b", "out.w", "out.b", "norm1.g", "norm1.b", "in.w", "in.b", "outer.w", "outer.b", "norm2.g", "norm2.b")

PRODUCTS = {"qkv.w": "qkv", "out.w": "projected", "in.w": "inner", "outer.w": "outer"}
"""Part -> name of its product in the encoder's graph, whose weights are whole numbers."""

BIASES = {
    "qkv.b": "qkv.b",
    "out.b": "projected.b",
    "in.b": "in.b.half",
    "outer.b": "outer.b",
    **{f"{norm}.{part}": f"{norm}.{part}.half" for norm in ("norm1", "norm2") for part in ("g", "b")},
}
"""Part -> name in the encoder's graph."""


@dataclass(frozen=True)
class Sentences:
    """What the layers below made of the sentences.

    Attributes:
        hidden: One a sentence, shape (tokens, width), half precision.
        sizes: Tokens.
    """

    hidden: list[np.ndarray]
    sizes: np.ndarray

    def batch(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Padded values and mask of some sentences."""
        longest = int(self.sizes[rows].max())
        values = np.zeros((len(rows), longest, self.hidden[0].shape[1]), np.float32)
        mask = np.zeros((len(rows), longest), np.float32)
        for at, row in enumerate(rows):
            values[at, : self.sizes[row]] = self.hidden[row]
            mask[at, : self.sizes[row]] = 1
        return torch.from_numpy(values), torch.from_numpy(mask)


def sentences_of(hidden: Sequence[np.ndarray]) -> Sentences:
    cut = [h[:LONGEST].astype(np.float16) for h in hidden]
    return Sentences(cut, np.array([len(h) for h in cut]))


def weights_of(encoder: Path) -> dict[str, np.ndarray]:
    """Weights of the layers of `LAYERS`, by `PARTS` as "layer3.qkv.w", in single precision.

    Raises:
        SystemExit: When the encoder's graph is not of the kind that `export_encoder --integers` writes.
    """
    stored = {i.name: numpy_helper.to_array(i) for i in onnx.load(encoder / "encoder.onnx").graph.initializer}
    found = {}
    try:
        for at in LAYERS:
            for part, product in PRODUCTS.items():
                whole, scale, even = (stored[f"layer{at}.{product}.{name}"].astype(np.float32) for name in ("w", "scale", "even"))
                found[f"layer{at}.{part}"] = whole * scale * even[:, None]
            for part, name in BIASES.items():
                found[f"layer{at}.{part}"] = stored[f"layer{at}.{name}"].astype(np.float32)
    except KeyError as error:
        raise SystemExit(f"{encoder / 'encoder.onnx'}: has no {error}; write it by training.export_encoder --integers") from None
    return found


class Layer(torch.nn.Module):
    """A transformer layer as BERT has it, with weights by their names in the encoder's graph."""

    def __init__(self, weights: dict[str, np.ndarray], at: int) -> None:
        super().__init__()
        self.parts = torch.nn.ParameterList(torch.nn.Parameter(torch.from_numpy(weights[f"layer{at}.{part}"].copy())) for part in PARTS)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        qkv, qkv_bias, out, out_bias, norm1, shift1, inner, inner_bias, outer, outer_bias, norm2, shift2 = self.parts
        size, length, width = x.shape
        query, key, value = functional.linear(x, qkv.T, qkv_bias).view(size, length, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        attention = (query @ key.transpose(-1, -2) / (width // HEADS) ** 0.5 + bias).softmax(-1)
        attended = functional.linear((attention @ value).transpose(1, 2).reshape(size, length, width), out.T, out_bias)
        x = functional.layer_norm(x + functional.dropout(attended, DROPPED, self.training), (width,), norm1, shift1, EPSILON)
        fed = functional.linear(functional.gelu(functional.linear(x, inner.T, inner_bias)), outer.T, outer_bias)
        return functional.layer_norm(x + functional.dropout(fed, DROPPED, self.training), (width,), norm2, shift2, EPSILON)


class Network(torch.nn.Module):
    """The fitted layers, the mean over tokens and a linear layer."""

    def __init__(self, weights: dict[str, np.ndarray], labels: int) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(Layer(weights, at) for at in LAYERS)
        self.head = torch.nn.Linear(weights[f"layer{LAYERS[0]}.out.w"].shape[0], labels)
        torch.nn.init.normal_(self.head.weight, std=0.02)
        torch.nn.init.zeros_(self.head.bias)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        bias = ((1 - mask) * -1e4)[:, None, None, :].to(x.dtype)
        for layer in self.layers:
            x = layer(x, bias)
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return self.head(functional.dropout(mean.float(), DROPPED, self.training))


def doubted(labels: np.ndarray, typicality: np.ndarray, count: int) -> np.ndarray:
    """Targets: a label less doubted the more typical it is, the rest by the shares of all labels; shape (sentences, count)."""
    truth = np.eye(count)[labels]
    doubt = DOUBT[0] + (DOUBT[1] - DOUBT[0]) * (6 - typicality) / 5
    return (truth * (1 - doubt[:, None]) + doubt[:, None] * truth.mean(axis=0)).astype(np.float32)


def fitted(sentences: Sentences, rows: np.ndarray, target: np.ndarray, weights: dict[str, np.ndarray], seed: int) -> Network:
    """Layers fitted on some of the sentences; `target` is theirs, in the order of `rows`."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = Network(weights, target.shape[1])
    groups = [{"params": list(layer.parameters()), "lr": RATE * LOWER_RATE**below} for below, layer in enumerate(reversed(network.layers))]
    groups.append({"params": list(network.head.parameters()), "lr": HEAD_RATE})
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    steps = EPOCHS * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: min(1.0, (s + 1) / (WARMING * steps)) * max(0.0, 1 - s / steps))
    network.train()
    for _ in range(EPOCHS):
        for chosen in _batches(sentences.sizes[rows], random):
            x, mask = sentences.batch(rows[chosen])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores = network(x, mask)
            loss = -(torch.from_numpy(target[chosen]) * functional.log_softmax(scores.float(), 1)).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    return network.eval()


def _batches(sizes: np.ndarray, random: np.random.Generator) -> list[np.ndarray]:
    """Random batches of sentences of about the same length, so that little is padded."""
    order = random.permutation(len(sizes))
    found: list[np.ndarray] = []
    for start in range(0, len(order), BATCH * 8):
        some = order[start : start + BATCH * 8]
        some = some[np.argsort(sizes[some], kind="stable")]
        found += [some[at : at + BATCH] for at in range(0, len(some), BATCH)]
    return [found[at] for at in random.permutation(len(found))]


def scores_of(network: Network, sentences: Sentences, rows: np.ndarray) -> np.ndarray:
    """Scores of some sentences; shape (rows, labels), each row's mean is 0."""
    out = np.zeros((len(rows), network.head.out_features))
    order = np.argsort(sentences.sizes[rows], kind="stable")
    with torch.no_grad():
        for at in range(0, len(rows), 64):
            some = order[at : at + 64]
            out[some] = network(*sentences.batch(rows[some])).numpy()
    return out - out.mean(axis=1, keepdims=True)


def left_out(
    sentences: Sentences,
    target: np.ndarray,
    labels: np.ndarray,
    folds: np.ndarray,
    weights: dict[str, np.ndarray],
    seed: int,
    kept: Path | None,
) -> np.ndarray:
    """Scores of every sentence by layers that were fitted without its fold; `kept` saves folds between runs."""
    out = np.zeros(target.shape)
    recipe = (BELOW, LAYERS, LONGEST, EPOCHS, BATCH, RATE, HEAD_RATE, LOWER_RATE, DROPPED, WARMING, DOUBT, seed)
    seen = hashlib.sha256(repr(recipe).encode())
    for array in (*sentences.hidden, target, folds):
        seen.update(array.tobytes())
    for fold in sorted(set(folds.tolist())):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        path = kept / f"layers-{seen.hexdigest()[:16]}-{fold}.npy" if kept else None
        if path and path.is_file():
            out[outside] = np.load(path, allow_pickle=False)
        else:
            out[outside] = scores_of(fitted(sentences, inside, target[inside], weights, seed), sentences, outside)
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
                np.save(path, out[outside], allow_pickle=False)
        right = (out[outside].argmax(axis=1) == labels[outside]).mean()
        print(f"layers, fold {fold}: {right:.4f} right of {len(outside)}", flush=True)
    return out


def graph_of(network: Network, scale: float, hidden: Sequence[np.ndarray]) -> bytes:
    """The layers as an ONNX graph for one sentence at a time: `hidden` (1, tokens, width) in, `scores` (1, labels) out.

    Products are of integers, as in the encoder (`training.export_encoder`), once with single precision to see how large channels get.

    Args:
        network: The fitted layers.
        scale: Factor of the scores; each row's mean is 0.
        hidden: What goes in for some sentences, one a sentence, shape (tokens, width).
    """
    import onnxruntime

    plain = _graph(network, scale, None)
    names = [f"layer{at}.{value}" for at in LAYERS for value in ("attended", "norm1", "gelu")] + [f"layer{at}.norm2" for at in LAYERS[:-1]]
    plain.graph.output.extend(helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in names)
    session = onnxruntime.InferenceSession(plain.SerializeToString(), providers=["CPUExecutionProvider"])
    reach: dict[str, np.ndarray] = {}
    for one in hidden:
        values = [one.astype(np.float32)[None], *session.run(names, {"hidden": one.astype(np.float32)[None]})]
        for name, value in zip(["hidden", *names], values, strict=True):
            reach[name] = np.maximum(reach.get(name, 0), np.abs(value[0]).max(axis=0))
    model = _graph(network, scale, {name: value.round(2) for name, value in reach.items()})
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def _graph(network: Network, scale: float, reach: dict[str, np.ndarray] | None) -> onnx.ModelProto:
    g = Graph()
    width, labels = network.head.in_features, network.head.out_features
    x = "hidden"

    def product(x: str, output: str, weight: np.ndarray) -> str:
        if reach is None:
            return g.node("MatMul", [x, g.constant(f"{output}.w", weight)], output)
        return integer_product(g, x, output, weight, None, reach)

    for at, layer in zip(LAYERS, network.layers, strict=True):
        part = {name: value.detach().numpy().astype(np.float32) for name, value in zip(PARTS, layer.parts, strict=True)}
        name = f"layer{at}"

        def small(which: str, at: str = name, part: dict[str, np.ndarray] = part) -> str:
            return g.weight(f"{at}.{which}", part[which])

        asked = g.node("Add", [product(x, f"{name}.qkv", part["qkv.w"]), small("qkv.b")], f"{name}.asked")
        parts = [f"{name}.{view}" for view in ("query", "key", "value")]
        g.nodes.append(helper.make_node("Split", [asked], parts, name=f"{name}.split", axis=2))
        attended = g.node("MultiHeadAttention", parts, f"{name}.attended", domain=MICROSOFT, num_heads=HEADS)
        x = _norm(g, product(attended, f"{name}.projected", part["out.w"]), x, f"{name}.norm1", small, ("out.b", "norm1.g", "norm1.b"))
        fed = g.node("BiasGelu", [product(x, f"{name}.inner", part["in.w"]), small("in.b")], f"{name}.gelu", domain=MICROSOFT)
        x = _norm(g, product(fed, f"{name}.outer", part["outer.w"]), x, f"{name}.norm2", small, ("outer.b", "norm2.g", "norm2.b"))
    mean = g.node("ReduceMean", [x], "mean", axes=[1], keepdims=0)
    head, bias = network.head.weight.detach().numpy(), network.head.bias.detach().numpy()
    centred = g.constant("head.w", ((head - head.mean(axis=0)) * scale).T.astype(np.float32))
    shift = g.constant("head.b", ((bias - bias.mean()) * scale).astype(np.float32))
    g.node("Gemm", [mean, centred, shift], "scores")
    graph = helper.make_graph(
        g.nodes,
        "layers-of-reflection",
        [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [1, "tokens", width])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, labels])],
        g.initialisers,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="mcscreen")


def _norm(g: Graph, x: str, skip: str, output: str, weight: Callable[[str], str], parts: tuple[str, str, str]) -> str:
    # The fused operator is several times slower than these on a processor.
    bias, gain, shift = (weight(part) for part in parts)
    total = g.node("Add", [g.node("Add", [x, bias], f"{output}.shifted"), skip], f"{output}.sum")
    return g.node("LayerNormalization", [total, gain, shift], output, epsilon=EPSILON)
