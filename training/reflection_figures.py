"""Figures of sentence labels: agreement with the truth, calibration, coverage, and what simpler means reach, with intervals."""

from __future__ import annotations

import csv
import io
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

from mcscreen.reflection.labels import DEEP, GROUPS, LABELS, UNCERTAIN, Labeller
from training.reflection_data import GROUP_OF, Split

FLOOR_STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0)
COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)


def grouped(chance: np.ndarray) -> np.ndarray:
    """Probabilities of the groups from those of the labels."""
    return np.stack([chance[:, [LABELS.index(m) for m in members]].sum(axis=1) for members in GROUPS.values()], axis=1)


def group_index(labels: np.ndarray) -> np.ndarray:
    names = list(GROUPS)
    return np.array([names.index(GROUP_OF[LABELS[label]]) for label in labels])


def interval(measure: Callable[..., float], *arrays: np.ndarray, draws: int = 2000, seed: int = 1) -> tuple[float, float, float]:
    """A figure with its 95 % percentile bootstrap interval over sentences."""
    random = np.random.default_rng(seed)
    size = len(arrays[0])
    found = [measure(*(a[pick] for a in arrays)) for pick in (random.integers(0, size, size) for _ in range(draws))]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(measure(*arrays)), float(low), float(high)


def accuracy(truth: np.ndarray, said: np.ndarray) -> float:
    return float((truth == said).mean())


def crossed(truth: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Counts; rows are true labels, columns said ones."""
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


def calibration_error(truth: np.ndarray, chance: np.ndarray) -> float:
    """Mean gap between the probability of the likeliest label and how often it is right, over ten bins of equal width."""
    sure, right = chance.max(axis=1), chance.argmax(axis=1) == truth
    bins = np.minimum((sure * 10).astype(int), 9)
    return float(sum(abs(sure[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist())))


def log_loss(truth: np.ndarray, chance: np.ndarray) -> float:
    return float(-np.log(chance[np.arange(len(truth)), truth]).mean())


def softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def table(title: str, truth: np.ndarray, said: np.ndarray) -> dict[str, float]:
    figures = {name: interval(measure, truth, said) for name, measure in (("accuracy", accuracy), ("macro-F1", macro_f1), ("kappa", kappa))}
    print(f"{title} (n = {len(truth)}): " + "; ".join(f"{k} {told(v)}" for k, v in figures.items()), flush=True)
    return {k: v[0] for k, v in figures.items()}


def told(figure: tuple[float, float, float]) -> str:
    return f"{figure[0]:.3f} [{figure[1]:.3f}, {figure[2]:.3f}]"


def gain(title: str, truth: np.ndarray, said: np.ndarray, before: np.ndarray) -> tuple[float, float, float]:
    """Difference of accuracy on the same sentences."""
    found = interval(lambda t, s, b: accuracy(t, s) - accuracy(t, b), truth, said, before)
    print(
        f"{title}: {told(found)}; right where it was wrong {int(((said == truth) & (before != truth)).sum())}, "
        f"wrong where it was right {int(((said != truth) & (before == truth)).sum())}",
        flush=True,
    )
    return found


def coverage(title: str, truth: np.ndarray, chance: np.ndarray) -> None:
    """Accuracy of the surest share of the answers."""
    sure, right = chance.max(axis=1), chance.argmax(axis=1) == truth
    order = np.argsort(-sure, kind="stable")
    parts = []
    for share in COVERAGES:
        answered = order[: max(1, round(share * len(order)))]
        parts.append(f"{share:.0%} {told(interval(lambda r: float(r.mean()), right[answered]))} from {sure[answered[-1]]:.2f}")
    print(f"{title}, accuracy of the surest: " + "; ".join(parts), flush=True)


def confusion_of(judged: dict[str, tuple[np.ndarray, np.ndarray]], limits: tuple[float, float]) -> bytes:
    """Counts of what was true and what was said, as a CSV (split, level, truth, said, count; zeros are left out).

    Levels are `likeliest` (labels, none withheld), `label` and `group` (withheld ones are "uncertain"), and `deep`.

    Args:
        judged: True labels and probabilities by split.
        limits: Probabilities below which a label, and a group, is withheld.
    """
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(("split", "level", "truth", "said", "count"))
    names = list(GROUPS)
    for split, (labels, chance) in judged.items():
        groups = grouped(chance)
        deep = [names.index(g) for g in DEEP]
        truth = np.array(LABELS)[labels], np.array(names)[group_index(labels)]
        said = np.array(LABELS)[chance.argmax(axis=1)], np.array(names)[groups.argmax(axis=1)]
        told_deep = groups[:, deep].sum(axis=1) >= 0.5
        pairs = {
            "likeliest": (truth[0], said[0]),
            "label": (truth[0], np.where(chance.max(axis=1) >= limits[0], said[0], UNCERTAIN)),
            "group": (truth[1], np.where(groups.max(axis=1) >= limits[1], said[1], UNCERTAIN)),
            "deep": (np.where(np.isin(truth[1], DEEP), "deep", "not deep"), np.where(told_deep, "deep", "not deep")),
        }
        for level, (true, called) in pairs.items():
            counts = Counter(zip(true.tolist(), called.tolist(), strict=True))
            writer.writerows((split, level, *pair, count) for pair, count in sorted(counts.items()))
    return content.getvalue().encode("utf-8")


def by_words(texts: list[str], unseen: list[str]) -> tuple[scipy.sparse.csr_matrix, scipy.sparse.csr_matrix]:
    """TF-IDF of words and word pairs."""
    vectoriser = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    return vectoriser.fit_transform(texts), vectoriser.transform(unseen)


def floor_of(rows: Any, labels: np.ndarray, unseen: Any) -> np.ndarray:
    """Said by a logistic regression, at the strength of `FLOOR_STRENGTHS` that five folds of its own sentences favour."""
    return (
        LogisticRegressionCV(Cs=FLOOR_STRENGTHS, cv=5, max_iter=2000, l1_ratios=(0.0,), use_legacy_attributes=False)
        .fit(rows, labels)
        .predict(unseen)
    )


def report(labeller: Labeller, past: Split, test: Split, vectors: np.ndarray, frozen: tuple[np.ndarray, np.ndarray]) -> dict[str, float]:
    """Figures on the test sentences, by the labeller as it is loaded from its files.

    Args:
        labeller: The labeller.
        past: What it was fitted on.
        test: What it was not.
        vectors: Of the test sentences.
        frozen: Vectors of both, by the encoder of the floor.
    """
    truth, typical = test.labels, test.typical
    started = time.process_time()
    chance = labeller.probabilities(test.texts, vectors)
    print(f"{len(truth) / (time.process_time() - started):.0f} sentences a CPU second")
    said = chance.argmax(axis=1)
    whole = table("test", truth, said)
    bands = {low: table(f"test, typicality >= {low}", truth[typical >= low], said[typical >= low]) for low in (3, 4, 5)}
    table("test, typicality < 3", truth[typical < 3], said[typical < 3])
    groups, group_truth = grouped(chance), group_index(truth)
    coarse = table("test, five groups", group_truth, groups.argmax(axis=1))
    deep = [list(GROUPS).index(g) for g in DEEP]
    deep_truth, deep_said = np.isin(group_truth, deep).astype(int), (groups[:, deep].sum(axis=1) >= 0.5).astype(int)
    binary = table("test, deep or not", deep_truth, deep_said)
    table("baseline, the commonest label", truth, np.full(len(truth), Counter(past.labels.tolist()).most_common(1)[0][0]))
    sizes = [np.log1p([[len(t.split())] for t in split.texts]) for split in (past, test)]
    by_length = LogisticRegression(max_iter=1000)
    table("baseline, length", truth, by_length.fit(sizes[0], past.labels).predict(sizes[1]))
    deep_past = np.isin(group_index(past.labels), deep).astype(int)
    table("baseline, length, deep or not", deep_truth, by_length.fit(sizes[0], deep_past).predict(sizes[1]))
    for name, rows in (
        ("TF-IDF", by_words(past.texts, test.texts)),
        ("frozen MiniLM", frozen),
    ):
        floor = floor_of(rows[0], past.labels, rows[1])
        table(f"floor, {name} with logistic regression", truth, floor)
        table(f"floor, {name}, typicality >= 3", truth[typical >= 3], floor[typical >= 3])
        gain(f"test, against {name}", truth, said, floor)
    answered = chance.max(axis=1) >= labeller.model.abstain_below
    group_answered = groups.max(axis=1) >= labeller.model.abstain_group_below
    table("test, labels given", truth[answered], said[answered])
    table("test, groups given", group_truth[group_answered], groups.argmax(axis=1)[group_answered])
    print(f"test: labels given {answered.mean():.3f}, groups given {group_answered.mean():.3f}")
    coverage("test", truth, chance)
    before = softmax(labeller.scores(test.texts, vectors))
    print(
        f"test, calibration error: scores {told(interval(calibration_error, truth, before))}, "
        f"calibrated {told(interval(calibration_error, truth, chance))}; log loss {log_loss(truth, chance):.3f}"
    )
    each = f1_of(truth, said)
    named = enumerate(zip(LABELS, each, strict=True))
    print("F1 by label: " + ", ".join(f"{name} {value:.2f} (n = {(truth == i).sum()})" for i, (name, value) in named), flush=True)
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
        "calibration_error": calibration_error(truth, chance),
    }
