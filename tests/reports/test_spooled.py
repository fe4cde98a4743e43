"""A batch that is read from the disk is gone through seldom, and gives the same bytes as one in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from mcscreen.reports import spooled, write_reports
from mcscreen.results import Screening
from mcscreen.rubric import Rubric


class Read(Sequence[Screening]):
    """Screenings as from a disk: each time that one is asked for counts."""

    def __init__(self, screenings: Sequence[Screening]) -> None:
        self.held, self.times = screenings, Counter[int]()

    def __len__(self) -> int:
        return len(self.held)

    def __getitem__(self, at: int | slice) -> Screening | Sequence[Screening]:
        if isinstance(at, slice):
            return [self[n] for n in range(*at.indices(len(self)))]
        found = self.held[at]
        self.times[at] += 1
        return found


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(("formats", "most"), [("csv", 1), ("xlsx", 2), ("csv xlsx", 2), ("html", 3), ("md", 1), ("jsonl", 1)])
def test_reports_from_the_disk_read_seldom_and_are_the_same(
    screenings: tuple[Screening, ...], rubric: Rubric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, formats: str, most: int
) -> None:
    monkeypatch.setattr(spooled, "_AT_ONCE", 3)
    read = Read(screenings)
    write_reports(read, rubric, tmp_path / "read", formats.split())
    write_reports(screenings, rubric, tmp_path / "held", formats.split())
    assert _files(tmp_path / "read") == _files(tmp_path / "held") != {}
    assert set(read.times.values()) == {most}


def test_rows_of_a_table_may_be_asked_for_again(screenings: tuple[Screening, ...], rubric: Rubric) -> None:
    tables = spooled.Tables(Read(screenings), rubric)
    first = list(tables["citations"].rows)
    assert first == list(tables["citations"].rows) == list(spooled.Tables(screenings, rubric)["citations"].rows)
    assert len(first) > 5
