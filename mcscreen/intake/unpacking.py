"""Zips of uploads: what they hold, and taking it out.

Members are written under numbers, never under their own names, so no name can climb out of the folder, overwrite another
or be too long; a name lives on only as a label. What cannot be unpacked is kept as an unread `Document`, because a file
that silently vanished would later look like missing evidence.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from mcscreen.document import Document, Status, clean_text
from mcscreen.limits import Limits
from mcscreen.private_files import NotWritten, scratch_folder

__all__ = ["Member", "Unpacker", "UploadedFile", "list_members", "read_head"]


@dataclass(frozen=True, slots=True)
class Member:
    """A file, or an empty folder, in a zip's table of contents.

    Attributes:
        index: Position in the table; names may repeat, positions do not.
        steps: Cleaned steps of the path.
    """

    index: int
    steps: tuple[str, ...]
    folder: bool = False


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file ready to be read.

    Attributes:
        name: Path inside the submission, with forward slashes.
        path: Where its bytes are now; of a file that was unpacked, a numbered temporary file with the same suffix.
        unread: Set when the file could not be unpacked or must not be followed: the document to report in its place.
    """

    name: str
    path: Path
    unread: Document | None = None


def list_members(path: Path) -> list[Member]:
    """A zip's table of contents; nothing is inflated.

    Raises:
        Exception: Of many kinds, when the file is no zip or its table is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        members = [Member(i, tuple(_steps(_name(m))), m.is_dir()) for i, m in enumerate(archive.infolist())]
    return [m for m in members if m.steps]


def read_head(path: Path, index: int | None, size: int) -> bytes:
    """First bytes of a file, or of a member of the zip at `path`; empty when there is nothing to be read."""
    try:
        if index is None:
            with path.open("rb") as file:
                return file.read(size)
        with zipfile.ZipFile(path) as archive, archive.open(archive.infolist()[index]) as member:
            return member.read(size)
    except Exception:  # a damaged archive raises whatever its damage leads to
        return b""


def _name(member: zipfile.ZipInfo) -> str:
    """The name a person gave the member.

    Without the UTF-8 flag `zipfile` reads names as cp437, but macOS writes UTF-8 there, Russian Windows cp866, and
    Info-ZIP adds the real name as an extra field (0x7075, PKWARE appnote 4.6.9).
    """
    if member.flag_bits & 0x800:
        return member.filename
    try:
        raw = member.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        body = extra[4 : 4 + size]
        if kind == 0x7075 and len(body) > 5 and struct.unpack("<I", body[1:5])[0] == zlib.crc32(raw):
            return body[5:].decode("utf-8", "replace")
        extra = extra[4 + size :]
    if raw.isascii():
        return member.filename
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        russian = raw.decode("cp866")
        # In a Russian name no word mixes alphabets; a Western name read as cp866 ("rВsumВ") does nothing else.
        mixed = any(re.search("[A-Za-z]", word) and not word.isascii() for word in re.findall(r"[^\W\d_]+", russian))
        return russian if not mixed and re.search("[а-яё]{2}", russian, re.I) else member.filename


def _steps(name: str) -> list[str]:
    """Steps of a path, without drive letter, root, dots and invisible characters."""
    steps = re.sub(r"^[A-Za-z]:", "", name.replace("\\", "/")).split("/")
    cleaned = (clean_text(step).replace("\n", " ").strip() for step in steps)
    return [step for step in cleaned if step not in ("", ".", "..")]


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    """Tells what fails on the way to the disk from what fails in the archive."""
    try:
        yield
    except OSError as error:
        raise NotWritten(target, error) from None


class Unpacker:
    """Takes members out of zips, within one budget of bytes for a whole upload.

    Args:
        stack: Closes the temporary folder, which is made only when it is needed.
        limits: Bounds on expanded size, ratio and number.
    """

    def __init__(self, stack: ExitStack, limits: Limits) -> None:
        self.problems: list[str] = []
        self._stack = stack
        self._limits = limits
        self._left = limits.archive_bytes
        self._folder: Path | None = None
        self._count = 0

    def refuse(self, name: str, status: Status, reason: str) -> UploadedFile:
        """A file that is reported but not read."""
        self.problems.append(f"{name}: {reason}")
        return UploadedFile(name, Path(os.devnull), Document(name, status, reason, reader="intake"))

    def take(self, path: Path, wanted: Sequence[tuple[str, int]]) -> list[UploadedFile]:
        """Members of the zip at `path`, smallest first, so that one enormous video does not cost the essays beside it.

        Args:
            path: The zip.
            wanted: Label and position of each member.

        Raises:
            NotWritten: There is no room for what is taken out, or it cannot be written for another reason.
        """
        if len(wanted) > self._limits.archive_members:
            self.problems.append(f"an archive has {len(wanted):,} files; only the first {self._limits.archive_members:,} are read")
            wanted = wanted[: self._limits.archive_members]
        try:
            archive = zipfile.ZipFile(path)
        except Exception as error:
            return [self.refuse(name, "corrupt", f"the archive around it is damaged ({type(error).__name__})") for name, _ in wanted]
        with archive:
            table = archive.infolist()
            return [self._take(archive, n, table[i]) for n, i in sorted(wanted, key=lambda w: (table[w[1]].file_size, w[0], w[1]))]

    def _take(self, archive: zipfile.ZipFile, name: str, member: zipfile.ZipInfo) -> UploadedFile:
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
            return self.refuse(name, "unsupported", "a link inside an archive was not followed; upload the file itself")
        if member.flag_bits & 0x1:
            return self.refuse(name, "encrypted", "protected with a password; ask for a copy without one")
        if member.file_size > 1_000_000 and member.file_size > self._limits.archive_ratio * max(1, member.compress_size):
            return self.refuse(name, "too_large", f"expands more than {self._limits.archive_ratio:.0f}-fold and was not unpacked")
        if member.file_size > self._left:
            megabytes = f"{member.file_size / 1_000_000:,.1f} MB"
            return self.refuse(name, "too_large", f"too large to unpack ({megabytes}); upload it beside the archive, not inside")
        target = self._target(name)
        try:
            with archive.open(member) as source:
                self._copy(source, target)
        except NotWritten:  # a full disk says nothing about the archive
            raise
        except NotImplementedError:
            return self.refuse(name, "unsupported", "packed by a method that cannot be opened; pack the files as a plain .zip")
        except Exception as error:  # zlib, CRC, lying headers: this member is lost, the others are not
            target.unlink(missing_ok=True)
            return self.refuse(name, "corrupt", f"damaged inside the archive ({type(error).__name__}); ask for it again")
        return UploadedFile(name, target)

    def _copy(self, source: IO[bytes], target: Path) -> None:
        with ExitStack() as stack:
            with _writing(target):
                # Without a buffer, which closing would try to write once more, with an error of its own.
                sink = stack.enter_context(target.open("wb", buffering=0))
            while chunk := source.read(1 << 20):
                self._left -= len(chunk)
                if self._left < 0:
                    raise ValueError("more bytes than declared")
                rest = memoryview(chunk)
                with _writing(target):
                    while rest:
                        rest = rest[sink.write(rest) :]
            with _writing(target):
                sink.close()

    def _target(self, name: str) -> Path:
        if self._folder is None:
            self._folder = self._stack.enter_context(scratch_folder())
        self._count += 1
        suffix = PurePosixPath(name).suffix.lower()
        return self._folder / f"{self._count:05d}{suffix if re.fullmatch(r'[.][a-z0-9]{1,10}', suffix) else ''}"
