"""Files are put whole, for their owner only, never through a link; what a killed process leaves is cleared away."""

from __future__ import annotations

import errno
import os
import pickle
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


def found(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.skipif(not hasattr(os, "link"), reason="no hard links")
def test_where_one_cannot_come_to_its_place_the_others_are_taken_back(tmp_path: Path) -> None:
    put_all(tmp_path, [("a.html", b"old"), ("pages/b.html", b"old")])
    (tmp_path / "linked.txt").symlink_to("a.html")
    (tmp_path / "c.xlsx").mkdir()
    new = [("a.html", b"1"), ("new.jsonl", b"2"), ("pages/b.html", b"3"), ("linked.txt", b"4"), ("a.html", b"5"), ("c.xlsx", b"6")]
    with pytest.raises(NotWritten, match=r"c\.xlsx: cannot be written .* what was there before is kept"):
        put_all(tmp_path, new)
    assert found(tmp_path) == {"a.html": b"old", "pages/b.html": b"old", "linked.txt": b"old"}
    assert (tmp_path / "linked.txt").is_symlink()
    assert {p.name for p in tmp_path.iterdir()} == {"a.html", "c.xlsx", "linked.txt", "pages"}
    (tmp_path / "c.xlsx").rmdir()
    put_all(tmp_path, new)
    assert found(tmp_path) == {"a.html": b"5", "new.jsonl": b"2", "pages/b.html": b"3", "linked.txt": b"4", "c.xlsx": b"6"}


def test_an_interrupt_between_two_files_takes_them_back_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_all(tmp_path, [("a.html", b"old"), ("b.html", b"old")])
    replace = os.replace

    def interrupted(source: Path, target: Path) -> None:
        replace(source, target)
        if target.name == "b.html":
            monkeypatch.undo()
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put_all(tmp_path, [("a.html", b"new"), ("b.html", b"new"), ("c.html", b"new")])
    assert found(tmp_path) == {"a.html": b"old", "b.html": b"old"}


@pytest.mark.parametrize("error", [OSError(errno.EPERM, "Operation not permitted"), NotImplementedError()])
def test_where_no_link_can_be_made_it_is_told_that_some_are_new(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a.html", b"old")
    (tmp_path / "c.xlsx").mkdir()

    def refused(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(os, "link", refused)
    with pytest.raises(NotWritten, match=r"c\.xlsx: cannot be written .* some of the files written with it are new already"):
        put_all(tmp_path, [("a.html", b"1"), ("b.html", b"2"), ("c.xlsx", b"3")])
    assert found(tmp_path) == {"a.html": b"1"}
    with pytest.raises(NotWritten, match="what was there before is kept"):
        put_all(tmp_path, [("b.html", b"2"), ("c.xlsx", b"3")])
    assert found(tmp_path) == {"a.html": b"1"}


@pytest.mark.parametrize(
    ("error", "reason"),
    [(OSError(errno.ENOSPC, "No space left on device"), "No space left on device"), (OSError("torn"), "torn"), (OSError(), "OSError")],
)
@pytest.mark.parametrize("kept", [True, False])
def test_what_could_not_be_written_is_told_by_another_process_as_well(error: OSError, reason: str, kept: bool) -> None:
    told = NotWritten(Path("report/a.html"), error, kept)
    again = pickle.loads(pickle.dumps(told))
    assert type(again) is NotWritten and f"report{os.sep}a.html: cannot be written ({reason})" in str(told)
    assert (str(again), again.errno, again.strerror) == (str(told), told.errno, told.strerror) == (str(told), error.errno, reason)


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


@pytest.mark.parametrize("step", ["mkdtemp", "gettempdir"])
def test_a_scratch_folder_that_cannot_be_made_is_told_like_a_file(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(private_files.tempfile, step, full)
    with pytest.raises(NotWritten, match=r"No space left on device.*make room"), scratch_folder():
        pass


def test_what_fails_inside_a_scratch_folder_is_left_as_it_is() -> None:
    with pytest.raises(OSError, match="of its own") as error, scratch_folder():
        raise OSError("of its own")
    assert not isinstance(error.value, NotWritten)


@pytest.mark.skipif(not POSIX, reason="no locks that the system lets go")
def test_what_a_killed_process_left_is_removed_and_what_a_living_one_uses_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_files.tempfile, "gettempdir", lambda: str(tmp_path))
    (tmp_path / "mcscreen-of-somebody-else").mkdir()
    (tmp_path / "mcscreen-somebody").write_text("a file")
    (tmp_path / "mcscreen-ab_cd345").mkdir()  # of a process that was killed before it had put its lock there
    (tmp_path / "mcscreen-ab_cd346").mkdir()
    (tmp_path / "mcscreen-ab_cd346" / "text").write_text("of whom, nothing tells")
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
            assert len(list(tmp_path.glob("mcscreen-*"))) == 5
        put(tmp_path / "report" / "c.txt", b"mine")
        assert len(list((tmp_path / "report").glob(".mcscreen-*"))) == 1
        process.send_signal(signal.SIGKILL)
        process.wait()
    private_files._cleared.clear()
    with scratch_folder():
        assert len(list(tmp_path.glob("mcscreen-*"))) == 4
    put(tmp_path / "report" / "c.txt", b"mine")
    left = ["mcscreen-ab_cd346", "mcscreen-of-somebody-else", "mcscreen-somebody", "report"]
    assert sorted(p.name for p in tmp_path.iterdir()) == left
    assert [p.name for p in (tmp_path / "report").iterdir()] == ["c.txt"]


@pytest.mark.skipif(not POSIX, reason="no locks that the system lets go")
def test_a_folder_that_is_taken_away_before_its_lock_is_there_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_files.tempfile, "gettempdir", lambda: str(tmp_path))
    made, mkdtemp = [], private_files.tempfile.mkdtemp

    def swept(**options: str) -> str:
        made.append(mkdtemp(**options))
        if len(made) == 1:
            os.rmdir(made[0])
        return made[-1]

    monkeypatch.setattr(private_files.tempfile, "mkdtemp", swept)
    with scratch_folder() as folder:
        assert (folder / ".lock").exists() and len(made) == 2
    assert not list(tmp_path.iterdir())


def test_the_lock_goes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_files.tempfile, "gettempdir", lambda: str(tmp_path))
    with scratch_folder() as folder:
        (folder / "a").write_text("text")
        (folder / "z").mkdir()
        seen, rmtree = [], private_files.shutil.rmtree
        monkeypatch.setattr(
            private_files.shutil, "rmtree", lambda p, **o: (seen.append(sorted(x.name for x in folder.iterdir())), rmtree(p, **o))
        )
    assert seen[-1] == [".lock"] and not folder.exists()
