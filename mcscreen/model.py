"""A model folder: what it is, where it came from, and that nobody changed it.

`models/<id>/model.toml` states licence, source, checksums and the thresholds that turn scores into statuses. Thresholds
live there and nowhere else, because they belong to the weights they were chosen for. Weights are ONNX or safetensors;
anything that would have to be unpickled is refused.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mcscreen.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["Calibration", "Model", "Thresholds", "check_file", "hand_back_memory", "load_model", "tokenizer_of", "verified"]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Thresholds(_Strict):
    """Scores at which a facet's status changes: below `not_found`, at or above `covered`, `thin` between."""

    not_found: float = Field(ge=0, le=1)
    covered: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.not_found >= self.covered:
            raise ValueError("'not_found' must be below 'covered'")
        return self


class Calibration(_Strict):
    """How measures of a facet's scores become a probability, and where the statuses begin.

    A logistic regression on standardised measures; which measures, and on which data it was fitted, is in the model card.
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    thresholds: Thresholds

    def probability(self, measures: Sequence[float]) -> float:
        """Probability that the facet is addressed.

        Raises:
            ValueError: When the number of measures is not that of the weights.
        """
        total = self.intercept
        for value, mean, scale, weight in zip(measures, self.mean, self.scale, self.weights, strict=True):
            total += weight * (value - mean) / scale
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, total))))


class Model(_Strict):
    """Contents of a model.toml."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    title: str
    kind: Literal["encoder"]
    licence: str
    source: str
    dimension: int = Field(ge=1, description="Length of a vector.")
    max_tokens: int = Field(ge=8, description="Longer texts are cut.")
    calibration: str
    bases: dict[Literal["marked", "exemplars", "text"], Calibration] = Field(default_factory=dict)
    files: dict[str, Sha256] = Field(min_length=1, description="File name -> sha256.")


def load_model(folder: Path) -> Model:
    """Read `model.toml` of a model folder; the files it names are checked when they are opened.

    Raises:
        ModelError: When the folder holds no valid model.
    """
    path = folder / "model.toml"
    try:
        return Model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError:
        raise ModelError(f"{path}: cannot be read; a model folder holds model.toml and the files that it names") from None
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{path}: not valid TOML: {error}") from None
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ModelError(f"{path}: {problems}") from None


def verified(folder: Path, model: Model, name: str) -> bytes:
    """Bytes of one of a model's files.

    Raises:
        ModelError: When the file is missing or its sha256 is not the one in model.toml.
    """
    path = _named(folder, model, name)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None
    _compare(path, hashlib.sha256(data).hexdigest(), model.files[name])
    return data


def check_file(folder: Path, model: Model, name: str) -> None:
    """Compare the checksum of one of a model's files, without holding the file in memory.

    Raises:
        ModelError: When the file is missing or its sha256 is not the one in model.toml.
    """
    path = _named(folder, model, name)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from None
    _compare(path, found, model.files[name])


def _named(folder: Path, model: Model, name: str) -> Path:
    if name not in model.files:
        raise ModelError(f"{folder / 'model.toml'}: names no file {name!r} under [files]; there are {', '.join(sorted(model.files))}")
    return folder / name


def _unreadable(path: Path, error: OSError) -> ModelError:
    return ModelError(f"{path}: cannot be read ({error.strerror}); install mcscreen again or build the model anew")


def _compare(path: Path, found: str, expected: str) -> None:
    if found != expected:
        raise ModelError(f"{path}: its sha256 is {found[:12]}…, model.toml says {expected[:12]}…; the file was altered or cut short")


@lru_cache(maxsize=4)
def tokenizer_of(content: bytes) -> Tokenizer:
    """The tokenizer of a tokenizer.json; models that share one share it in memory as well.

    Raises:
        Exception: Of no narrower type, when the content is not a tokenizer's.
    """
    from tokenizers import Tokenizer

    return Tokenizer.from_str(content.decode("utf-8"))


def hand_back_memory() -> None:
    """Hand the memory that loading a model freed back to the system; without effect where the C library cannot.

    Reading and cutting a graph takes three times its size for a moment. glibc keeps blocks of that size for later, and nothing later
    is as large: some sixty megabytes would stay with the process for as long as it lives.
    """
    import ctypes

    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
