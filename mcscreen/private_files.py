"""Puts files about people on the disk: whole, and for their owner only.

A file is written beside its place under another name, flushed to the disk and renamed over the old one, so that a full disk
or a power cut leaves the old file whole, and a link in its place is replaced instead of followed. Folders are made for the
owner only (0700) and so are files (0600).
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["make_folder", "put"]


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where it does not exist."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def put(path: Path, content: bytes) -> Path:
    """Write a file and name it.

    Raises:
        OSError: The file cannot be written; one that was there before is still there.
    """
    make_folder(path.parent)
    # mkstemp opens with mode 0600, and in the same folder so that the rename cannot cross file systems.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".mcscreen-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):  # elsewhere a folder cannot be opened for flushing
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return path
