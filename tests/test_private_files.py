"""Files are put whole, for their owner only, and never through a link."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mcscreen.private_files import put


def test_a_file_and_its_folder_are_the_owners(tmp_path: Path) -> None:
    path = put(tmp_path / "a" / "b.txt", b"one")
    assert path.read_bytes() == b"one"
    if os.name == "posix":
        assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_breaks_off_leaves_the_old_file_and_nothing_else(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "b.txt", b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left"):
        put(path, b"new")
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["b.txt"] and path.read_bytes() == b"old"


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "mine.txt"
    target.write_bytes(b"mine")
    (tmp_path / "b.txt").symlink_to(target)
    put(tmp_path / "b.txt", b"new")
    assert target.read_bytes() == b"mine" and not (tmp_path / "b.txt").is_symlink()
