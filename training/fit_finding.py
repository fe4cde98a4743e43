"""Fit everything around a fine-tuned encoder that finding needs, from data in the repository, the same bytes each time.

    python -m training.fit_finding --model models/facets-l6 --rubric rubrics/student-centeredness

Writes into the model folder: `knowledge.npz` (kinds of passages, look-alike facets), the calibrations and thresholds in
`model.toml`, and `heads/` with the rubric's heads. Prints the cross-validated figures that the model card quotes.

Calibration data: the rubric's marked submissions, each scored by heads that were fitted without it (basis `marked`), by
heads on exemplars alone (`exemplars`), and by wordings alone, there together with marked submissions of other rubrics whose
own facets are taken off the look-alikes (`text`). "Addressed" means labelled met; partial and missing both count as not.

Thresholds, on the cross-validated probabilities: `not_found` lies so that at most two addressed facets fall below it, and
`covered` so that at most 4 % of the missing ones reach it.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression

from mcscreen.heads import cached_heads, fit_heads
from mcscreen.knowledge import KINDS, Knowledge
from mcscreen.matchers.examples import ExamplesFinder
from mcscreen.matchers.onnx_encoder import OnnxEncoder
from mcscreen.rubric import Criterion, Facet, MarkedSubmission, Part, Rubric, Source
from mcscreen.rubric_files import RubricFolder, load_rubric_folder

ROOT = Path(__file__).resolve().parent
KIND = {"concrete": "own", "paraphrase": "own", "near-miss": "own", "one-clause": "bare"}


class Remembering:
    """The encoder with a memory, because cross-validation asks for the same sentences again and again."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder, self.dimension, self.fingerprint = encoder, encoder.dimension, encoder.fingerprint
        self._known: dict[str, np.ndarray] = {}

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        new = [t for t in dict.fromkeys(texts) if t not in self._known]
        self._known.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._known[t] for t in texts]) if texts else np.zeros((0, self.dimension), np.float32)


def rubrics() -> list[dict]:
    return [json.loads(p.read_text(encoding="utf-8")) for p in sorted((ROOT / "rubrics").glob("*.json"))]


def facets_of(rubric: dict) -> dict[str, str]:
    return {f["id"]: f["text"] for c in [*rubric["criteria"], *rubric["asks"]] for f in c["facets"]}


def kinds_of(encoder: Remembering, data: list[dict]) -> np.ndarray:
    """Weights of the head of kinds, the intercepts in the last column."""
    passages = [p for rubric in data for p in rubric["passages"]]
    labels = [KINDS.index(KIND.get(p["kind"], p["kind"])) for p in passages]
    head = LogisticRegression(C=1.0, max_iter=3000, class_weight="balanced").fit(encoder.encode([p["text"] for p in passages]), labels)
    return np.hstack([head.coef_, head.intercept_[:, None]]).astype(np.float32)


def knowledge_file(encoder: Remembering, data: list[dict], kinds: np.ndarray, without: str = "") -> bytes:
    """Arrays of `Knowledge` as a compressed file; the facets of rubric `without` are left out of the look-alikes."""
    wordings, answers = [], []
    for rubric in data:
        if rubric["id"] == without:
            continue
        for facet, wording in facets_of(rubric).items():
            met = [p["text"] for p in rubric["passages"] if p["facet"] == facet and p["label"] == "met"]
            wordings.append(encoder.encode([wording])[0])
            answers.append(encoder.encode(met).mean(axis=0))
    arrays = {
        "kinds": kinds,
        "wordings": np.array(wordings, np.float16),
        "answers": np.array(answers, np.float16),
        "centre": np.mean(answers, axis=0).astype(np.float32),
    }
    return saved(arrays)


def saved(arrays: dict[str, np.ndarray]) -> bytes:
    """Arrays as an .npz whose bytes do not depend on the clock."""
    import io
    import zipfile

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            part = io.BytesIO()
            np.save(part, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), part.getvalue(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def labels_of(submission: MarkedSubmission) -> dict[str, str]:
    met = {f for s in submission.sentences for f in s.met}
    return {f: "met" if f in met else "partial" for s in submission.sentences for f in (*s.met, *s.partial)}


def rows_of(folder: RubricFolder, encoder: Remembering, knowledge: Knowledge, submissions: Sequence[MarkedSubmission]) -> list[tuple]:
    """(submission, facet, label, measures) for every facet of every submission."""
    heads = fit_heads(folder, encoder)
    rows = []
    for part in folder.rubric.parts:
        if not part.facets:
            continue
        finder = ExamplesFinder(part.facets, heads, encoder, knowledge, {})
        for submission in submissions:
            texts = [s.text for s in submission.sentences if s.part == part.id]
            labels = labels_of(submission)
            for facet, measures in zip(part.facets, finder.measures(texts), strict=True):
                rows.append((submission.id, facet.id, labels.get(facet.id, "missing"), measures))
    return rows


def other_rubrics(encoder: Remembering, data: list[dict], kinds: np.ndarray) -> list[tuple]:
    rows = []
    for line in (ROOT / "marked" / "other-rubrics.jsonl").read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        rubric = next(r for r in data if r["id"] == raw["rubric"])
        facets = tuple(Facet(id=i, text=t) for i, t in facets_of(rubric).items())
        part = Part(
            id="part1", title=rubric["title"], kind="narrative", criteria=(Criterion(id="all", text=rubric["title"], facets=facets),)
        )
        outcome = {"id": "OUTCOME", "text": rubric["overview"]}
        bare = Rubric.model_validate(
            {
                "schema": 1,
                "id": "other",
                "title": rubric["title"],
                "source": Source(title=rubric["title"]),
                "outcomes": [outcome],
                "parts": [part],
            }
        )
        folder = RubricFolder(bare, (), "", Path("other"))
        submission = MarkedSubmission.model_validate({"id": raw["id"], "sentences": raw["sentences"]})
        rows += rows_of(folder, encoder, Knowledge(encoder, knowledge_file(encoder, data, kinds, raw["rubric"])), [submission])
    return rows


def auc(met: np.ndarray, missing: np.ndarray) -> float:
    return float(((met[:, None] > missing) + 0.5 * (met[:, None] == missing)).mean())


def calibrated(name: str, rows: list[tuple]) -> dict[str, object]:
    """Coefficients and thresholds of one basis, with the cross-validated figures printed."""
    submission = np.array([r[0] for r in rows])
    label = np.array([r[2] for r in rows])
    measures = np.array([r[3] for r in rows])
    mean, scale = measures.mean(axis=0), measures.std(axis=0)
    standard, target = (measures - mean) / scale, (label == "met").astype(int)
    chance = np.zeros(len(rows))
    for one in sorted(set(submission)):
        fold = LogisticRegression(max_iter=3000).fit(standard[submission != one], target[submission != one])
        chance[submission == one] = fold.predict_proba(standard[submission == one])[:, 1]
    final = LogisticRegression(max_iter=3000).fit(standard, target)
    met, missing, partial = (chance[label == kind] for kind in ("met", "missing", "partial"))
    not_found = float(np.sort(met)[2])
    covered = float(np.sort(missing)[::-1][int(0.04 * len(missing))]) + 1e-4
    wrong = binomtest(int((met < not_found).sum()), len(met)).proportion_ci(0.95, "exact")
    out = binomtest(int((missing < covered).sum()), len(missing)).proportion_ci(0.95, "exact")
    edges = np.quantile(chance, np.linspace(0, 1, 11))
    bins = np.clip(np.searchsorted(edges, chance, side="right") - 1, 0, 9)
    error = sum(abs(chance[bins == b].mean() - target[bins == b].mean()) * (bins == b).mean() for b in range(10) if (bins == b).any())
    print(
        f"{name}: {len(set(submission))} submissions, met {len(met)} partial {len(partial)} missing {len(missing)}; AUC {auc(met, missing):.3f}; "
        f"calibration error {error:.3f}; met called not_found {(met < not_found).mean():.3f} [{wrong.low:.3f}, {wrong.high:.3f}]; "
        f"missing kept out of covered {(missing < covered).mean():.3f} [{out.low:.3f}, {out.high:.3f}]; met covered {(met >= covered).mean():.2f}; "
        f"missing not_found {(missing < not_found).mean():.2f}; partial thin {((partial >= not_found) & (partial < covered)).mean():.2f}"
    )
    digits = lambda values: [round(float(v), 5) for v in values]  # noqa: E731
    return {
        "mean": digits(mean),
        "scale": digits(scale),
        "weights": digits(final.coef_[0]),
        "intercept": round(float(final.intercept_[0]), 5),
        "thresholds": {"not_found": round(not_found, 4), "covered": round(covered, 4)},
    }


def toml_of(bases: dict[str, dict[str, object]]) -> str:
    lines = ["# Written by training/fit_finding.py.\n"]
    for name, values in bases.items():
        lines.append(f"[bases.{name}]")
        lines += [f"{key} = {values[key]}" for key in ("mean", "scale", "weights", "intercept")]
        limits = values["thresholds"]
        lines.append(f"thresholds = {{ not_found = {limits['not_found']}, covered = {limits['covered']} }}\n")  # type: ignore[index]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--rubric", type=Path, required=True)
    options = parser.parse_args()
    data = rubrics()
    encoder = Remembering(OnnxEncoder(options.model, threads=2))
    kinds = kinds_of(encoder, data)
    content = knowledge_file(encoder, data, kinds)
    (options.model / "knowledge.npz").write_bytes(content)
    knowledge = Knowledge(encoder, content)
    folder = load_rubric_folder(options.rubric)
    marked = [
        row
        for one in folder.marked
        for row in rows_of(dataclasses.replace(folder, marked=tuple(m for m in folder.marked if m is not one)), encoder, knowledge, [one])
    ]
    bases = {
        "marked": calibrated("marked", marked),
        "exemplars": calibrated("exemplars", rows_of(dataclasses.replace(folder, marked=()), encoder, knowledge, folder.marked)),
        "text": calibrated(
            "text",
            rows_of(dataclasses.replace(folder, marked=(), exemplars=()), encoder, knowledge, folder.marked)
            + other_rubrics(encoder, data, kinds),
        ),
    }
    path = options.model / "model.toml"
    text = path.read_text(encoding="utf-8").split("# Written by training/fit_finding.py.")[0]
    text = re.sub(r'"knowledge\.npz" = "[0-9a-f]*"', f'"knowledge.npz" = "{hashlib.sha256(content).hexdigest()}"', text)
    path.write_text(text + toml_of(bases), encoding="utf-8")
    for stale in (options.model / "heads").glob("*.npz"):
        stale.unlink()
    cached_heads(folder, encoder, write_to=options.model / "heads")


if __name__ == "__main__":
    main()
