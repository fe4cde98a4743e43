"""How reliable the findings are for one rubric, as its own assessors' decisions show: `reliability.toml` in the rubric folder.

The file belongs to one state of the rubric (`rubric_sha256`) and to what makes scores of it (`scorer`): other exemplars are
other heads, another encoder or calibration gives other numbers, and neither's scores are those that were decided on. Where
either differs, the figures are history and the thresholds do not apply.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcscreen.errors import RubricError
from mcscreen.model import Model, Thresholds

__all__ = ["RELIABILITY", "Reliability", "Share", "parse_reliability", "reliability_in_words", "reliability_toml", "scorer_of"]

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
    scorer: str = Field(description="Of what makes the scores that the thresholds are for, see `scorer_of`.")
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

    def belongs_to(self, rubric_sha256: str, scorer: str) -> bool:
        """Whether the card is of this state of the rubric and of scores made like these."""
        return self.rubric_sha256 == rubric_sha256 and self.scorer == scorer

    @property
    def stamp(self) -> str:
        """What is added to the calibration of a screening with the rubric that the card belongs to."""
        if self.thresholds is None:
            return f"learned from {self.decided} decisions on {self.submissions} submissions ({self.date}), {self.remark}"
        return f"thresholds set on {self.decided} decisions of assessors on {self.submissions} submissions ({self.date})"


def scorer_of(encoder: str, model: Model, recipe: int) -> str:
    """What makes scores, in one line: the encoder, and a hash of all else that a score depends on beside the rubric.

    Args:
        encoder: Fingerprint of the encoder.
        model: The model whose calibrations are used; its own thresholds do not count.
        recipe: Number of the way of fitting heads.
    """
    calibrations = {basis: c.model_dump(mode="json", exclude={"thresholds"}) for basis, c in model.bases.items()}
    content = json.dumps([encoder, calibrations, model.files.get("knowledge.npz"), recipe], sort_keys=True)
    return f"{encoder.partition(':')[0]}:{hashlib.sha256(content.encode()).hexdigest()[:16]}"


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
    for key, value in card.model_dump(exclude={"schema_version", "thresholds", "figures"}).items():
        lines.append(f"{key} = {value if isinstance(value, int) else _quoted(value)}")
    if card.thresholds is not None:
        lines += ["", "[thresholds]", f"not_found = {card.thresholds.not_found}", f"covered = {card.thresholds.covered}"]
    for name, share in card.figures.items():
        lines += ["", f"[figures.{name}]", *(f"{k} = {v}" for k, v in share.model_dump().items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else " " for c in escaped) + '"'


_FIGURES = {
    "missing_not_covered": "not addressed, and not called covered (recall of missing)",
    "missing_not_found": "not addressed, and called not found",
    "addressed_not_found": "addressed, but called not found (wrong “not found”)",
}


def reliability_in_words(card: Reliability, title: str) -> str:
    """The card as Markdown.

    Args:
        card: As written to the rubric's folder.
        title: The rubric's.
    """
    people = "1 assessor" if card.assessors == 1 else f"{card.assessors} assessors"
    lines = [
        f"# Reliability: {title}",
        "",
        f"{card.date}. {card.decided} facets of {card.submissions} submissions, decided by {people}: {card.addressed} addressed, "
        f"{card.partly} partly, {card.missing} not addressed. {card.blind} were decided before the finding was shown; the others had it "
        "in view, which flatters the figures.",
        "",
        "| what assessors say, and what was said | share | 95 % interval | n |",
        "|---|---|---|---|",
    ]
    for name, share in card.figures.items():
        plain = next((text for key, text in _FIGURES.items() if name.endswith(key)), name)
        kind = "as screened, blind" if name.startswith("blind_") else "held out" if name.startswith("held_out_") else "as screened"
        lines.append(f"| {kind}: {plain} | {share.value:.3f} | {share.low:.3f} to {share.high:.3f} | {share.n} |")
    lines += [
        "",
        "“As screened” is the screening that was decided on, with the rubric and the thresholds of that time. “Held out” is the learned "
        "rubric with its own thresholds, on submissions from which neither had learned.",
        "",
        "Intervals are exact binomial (Clopper-Pearson) and take facets as independent, so they are somewhat too narrow.",
        "",
    ]
    cuts = card.thresholds
    lines += [
        *([f"Thresholds: `not_found` below {cuts.not_found}, `covered` from {cuts.covered}."] if cuts is not None else []),
        f"{card.remark[:1].upper()}{card.remark[1:]}.",
        f"This card is of the rubric with SHA-256 {card.rubric_sha256[:16]}… and of scores made by {card.scorer}; "
        "after a change of exemplars or of the model it is history.",
        "",
    ]
    return "\n".join(lines)
