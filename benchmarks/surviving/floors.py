"""What must hold, and whether it does: floors in TOML, figures in a table and as JSON."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FLOORS = Path(__file__).resolve().parents[1] / "floors" / "survival.toml"

Figure = float | int | str | None


@dataclass
class Outcome:
    """What one trial measured.

    Attributes:
        what: Name of the trial, which is its table in the floors.
        figures: By name; None for what could not be measured here.
        lines: The table, as text.
        details: Whatever else is worth keeping.
    """

    what: str
    figures: dict[str, Figure] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    details: dict[str, object] = field(default_factory=dict)


def load_floors(path: Path = FLOORS) -> dict[str, dict[str, dict[str, float]]]:
    """Floors by trial and figure: `least`, `most`, or both."""
    floors: dict[str, dict[str, dict[str, float]]] = tomllib.loads(path.read_text(encoding="utf-8"))
    for what, figures in floors.items():
        for name, bounds in figures.items():
            if not bounds or set(bounds) - {"least", "most"}:
                raise ValueError(f"{path}: {what}.{name}: give `least`, `most` or both")
    return floors


def breaches(outcome: Outcome, floors: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[str]:
    """Floors that do not hold; one whose figure was not measured does not."""
    found = []
    for name, bounds in floors.get(outcome.what, {}).items():
        value = outcome.figures.get(name)
        if not isinstance(value, int | float):
            found.append(f"{name} was not measured")
        elif value < bounds.get("least", value):
            found.append(f"{name} is {value:.6g}, at least {bounds['least']:.6g} is asked for")
        elif value > bounds.get("most", value):
            found.append(f"{name} is {value:.6g}, at most {bounds['most']:.6g} is allowed")
    return found


def show(outcome: Outcome, broken: Sequence[str]) -> str:
    """The outcome as a table of text."""
    width = max((len(name) for name in outcome.figures), default=0)
    lines = [f"== {outcome.what}", *outcome.lines]
    lines += [f"  {name:{width}}  {_said(value)}" for name, value in outcome.figures.items()]
    return "\n".join([*lines, *(f"  DOES NOT HOLD: {breach}" for breach in broken)])


def _said(value: Figure) -> str:
    return "not measured" if value is None else f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def as_json(outcomes: Sequence[Outcome], broken: Mapping[str, Sequence[str]]) -> str:
    """The outcomes as JSON."""
    return json.dumps(
        [{"what": o.what, "figures": o.figures, "does_not_hold": list(broken[o.what]), "details": o.details} for o in outcomes], indent=1
    )
