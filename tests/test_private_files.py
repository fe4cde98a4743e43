"""Files are put whole, for their owner only, never through a link; what a killed process leaves is cleared away."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mcscreen import private_files
from mcscreen.errors import McscreenError
from mcscreen.private_files import NotWritten, make_folder, put, put_all, scratch_folder

POSIX = os.name == "posix"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_and_every_folder_made_for_it_are_the_owners(tmp_path: Path) -> None:
    path = put(tmp_path / "a" / "b" / "c.txt", b"one")
    assert path.read_bytes() == b"one"
    if POSIX:
        assert (mode(path), mode(path.parent), mode(path.parent.parent)) == (0o600, 0o700, 0o700)


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o755)
    make_folder(tmp_path)
    assert not POSIX or mode(tmp_path) == 0o755


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_breaks_off_leaves_the_old_file_and_nothing_else(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "b.txt", b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(NotWritten, match=r"b\.txt: cannot be written \(No space left on device\); make room") as error:
        put(path, b"new")
    monkeypatch.undo()
    assert isinstance(error.value, OSError) and isinstance(error.value, McscreenError) and error.value.errno == errno.ENOSPC
    assert [p.name for p in tmp_path.iterdir()] == ["b.txt"] and path.read_bytes() == b"old"


def test_of_several_files_all_are_new_or_none(tmp_path: Path) -> None:
    put_all(tmp_path, [("a.txt", b"old"), ("pages/b.txt", b"old")])

    def files():
        yield "a.txt", b"new"
        yield "pages/b.txt", b"new"
        raise OSError(errno.EACCES, "Permission denied")

    with pytest.raises(NotWritten, match="choose another folder"):
        put_all(tmp_path, files())
    assert {str(p.relative_to(tmp_path)): p.read_bytes() for p in tmp_path.rglob("*.txt")} == {"a.txt": b"old", "pages/b.txt": b"old"}
    assert {p.name for p in tmp_path.iterdir()} == {"a.txt", "pages"}
    assert put_all(tmp_path, [("a.txt", b"1"), ("pages/b.txt", b"2")]) == [tmp_path / "a.txt", tmp_path / "pages" / "b.txt"]
    assert ((tmp_path / "a.txt").read_bytes(), (tmp_path / "pages" / "b.txt").read_bytes()) == (b"1", b"2")


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "mine.txt"
    target.write_bytes(b"mine")
    (tmp_path / "b.txt").symlink_to(target)
    put(tmp_path / "b.txt", b"new")
    assert target.read_bytes() == b"mine" and not (tmp_path / "b.txt").is_symlink()


def test_a_scratch_folder_is_gone_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_files.tempfile, "gettempdir", lambda: str(tmp_path))
    with scratch_folder() as folder:
        (folder / "essay.txt").write_bytes(b"text")
        assert folder.parent == tmp_path and (not POSIX or mode(folder) == 0o700)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not POSIX, reason="no locks that the system lets go")
def test_what_a_killed_process_left_is_removed_and_what_a_living_one_uses_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_files.tempfile, "gettempdir", lambda: str(tmp_path))
    (tmp_path / "mcscreen-of-somebody-else").mkdir()
    code = (
        "import sys, tempfile, pathlib; tempfile.tempdir = sys.argv[1]\n"
        "from mcscreen.private_files import put_all, scratch_folder\n"
        "def files():\n"
        "    yield 'a.txt', b'text'\n"
        "    print('ready', flush=True)\n"
        "    sys.stdin.read()\n"
        "    yield 'b.txt', b'text'\n"
        "with scratch_folder() as folder:\n"
        "    put_all(pathlib.Path(sys.argv[1]) / 'report', files())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        private_files._cleared.clear()
        with scratch_folder():
            assert len(list(tmp_path.glob("mcscreen-*"))) == 3
        put(tmp_path / "report" / "c.txt", b"mine")
        assert len(list((tmp_path / "report").glob(".mcscreen-*"))) == 1
        process.send_signal(signal.SIGKILL)
        process.wait()
    private_files._cleared.clear()
    with scratch_folder():
        assert len(list(tmp_path.glob("mcscreen-*"))) == 2
    put(tmp_path / "report" / "c.txt", b"mine")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mcscreen-of-somebody-else", "report"]
    assert [p.name for p in (tmp_path / "report").iterdir()] == ["c.txt"]
