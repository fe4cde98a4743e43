"""The tables of a batch, made while it is gone through once.

A large batch is read from its journal each time that it is gone through, and there are nine tables, some of which stand in the
CSV files and in the workbook. So their rows are made together and wait in temporary files that have no name where the system
allows it. Screenings that are in memory are gone through as often as is wanted.
"""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import IO

from mcscreen.private_files import NotWritten
from mcscreen.results import Screening
from mcscreen.rubric import Rubric
from mcscreen.tables import (
    Table,
    Value,
    citations,
    completion_items,
    coverage,
    documents,
    notices,
    overview,
    reflection,
    requirements,
    trace,
)

__all__ = ["Tables"]

_AT_ONCE = 16
"""Screenings that are in memory together."""

_MAKERS: dict[str, Callable[[Sequence[Screening], Rubric], Table]] = {
    "completion": lambda screenings, _: completion_items(screenings),
    "trace": lambda screenings, _: trace(screenings),
    "coverage": coverage,
    "citations": citations,
    "requirements": lambda screenings, _: requirements(screenings),
    "notices": lambda screenings, _: notices(screenings),
    "documents": lambda screenings, _: documents(screenings),
    "reflection": lambda screenings, _: reflection(screenings),
}


class Tables:
    """The tables of a batch by name: "overview", "completion", "trace", "coverage", "citations" and so on.

    Args:
        screenings: Of the batch; gone through when the first table is asked for.
        rubric: As the tables take it.
    """

    def __init__(self, screenings: Sequence[Screening], rubric: Rubric) -> None:
        self._screenings, self._rubric = screenings, rubric

    def __getitem__(self, name: str) -> Table:
        """A table; its rows may be gone through once.

        Raises:
            NotWritten: The disk for temporary files is full, or cannot be written for another reason.
        """
        if name == "overview":
            return overview(self._screenings, self._rubric, self._kept.parts)
        if isinstance(self._screenings, list | tuple):
            return _MAKERS[name](self._screenings, self._rubric)
        return replace(_MAKERS[name]((), self._rubric), rows=self._kept.rows(name))

    @property
    def masked(self) -> bool:
        """Whether names are masked in any of the screenings."""
        return self._kept.masked

    @property
    def calibrations(self) -> tuple[str, ...]:
        """What the scores rest on, each once."""
        return tuple(self._kept.calibrations)

    @cached_property
    def _kept(self) -> _Kept:
        try:
            return _Kept(self._screenings, self._rubric)
        except NotWritten:
            raise
        except OSError as error:
            raise NotWritten(Path(tempfile.gettempdir()), error) from None


class _Kept:
    """What one pass over the screenings gives."""

    def __init__(self, screenings: Sequence[Screening], rubric: Rubric) -> None:
        self.masked = False
        self.calibrations: dict[str, None] = {}
        self.parts: dict[str, None] = {}
        in_memory = isinstance(screenings, list | tuple)
        self._files: dict[str, IO[str]] = {}
        for name in () if in_memory else _MAKERS:
            self._files[name] = tempfile.TemporaryFile("w+", encoding="ascii", newline="\n")  # noqa: SIM115  # closed when this goes
            weakref.finalize(self, self._files[name].close)
        for start in range(0, len(screenings), _AT_ONCE):
            together = list(screenings[start : start + _AT_ONCE])
            for screening in together:
                self.masked |= screening.masked
                self.calibrations[screening.calibration] = None
                self.parts |= dict.fromkeys(w.part for w in screening.words)
            for name, file in self._files.items():
                for row in _MAKERS[name](together, rubric).rows:
                    file.write(json.dumps(row) + "\n")
        for file in self._files.values():
            file.flush()

    def rows(self, name: str) -> Iterator[tuple[Value, ...]]:
        file = self._files[name]
        file.seek(0)
        yield from (tuple(json.loads(line)) for line in file)
