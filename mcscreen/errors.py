"""The errors that mcscreen raises to the people who call it.

Bad *input files* never raise: they become a `Document` with a status and a reason. What raises is what the caller can
mend before trying again: a rubric, a model or an argument. Every message names the file or argument, says what is
wrong, and ends with the way out.

    McscreenError
    ├── RubricError      a rubric file that cannot be used
    ├── ModelError       model files that are missing, altered or of another kind
    ├── InputError       a path that cannot be screened at all
    └── MissingExtra     a feature whose optional packages are not installed
"""

from __future__ import annotations

__all__ = ["InputError", "McscreenError", "MissingExtra", "ModelError", "OutOfTime", "RubricError"]


class McscreenError(Exception):
    """Base of everything that mcscreen raises on purpose."""


class RubricError(McscreenError):
    """A rubric cannot be found, read or understood."""


class ModelError(McscreenError):
    """A model cannot be found, does not match its checksum, or is of a kind that is not loaded."""


class InputError(McscreenError):
    """A path given for screening does not exist or cannot be opened."""


class MissingExtra(McscreenError):
    """A feature needs packages that a plain install does not bring.

    Args:
        feature: What was asked for, in the user's words.
        extra: Name of the optional dependency group that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs packages that are not installed. Install them with: pip install 'mcscreen[{extra}]'")
        self._given = feature, extra

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return MissingExtra, self._given


class OutOfTime(Exception):
    """Work took more processor time than it may (`mcscreen.isolation.deadline`). It comes in the middle of anything."""
