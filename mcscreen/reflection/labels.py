"""What a sentence of a reflection does: experience, feeling, belief, difficulty, perspective, reflection, learning, intention.

The eight breadth categories of Ullmann's model of reflective writing (2019, doi 10.1007/s40593-019-00174-2) and "other", as
they were annotated in CEReD (Štefánik & Nehyba 2021; Nehyba & Štefánik 2022, doi 10.1007/s10639-022-11254-7). Two scorers
are added up: a linear one over words, word pairs and pieces of words weighted by TF-IDF, and over the vector of the sentence
encoder that screening uses anyway; and, where the model brings them, layers fitted to reflection on top of that encoder's lower
ones, beside which the vector says nothing new and has no weight. The first knows words, the second the order that they come in,
and they err differently.

A label is given with its probability, and withheld ("uncertain") below a probability that stands in the model's TOML. On
the test sentences the model withholds about a fifth of the labels; what it was measured to do is in its card.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcscreen.errors import ModelError
from mcscreen.reflection.layers import FittedLayers, LowerLayers
from mcscreen.remembered import RememberedEncoder
from mcscreen.shipped import shipped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "DEEP",
    "GROUPS",
    "LABELS",
    "UNCERTAIN",
    "Label",
    "Labeller",
    "LabellerModel",
    "checked_labels",
    "load_labeller",
    "pieces",
    "words",
]

LABELS = ("experience", "feeling", "belief", "difficulty", "perspective", "reflection", "learning", "intention", "other")
"""In the order of the model's columns."""

UNCERTAIN = "uncertain"

GROUPS: dict[str, tuple[str, ...]] = {
    "none": ("other",),
    "describe": ("experience",),
    "affect": ("feeling", "belief"),
    "analyse": ("difficulty", "perspective", "reflection"),
    "outcome": ("learning", "intention"),
}
"""Coarser levels; their probabilities are sums."""

DEEP = ("analyse", "outcome")
"""Groups that go beyond telling and feeling."""

CROSS_VALIDATED = "cross-validated"
"""The split of confusion.csv whose sentences were labelled by a model that had not seen them, and that is large."""

_LIKELIEST = "likeliest"
"""The level of confusion.csv at which no label is withheld."""

_WEIGHTS = "labels.npz"
_LAYERS = "layers.onnx"
_CONFUSION = "confusion.csv"

_log = logging.getLogger("mcscreen.reflection")

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[?!]")


class _Encoder(Protocol):
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class _Layers(Protocol):
    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]: ...


class LabellerModel(BaseModel):
    """Contents of a labeller's model.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    title: str
    kind: Literal["sentence-labels"]
    licence: str
    source: str
    encoder: str = Field(description="Id of the encoder whose vectors the weights were fitted on.")
    encoder_fingerprint: str
    layers_from: str | None = Field(None, description="Value of the encoder's graph that the fitted layers take, if there are any.")
    abstain_below: float = Field(ge=0, le=1, description="A label with a lower probability is withheld.")
    abstain_group_below: float = Field(ge=0, le=1, description="The same for the coarser level.")
    files: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(min_length=1)
    measured: dict[str, float | int] = Field(default_factory=dict, description="Figures on the test sentences.")


@dataclass(frozen=True, slots=True)
class Label:
    """What one sentence does.

    Attributes:
        label: One of `LABELS`, or "uncertain".
        probability: Calibrated probability of the likeliest label, whether or not it was withheld.
        group: One of `GROUPS`, or "uncertain"; often known where the label is not.
        deep: Probability that the sentence belongs to a group in `DEEP`.
        probabilities: Of every label, in the order of `LABELS`; they sum to 1.
    """

    label: str
    probability: float
    group: str
    deep: float
    probabilities: tuple[float, ...]


def words(text: str) -> Iterator[str]:
    """Words, pairs of words, question and exclamation marks, in lower case."""
    found = [w.replace("’", "'") for w in _WORD.findall(text.lower())]
    yield from found
    for one, other in pairwise(found):
        yield f"{one} {other}"


def pieces(text: str) -> Iterator[str]:
    """Runs of two to five characters inside words, the edges of a word marked by a space."""
    for word in re.findall(r"\S+", text.lower().replace("’", "'")):
        edged = f" {word} "
        for size in range(2, 6):
            if size >= len(edged):
                yield edged
                break
            for start in range(len(edged) - size + 1):
                yield edged[start : start + size]


class Labeller:
    """A fitted classifier of sentences.

    Args:
        model: What is known of the weights.
        content: Bytes of the weights file.
        encoder: The encoder that the weights were fitted with.
        layers: The fitted layers, where the model has any.
        confusion: Counts of true and said labels, where the model brings them; shape (labels, labels).

    Raises:
        ModelError: When the encoder is another one, or the file does not hold the arrays.
    """

    def __init__(
        self,
        model: LabellerModel,
        content: bytes,
        encoder: _Encoder,
        *,
        layers: _Layers | None = None,
        confusion: NDArray[np.int64] | None = None,
    ) -> None:
        import numpy as np

        if encoder.fingerprint != model.encoder_fingerprint:
            raise _another_encoder(model, encoder)
        self.model = model
        self._encoder = encoder
        self._layers = layers
        self._confusion = confusion
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                self._tables = {
                    view: (_vocabulary(stored[f"{view}_terms"]), stored[f"{view}_idf"].astype("f4"), stored[f"{view}_weights"].astype("f4"))
                    for view in ("words", "pieces")
                }
                self._vector = stored["vector_weights"].astype("f4")
                self._centre = stored["vector_centre"].astype("f4")
                self._bias = stored["bias"].astype("f8")
                self._length = stored["length"].astype("f8")
                self._calibration = stored["calibration"].astype("f8")
        except (ValueError, KeyError, EOFError, OSError) as error:
            raise ModelError(f"{model.id}: the weights cannot be read ({type(error).__name__}); fit them anew") from None

    @property
    def confusion(self) -> NDArray[np.int64]:
        """How often each label was said of each true one, of sentences that the model had not seen (cross-validated).

        Returns:
            Shape (labels, labels): rows are true labels, columns the likeliest said ones, both in the order of `LABELS`. None
            is withheld here. The sentences are those of the model's card, not of anybody's own texts.

        Raises:
            ModelError: When the model brings no counts.
        """
        if self._confusion is None:
            raise ModelError(f"{self.model.id}: brings no {_CONFUSION}; count errors on labelled sentences of your own")
        return self._confusion.copy()

    def scores(self, texts: Sequence[str], vectors: NDArray[np.float32] | None = None) -> NDArray[np.float64]:
        """Uncalibrated scores; shape (texts, labels).

        Args:
            texts: Sentences.
            vectors: The encoder's vectors of the sentences, where they are known already.
        """
        import numpy as np

        if not texts:
            return np.zeros((0, len(LABELS)))
        lengths = np.array([(math.log1p(len(t.split())) - self._length[0]) / self._length[1] for t in texts])
        totals = self._bias + lengths[:, None] * self._length[2:]
        if self._vector.any():  # beside fitted layers the weights are zero, and encoding would be for nothing
            known = self._encoder.encode(texts) if vectors is None else vectors
            centred = known - self._centre
            centred /= np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9
            totals += centred @ self._vector
        for view, split in (("words", words), ("pieces", pieces)):
            vocabulary, idf, weights = self._tables[view]
            for row, text in enumerate(texts):
                columns, values = tf_idf(Counter(split(text)), vocabulary, idf)
                totals[row] += values @ weights[columns]
        if self._layers is not None:
            totals += self._layers.scores(texts)
        return np.asarray(totals)

    def probabilities(self, texts: Sequence[str], vectors: NDArray[np.float32] | None = None) -> NDArray[np.float64]:
        """Calibrated probabilities of `LABELS`; shape (texts, labels)."""
        import numpy as np

        logits = self.scores(texts, vectors) @ self._calibration[:, :-1].T + self._calibration[:, -1]
        chances = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-1e9))
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def predict(self, sentences: Sequence[str], vectors: NDArray[np.float32] | None = None) -> list[Label]:
        """A label for every sentence; each is judged alone, so the same sentence gets the same label in any company.

        Args:
            sentences: Their texts.
            vectors: The encoder's vectors of the sentences, where they are known already.
        """
        return [self._label(row) for row in self.probabilities(sentences, vectors)]

    def _label(self, chances: NDArray[np.float64]) -> Label:
        rounded = tuple(round(float(c), 4) for c in chances)
        best = max(range(len(LABELS)), key=lambda i: rounded[i])
        groups = {g: sum(rounded[LABELS.index(m)] for m in members) for g, members in GROUPS.items()}
        group = max(groups, key=lambda g: groups[g])
        return Label(
            LABELS[best] if rounded[best] >= self.model.abstain_below else UNCERTAIN,
            rounded[best],
            group if groups[group] >= self.model.abstain_group_below else UNCERTAIN,
            round(sum(groups[g] for g in DEEP), 4),
            rounded,
        )


def tf_idf(
    counts: Mapping[str, int], vocabulary: Mapping[str, int], idf: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Columns and unit-length values of the known terms of a text: (1 + log count) x idf."""
    import numpy as np

    known = sorted((vocabulary[t], n) for t, n in counts.items() if t in vocabulary)
    columns = np.array([c for c, _ in known], np.int64)
    values = np.array([1 + math.log(n) for _, n in known], np.float32) * idf[columns]
    length = float(np.linalg.norm(values))
    return columns, values / length if length else values


def _vocabulary(terms: NDArray[np.uint8]) -> dict[str, int]:
    return {term: i for i, term in enumerate(terms.tobytes().decode("utf-8").split("\n"))}


def load_labeller(encoder: _Encoder, folder: Path | None = None) -> Labeller:
    """The labeller of a model folder.

    A model with fitted layers takes the lower ones from the shipped encoder that its TOML names.

    Args:
        encoder: The default encoder, as `load_encoder()` gives it.
        folder: Holds model.toml and the files that it names; the shipped one if not given.

    Raises:
        ModelError: When files are missing or altered, or were fitted with another encoder.
    """
    place = folder or shipped("models") / "reflection"
    model, content = _read(place)
    layers: _Layers | None = None
    if _LAYERS in content:
        if encoder.fingerprint != model.encoder_fingerprint:
            raise _another_encoder(model, encoder)
        lower = LowerLayers(shipped("models") / model.encoder, model.layers_from or "", model.encoder_fingerprint)
        layers = _Remembered(FittedLayers(lower, content[_LAYERS], place / _LAYERS), f"{encoder.fingerprint}:{model.files[_LAYERS]}")
    confusion = _counts(place / _CONFUSION, content[_CONFUSION]) if _CONFUSION in content else None
    _log.info("sentence labels %s", model.id)
    return Labeller(model, content[_WEIGHTS], encoder, layers=layers, confusion=confusion)


def checked_labels(encoder: _Encoder, folder: Path | None = None) -> LabellerModel:
    """What is known of the labeller that `load_labeller` would load; checksums are compared and nothing is loaded.

    Raises:
        ModelError: When files are missing or altered, or were fitted with another encoder.
    """
    model, _ = _read(folder or shipped("models") / "reflection")
    if encoder.fingerprint != model.encoder_fingerprint:
        raise _another_encoder(model, encoder)
    return model


def _read(place: Path) -> tuple[LabellerModel, dict[str, bytes]]:
    """A labeller's model.toml and the bytes of its files."""
    path = place / "model.toml"
    try:
        model = LabellerModel.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ModelError(f"{error.filename or place}: cannot be read; a labeller's folder holds model.toml and labels.npz") from None
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{path}: not valid TOML: {error}") from None
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ModelError(f"{path}: {problems}") from None
    return model, {name: _checked(place / name, model.files.get(name, "")) for name in {_WEIGHTS, *model.files}}


class _Remembered:
    """Fitted layers whose scores of a sentence are computed once and kept where the encoder's vectors are."""

    def __init__(self, layers: FittedLayers, fingerprint: str) -> None:
        self.name, self.fingerprint, self.dimension = "reflection", fingerprint, len(LABELS)
        self._layers = layers
        self._kept = RememberedEncoder(self)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Scores anew, in the precision in which they are kept."""
        return self._layers.scores(texts).astype("f4")

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Scores of the labels; shape (texts, labels)."""
        return self._kept.encode(texts).astype("f8")


def _checked(path: Path, sha256: str) -> bytes:
    """Bytes of a file, after comparing its checksum."""
    try:
        data = path.read_bytes()
    except OSError:
        raise ModelError(f"{path}: cannot be read; a labeller's folder holds model.toml and the files that it names") from None
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ModelError(f"{path}: its sha256 is {found[:12]}…, model.toml says {sha256[:12] or 'nothing'}…; install mcscreen again")
    return data


def _another_encoder(model: LabellerModel, encoder: _Encoder) -> ModelError:
    return ModelError(
        f"{model.id}: its weights belong to the encoder {model.encoder!r} ({model.encoder_fingerprint}), not to "
        f"{encoder.fingerprint}; load that encoder, or fit the labels anew for yours"
    )


def _counts(path: Path, content: bytes) -> NDArray[np.int64]:
    """The cross-validated counts of a confusion.csv: columns split, truth, said, count, and level where there is more than one."""
    import numpy as np

    counts = np.zeros((len(LABELS), len(LABELS)), np.int64)
    try:
        for row in csv.DictReader(io.StringIO(content.decode("utf-8"))):
            if row["split"] == CROSS_VALIDATED and row.get("level", _LIKELIEST) == _LIKELIEST:
                counts[LABELS.index(row["truth"]), LABELS.index(row["said"])] += int(row["count"])
    except (ValueError, KeyError, TypeError):
        raise ModelError(f"{path}: not a table of split, truth, said, count; install mcscreen again") from None
    return counts
