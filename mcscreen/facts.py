"""What a result rests on beside the files: versions, weights, thresholds, rubric, settings.

Two results with equal facts and equal files are equal, so a journal may give one for the other; whatever can change a result must
stand here. One thing does not: the language data of Tesseract, which has no version; screen with `--no-resume` after a change of
it. All of it is known before a model is loaded, because a run that finds everything done loads none. The facts are
written down beside the results (`mcscreen.runs`) and must not hold names: of those that are masked there is a checksum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version

from mcscreen.language import pipeline
from mcscreen.limits import Limits
from mcscreen.matchers import Encoder, Support
from mcscreen.model import Model, Thresholds
from mcscreen.reflection.labels import LabellerModel

__all__ = ["facts_of", "fingerprint", "scores_fingerprint"]

_VERSIONED = (
    "mcscreen",
    "charset-normalizer",
    "lxml",
    "markdown-it-py",
    "numpy",
    "onnxruntime",
    "pdfminer.six",
    "pdfplumber",
    "pillow",
    "py3langid",
    "pymediainfo",
    "pypdfium2",
    "scikit-learn",
    "scipy",
    "spacy",
    "tokenizers",
)


def facts_of(
    *,
    rubric: str,
    encoder: Encoder,
    support: Support | None,
    labels: LabellerModel | None,
    model: Model,
    thresholds: Mapping[str, Thresholds],
    calibration: str,
    ocr: bool,
    limits: Limits,
    names: Sequence[str] | None,
) -> dict[str, object]:
    """The facts of a screener, as JSON can hold them.

    Args:
        rubric: Checksum of the rubric.
        encoder: That finds.
        support: That compares cited places, if any.
        labels: Of reflection, if any.
        model: Calibrations and checksums of the encoder's folder.
        thresholds: In use, by basis.
        calibration: What the scores rest on, in words.
        ocr: Whether scans are read.
        limits: On reading.
        names: That are masked whether they are recognised or not; None where nothing is masked.
    """
    facts: dict[str, object] = {
        "versions": {name: _version(name) for name in _VERSIONED},
        "language": pipeline(),
        "encoder": encoder.fingerprint,
        "knowledge": model.files.get("knowledge.npz"),
        "citing": support.fingerprint if support else None,
        "reflection": labels.model_dump(mode="json", by_alias=True, exclude={"measured", "title", "source", "licence"}) if labels else None,
        "calibrations": {basis: c.model_dump() for basis, c in model.bases.items()},
        "calibration": calibration,
        "thresholds": {basis: t.model_dump() for basis, t in thresholds.items()},
        "rubric": rubric,
        "ocr": ocr,
        "tesseract": _tesseract() if ocr else None,
        "limits": asdict(limits),
    }
    if names is not None:
        given = hashlib.sha256("\n".join(names).encode("utf-8", "surrogatepass")).hexdigest()
        facts["masked"] = {"names": given, "recogniser": pipeline()}
    return facts


def fingerprint(facts: Mapping[str, object]) -> str:
    """Hash of all facts, 32 hex digits."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def scores_fingerprint(facts: Mapping[str, object]) -> str:
    """Hash of the facts but the thresholds and the words for them: where it is equal, only statuses and what follows from them differ."""
    calibrations = facts["calibrations"]
    assert isinstance(calibrations, dict)
    made = {basis: {k: v for k, v in c.items() if k != "thresholds"} for basis, c in calibrations.items()}
    return fingerprint({k: v for k, v in facts.items() if k not in ("thresholds", "calibration")} | {"calibrations": made})


def _tesseract() -> str | None:
    from mcscreen.extractors.ocr import installed  # with all readers, which this process does not need otherwise

    return installed()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
