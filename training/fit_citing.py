"""Fit the comparison of cited places with explanations, from the packages in training/citations; the same bytes each time.

    python -m training.fit_citing [--model facets-l4] [--encoder facets-l6] [--dry]

The packages are written as files, read and checked as uploads are, and the claims that the check makes are recorded. Then:

1. weights of a place's fit: conditional logit over the places of an artifact, with a ridge. The place that is meant is the
   cited one of an `ok` row and the better one of an `unrelated` row;
2. probability: logistic regression of the label on the lead of the cited place's fit;
3. thresholds, on probabilities that were cross-validated by package: `unrelated` so that at most 2 % of the ok rows lie
   below, `doubtful` so that at most 10 % do.

Writes citing.toml into the model folder and prints the cross-validated figures.
"""

from __future__ import annotations

import argparse
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mcscreen import load_submission
from mcscreen.checks import citations
from mcscreen.matchers import load_encoder
from mcscreen.matchers.support import MEASURES, Citing, Support
from mcscreen.parts import assign_parts
from mcscreen.portfolio import read_rows
from mcscreen.shipped import shipped
from mcscreen.submission import Claim, Comparison
from training.citing_packages import Package, load_packages

RIDGE = 3.0
COST, REMARKED = 0.02, 0.10


@dataclass(frozen=True)
class Row:
    """A compared row: its package, its label, the measures of its places (the cited one first) and which of them is meant."""

    package: str
    ok: bool
    measures: np.ndarray
    meant: int | None


class Recorder:
    """Takes the comparison's seat in the check and keeps the claims."""

    unrelated = doubtful = 0.0

    def __init__(self) -> None:
        self.claims: list[Claim] = []

    def compare(self, claims: Sequence[Claim]) -> list[Comparison]:
        self.claims = list(claims)
        return [Comparison(None, tuple(range(len(c.cited.windows)))) for c in claims]


def recorded(packages: Sequence[Package]) -> list[tuple[Package, list[Claim]]]:
    """The claims of every package, in the order of its rows."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for package in packages:
            submission, rubric = load_submission(package.write(Path(folder))), package.rubric.rubric
            sections = assign_parts(submission, rubric)
            recorder = Recorder()
            citations.check(submission, sections, read_rows(submission, sections, rubric), rubric, recorder)
            found.append((package, recorder.claims))
    return found


def rows_of(claims: Sequence[tuple[Package, list[Claim]]], support: Support) -> list[Row]:
    """Claims with their labels and measures; rows that were not compared are left out."""
    rows = []
    for package, made in claims:
        by_text = {" ".join(r["explanation"].split()): r for r in package.rows if r["label"] in ("ok", "unrelated")}
        for claim, (kept, measures, _) in zip(made, support.measures(made), strict=True):
            row = by_text.get(" ".join(claim.explanation.split()))
            if row is None or len(measures) < 2:
                continue
            meant = 0 if row["label"] == "ok" else _better(row, package, [claim.others[n] for n in kept])
            rows.append(Row(package.id, row["label"] == "ok", measures, meant))
    return rows


def _better(row: dict[str, Any], package: Package, others: Sequence[Any]) -> int | None:
    """Which of the compared places is the better one of an unrelated row: that which shares most words with its text."""
    if "better" not in row:
        return None
    stem = row["artifact"].rpartition(".")[0].casefold() or row["artifact"].casefold()
    artifact = next(a for a in package.artifacts if stem.replace("_", " ") in a["name"].casefold().replace("_", " "))
    words = set(artifact["places"][row["better"] - 1]["text"].split())
    return 1 + max(range(len(others)), key=lambda n: len(words & set(" ".join(others[n].windows).split())))


def fit(rows: Sequence[Row], encoder: str, unrelated: float = 0.0, doubtful: float = 0.0) -> Citing:
    """Weights of the fit, then slope and intercept of the probability."""
    stacked = np.vstack([r.measures for r in rows])
    mean, scale = stacked.mean(axis=0), stacked.std(axis=0) + 1e-9
    choices = [((r.measures - mean) / scale, r.meant) for r in rows if r.meant is not None]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = RIDGE * float(weights @ weights) / 2, RIDGE * weights
        for places, meant in choices:
            fits = places @ weights
            shares = np.exp(fits - fits.max())
            shares /= shares.sum()
            total -= float(np.log(shares[meant] + 1e-12))
            slope = slope - places[meant] + shares @ places
        return total, slope

    weights = minimize(loss, np.zeros(len(MEASURES)), jac=True, method="L-BFGS-B").x
    leads = np.array([_lead(r, mean, scale, weights) for r in rows])[:, None]
    curve = LogisticRegression(C=10.0).fit(leads, [r.ok for r in rows])

    def short(values: np.ndarray) -> tuple[float, ...]:
        return tuple(round(float(v), 5) for v in values)

    return Citing(
        schema=1,
        encoder=encoder,
        mean=short(mean),
        scale=short(scale),
        weights=short(weights),
        slope=round(float(curve.coef_[0][0]), 5),
        intercept=round(float(curve.intercept_[0]), 5),
        unrelated=unrelated,
        doubtful=doubtful,
    )


def _lead(row: Row, mean: np.ndarray, scale: np.ndarray, weights: np.ndarray) -> float:
    fits = (row.measures - mean) / scale @ weights
    return float(fits[0] - fits[1:].max())


def probability(citing: Citing, row: Row) -> float:
    lead = _lead(row, np.array(citing.mean), np.array(citing.scale), np.array(citing.weights))
    return float(1 / (1 + np.exp(-citing.intercept - citing.slope * lead)))


def without(rows: Sequence[Row], package: str, encoder: str) -> Citing:
    """The model for a package that it has not seen, its thresholds included."""
    rest = [r for r in rows if r.package != package]
    inner = {p: fit([r for r in rest if r.package != p], encoder) for p in sorted({r.package for r in rest})}
    return fit(rest, encoder, *thresholds(rest, np.array([probability(inner[r.package], r) for r in rest])))


def thresholds(rows: Sequence[Row], chances: np.ndarray) -> tuple[float, float]:
    """Probabilities below which at most `COST` and `REMARKED` of the ok rows lie."""
    good = np.sort(chances[[r.ok for r in rows]])
    return tuple(float(np.floor(good[int(share * len(good))] * 1e4) / 1e4) for share in (COST, REMARKED))  # type: ignore[return-value]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="facets-l4", help="id of the shipped model whose citing.toml is written")
    parser.add_argument("--encoder", help="id of the shipped model that compares; the same if not given")
    parser.add_argument("--dry", action="store_true", help="print the figures and write nothing")
    options = parser.parse_args()
    folder = shipped("models") / options.model
    encoder = load_encoder(options.encoder or options.model)
    empty = Citing(schema=1, encoder="", mean=(), scale=(), weights=(), slope=0, intercept=0, unrelated=0, doubtful=0)
    rows = rows_of(recorded(load_packages()), Support(encoder, empty))
    packages = sorted({r.package for r in rows})
    models = {p: fit([r for r in rows if r.package != p], encoder.fingerprint) for p in packages}
    chances = np.array([probability(models[r.package], r) for r in rows])
    ok = np.array([r.ok for r in rows])
    unrelated, doubtful = thresholds(rows, chances)
    citing = fit(rows, encoder.fingerprint, unrelated, doubtful)
    below = chances < unrelated
    hits, wrong = int((below & ~ok).sum()), int((below & ok).sum())
    print(f"{len(rows)} rows compared ({ok.sum()} ok, {(~ok).sum()} unrelated), cross-validated by package")
    print(f"AUC {roc_auc_score(ok, chances):.3f}; below {unrelated}: {hits} of the unrelated, {wrong} of the ok", end="; ")
    print(f"F1 {2 * hits / (2 * hits + wrong + (~ok).sum() - hits):.3f}; Brier {np.mean((chances - ok) ** 2):.3f}")
    print("weights", dict(zip(MEASURES, citing.weights, strict=True)))
    if not options.dry:
        write(citing, folder / "citing.toml")


def write(citing: Citing, path: Path) -> None:
    """Write a citing.toml and read it back."""
    lines = ["# Written by training/fit_citing.py.", ""]
    for key, value in citing.model_dump(by_alias=True).items():
        shown = f'"{value}"' if isinstance(value, str) else "[" + ", ".join(map(str, value)) + "]" if isinstance(value, tuple) else value
        lines.append(f"{key} = {shown}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert Citing.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))) == citing


if __name__ == "__main__":
    main()
