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
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mcscreen.errors import ModelError

__all__ = ["Calibration", "Model", "Thresholds", "load_model", "verified"]

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
    path = folder / name
    if name not in model.files:
        raise ModelError(f"{folder / 'model.toml'}: names no file {name!r} under [files]; there are {', '.join(sorted(model.files))}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); install mcscreen again or build the model anew") from None
    found = hashlib.sha256(data).hexdigest()
    if found != model.files[name]:
        raise ModelError(
            f"{path}: its sha256 is {found[:12]}…, model.toml says {model.files[name][:12]}…; the file was altered or cut short"
        )
    return data
