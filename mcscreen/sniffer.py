"""What a file is, from its bytes.

Candidates rename files, platforms strip endings, and a reader given the wrong kind of file either fails with a
misleading error or, worse, returns nonsense without one. So the ending is only a claim: it decides between formats that
are all plain text (a list of lines may be CSV or prose), and everything else is decided by what stands in the file.

Opening is guarded here as well, because this is the first touch: a pipe would block for ever, a device never ends, and a
link can point out of the submission.
"""

from __future__ import annotations

import csv
import os
import re
import stat
import struct
import zipfile
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from mcscreen.decoding import decode, wide_encoding
from mcscreen.document import UnreadableDocument

__all__ = ["Sniff", "claimed_format", "open_regular", "sniff"]


@dataclass(frozen=True, slots=True)
class Sniff:
    """What a file is and what its name says it is.

    Attributes:
        format: From the bytes: "pdf", "docx", "mp4" …; "empty" for no bytes, "unknown" for binary data of no known kind.
        claimed: Format that the ending stands for; the ending itself when no format has it; "" when there is none.
    """

    format: str
    claimed: str


_HEAD = 65_536
_ALIASES = {
    "htm": "html", "xhtml": "html", "jpeg": "jpg", "jpe": "jpg", "tif": "tiff", "md": "markdown", "mdown": "markdown",
    "text": "txt", "asc": "txt", "docm": "docx", "dotx": "docx", "dotm": "docx", "pptm": "pptx", "ppsx": "pptx", "ppsm": "pptx",
    "potx": "pptx", "potm": "pptx", "xlsm": "xlsx", "xltx": "xlsx", "xltm": "xlsx", "ott": "odt", "otp": "odp", "ots": "ods",
    "dot": "doc", "pps": "ppt", "pot": "ppt", "xlt": "xls", "tab": "tsv", "heif": "heic", "mht": "eml", "mhtml": "eml", "qt": "mov",
    "mpeg": "mpg", "dll": "exe", "com": "exe", "msi": "exe", "tgz": "gz", "dib": "bmp", "webvtt": "vtt",
}  # fmt: skip
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"{\\rtf", "rtf"), (0, b"\x89PNG\r\n\x1a\n", "png"), (0, b"\xff\xd8\xff", "jpg"), (0, b"GIF87a", "gif"), (0, b"GIF89a", "gif"),
    (0, b"II*\x00", "tiff"), (0, b"MM\x00*", "tiff"), (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "wmv"), (0, b"\x00\x00\x01\xba", "mpg"),
    (0, b"\x00\x00\x01\xb3", "mpg"), (0, b"FLV\x01", "flv"), (0, b"ID3", "mp3"), (0, b"fLaC", "flac"), (0, b"OggS", "ogg"),
    (0, b"#!AMR", "amr"), (0, b"\x7fELF", "exe"), (0, b"\xcf\xfa\xed\xfe", "exe"), (0, b"\xce\xfa\xed\xfe", "exe"),
    (0, b"\xca\xfe\xba\xbe", "exe"), (0, b"Rar!\x1a\x07", "rar"), (0, b"7z\xbc\xaf\x27\x1c", "7z"), (0, b"\x1f\x8b\x08", "gz"),
    (0, b"BZh", "bz2"), (0, b"\xfd7zXZ\x00", "xz"), (257, b"ustar", "tar"), (0, b"\xffWPC", "wpd"), (0, b"bplist00", "webarchive"),
    (0, b"SQLite format 3\x00", "sqlite"), (0, b"\x93NUMPY", "npy"), (0, b"8BPS", "psd"), (0, b"%!PS", "ps"),
)  # fmt: skip
_BRANDS = {
    b"qt  ": "mov", b"M4V ": "m4v", b"M4VH": "m4v", b"M4VP": "m4v", b"M4A ": "m4a", b"M4B ": "m4a", b"M4P ": "m4a", b"heic": "heic",
    b"heix": "heic", b"heim": "heic", b"hevc": "heic", b"mif1": "heic", b"msf1": "heic", b"avif": "avif", b"avis": "avif",
}  # fmt: skip
_MAIN_PARTS = (
    (b"wordprocessingml", "docx"),
    (b"ms-word.", "docx"),
    (b"presentationml", "pptx"),
    (b"ms-powerpoint.", "pptx"),
    (b"excel.sheet.binary", "xlsb"),
    (b"spreadsheetml", "xlsx"),
    (b"ms-excel.", "xlsx"),
)
_MAIN_PART = re.compile(rb"ContentType\s*=\s*[\"']([^\"']*?\.main(?:\+xml)?)[\"']")
_FOLDERS = (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "xlsx"))
_ODF = {b"text": "odt", b"presentation": "odp", b"spreadsheet": "ods", b"graphics": "odg"}
_ODF_TYPE = re.compile(rb"application/vnd\.oasis\.opendocument\.(text|presentation|spreadsheet|graphics)")
_OLE_STREAMS = (
    ("PowerPoint Document", "ppt"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("WordDocument", "doc"),
    ("__properties_version1.0", "msg"),
)
_TEXTUAL = frozenset(["txt", "csv", "tsv", "markdown", "html", "vtt", "srt", "sbv", "eml", "log", ""])
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")

_TIMING = re.compile(r"^\s*(?:\d+:)?\d{1,2}:\d{2}([.,])\d{1,3}\s*-->\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}", re.M)
_SBV = re.compile(r"^\d+:\d{2}:\d{2}\.\d{3},\d+:\d{2}:\d{2}\.\d{3}\s*$", re.M)
_PROLOGUE = re.compile(r"(?:\s|<\?xml[^>]*>|<!--.*?-->)*", re.S)
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)[\s>]", re.I)
_ELEMENT = re.compile(r"<(?:p|div|table|h[1-6]|ul|ol|span|meta|style|script|section|article|main|font|center)(?:\s[^<>]*)?/?>", re.I)
_HEADER = re.compile(r"^([A-Za-z][A-Za-z-]*):[ \t]*\S", re.M)
_TRANSPORT = frozenset(["message-id", "received", "mime-version", "return-path", "delivered-to", "dkim-signature", "x-mailer"])
_ADDRESSED = frozenset(["from", "to", "subject", "date", "content-type"])
_MARKDOWN = re.compile(r"^(?:#{1,6} \S.*|\|?[ \t]*:?-{3,}:?[ \t]*(?:\|[ \t]*:?-{3,}:?[ \t]*)+\|?[ \t]*)$", re.M)


def claimed_format(name: str) -> str:
    """Format that a file name's ending stands for; see `Sniff.claimed`."""
    ending = os.path.splitext(name.strip())[1].lstrip(".").lower()
    return _ALIASES.get(ending, ending)


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading, without waiting on pipes and without following a link at its end.

    Raises:
        UnreadableDocument: `unsupported` for folders, links, pipes, sockets and devices, and for what cannot be opened.
    """
    flags = (
        os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    )
    try:
        if path.is_symlink():
            raise UnreadableDocument("unsupported", "a link, not a file; upload the file itself")
        if path.is_dir():
            raise UnreadableDocument("unsupported", "a folder, not a file")
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise UnreadableDocument("unsupported", f"the file cannot be opened ({type(error).__name__})") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableDocument("unsupported", "a pipe or device, not a file")
    return os.fdopen(descriptor, "rb")


def sniff(path: Path, name: str = "") -> Sniff:
    """What a file is.

    Args:
        path: The file.
        name: Name whose ending counts as the claim, where the file lies under another name; by default the path's.

    Raises:
        UnreadableDocument: `unsupported` when it is no regular file or cannot be opened.
    """
    claimed = claimed_format(name or path.name)
    with open_regular(path) as stream:
        head = stream.read(_HEAD)
        size = os.fstat(stream.fileno()).st_size
        if not head:
            return Sniff("empty", claimed)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
            return Sniff(_zip_format(stream, head, claimed), claimed)
        if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            return Sniff(_ole_format(stream, claimed), claimed)
    return Sniff(_binary_format(head, size) or _text_format(head, size, claimed), claimed)


def _binary_format(head: bytes, size: int) -> str | None:
    bare = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if bare.startswith(b"%PDF-") or (b"%PDF-" in head[:1024] and b" obj" in head):
        return "pdf"
    if bare.startswith(b"{\\rtf"):
        return "rtf"
    for offset, magic, name in _MAGIC:
        if head.startswith(magic, offset):
            return name
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "3gp" if brand.startswith(b"3g") else _BRANDS.get(brand, "mp4")
    if head[4:8] in (b"moov", b"mdat", b"wide", b"skip", b"pnot") and head[0] == 0:
        return "mov"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "webp", b"AVI ": "avi", b"WAVE": "wav"}.get(head[8:12], "unknown")
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm" if b"webm" in head[:128] else "mkv"
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0" and head[14:18] in (b"\x28\0\0\0", b"\x0c\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0"):
        return "bmp"
    if head.startswith(b"MZ") and (b"\0" in head[:256]):
        return "exe"
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xE6 in (0xE2, 0xE4) and head[:2] not in (b"\xff\xfe",) and not _is_text(head):
        return "mp3"
    return None


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or wide_encoding(head) is not None:
        return True
    return len(_CONTROLS.findall(head)) <= max(8, len(head) // 50)


def _zip_format(stream: BufferedReader, head: bytes, claimed: str) -> str:
    try:
        stream.seek(0)
        with zipfile.ZipFile(stream) as archive:
            return _package_format(archive, claimed)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return _damaged_format(head, claimed)


def _package_format(archive: zipfile.ZipFile, claimed: str) -> str:
    names = set(archive.namelist())
    odf = _ODF_TYPE.search(
        _start_of(archive, "mimetype") or (_start_of(archive, "META-INF/manifest.xml") if "content.xml" in names else b"")
    )
    if odf:
        return _ODF[odf[1]]
    if "META-INF/container.xml" in names:
        return "epub"
    if "[Content_Types].xml" in names:
        for part in _MAIN_PART.findall(_start_of(archive, "[Content_Types].xml")):
            for sign, name in _MAIN_PARTS:
                if sign in part:
                    return name
    for main, name in (
        ("word/document.xml", "docx"),
        ("ppt/presentation.xml", "pptx"),
        ("xl/workbook.xml", "xlsx"),
        ("xl/workbook.bin", "xlsb"),
    ):
        if main in names:
            return name
    if any(name.endswith(".iwa") for name in names) or "Index.zip" in names or "index.apxl" in names:
        return claimed if claimed in ("pages", "numbers", "key") else "pages"
    if "[Content_Types].xml" in names:
        for folder, name in _FOLDERS:
            if any(member.startswith(folder) for member in names):
                return name
    return "zip"


def _start_of(archive: zipfile.ZipFile, member: str) -> bytes:
    try:
        with archive.open(member) as stream:
            return stream.read(1_000_000)
    except Exception:  # whatever is wrong with this member, the others still tell the format
        return b""


def _damaged_format(head: bytes, claimed: str) -> str:
    odf = _ODF_TYPE.search(head[:200])
    if odf:
        return _ODF[odf[1]]
    for folder, name in _FOLDERS:
        if re.search(rb"PK\x03\x04.{26}" + folder.encode(), head, re.S):
            return name
    return claimed if claimed in ("docx", "pptx", "xlsx", "odt", "odp", "ods") else "zip"


def _ole_format(stream: BufferedReader, claimed: str) -> str:
    names = _ole_names(stream)
    if "EncryptedPackage" in names:
        return "encrypted"
    found = [name for sign, name in _OLE_STREAMS if sign in names]
    return claimed if claimed in found else found[0] if found else "ole"


def _ole_names(stream: BufferedReader) -> set[str]:
    """Names in the directory of an OLE compound file, by its chain of sectors (MS-CFB, section 2)."""
    stream.seek(0)
    header = stream.read(512)
    if len(header) < 512:
        return set()
    width = 1 << min(16, max(7, struct.unpack_from("<H", header, 30)[0]))
    sector = struct.unpack_from("<I", header, 48)[0]
    tables = struct.unpack_from("<109I", header, 76)
    names: set[str] = set()
    seen: set[int] = set()
    while sector < 0xFFFFFFFA and sector not in seen and len(seen) < 1_000:
        seen.add(sector)
        stream.seek((sector + 1) * width)
        data = stream.read(width)
        for offset in range(0, len(data) - 127, 128):
            length = struct.unpack_from("<H", data, offset + 64)[0]
            if 2 < length <= 64:
                names.add(data[offset : offset + length - 2].decode("utf-16-le", "replace"))
        table, entry = divmod(sector, width // 4)
        if table >= len(tables) or tables[table] >= 0xFFFFFFFA:
            break
        stream.seek((tables[table] + 1) * width + 4 * entry)
        following = stream.read(4)
        if len(following) < 4:
            break
        sector = struct.unpack("<I", following)[0]
    return names


def _text_format(head: bytes, size: int, claimed: str) -> str:
    if not _is_text(head):
        return "unknown"
    cut = size > len(head)
    text = decode(head)[0].lstrip("\ufeff")
    start = text[:16_000].replace("\r\n", "\n").replace("\r", "\n")
    if start.lstrip().startswith("WEBVTT"):
        return "vtt"
    timing = _TIMING.search(start[:4_000])
    if timing and (claimed in ("vtt", "srt") or start[: timing.start()].strip().isdigit() or timing.start() == 0):
        return "srt" if timing[1] == "," else "vtt"
    if _SBV.match(start.lstrip()):
        return "sbv"
    body = start[_PROLOGUE.match(start).end() :]  # type: ignore[union-attr]  # the pattern also matches nothing
    if _PAGE.match(body) or (claimed == "html" and _PAGE.search(start)):
        return "html"
    if start.lstrip().startswith("<?xml"):
        return "svg" if body.startswith("<svg") else "xml"
    if claimed == "html" or (claimed not in ("markdown", "csv", "tsv") and _ELEMENT.match(body) and len(_ELEMENT.findall(start)) >= 3):
        return "html"
    if _is_mail(start, claimed):
        return "eml"
    if claimed in ("csv", "tsv", "markdown"):
        return "csv" if claimed == "tsv" else claimed
    if claimed not in _TEXTUAL or claimed == "":
        if _is_tabular(start, ",;\t|", cut=cut or len(text) > 16_000):
            return "csv"
    elif _is_tabular(start, "\t", cut=cut or len(text) > 16_000):
        return "csv"
    return "markdown" if len(_MARKDOWN.findall(start)) >= 2 else "txt"


def _is_mail(start: str, claimed: str) -> bool:
    # A memo in plain text also begins "To: … From: …", so the marks of a mail's transport must be there.
    block = re.split(r"\n[ \t]*\n", start, maxsplit=1)[0]
    found = {header.lower() for header in _HEADER.findall(block)}
    return bool(found & _ADDRESSED) and (bool(found & _TRANSPORT) or (claimed == "eml" and len(found & _ADDRESSED) >= 2))


def _is_tabular(start: str, delimiters: str, *, cut: bool) -> bool:
    lines = start.splitlines()
    if cut:
        lines = lines[:-1]
    for delimiter in delimiters:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if len(widths) >= 3 and min(widths) == max(widths) and widths[0] >= (2 if delimiter == "\t" else 3):
            return True
    return False
