"""A refitted model as a folder: the base model's files with the correction written into its numbers, and a card.

A correction adds to the centred logits a mixing of them, a function of the vector and an offset. The labeller computes
logits = C s + c from scores s that are linear in the vector, so mixing and offset go into C and c, and the vector's part into
the weights of the vector, brought back through the corrected C (its pseudo-inverse, because logits are only known up to a
constant). Whether the folder gives the probabilities that were measured is checked before it is left there.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcscreen.errors import ModelError
from mcscreen.inert import single_line
from mcscreen.private_files import make_folder, put
from mcscreen.reflection.labels import LABELS, LabellerModel, load_labeller
from mcscreen.research.coding.correcting import Correction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Base", "Facts", "read_base", "write_model"]

_WEIGHTS = "labels.npz"
_CONFUSION = "confusion.csv"
_SAME = 2e-3
"""Largest difference of a probability between what was fitted and what the folder gives; the weights are kept in single precision."""


@dataclass(frozen=True, slots=True)
class Base:
    """The model that is corrected.

    Attributes:
        model: Its model.toml.
        arrays: Of its weights file, by name.
        others: Its other files, by name.
    """

    model: LabellerModel
    arrays: Mapping[str, NDArray[Any]]
    others: Mapping[str, bytes]

    @property
    def takes_vectors(self) -> bool:
        """Whether a function of the sentence's vector can be added to its scores."""
        return {"vector_centre", "vector_weights"} <= set(self.arrays) and self.arrays["vector_weights"].ndim == 2

    def centred(self, vectors: NDArray[np.float32]) -> Floats:
        """Vectors as the labeller takes them, centred and of unit length; of dimension 0 where it takes none."""
        import numpy as np

        if not self.takes_vectors:
            return np.zeros((len(vectors), 0))
        centred = vectors - self.arrays["vector_centre"].astype("f4")
        return np.asarray(centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9), np.float64)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the model's TOML and card say of the refit.

    Attributes:
        date: ISO.
        coding: SHA-256 of keys and labels.
        limits: Probabilities below which a label, and a group, is withheld.
        measured: For model.toml.
        confusion: True labels x said ones on texts left out, weighted, in the order of `LABELS`.
        lines: For the card, Markdown.
    """

    date: str
    coding: str
    limits: tuple[float, float]
    measured: Mapping[str, float | int]
    confusion: Sequence[Sequence[int]]
    lines: Sequence[str]


def read_base(folder: Path, model: LabellerModel) -> Base:
    """The arrays of a model that `load_labeller` has accepted.

    Raises:
        ModelError: Its weights hold no calibration of the labels, so that there is no place for a correction.
    """
    import numpy as np

    content = {name: (folder / name).read_bytes() for name in model.files}
    with np.load(io.BytesIO(content.pop(_WEIGHTS)), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    if "calibration" not in arrays or arrays["calibration"].shape != (len(LABELS), len(LABELS) + 1):
        raise ModelError(
            f"{folder}: its weights hold no calibration of {len(LABELS)} labels, so it cannot be refitted; start from the shipped model"
        )
    return Base(model, arrays, content)


def write_model(
    out: Path, base: Base, correction: Correction, facts: Facts, *, check: tuple[Any, Sequence[str], NDArray[np.float32], Floats]
) -> list[Path]:
    """Write the model folder, and load it once to see that it does what was measured.

    Args:
        out: Made if it does not exist.
        base: The model that is corrected.
        correction: What is added to it.
        facts: For model.toml and the card.
        check: The encoder, sentences, their vectors, and the probabilities that the folder must give.

    Returns:
        The files.

    Raises:
        ModelError: The folder would not give these probabilities; nothing is left of it.
    """
    import numpy as np

    weights = io.BytesIO()
    arrays: dict[str, Any] = _corrected(base, correction)
    np.savez_compressed(weights, **arrays)
    content = weights.getvalue()
    # Counts of the base model's errors would not be this one's.
    files = {**base.others, _WEIGHTS: content, _CONFUSION: _counts(facts.confusion)}
    source = (
        f"{base.model.id} ({base.model.files[_WEIGHTS][:12]}) refitted on {facts.measured['sentences']} sentences of "
        f"{facts.measured['texts']} texts coded by hand, {facts.date}; coding {facts.coding[:12]}"
    )
    told = base.model.model_dump(by_alias=True) | {
        "id": f"{base.model.id.partition('-refit-')[0]}-refit-{facts.coding[:8]}",
        "title": f"{base.model.title.partition(' (refitted')[0]} (refitted)",
        "source": source,
        "abstain_below": facts.limits[0],
        "abstain_group_below": facts.limits[1],
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "measured": dict(facts.measured),
    }
    make_folder(out)
    written = [put(out / name, data) for name, data in files.items()]
    written.append(put(out / "MODEL_CARD.md", _card(base, facts, source).encode("utf-8")))
    written.append(put(out / "model.toml", _toml(told).encode("utf-8")))
    encoder, sentences, vectors, expected = check
    apart = np.abs(load_labeller(encoder, out).probabilities(sentences, vectors) - expected).max(initial=0.0)
    if not apart <= _SAME:
        shutil.rmtree(out)
        raise ModelError(f"{out}: the correction cannot be held by this model's weights (off by {apart:.3f}); start from the shipped model")
    return written


def _counts(confusion: Sequence[Sequence[int]]) -> bytes:
    lines = ["split,truth,said,count"]
    for truth, row in zip(LABELS, confusion, strict=True):
        lines += [f"cross-validated,{truth},{said},{count}" for said, count in zip(LABELS, row, strict=True) if count]
    return ("\n".join(lines) + "\n").encode("ascii")


def _corrected(base: Base, correction: Correction) -> dict[str, NDArray[Any]]:
    import numpy as np

    size = len(LABELS)
    centre = np.eye(size) - 1 / size
    calibration = base.arrays["calibration"].astype("f8")
    mixing = np.eye(size) + correction.mixing
    turned = centre @ mixing.T @ centre @ calibration[:, :-1]
    offset = centre @ (mixing.T @ centre @ calibration[:, -1] + correction.offset)
    arrays = dict(base.arrays) | {"calibration": np.hstack([turned, offset[:, None]])}
    if correction.vector.size:
        added = correction.vector @ centre @ np.linalg.pinv(turned.T, rcond=1e-6)
        arrays["vector_weights"] = (base.arrays["vector_weights"].astype("f8") + added).astype("f4")
    return arrays


def _toml(told: Mapping[str, Any]) -> str:
    """TOML of plain values and tables of plain values; a value that is None is left out."""
    tables = {key: value for key, value in told.items() if isinstance(value, Mapping)}
    lines = ["# Written by mcscreen coding refit."]
    lines += [f"{key} = {_plain_value(value)}" for key, value in told.items() if key not in tables and value is not None]
    for key, table in tables.items():
        lines += ["", f"[{key}]", *(f"{json.dumps(k)} = {_plain_value(v)}" for k, v in table.items())]
    return "\n".join(lines) + "\n"


def _plain_value(value: str | float | int | bool) -> str:
    # Lines without control characters are the same in JSON and in TOML.
    return json.dumps(single_line(value) if isinstance(value, str) else value, ensure_ascii=False)


def _card(base: Base, facts: Facts, source: str) -> str:
    return "\n".join(
        [
            f"# {base.model.id}, refitted",
            "",
            f"Labels of sentences: {source}.",
            "",
            "## Data",
            "",
            f"Coded by hand and given to `mcscreen coding refit` on {facts.date}. SHA-256 of keys and labels: `{facts.coding}`.",
            "No sentence and no word of the texts is in this folder. The model it started from has its own source and licence:",
            "",
            f"> {single_line(base.model.source)} ({single_line(base.model.licence)})",
            "",
            "## Measured",
            "",
            *facts.lines,
            "",
            "Cross-validation in five folds of whole texts: no sentence of a text is on both sides, and the strength is chosen inside",
            "each fold. Intervals: 95 %, percentile bootstrap over texts; the difference is paired.",
            "",
            "## What these figures do not show",
            "",
            "- Other writers than those of the coded texts, other tasks, other coders.",
            "- The spread of the cross-validation itself: another seed gives other folds.",
            "- That the coders are right: how far they agree with each other bounds what agreement with them can mean.",
            "- Labels with few sentences: a figure over all hides them.",
            "",
        ]
    )
