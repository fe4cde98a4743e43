"""Fit the sentence labels of reflection and measure them, from CEReD's English sentences; the same bytes on the same machine.

    python -m training.fit_reflection --data cered/en --encoder models/facets-l4 --out models/reflection

The data folder holds train/, val/ and test/sentences.tsv as published (Štefánik & Nehyba 2021); nothing of it is copied. Two
scorers are fitted and added up. One is kernel ridge regression over words, pieces of words and sentence vectors, solved once in
its dual form, which gives each training sentence the score of a model that was fitted without it (leave-one-out, Rifkin &
Lippert 2007). The other is fine-tuned layers of the encoder (`reflection_layers`), whose scores for training sentences come from
cross-validation. The share of the layers, strength, calibration and thresholds come from these scores. The layers are shipped
only if they gain `WORTH` in accuracy on the same sentences and the interval of the gain excludes 0; they then stand in the
place of the sentence vector, which says nothing that they do not, and half of the encoder need not be computed. Test sentences
are read after all of this is written, through the labeller that ships.

Writes labels.npz, layers.onnx, confusion.csv and model.toml, and prints the figures of the model card.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.sparse
import torch
from sklearn.linear_model import LogisticRegression

from mcscreen.matchers.onnx_encoder import OnnxEncoder
from mcscreen.reflection.labels import CROSS_VALIDATED, LABELS, load_labeller, pieces, tf_idf, words
from mcscreen.reflection.layers import LowerLayers
from training.fit_finding import saved
from training.reflection_data import Split, folds, joined, read, repeated
from training.reflection_figures import (
    accuracy,
    calibration_error,
    confusion_of,
    coverage,
    gain,
    group_index,
    grouped,
    interval,
    log_loss,
    report,
    softmax,
    table,
    told,
)
from training.reflection_layers import BELOW, SEEN, doubted, fitted, graph_of, left_out, sentences_of, weights_of

VIEWS = {"words": (words, 2, 0.8), "pieces": (pieces, 5, 0.2)}
"""View -> how a text is split, in how many sentences a term must occur, weight of the view."""

VECTOR = 0.7
LENGTH = 0.05
BIAS = 0.3
STRENGTHS = (1.2, 2.0, 3.0, 4.5)
SHARES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8)
"""Factors of the layers' scores that are tried before they are added to the others."""

FOLDS = 5
WORTH = 0.01
ANSWERED_RIGHT = 0.8
"""Labels are withheld below the probability from which on this share of the left-out answers is right."""


@dataclass(frozen=True)
class Linear:
    """The linear scorer.

    Attributes:
        arrays: Of the weights file, all but the calibration.
        left_out: Scores of each sentence by a scorer that was fitted without it.
    """

    arrays: dict[str, np.ndarray]
    left_out: np.ndarray


def vectors(encoder: OnnxEncoder, texts: list[str], kept: Path | None) -> np.ndarray:
    """Vectors of the sentences; `kept` saves them between runs."""
    key = hashlib.sha256("\n".join([encoder.fingerprint, *texts]).encode()).hexdigest()
    path = kept / f"{key[:16]}.npy" if kept else None
    if path and path.is_file():
        return np.load(path, allow_pickle=False)
    found = encoder.encode(texts)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, found, allow_pickle=False)
    return found


def view_of(texts: list[str], name: str) -> tuple[list[str], np.ndarray, scipy.sparse.csr_matrix]:
    """Terms, inverse document frequencies and TF-IDF rows of a view."""
    split, least, _ = VIEWS[name]
    counts = [Counter(split(t)) for t in texts]
    seen = Counter(term for c in counts for term in c)
    terms = sorted(t for t, n in seen.items() if n >= least)
    idf = np.array([math.log((1 + len(texts)) / (1 + seen[t])) + 1 for t in terms], np.float32).astype(np.float16).astype(np.float32)
    vocabulary = {t: i for i, t in enumerate(terms)}
    rows = [tf_idf(c, vocabulary, idf) for c in counts]
    columns = np.concatenate([r[0] for r in rows])
    values = np.concatenate([r[1] for r in rows])
    edges = np.cumsum([0, *(len(r[0]) for r in rows)])
    return terms, idf, scipy.sparse.csr_matrix((values, columns, edges), shape=(len(texts), len(terms)))


def solved(kernel: np.ndarray, target: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Dual weights and leave-one-out scores of a ridge regression."""
    regular = kernel + strength * np.eye(len(kernel), dtype=np.float32)
    factor, _ = scipy.linalg.lapack.spotrf(regular, lower=1, overwrite_a=1)
    lower = np.tril(scipy.linalg.lapack.spotri(factor, lower=1, overwrite_c=1)[0])
    inverse = lower + np.tril(lower, -1).T
    dual = inverse @ target
    return dual, target - dual / np.diag(inverse)[:, None]


def calibrated(scores: np.ndarray, labels: np.ndarray) -> LogisticRegression:
    return LogisticRegression(C=10.0, max_iter=1000).fit(scores, labels)


def halves(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Probabilities of every sentence by a calibration on the other half."""
    side = np.arange(len(labels)) % 2
    chance = np.zeros_like(scores, dtype=np.float64)
    for half in (0, 1):
        chance[side == half] = calibrated(scores[side != half], labels[side != half]).predict_proba(scores[side == half])
    return chance


def threshold(confidence: np.ndarray, right: np.ndarray) -> float:
    """Lowest confidence from which on `ANSWERED_RIGHT` of the answers are right."""
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share >= ANSWERED_RIGHT)
    return round(float(confidence[order[enough[-1]]]), 3)


def fit_linear(texts: list[str], labels: np.ndarray, known: np.ndarray, vector: float) -> Linear:
    """The linear scorer, at the strength with the least left-out log loss; `vector` is the weight of the vectors, which may be 0."""
    centre = known.mean(axis=0)
    spread = known - centre
    spread = spread / (np.linalg.norm(spread, axis=1, keepdims=True) + 1e-9)
    sizes = np.log1p([len(t.split()) for t in texts])
    standard = ((sizes - sizes.mean()) / sizes.std()).astype(np.float32)
    views = {name: view_of(texts, name) for name in VIEWS}
    kernel = (vector * (spread @ spread.T) + LENGTH * np.outer(standard, standard) + BIAS).astype(np.float32)
    for name, (_, _, rows) in views.items():
        kernel += VIEWS[name][2] * (rows @ rows.T).toarray().astype(np.float32)
    target = np.where(labels[:, None] == np.arange(len(LABELS)), 1.0, -1.0).astype(np.float32)
    best: tuple[float, np.ndarray, np.ndarray] | None = None
    for strength in STRENGTHS:
        dual, scores = solved(kernel, target, strength)
        chance = halves(scores, labels)
        loss = log_loss(labels, chance)
        print(
            f"linear, strength {strength}: left-out accuracy {accuracy(labels, chance.argmax(axis=1)):.4f}, log loss {loss:.4f}", flush=True
        )
        if best is None or loss < best[0]:
            best = (loss, dual, scores)
    assert best is not None
    _, dual, scores = best
    arrays: dict[str, np.ndarray] = {}
    for name, (terms, idf, rows) in views.items():
        arrays[f"{name}_terms"] = np.frombuffer("\n".join(terms).encode("utf-8"), np.uint8)
        arrays[f"{name}_idf"] = idf.astype(np.float16)
        arrays[f"{name}_weights"] = (VIEWS[name][2] * (rows.T @ dual)).astype(np.float16)
    arrays["vector_centre"] = centre.astype(np.float32)
    arrays["vector_weights"] = (vector * (spread.T @ dual)).astype(np.float16)
    arrays["bias"] = (BIAS * dual.sum(axis=0)).astype(np.float32)
    arrays["length"] = np.array([sizes.mean(), sizes.std(), *(LENGTH * (standard @ dual))], np.float32)
    return Linear(arrays, scores)


def shared(linear: np.ndarray, layers: np.ndarray, labels: np.ndarray) -> float:
    """The factor of the layers' scores with the least left-out log loss."""
    losses = {}
    for share in SHARES:
        chance = halves(linear + share * layers, labels)
        losses[share] = log_loss(labels, chance)
        print(f"layers times {share}: accuracy {accuracy(labels, chance.argmax(axis=1)):.4f}, log loss {losses[share]:.4f}", flush=True)
    return min(losses, key=lambda s: losses[s])


def write(out: Path, encoder: OnnxEncoder, files: dict[str, bytes], limits: tuple[float, float], measured: dict[str, float]) -> None:
    """The model's files and its TOML."""
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
    layered = "layers.onnx" in files
    kind = "words and fitted layers" if layered else "linear"
    lines = [
        "# Written by training/fit_reflection.py.",
        "schema = 1",
        'id = "reflection"',
        f'title = "Breadth of reflective writing (Ullmann), sentence by sentence; {kind}, calibrated"',
        'kind = "sentence-labels"',
        'licence = "Apache-2.0"',
        'source = "fitted by training/fit_reflection.py on train and val of CEReD, English (Štefánik & Nehyba 2021; Apache-2.0, CC BY 4.0)"',
        f'encoder = "{encoder.name}"',
        f'encoder_fingerprint = "{encoder.fingerprint}"',
        *([f'layers_from = "{BELOW}"'] if layered else []),
        f"abstain_below = {limits[0]}",
        f"abstain_group_below = {limits[1]}",
        "\n[files]",
        *(f'"{name}" = "{hashlib.sha256(content).hexdigest()}"' for name, content in files.items()),
        "\n[measured]",
        *(f"{key} = {round(value, 3)}" for key, value in measured.items()),
    ]
    (out / "model.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/, val/ and test/")
    parser.add_argument("--encoder", type=Path, default=Path("models/facets-l4"))
    parser.add_argument("--floor", type=Path, default=Path("models/minilm-l6"), help="encoder whose frozen vectors are a floor")
    parser.add_argument("--out", type=Path, default=Path("models/reflection"))
    parser.add_argument("--kept", type=Path, help="folder that keeps vectors and folds between runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    encoder, floor = (OnnxEncoder(folder, threads=options.threads) for folder in (options.encoder, options.floor))
    train, val = read(options.data, "train"), read(options.data, "val")
    past = joined(train, val)
    known = vectors(encoder, past.texts, options.kept)
    linear, scores, files = best_of(
        fit_linear(past.texts, past.labels, known, VECTOR), fit_linear(past.texts, past.labels, known, 0.0), past, encoder, options
    )
    chance = halves(scores, past.labels)
    groups, group_truth = grouped(chance), group_index(past.labels)
    limits = (
        threshold(chance.max(axis=1), chance.argmax(axis=1) == past.labels),
        threshold(groups.max(axis=1), groups.argmax(axis=1) == group_truth),
    )
    on_val = slice(len(train.texts), None)
    table("left out, val", past.labels[on_val], chance[on_val].argmax(axis=1))
    table("left out, train and val", past.labels, chance.argmax(axis=1))
    for low, high in ((1, 3), (3, 4), (4, 5), (5, 7)):
        band = (past.typical >= low) & (past.typical < high)
        table(f"left out, typicality {low} to below {high}", past.labels[band], chance[band].argmax(axis=1))
    print(
        f"left out, calibration error: scores {told(interval(calibration_error, past.labels, softmax(scores)))}, "
        f"calibrated {told(interval(calibration_error, past.labels, chance))}"
    )
    coverage("left out", past.labels, chance)
    head = calibrated(scores, past.labels)
    arrays = linear.arrays | {"calibration": np.hstack([head.coef_, head.intercept_[:, None]]).astype(np.float32)}
    files = {"labels.npz": saved(arrays), **files}
    write(options.out, encoder, files, limits, {})
    os.environ["MCSCREEN_CACHE"] = tempfile.mkdtemp()  # a remembered score would be timed as a computed one
    labeller = load_labeller(encoder, options.out)
    test = read(options.data, "test")
    print(f"test sentences that are in train or val: {repeated(test, past)} (word for word, nearly); val in train: {repeated(val, train)}")
    found = vectors(encoder, test.texts, options.kept)
    frozen = (vectors(floor, past.texts, options.kept), vectors(floor, test.texts, options.kept))
    measured = report(labeller, past, test, found, frozen)
    judged = {"test": (test.labels, labeller.probabilities(test.texts, found)), CROSS_VALIDATED: (past.labels, chance)}
    files["confusion.csv"] = confusion_of(judged, limits)
    write(options.out, encoder, files, limits, measured)
    sizes = ", ".join(f"{name} {len(content):,} bytes" for name, content in files.items())
    print(f"{sizes}; abstain below {limits[0]} (label) and {limits[1]} (group)")


def best_of(
    alone: Linear, bare: Linear, past: Split, encoder: OnnxEncoder, options: argparse.Namespace
) -> tuple[Linear, np.ndarray, dict[str, bytes]]:
    """What ships: the bare linear scorer with layers, their left-out scores and their file; or the linear scorer alone.

    Args:
        alone: With vectors.
        bare: Without.
        past: Training sentences.
        encoder: The encoder.
        options: Of the command line.
    """
    lower = LowerLayers(options.encoder, BELOW, encoder.fingerprint)
    sentences = sentences_of([lower.hidden(text)[0] for text in past.texts])
    weights = weights_of(options.encoder)
    target = doubted(past.labels, past.typical, len(LABELS))
    layers = left_out(sentences, target, past.labels, folds(past.texts, FOLDS, options.seed), weights, options.seed, options.kept)
    table("left out, layers alone", past.labels, halves(layers, past.labels).argmax(axis=1))
    print("layers with words and vectors:")
    beside = shared(alone.left_out, layers, past.labels)
    print("layers with words:")
    share = shared(bare.left_out, layers, past.labels)
    candidates = (alone.left_out, alone.left_out + beside * layers, bare.left_out + share * layers)
    before, both, after = (halves(scores, past.labels).argmax(axis=1) for scores in candidates)
    table("left out, linear alone", past.labels, before)
    gain("left out, words, vectors and layers against linear alone", past.labels, both, before)
    gained, low, _ = gain("left out, words and layers against linear alone", past.labels, after, before)
    if gained < WORTH or low <= 0:
        return alone, alone.left_out, {}
    network = fitted(sentences, np.arange(len(past.texts)), target, weights, options.seed)
    return (
        bare,
        bare.left_out + share * layers,
        {"layers.onnx": graph_of(network, share, sentences.hidden[:: max(1, len(past.texts) // SEEN)])},
    )


if __name__ == "__main__":
    main()
