"""Puts files about people on the disk: whole, and for their owner only.

Files are written into a hidden folder beside their places, flushed to the disk and then renamed over the old ones, so that a
full disk or a power cut leaves the old files whole, and a link in a file's place is replaced instead of followed. Folders are
made for the owner only (0700) and so are files (0600).

Several files are put together: none is put in its place before all are written, and where one cannot be put there, those before
it are taken back. A process that is killed just between two renames, or a power cut there, leaves some files new and some old,
each of them whole. The way back is a hard link to the old file. Where the file system knows none, a file that was replaced
stays new, and `NotWritten` says so.

A process that is killed cannot clean up. Each hidden or temporary folder therefore holds a lock, which the system lets go
with the process, and the next process that writes there removes the folders that nobody locks any more.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mcscreen.errors import McscreenError

__all__ = ["Content", "NotWritten", "lock", "make_folder", "put", "put_all", "scratch_folder"]

Content = bytes | Iterable[bytes]
"""What a file holds: at once, or in pieces that are made while they are written."""

_LOCK = ".lock"
_OLD = ".old"
_HIDDEN, _SCRATCH = ".mcscreen-", "mcscreen-"
_MADE = re.compile("[a-z0-9_]{8}")  # what `tempfile` appends
_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})

_cleared: set[tuple[Path, str]] = set()


class NotWritten(McscreenError, OSError):
    """A file that could not be written; one that was there before is still there.

    Args:
        path: The file or folder.
        error: What the system said; its `errno` is kept, and so is its `strerror`, which is never None here.
        kept: False where other files that were to be put with it are new already, and could not be taken back.
    """

    def __init__(self, path: Path, error: OSError, kept: bool = True) -> None:
        reason = error.strerror or str(error) or type(error).__name__
        remedy = "make room on the disk and run again" if error.errno in _FULL else "see that you may write there, or choose another folder"
        rest = "what was there before is kept" if kept else "some of the files written with it are new already"
        super().__init__(f"{path}: cannot be written ({reason}); {remedy}, {rest}")
        self.errno, self.strerror = error.errno, reason
        self._path, self._kept = path, kept

    def __str__(self) -> str:
        return str(self.args[0])  # an OSError that has both errno and strerror would show only these

    def __reduce__(self) -> tuple[type[NotWritten], tuple[Path, OSError, bool]]:
        return NotWritten, (self._path, OSError(self.errno, self.strerror), self._kept)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where it does not exist; each for its owner only.

    Raises:
        OSError: It cannot be made.
    """
    missing = [folder]
    while not missing[-1].exists() and missing[-1] != missing[-1].parent:
        missing.append(missing[-1].parent)
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)


def put(path: Path, content: Content) -> Path:
    """Write a file and name it.

    Raises:
        NotWritten: The file cannot be written; one that was there before is still there.
    """
    return put_all(path.parent, [(path.name, content)])[0]


def put_all(folder: Path, files: Iterable[tuple[str, Content]]) -> list[Path]:
    """Write files and name them. None is put in its place before all are on the disk.

    All are new in the end, or none is. There are two exceptions, in which each file is still whole: a process that is killed
    between two renames leaves some new and some old, and so does an error there where the file system knows no hard links.

    Args:
        folder: Where they go; made where it does not exist.
        files: Path inside the folder and content of each; taken one by one, so that they need not be in memory together.

    Raises:
        NotWritten: A file cannot be written; those that were there before are still there, or the message says that some are new.
    """
    at, kept = folder, True
    try:
        make_folder(folder)
        with _own_folder(folder, _HIDDEN) as hidden:
            paths: list[Path] = []
            for name, content in files:
                at = folder / name
                _write(hidden / str(len(paths)), content)
                paths.append(at)
            ways_back: list[bool] = []
            try:
                for number, path in enumerate(paths):
                    at = path
                    make_folder(path.parent)
                    ways_back.append(_way_back(path, hidden / f"{number}{_OLD}"))
                    os.replace(hidden / str(number), path)
                for touched in dict.fromkeys(path.parent for path in paths):
                    at = touched
                    _flush(touched)
            except BaseException:
                kept = _take_back(hidden, paths, ways_back)
                raise
    except NotWritten:
        raise
    except OSError as error:
        raise NotWritten(at, error, kept) from None
    return paths


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder for its owner only, gone at the end.

    What a killed process left of its own is removed by the next one that comes here.

    Raises:
        NotWritten: It cannot be made.
    """
    place = Path("the folder for temporary files")
    with ExitStack() as stack:
        try:
            place = Path(tempfile.gettempdir())
            folder = stack.enter_context(_own_folder(place, _SCRATCH))
        except OSError as error:
            raise NotWritten(place, error) from None
        yield folder


def lock(handle: int) -> bool:
    """Lock an open file for this process; the system lets it go when the process ends, however that happens.

    Returns:
        Whether it is locked now; False also where the file system knows no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def _own_folder(parent: Path, prefix: str) -> Iterator[Path]:
    _clear(parent, prefix)
    folder, handle = _locked_folder(parent, prefix)
    try:
        yield folder
    finally:
        if sys.platform == "win32":  # where an open file cannot be removed
            os.close(handle)
        _remove(folder)
        if sys.platform != "win32":
            os.close(handle)


def _locked_folder(parent: Path, prefix: str) -> tuple[Path, int]:
    """A new folder, and the open file in it that is locked."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        try:
            # Under its name only when it is locked: whoever finds an unlocked one may be sure that its process is gone.
            handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:  # another process has just taken the empty folder for one that was left
            continue
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        lock(handle)
        if sys.platform != "win32":
            os.rename(folder / "lock", folder / _LOCK)
        return folder, handle


def _remove(folder: Path) -> None:
    """Remove a folder and what is in it, the lock last: while anything is left, it can be told whose it is."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == _LOCK:
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                with suppress(OSError):
                    os.unlink(entry.path)
    shutil.rmtree(folder, ignore_errors=True)


def _clear(parent: Path, prefix: str) -> None:
    """Remove what killed processes left of such folders; once a process."""
    if sys.platform == "win32" or (parent, prefix) in _cleared:
        return
    _cleared.add((parent, prefix))
    with os.scandir(parent) as entries:
        found = [Path(e.path) for e in entries if e.name.startswith(prefix) and e.is_dir(follow_symlinks=False)]
    for folder in found:
        try:
            if folder.stat().st_uid != os.getuid():
                continue
            handle = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            # Its process ended just before the lock was there, or just after it was gone; what is not empty is not removed.
            if _MADE.fullmatch(folder.name.removeprefix(prefix)):
                with suppress(OSError):
                    folder.rmdir()
            continue
        except OSError:
            continue
        try:
            if lock(handle):
                _remove(folder)
        finally:
            os.close(handle)


def _write(path: Path, content: Content) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file:
        file.writelines([content] if isinstance(content, bytes) else content)
        file.flush()
        os.fsync(file.fileno())


def _way_back(path: Path, old: Path) -> bool:
    """Give what lies at a path a second name; False where it cannot have one. Copying it would cost too much."""
    if os.path.lexists(path):
        try:
            os.link(path, old, follow_symlinks=False)
        except (AttributeError, NotImplementedError, OSError):
            return False
    return True


def _take_back(hidden: Path, paths: Sequence[Path], ways_back: Sequence[bool]) -> bool:
    """Put back what was there before files were put in their places; False where that cannot be done for all of them."""
    all_old = True
    for number, way_back in reversed(list(enumerate(ways_back))):
        path, old = paths[number], hidden / f"{number}{_OLD}"
        if (hidden / str(number)).exists():  # it never came to its place
            continue
        try:
            if old.is_symlink() or old.exists():
                os.replace(old, path)
            elif way_back:
                path.unlink()
            else:
                all_old = False
        except OSError:
            all_old = False
    return all_old


def _flush(folder: Path) -> None:
    if hasattr(os, "O_DIRECTORY"):  # elsewhere a folder cannot be opened for flushing
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
