"""Fit everything around a fine-tuned encoder that finding needs, from data in the repository, the same bytes each time.

    python -m training.fit_finding --model models/facets-l4 --rubric rubrics/student-centeredness

Writes into the model folder: `knowledge.npz` (kinds of passages, look-alike facets), the calibrations and thresholds in
`model.toml`, and `heads/` with the rubric's heads. Prints the cross-validated figures that the model card quotes.

Calibration data: the rubric's marked submissions, each scored by heads that were fitted without it (basis `marked`); by heads
on exemplars alone (`exemplars`) and by wordings alone (`text`), there together with marked texts of the rubrics that the
encoder was not trained on, whose own facets are taken off the look-alikes.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from mcscreen.heads import cached_heads, fit_heads
from mcscreen.knowledge import ASK, KINDS, Knowledge
from mcscreen.matchers.examples import ExamplesFinder
from mcscreen.matchers.onnx_encoder import OnnxEncoder
from mcscreen.remembered import RememberedEncoder
from mcscreen.rubric import MarkedSubmission
from mcscreen.rubric_files import RubricFolder, load_rubric_folder
from training.calibrating import Judged, Row, calibrated, plot
from training.marked_texts import HELD_OUT, facets_of, folder_of, labels_of, rubrics, texts_for_others

FOLDS = 8
KIND = {"concrete": "own", "paraphrase": "own", "near-miss": "own", "one-clause": "bare"}


class Remembering:
    """The encoder with a memory, because cross-validation asks for the same sentences again and again."""

    def __init__(self, encoder: OnnxEncoder | RememberedEncoder) -> None:
        self._encoder, self.dimension, self.fingerprint = encoder, encoder.dimension, encoder.fingerprint
        self._known: dict[str, np.ndarray] = {}
        self._stretches: dict[tuple[str, ...], tuple[np.ndarray, np.ndarray]] = {}

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        new = [t for t in dict.fromkeys(texts) if t not in self._known]
        self._known.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._known[t] for t in texts]) if texts else np.zeros((0, self.dimension), np.float32)

    @property
    def reads_stretches(self) -> bool:
        return self._encoder.reads_stretches

    def encode_stretch(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        key = tuple(texts)
        if key not in self._stretches:
            self._stretches[key] = self._encoder.encode_stretch(texts)
        return self._stretches[key]


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
            wordings.append(encoder.encode([ASK + wording])[0])
            answers.append(encoder.encode(met).mean(axis=0))
    arrays = {
        "kinds": kinds,
        "wordings": np.array(wordings, np.float16),
        "answers": np.array(answers, np.float16),
        "centre": np.mean(answers, axis=0).astype(np.float32),
    }
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def rows_of(
    folder: RubricFolder, encoder: Remembering, knowledge: Knowledge, submissions: Sequence[MarkedSubmission], group: str = ""
) -> list[Row]:
    """A row for every facet of every submission; each submission is a group of its own unless one is named."""
    heads = fit_heads(folder, encoder)
    rows = []
    for part in folder.rubric.parts:
        if not part.facets:
            continue
        finder = ExamplesFinder(part, heads, encoder, knowledge, {})
        for submission in submissions:
            texts = [s.text for s in submission.sentences if s.part == part.id]
            labels = labels_of(submission)
            for facet, measures in zip(part.facets, finder.measures(texts), strict=True):
                rows.append(Row(group or submission.id, submission.id, facet.id, labels.get(facet.id, "missing"), tuple(measures)))
    return rows


def other_rubrics(encoder: Remembering, data: list[dict], kinds: np.ndarray, *, exemplars: bool) -> list[Row]:
    """Rows of the rubrics that the encoder was not trained on; a rubric is a group."""
    rows = []
    held = {r["id"]: r for r in data[:HELD_OUT]}
    for number, submission in texts_for_others():
        if number in held:
            knowledge = Knowledge(encoder, knowledge_file(encoder, data, kinds, number))
            rows += rows_of(folder_of(held[number], exemplars=exemplars), encoder, knowledge, [submission], number)
    return rows


def toml_of(bases: dict[str, Judged]) -> str:
    lines = ["# Written by training/fit_finding.py.\n"]
    for name, judged in bases.items():
        lines += [f"[bases.{name}]", *(f"{key} = {value}" for key, value in judged.table.items()), ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--rubric", type=Path, required=True)
    options = parser.parse_args()
    data = rubrics()
    encoder = Remembering(RememberedEncoder(OnnxEncoder(options.model, threads=2)))
    kinds = kinds_of(encoder, data)
    content = knowledge_file(encoder, data, kinds)
    (options.model / "knowledge.npz").write_bytes(content)
    knowledge = Knowledge(encoder, content)
    folder = load_rubric_folder(options.rubric)
    marked = []
    for fold in range(FOLDS):
        out = folder.marked[fold::FOLDS]
        kept = dataclasses.replace(folder, marked=tuple(m for m in folder.marked if m not in out))
        marked += rows_of(kept, encoder, knowledge, out)
    shown, bare = dataclasses.replace(folder, marked=()), dataclasses.replace(folder, marked=(), exemplars=())
    other_shown, other_bare = (other_rubrics(encoder, data, kinds, exemplars=with_them) for with_them in (True, False))
    calibrated("other rubrics, exemplars", other_shown)
    calibrated("other rubrics, text", other_bare)
    bases = {
        "marked": calibrated("marked", marked),
        "exemplars": calibrated("exemplars", rows_of(shown, encoder, knowledge, folder.marked) + other_shown),
        "text": calibrated("text", rows_of(bare, encoder, knowledge, folder.marked) + other_bare),
    }
    plot(bases, options.model / "reliability.svg")
    path = options.model / "model.toml"
    text = path.read_text(encoding="utf-8").split("# Written by training/fit_finding.py.")[0]
    text = re.sub(r'"knowledge\.npz" = "[0-9a-f]*"', f'"knowledge.npz" = "{hashlib.sha256(content).hexdigest()}"', text)
    path.write_text(text + toml_of(bases), encoding="utf-8")
    for stale in (options.model / "heads").glob("*.npz"):
        stale.unlink()
    cached_heads(folder, encoder, write_to=options.model / "heads")


if __name__ == "__main__":
    main()
