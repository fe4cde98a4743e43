"""Fit the sentence labels of reflection and measure them, from CEReD's English sentences; the same bytes each time.

    python -m training.fit_reflection --data cered/en --encoder models/facets-l6 --out models/reflection

The data folder holds train/, val/ and test/sentences.tsv as published (Štefánik & Nehyba 2021); nothing of it is copied. The
classifier is kernel ridge regression over words, pieces of words and sentence vectors, solved once in its dual form, which
gives each training sentence the score of a model that was fitted without it (leave-one-out, Rifkin & Lippert 2007). Strength
and calibration come from those scores; test sentences are read after everything is decided, through the classifier that
ships. Writes labels.npz and model.toml, and prints the figures of the model card.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from mcscreen.matchers.onnx_encoder import OnnxEncoder
from mcscreen.reflection.labels import DEEP, GROUPS, LABELS, load_labeller, pieces, tf_idf, words
from training.fit_finding import saved

VIEWS = {"words": (words, 2, 0.8), "pieces": (pieces, 5, 0.2)}
"""View -> how a text is split, in how many sentences a term must occur, weight of the view."""

VECTOR = 0.7
LENGTH = 0.05
BIAS = 0.3
STRENGTHS = (1.2, 2.0, 3.0, 4.5)
ANSWERED_RIGHT = 0.8
"""Labels are withheld below the probability from which on this share of the leave-one-out answers is right."""

SPELLINGS = {"difficulties": "difficulty"}
GROUP_OF = {label: group for group, members in GROUPS.items() for label in members}


def read(folder: Path, split: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Sentences, labels and mean typicality of a split."""
    with (folder / split / "sentences.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    labels = [LABELS.index(SPELLINGS.get(r["y"].lower(), r["y"].lower())) for r in rows]
    return [r["sentence"] for r in rows], np.array(labels), np.array([np.mean(json.loads(r["confidence"])) for r in rows])


def vectors(encoder: OnnxEncoder, texts: list[str], kept: Path | None) -> np.ndarray:
    """Vectors of the sentences; `kept` saves them between runs."""
    key = hashlib.sha256("\n".join([encoder.fingerprint, *texts]).encode()).hexdigest()
    if kept and kept.is_file():
        with np.load(kept, allow_pickle=False) as stored:
            if str(stored["key"]) == key:
                return np.asarray(stored["vectors"])
    found = encoder.encode(texts)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, key=np.array(key), vectors=found)
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


def grouped(chance: np.ndarray) -> np.ndarray:
    return np.stack([chance[:, [LABELS.index(m) for m in members]].sum(axis=1) for members in GROUPS.values()], axis=1)


def group_index(labels: np.ndarray) -> np.ndarray:
    names = list(GROUPS)
    return np.array([names.index(GROUP_OF[LABELS[label]]) for label in labels])


def interval(measure, *arrays: np.ndarray, draws: int = 2000, seed: int = 1) -> tuple[float, float, float]:
    """A figure with its 95 % percentile bootstrap interval."""
    random = np.random.default_rng(seed)
    size = len(arrays[0])
    found = [measure(*(a[pick] for a in arrays)) for pick in (random.integers(0, size, size) for _ in range(draws))]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(measure(*arrays)), float(low), float(high)


def accuracy(truth: np.ndarray, said: np.ndarray) -> float:
    return float((truth == said).mean())


def crossed(truth: np.ndarray, said: np.ndarray) -> np.ndarray:
    return np.bincount(truth * len(LABELS) + said, minlength=len(LABELS) ** 2).reshape(len(LABELS), len(LABELS))


def f1_of(truth: np.ndarray, said: np.ndarray) -> np.ndarray:
    """F1 of every label; NaN for a label that is neither true nor said anywhere."""
    table = crossed(truth, said)
    both = table.sum(axis=0) + table.sum(axis=1)
    return np.where(both > 0, 2 * np.diag(table) / np.maximum(both, 1), np.nan)


def macro_f1(truth: np.ndarray, said: np.ndarray) -> float:
    return float(np.nanmean(f1_of(truth, said)))


def kappa(truth: np.ndarray, said: np.ndarray) -> float:
    """Cohen's kappa; 0 where one label is all there is."""
    table = crossed(truth, said) / len(truth)
    by_chance = float(table.sum(axis=0) @ table.sum(axis=1))
    return (float(np.trace(table)) - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0


def calibration_error(chance: np.ndarray, truth: np.ndarray) -> float:
    sure, right = chance.max(axis=1), chance.argmax(axis=1) == truth
    bins = np.minimum((sure * 10).astype(int), 9)
    return float(sum(abs(sure[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist())))


def table(title: str, truth: np.ndarray, said: np.ndarray) -> dict[str, float]:
    figures = {name: interval(measure, truth, said) for name, measure in (("accuracy", accuracy), ("macro-F1", macro_f1), ("kappa", kappa))}
    print(
        f"{title} (n = {len(truth)}): " + "; ".join(f"{k} {v:.3f} [{low:.3f}, {high:.3f}]" for k, (v, low, high) in figures.items()),
        flush=True,
    )
    return {k: v[0] for k, v in figures.items()}


def fit(texts: list[str], labels: np.ndarray, known: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Arrays of the weights file, and leave-one-out probabilities."""
    centre = known.mean(axis=0)
    spread = known - centre
    spread = spread / (np.linalg.norm(spread, axis=1, keepdims=True) + 1e-9)
    sizes = np.log1p([len(t.split()) for t in texts])
    standard = ((sizes - sizes.mean()) / sizes.std()).astype(np.float32)
    views = {name: view_of(texts, name) for name in VIEWS}
    kernel = (VECTOR * (spread @ spread.T) + LENGTH * np.outer(standard, standard) + BIAS).astype(np.float32)
    for name, (_, _, rows) in views.items():
        kernel += VIEWS[name][2] * (rows @ rows.T).toarray().astype(np.float32)
    target = np.where(labels[:, None] == np.arange(len(LABELS)), 1.0, -1.0).astype(np.float32)
    best: tuple[float, np.ndarray, np.ndarray, np.ndarray] | None = None
    for strength in STRENGTHS:
        dual, left_out = solved(kernel, target, strength)
        chance = halves(left_out, labels)
        loss = float(-np.log(chance[np.arange(len(labels)), labels]).mean())
        print(f"strength {strength}: leave-one-out accuracy {accuracy(labels, chance.argmax(axis=1)):.4f}, log loss {loss:.4f}", flush=True)
        if best is None or loss < best[0]:
            best = (loss, dual, left_out, chance)
    assert best is not None
    _, dual, left_out, chance = best
    head = calibrated(left_out, labels)
    arrays: dict[str, np.ndarray] = {}
    for name, (terms, idf, rows) in views.items():
        arrays[f"{name}_terms"] = np.frombuffer("\n".join(terms).encode("utf-8"), np.uint8)
        arrays[f"{name}_idf"] = idf.astype(np.float16)
        arrays[f"{name}_weights"] = (VIEWS[name][2] * (rows.T @ dual)).astype(np.float16)
    arrays["vector_centre"] = centre.astype(np.float32)
    arrays["vector_weights"] = (VECTOR * (spread.T @ dual)).astype(np.float16)
    arrays["bias"] = (BIAS * dual.sum(axis=0)).astype(np.float32)
    arrays["length"] = np.array([sizes.mean(), sizes.std(), *(LENGTH * (standard @ dual))], np.float32)
    arrays["calibration"] = np.hstack([head.coef_, head.intercept_[:, None]]).astype(np.float32)
    return arrays, chance


def write_toml(path: Path, encoder: OnnxEncoder, content: bytes, limits: tuple[float, float], measured: dict[str, float]) -> None:
    lines = [
        "# Written by training/fit_reflection.py.",
        "schema = 1",
        'id = "reflection"',
        'title = "Breadth of reflective writing (Ullmann), sentence by sentence; linear, calibrated"',
        'kind = "sentence-labels"',
        'licence = "Apache-2.0"',
        'source = "fitted by training/fit_reflection.py on train and val of CEReD, English (Štefánik & Nehyba 2021; Apache-2.0, CC BY 4.0)"',
        f'encoder = "{encoder.name}"',
        f'encoder_fingerprint = "{encoder.fingerprint}"',
        f"abstain_below = {limits[0]}",
        f"abstain_group_below = {limits[1]}",
        "\n[files]",
        f'"labels.npz" = "{hashlib.sha256(content).hexdigest()}"',
        "\n[measured]",
        *(f"{key} = {round(value, 3)}" for key, value in measured.items()),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/, val/ and test/")
    parser.add_argument("--encoder", type=Path, default=Path("models/facets-l6"))
    parser.add_argument("--out", type=Path, default=Path("models/reflection"))
    parser.add_argument("--vectors", type=Path, help="file that keeps the sentence vectors between runs")
    options = parser.parse_args()
    encoder = OnnxEncoder(options.encoder, threads=2)
    train, val, test = (read(options.data, split) for split in ("train", "val", "test"))
    texts, labels = [*train[0], *val[0]], np.concatenate([train[1], val[1]])
    known = vectors(encoder, [*texts, *test[0]], options.vectors)
    arrays, chance = fit(texts, labels, known[: len(texts)])
    groups, truth = grouped(chance), group_index(labels)
    limits = (
        threshold(chance.max(axis=1), chance.argmax(axis=1) == labels),
        threshold(groups.max(axis=1), groups.argmax(axis=1) == truth),
    )
    on_val = slice(len(train[0]), None)
    table("leave-one-out, val", labels[on_val], chance[on_val].argmax(axis=1))
    table("leave-one-out, train and val", labels, chance.argmax(axis=1))
    content = saved(arrays)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "labels.npz").write_bytes(content)
    write_toml(options.out / "model.toml", encoder, content, limits, {})
    measured = report(load_labeller(encoder, options.out), test, known[len(texts) :], (train, val))
    write_toml(options.out / "model.toml", encoder, content, limits, measured)
    print(f"{len(content):,} bytes; abstain below {limits[0]} (label) and {limits[1]} (group)")


def report(labeller, test, known: np.ndarray, fitted) -> dict[str, float]:
    """Figures on the test sentences, by the classifier as it is loaded from its files."""
    texts, truth, typical = test
    chance = labeller.probabilities(texts, known)
    said = chance.argmax(axis=1)
    whole = table("test", truth, said)
    bands = {}
    for low in (2, 3, 4, 5):
        bands[low] = table(f"test, typicality >= {low}", truth[typical >= low], said[typical >= low])
    table("test, typicality < 3", truth[typical < 3], said[typical < 3])
    groups, group_truth = grouped(chance), group_index(truth)
    coarse = table("test, five groups", group_truth, groups.argmax(axis=1))
    names = list(GROUPS)
    deep = [names.index(g) for g in DEEP]
    deep_truth, deep_said = np.isin(group_truth, deep).astype(int), (groups[:, deep].sum(axis=1) >= 0.5).astype(int)
    binary = table("test, deep or not", deep_truth, deep_said)
    past = np.concatenate([fitted[0][1], fitted[1][1]])
    table("majority baseline", truth, np.full(len(truth), Counter(past.tolist()).most_common(1)[0][0]))
    sizes = [np.log1p([[len(t.split())] for t in [*fitted[0][0], *fitted[1][0]]]), np.log1p([[len(t.split())] for t in texts])]
    by_length = LogisticRegression(max_iter=1000)
    table("length baseline", truth, by_length.fit(sizes[0], past).predict(sizes[1]))
    table(
        "length baseline, deep or not", deep_truth, by_length.fit(sizes[0], np.isin(group_index(past), deep).astype(int)).predict(sizes[1])
    )
    answered = chance.max(axis=1) >= labeller.model.abstain_below
    group_answered = groups.max(axis=1) >= labeller.model.abstain_group_below
    table("test, labels given", truth[answered], said[answered])
    table("test, groups given", group_truth[group_answered], groups.argmax(axis=1)[group_answered])
    error = calibration_error(chance, truth)
    print(f"calibration error {error:.3f}; labels given {answered.mean():.3f}, groups given {group_answered.mean():.3f}")
    each = f1_of(truth, said)
    print(
        "F1 by label: "
        + ", ".join(f"{name} {value:.2f} (n = {(truth == i).sum()})" for i, (name, value) in enumerate(zip(LABELS, each, strict=True)))
    )
    print("said x true: " + "; ".join(f"{name} {np.bincount(said[truth == i], minlength=9).tolist()}" for i, name in enumerate(LABELS)))
    return {
        "sentences": len(truth),
        "accuracy": whole["accuracy"],
        "macro_f1": whole["macro-F1"],
        "kappa": whole["kappa"],
        "accuracy_typical_3": bands[3]["accuracy"],
        "accuracy_typical_5": bands[5]["accuracy"],
        "accuracy_groups": coarse["accuracy"],
        "accuracy_deep": binary["accuracy"],
        "kappa_deep": binary["kappa"],
        "answered": float(answered.mean()),
        "accuracy_answered": float((said == truth)[answered].mean()),
        "calibration_error": error,
    }


if __name__ == "__main__":
    main()
