"""Opening ZIP packages and XML parts that a stranger made.

DOCX, ODT, PPTX and XLSX are ZIP files of XML. The same few attacks work on all of them (a member that expands a
thousandfold, a declared entity that multiplies, a name that climbs out of the folder), so the guards live here once and
every reader opens its package through them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen.document import UnreadableDocument
from mcscreen.limits import Limits

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["check_archive", "open_package", "parse_xml", "read_member"]

_MEGABYTE = 1_000_000
# A tree takes ten to twenty times the room of its XML; the longest part of several hundred real documents has 15 MB.
_XML_BYTES = 64 * _MEGABYTE
# A sheet of a hundred thousand equal cells also packs two-hundredfold; up to this size it does no harm to look.
_SMALL = 10 * _MEGABYTE


def check_archive(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Refuse an archive whose own table of contents exceeds the limits.

    CPython stops inflating at the declared size, so the declared sizes can be believed here.

    Raises:
        UnreadableDocument: `too_large` or `encrypted`.
    """
    _check_members(archive, limits)
    members = archive.infolist()
    if sum(m.file_size for m in members) > limits.archive_bytes:
        raise UnreadableDocument("too_large", f"the package expands to more than {limits.archive_bytes // _MEGABYTE:,} MB")
    for member in members:
        _check_size(member, limits)


@contextmanager
def open_package(path: Path, limits: Limits, *, whole: bool = True) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP-based document for reading.

    Args:
        path: The file.
        limits: Bounds on the archive.
        whole: Whether all of it may be inflated. A reader that takes single parts says False, and gives the limits to
            `read_member` instead: a large picture then does not stand in the way of the text.

    Raises:
        UnreadableDocument: `corrupt` when it is no intact ZIP, `too_large` or `encrypted`.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableDocument("corrupt", f"the file is damaged: {type(error).__name__} on opening the package") from None
    with archive:
        if whole:
            check_archive(archive, limits)
        else:
            _check_members(archive, limits)
        yield archive


def read_member(archive: zipfile.ZipFile, name: str, limits: Limits | None = None) -> bytes | None:
    """Bytes of a member, or None when the package has none of that name.

    Args:
        archive: The open package.
        name: Name of the member.
        limits: Bounds on the member, where the package as a whole was not checked.

    Raises:
        UnreadableDocument: `corrupt` when the member does not inflate, `too_large` when it exceeds the limits.
    """
    try:
        if limits is not None:
            _check_size(archive.getinfo(name), limits)
        return archive.read(name)
    except UnreadableDocument:
        raise
    except KeyError:
        return None
    except MemoryError:
        raise UnreadableDocument("too_large", "a part of the package does not fit in memory") from None
    except Exception as error:  # zlib, CRC, lying headers: whatever it is, this member is lost
        raise UnreadableDocument("corrupt", f"a part of the package is damaged ({type(error).__name__})") from None


def _check_members(archive: zipfile.ZipFile, limits: Limits) -> None:
    members = archive.infolist()
    if len(members) > limits.archive_members:
        raise UnreadableDocument("too_large", f"the package has {len(members):,} parts; at most {limits.archive_members:,} are read")
    if any(member.flag_bits & 0x1 for member in members):
        raise UnreadableDocument("encrypted", "the package is protected with a password; ask for a copy without one")


def _check_size(member: zipfile.ZipInfo, limits: Limits) -> None:
    if member.file_size > limits.archive_bytes:
        raise UnreadableDocument("too_large", f"a part of the package expands to more than {limits.archive_bytes // _MEGABYTE:,} MB")
    if member.file_size > _SMALL and member.file_size > limits.archive_ratio * max(1, member.compress_size):
        raise UnreadableDocument("too_large", f"a part of the package expands more than {limits.archive_ratio:.0f}-fold")


def parse_xml(data: bytes) -> _Element:
    """Root element of an XML part, with no entity expanded and nothing fetched.

    Raises:
        UnreadableDocument: `corrupt` when it is not well-formed, `too_large` when its tree would not fit in memory.
    """
    from lxml import etree

    if len(data) > _XML_BYTES:
        raise UnreadableDocument("too_large", f"a part of the package is longer than {_XML_BYTES // _MEGABYTE} MB")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except MemoryError:
        raise UnreadableDocument("too_large", "a part of the package does not fit in memory") from None
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableDocument("corrupt", f"a part of the package is not well-formed XML ({type(error).__name__})") from None
    if root is None:
        raise UnreadableDocument("corrupt", "a part of the package is empty")
    return root
