"""How reliable the findings are for one rubric, as its own assessors' decisions show: `reliability.toml` in the rubric folder.

The file belongs to one state of the rubric (`rubric_sha256`) and one encoder: other exemplars are other heads, and their
scores are not those that were decided on. Where either differs, the figures are history and the thresholds do not apply.
"""

from __future__ import annotations

import tomllib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcscreen.errors import RubricError
from mcscreen.model import Thresholds

__all__ = ["RELIABILITY", "Reliability", "Share", "parse_reliability", "reliability_toml"]

RELIABILITY = "reliability.toml"

_Name = Annotated[str, Field(pattern=r"^[a-z_]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Share(_Strict):
    """`hits` of `n`, with the exact (Clopper-Pearson) 95 % interval of the share."""

    hits: int = Field(ge=0)
    n: int = Field(ge=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)

    @property
    def value(self) -> float:
        """Between 0 and 1."""
        return self.hits / self.n


class Reliability(_Strict):
    """Contents of a reliability.toml."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    date: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    rubric_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of the rubric folder that the thresholds are for.")
    encoder: str = Field(description="Fingerprint of the encoder that the thresholds are for.")
    submissions: int = Field(ge=0)
    assessors: int = Field(ge=0)
    decided: int = Field(ge=0, description="Facets on which no two assessors contradict each other.")
    addressed: int = Field(ge=0)
    partly: int = Field(ge=0)
    missing: int = Field(ge=0)
    blind: int = Field(ge=0, description="Of `decided`, those decided before the finding was shown.")
    remark: str = Field(default="", description="Why there are no thresholds, or how they were fitted.")
    thresholds: Thresholds | None = None
    figures: dict[_Name, Share] = Field(default_factory=dict)

    def holds_for(self, rubric_sha256: str, encoder: str) -> bool:
        """Whether the thresholds belong to this state of the rubric and this encoder."""
        return self.thresholds is not None and self.rubric_sha256 == rubric_sha256 and self.encoder == encoder

    @property
    def stamp(self) -> str:
        """What is added to the calibration of a screening that uses the thresholds."""
        return f"thresholds set on {self.decided} decisions of assessors on {self.submissions} submissions ({self.date})"


def parse_reliability(content: bytes, name: str = RELIABILITY) -> Reliability:
    """Read a reliability.toml.

    Raises:
        RubricError: When it is not valid; the message says to learn again.
    """
    try:
        return Reliability.model_validate(tomllib.loads(content.decode("utf-8")))
    except ValidationError as error:
        what = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)[:5])
    except (ValueError, RecursionError) as error:  # not UTF-8, not TOML
        what = f"not valid TOML: {error}"
    raise RubricError(f"{name}: {what}; the file is written by 'mcscreen learn': delete it, or learn again")


def reliability_toml(card: Reliability) -> str:
    """The file's text."""
    lines = ["# Written by 'mcscreen learn' from assessors' decisions; reliability.md says it in words.", "schema = 1"]
    for key in (
        "date",
        "rubric_sha256",
        "encoder",
        "submissions",
        "assessors",
        "decided",
        "addressed",
        "partly",
        "missing",
        "blind",
        "remark",
    ):
        value = getattr(card, key)
        lines.append(f"{key} = {value if isinstance(value, int) else _quoted(value)}")
    if card.thresholds is not None:
        lines += ["", "[thresholds]", f"not_found = {card.thresholds.not_found}", f"covered = {card.thresholds.covered}"]
    for name, share in card.figures.items():
        lines += ["", f"[figures.{name}]", *(f"{k} = {v}" for k, v in share.model_dump().items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else " " for c in escaped) + '"'
