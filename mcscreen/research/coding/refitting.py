"""Refit the sentence labels on a study's own coding, and say first what that is worth.

The figures come before the model: in a cross-validation whose folds are whole texts, the shipped labeller and the refitted one
label the same sentences, none of which (nor any other sentence of its text) was seen in the fit or in the choice of its
strength. Before, after and their paired difference carry intervals from a bootstrap over texts. Where sentences were drawn by
label, the weights of the drawing count, so that figures and probabilities are for all sentences.

The result is a model folder like the shipped one: `load_labeller(encoder, folder)` loads it, and everything that takes a
labeller takes it. No word of the texts is in it, only what was added to numbers.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mcscreen.coefficients import interval, kappa, percent
from mcscreen.errors import InputError
from mcscreen.reflection.labels import GROUPS, LABELS, load_labeller
from mcscreen.research.coding.correcting import Correction, Sample, Strength, chances_of, chosen, fitted, folds, log_loss
from mcscreen.research.coding.model_folder import Facts, read_base, write_model
from mcscreen.research.coding.reading import Coded
from mcscreen.research.coding.units import Unit
from mcscreen.shipped import shipped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["NEEDED_LABELS", "NEEDED_OF_EACH", "NEEDED_SENTENCES", "NEEDED_TEXTS", "Compared", "Refit", "refit", "refit_in_words"]

NEEDED_TEXTS = 10
NEEDED_SENTENCES = 150
"""With fewer an accuracy of 0.7 is known to no better than eight points either way, and no gain could be told from none."""
NEEDED_LABELS = 3
NEEDED_OF_EACH = 5
"""Sentences that each of the `NEEDED_LABELS` must have."""

FOLDS = 5
ANSWERED_RIGHT = 0.8
"""Labels are withheld below the probability from which on this share of the answers on texts left out is right, as in the shipped model."""
_ANSWERS = 30


class _Encoder(Protocol):
    name: str
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of the shipped and of the refitted labels on texts left out; each with a 95 % interval.

    Attributes:
        name: "accuracy", "macro_f1", "kappa" (higher is better) or "log_loss" (lower is better).
        before: Value, low, high; the bounds are None where the figure is undefined in too many bootstrap samples.
        after: Likewise.
        difference: After minus before, paired.
    """

    name: str
    before: tuple[float, float | None, float | None]
    after: tuple[float, float | None, float | None]
    difference: tuple[float, float | None, float | None]

    @property
    def better(self) -> bool:
        """Whether the whole interval of the difference is on the better side."""
        low, high = self.difference[1:]
        return low is not None and high is not None and (high < 0 if self.name == "log_loss" else low > 0)


@dataclass(frozen=True, slots=True)
class Refit:
    """What a refit came to.

    Attributes:
        folder: Where the model was written; `files` likewise.
        sentences: Labelled ones; `texts` and `coders` likewise.
        each: How many sentences a label, in the order of `LABELS`; shares of coders added up.
        strength: What cross-validation chose; None when the shipped model was not improved by any correction.
        figures: See `Compared`.
        answered: Share of labels that would not be withheld, on texts left out, after.
        answered_right: Share of these that are right; None when there are none.
        weighted: Whether the figures are weighted to all sentences.
    """

    folder: Path
    files: tuple[Path, ...]
    sentences: int
    texts: int
    coders: int
    each: tuple[float, ...]
    strength: Strength
    figures: tuple[Compared, ...]
    answered: float
    answered_right: float | None
    weighted: bool


def refit(
    coded: Coded,
    encoder: _Encoder,
    out: Path,
    *,
    date: str,
    base: Path | None = None,
    coder: str | None = None,
    seed: int = 0,
    rounds: int = 1000,
) -> Refit:
    """Fit the labels anew with a study's own coding and write the model.

    A sentence with several coders' labels counts for each label by the share of coders who gave it.

    Args:
        coded: As `read_coded` gives it.
        encoder: The default encoder, as `load_encoder()` gives it.
        out: Folder for the model; must not exist, or be empty.
        date: Of the refit, for the card (ISO).
        base: Folder of the model to start from; the shipped one if not given.
        coder: Whose labels alone are taken; all coders' if not given.
        seed: Of the folds and the bootstrap.
        rounds: Bootstrap samples.

    Raises:
        InputError: There are too few labels (the message says how many are needed), the folder is in use, or the coder unknown.
        ModelError: The model to start from cannot be loaded, or is of a kind that cannot hold a correction.
    """
    import numpy as np

    labelled = coded.shares(coder)
    lacking = _lacking(labelled)
    if lacking:
        raise InputError(lacking)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: is there already; give another folder for the refitted model")
    place = base or shipped("models") / "reflection"
    labeller = load_labeller(encoder, place)
    start = read_base(place, labeller.model)
    sentences = [u.sentence for u, _ in labelled]
    vectors = encoder.encode(sentences)
    scores = np.log(np.maximum(labeller.probabilities(sentences, vectors), 1e-12))
    names = list(dict.fromkeys(u.text for u, _ in labelled))
    weights = np.array([u.weight for u, _ in labelled])
    sample = Sample(
        scores - scores.mean(axis=1, keepdims=True),
        start.centred(vectors),
        np.array([[given.get(label, 0.0) for label in LABELS] for _, given in labelled]),
        weights / weights.mean(),
        np.array([names.index(u.text) for u, _ in labelled], np.int64),
    )
    before = chances_of(sample.scores)
    after = _held_out(sample, seed)
    figures = _compared(sample, before, after, rounds, seed)
    strength = chosen(sample, FOLDS, seed)
    limits = (_threshold(after, sample, labeller.model.abstain_below), _group_threshold(after, sample, labeller.model.abstain_group_below))
    sure = after.max(axis=1) >= limits[0]
    right = sample.shares[np.arange(len(after)), after.argmax(axis=1)]
    answered = float(sample.weights[sure].sum() / sample.weights.sum())
    result = Refit(
        out,
        (),
        len(labelled),
        len(names),
        1 if coder is not None else len(coded.coders),
        tuple(float(x) for x in sample.shares.sum(axis=0).round(2)),
        strength,
        figures,
        answered,
        float(sample.weights[sure] @ right[sure] / sample.weights[sure].sum()) if sure.any() else None,
        bool(np.ptp(weights) > 0),
    )
    measured = _measured(result)
    said = np.eye(len(LABELS))[after.argmax(axis=1)]
    confusion = (sample.shares * sample.weights[:, None]).T @ said
    facts = Facts(date, _provenance(labelled), limits, measured, confusion.round().astype(int).tolist(), _card_lines(result, seed))
    correction: Correction = fitted(sample, strength)
    files = write_model(out, start, correction, facts, check=(encoder, sentences, vectors, chances_of(correction.scores(sample))))
    return Refit(**{**{f: getattr(result, f) for f in Refit.__slots__}, "files": tuple(files)})


def _lacking(labelled: Sequence[tuple[Unit, dict[str, float]]]) -> str:
    """What there is too little of, in words; "" when there is enough."""
    texts = len({u.text for u, _ in labelled})
    counts = Counter(label for _, given in labelled for label in given)
    enough = sum(1 for n in counts.values() if n >= NEEDED_OF_EACH)
    wants = []
    if len(labelled) < NEEDED_SENTENCES:
        wants.append(f"{NEEDED_SENTENCES - len(labelled)} more sentences (there are {len(labelled)} of {NEEDED_SENTENCES})")
    if texts < NEEDED_TEXTS:
        wants.append(f"sentences from {NEEDED_TEXTS - texts} more texts (there are {texts} of {NEEDED_TEXTS})")
    if enough < NEEDED_LABELS:
        wants.append(
            f"at least {NEEDED_OF_EACH} sentences each of {NEEDED_LABELS - enough} more labels (there are {enough} of {NEEDED_LABELS})"
        )
    return f"too few labels to refit; nothing was written. Code {', and '.join(wants)}" if wants else ""


def _held_out(sample: Sample, seed: int) -> Floats:
    """Probabilities of every sentence by a correction that saw no sentence of its text."""
    import numpy as np

    sides = folds(sample.texts, FOLDS, seed)
    chances = np.zeros_like(sample.scores)
    for fold in np.unique(sides):
        rest = sample.of(sides != fold)
        correction = fitted(rest, chosen(rest, FOLDS - 1, seed))
        chances[sides == fold] = chances_of(correction.scores(sample.of(sides == fold)))
    return chances


def _compared(sample: Sample, before: Floats, after: Floats, rounds: int, seed: int) -> tuple[Compared, ...]:
    import numpy as np

    number = int(sample.texts.max()) + 1
    draws = np.vstack([np.ones(number), np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), rounds)])
    sizes = draws @ np.bincount(sample.texts, sample.weights, number)
    values: dict[str, list[Floats]] = {"accuracy": [], "macro_f1": [], "kappa": [], "log_loss": []}
    for chances in (before, after):
        tables = np.zeros((number, len(LABELS), len(LABELS)))
        said = np.eye(len(LABELS))[chances.argmax(axis=1)]
        np.add.at(tables, sample.texts, (sample.shares * sample.weights[:, None])[:, :, None] * said[:, None, :])
        drawn = np.tensordot(draws, tables, 1)
        values["accuracy"].append(percent(drawn))
        values["macro_f1"].append(_macro_f1(drawn))
        values["kappa"].append(kappa(drawn))
        values["log_loss"].append(draws @ np.bincount(sample.texts, sample.weights * log_loss(chances, sample), number) / sizes)
    return tuple(Compared(name, _told(one), _told(other), _told(other - one)) for name, (one, other) in values.items())


def _told(values: Floats) -> tuple[float, float | None, float | None]:
    return (float(values[0]), *interval(values[1:]))


def _macro_f1(tables: Floats) -> Floats:
    """Mean F1 of the labels that are true or said anywhere in a table."""
    import numpy as np

    both = tables.sum(axis=1) + tables.sum(axis=2)
    each = np.where(both > 0, 2 * np.diagonal(tables, axis1=1, axis2=2) / np.where(both > 0, both, 1), np.nan)
    return np.asarray(np.nanmean(each, axis=1))


def _threshold(chances: Floats, sample: Sample, otherwise: float) -> float:
    """Lowest probability from which on `ANSWERED_RIGHT` of the answers are right; `otherwise` where fewer than 30 would be given."""
    import numpy as np

    sure = chances.max(axis=1)
    right = sample.shares[np.arange(len(chances)), chances.argmax(axis=1)]
    return _lowest(sure, right, sample.weights, otherwise)


def _group_threshold(chances: Floats, sample: Sample, otherwise: float) -> float:
    import numpy as np

    columns = [[LABELS.index(m) for m in members] for members in GROUPS.values()]
    summed = np.stack([chances[:, c].sum(axis=1) for c in columns], axis=1)
    true = np.stack([sample.shares[:, c].sum(axis=1) for c in columns], axis=1)
    return _lowest(summed.max(axis=1), true[np.arange(len(true)), summed.argmax(axis=1)], sample.weights, otherwise)


def _lowest(sure: Floats, right: Floats, weights: Floats, otherwise: float) -> float:
    import numpy as np

    order = np.argsort(-sure, kind="stable")
    share = np.cumsum((weights * right)[order]) / np.cumsum(weights[order])
    enough = np.flatnonzero(share >= ANSWERED_RIGHT)
    if not len(enough) or enough[-1] + 1 < _ANSWERS:
        return otherwise
    return round(float(sure[order[enough[-1]]]), 3)


def _provenance(labelled: Sequence[tuple[Unit, dict[str, float]]]) -> str:
    """SHA-256 of keys and labels: says whether two models were fitted on the same coding, and nothing of the texts."""
    told = sorted((u.key, sorted(given.items())) for u, given in labelled)
    return hashlib.sha256(json.dumps(told).encode("ascii")).hexdigest()


def _measured(result: Refit) -> dict[str, float | int]:
    measured: dict[str, float | int] = {"sentences": result.sentences, "texts": result.texts, "coders": result.coders}
    for f in result.figures:
        measured[f"{f.name}_before"], measured[f.name] = round(f.before[0], 3), round(f.after[0], 3)
        measured |= {
            f"{f.name}_difference{end}": round(value, 3)
            for end, value in zip(("", "_low", "_high"), f.difference, strict=True)
            if value is not None
        }
    measured["answered"] = round(result.answered, 3)
    if result.answered_right is not None:
        measured["accuracy_answered"] = round(result.answered_right, 3)
    return measured


def _card_lines(result: Refit, seed: int) -> list[str]:
    strength = (
        "none: no correction was better" if result.strength is None else f"{result.strength[0]:g} (mixing), {result.strength[1]:g} (vector)"
    )
    lines = [
        f"{result.sentences} sentences of {result.texts} texts, labels of {result.coders} {'coder' if result.coders == 1 else 'coders'}: "
        + ", ".join(f"{label} {n:g}" for label, n in zip(LABELS, result.each, strict=True)),
        f"Strength of the ridge, chosen by cross-validation: {strength}. Seed {seed}.",
    ]
    return [*lines, "", *_table_lines(result)]


def _table_lines(result: Refit) -> list[str]:
    lines = ["| on texts left out | before | after | difference |", "|---|---|---|---|"]
    for f in result.figures:
        lines.append(f"| {f.name.replace('_', ' ')} | {_shown(f.before)} | {_shown(f.after)} | {_shown(f.difference, signed=True)} |")
    right = "" if result.answered_right is None else f", of which {result.answered_right:.3f} are right"
    lines += ["", f"Share of labels given and not withheld: {result.answered:.3f}{right}; the thresholds were set on these very answers."]
    if result.weighted:
        lines.append("All figures are weighted to the sentences that the sample was drawn from.")
    return lines


def _shown(value: tuple[float, float | None, float | None], *, signed: bool = False) -> str:
    form = "+.3f" if signed else ".3f"
    middle, low, high = value
    return f"{middle:{form}}" + ("" if low is None or high is None else f" [{low:{form}}, {high:{form}}]")


def refit_in_words(result: Refit) -> str:
    """What the refit came to, as lines for a terminal."""
    lines = [f"{result.sentences} sentences of {result.texts} texts, {FOLDS} folds of whole texts; intervals over texts"]
    for f in result.figures:
        told = f"shipped {_shown(f.before)}   refitted {_shown(f.after)}   difference {_shown(f.difference, signed=True)}"
        lines.append(f"  {f.name.replace('_', ' '):10} {told}")
    if result.strength is None:
        lines.append("no correction was better than none: the model written is the shipped one with thresholds of your own")
    elif not any(f.better for f in result.figures):
        lines.append("not shown to be better than the shipped labels: keep those until more sentences are coded")
    return "\n".join(lines)
