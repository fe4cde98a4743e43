"""From measures to a probability and to statuses, cross-validated, with the figures that the model card quotes.

Calibration is a logistic regression over the finder's measures. "Addressed" means labelled met; partial and missing both
count as not. It is fitted and judged over groups (submissions, or rubrics), so that no group judges itself.

Thresholds are conformal (Vovk, Gammerman & Shafer 2022, ch. 2.2 and 4.6; class-conditional, by crepes): `not_found` is the
highest score at which the p-value of "this is an addressed facet" is at most `NOT_FOUND_ERROR`, so that for new facets that
come as these did an addressed one falls below it with no greater probability; `covered` is the lowest score at which the
p-value of "this is a missing facet" is at most `COVERED_ERROR`. Exact binomial intervals of both shares are printed beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from crepes import ConformalClassifier
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression

NOT_FOUND_ERROR = 0.01
COVERED_ERROR = 0.04
FOLDS = 10
BINS = 10


@dataclass(frozen=True)
class Row:
    """One facet of one submission: `group` is what is left out together."""

    group: str
    submission: str
    facet: str
    label: str
    measures: tuple[float, ...]


@dataclass(frozen=True)
class Judged:
    """What a basis was calibrated to.

    Attributes:
        table: Key -> value as model.toml holds them.
        chance: Cross-validated probabilities, one a row.
        met: Whether the row is labelled met.
    """

    table: dict[str, object]
    chance: np.ndarray
    met: np.ndarray


def auc(met: np.ndarray, missing: np.ndarray) -> float:
    """Share of pairs (a met and a missing facet) in which the met one has the higher score; ties count half."""
    return float(((met[:, None] > missing) + 0.5 * (met[:, None] == missing)).mean())


def calibration_error(chance: np.ndarray, met: np.ndarray) -> float:
    """Expected calibration error over ten equally filled bins."""
    return float(sum(abs(c.mean() - m.mean()) * len(c) for c, m in _bins(chance, met)) / len(chance))


def calibrated(name: str, rows: Sequence[Row]) -> Judged:
    """Coefficients and thresholds of one basis, with the cross-validated figures printed."""
    group = np.array([r.group for r in rows])
    label = np.array([r.label for r in rows])
    measures = np.array([r.measures for r in rows])
    mean, scale = measures.mean(axis=0), measures.std(axis=0)
    standard, target = (measures - mean) / scale, (label == "met").astype(int)
    chance = np.zeros(len(rows))
    groups = sorted(set(group))
    for fold in range(min(FOLDS, len(groups))):
        out = np.isin(group, groups[fold::FOLDS])
        chance[out] = LogisticRegression(max_iter=3000).fit(standard[~out], target[~out]).predict_proba(standard[out])[:, 1]
    final = LogisticRegression(max_iter=3000).fit(standard, target)
    met, missing, partial = (chance[label == kind] for kind in ("met", "missing", "partial"))
    not_found, covered = _threshold(met, NOT_FOUND_ERROR, below=True), _threshold(missing, COVERED_ERROR, below=False)
    within = _resampled(rows, chance, label)
    print(
        f"{name}: {len({r.submission for r in rows})} submissions, {len(groups)} groups, met {len(met)} partial {len(partial)} "
        f"missing {len(missing)}; AUC {auc(met, missing):.3f} [{within[0]:.3f}, {within[1]:.3f}]; "
        f"calibration error {calibration_error(chance, target):.3f}; met called not_found {_share(met < not_found)}; "
        f"missing kept out of covered {_share(missing < covered)}; met covered {(met >= covered).mean():.2f}; "
        f"missing not_found {(missing < not_found).mean():.2f}; partial thin {((partial >= not_found) & (partial < covered)).mean():.2f}",
        flush=True,
    )
    table: dict[str, object] = {
        "mean": _digits(mean),
        "scale": _digits(scale),
        "weights": _digits(final.coef_[0]),
        "intercept": round(float(final.intercept_[0]), 5),
        "thresholds": f"{{ not_found = {not_found}, covered = {covered} }}",
    }
    return Judged(table, chance, target)


def _threshold(scores: np.ndarray, error: float, *, below: bool) -> float:
    """The score beyond which a conformal p-value is at most `error`: the highest from below, or the lowest from above."""
    strangeness = -scores if below else scores
    grid = np.round(np.arange(0.0, 1.0001, 0.0005), 4)
    classifier = ConformalClassifier().fit(strangeness)
    values = classifier.predict_p((-grid if below else grid)[:, None], smoothing=False)[:, 0]
    fitting = grid[values <= error]
    return float(fitting.max() if below else fitting.min())


def _share(hits: np.ndarray) -> str:
    interval = binomtest(int(hits.sum()), len(hits)).proportion_ci(0.95, "exact")
    return f"{hits.mean():.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def _resampled(rows: Sequence[Row], chance: np.ndarray, label: np.ndarray, rounds: int = 1000) -> tuple[float, float]:
    """Bootstrap interval of the AUC over submissions."""
    generator = np.random.default_rng(0)
    submission = np.array([r.submission for r in rows])
    places = [np.flatnonzero(submission == one) for one in sorted(set(submission))]
    values = []
    for _ in range(rounds):
        at = np.concatenate([places[i] for i in generator.integers(0, len(places), len(places))])
        met, missing = chance[at][label[at] == "met"], chance[at][label[at] == "missing"]
        if len(met) and len(missing):
            values.append(auc(met, missing))
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))


def _bins(chance: np.ndarray, met: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    order = np.argsort(chance, kind="stable")
    return [(chance[part], met[part]) for part in np.array_split(order, BINS) if len(part)]


def _digits(values: np.ndarray) -> list[float]:
    return [round(float(v), 5) for v in values]


def plot(judged: dict[str, Judged], path: Path) -> None:
    """Reliability diagram: what share was met where the model said so often, ten equally filled bins a basis."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "mcscreen"
    matplotlib.rcParams["svg.fonttype"] = "path"
    from matplotlib import pyplot

    figure, frames = pyplot.subplots(1, len(judged), figsize=(3.4 * len(judged), 3.6), sharey=True, squeeze=False)
    for frame, (name, one) in zip(frames[0], judged.items(), strict=True):
        bins = _bins(one.chance, one.met)
        share = np.array([m.mean() for _, m in bins])
        spread = [binomtest(int(m.sum()), len(m)).proportion_ci(0.95, "wilson") for _, m in bins]
        reach = [share - [s.low for s in spread], [s.high for s in spread] - share]
        frame.plot([0, 1], [0, 1], color="#888", linewidth=1, linestyle="--")
        frame.errorbar([c.mean() for c, _ in bins], share, yerr=np.maximum(reach, 0), fmt="o", markersize=4, color="#1b4f72", capsize=2)
        frame.set(title=f"{name} (n = {len(one.met)})", xlabel="probability said", xlim=(0, 1), ylim=(0, 1))
    frames[0][0].set_ylabel("share labelled met")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
