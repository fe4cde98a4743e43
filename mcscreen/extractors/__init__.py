"""Readers: one module a format, and the table that says which reads what.

`read_document` is the only door. Whatever a file does to its reader (wrong kind, damage, too many pages, no memory), the
answer is a `Document` with a status and a reason, because one bad upload must not end a batch, and because what could
not be read has to stay visible as unread instead of turning into "not found".

To read another format: one module here with an `extract` function, one row in `EXTRACTORS`, and its signature in
`mcscreen.sniffer`.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mcscreen.document import Document, Draft, Status, UnreadableDocument
from mcscreen.extractors import captions, csv, docx, email, html, image, markdown, odf, pdf, pptx, rtf, txt, video, xlsx
from mcscreen.extractors import ocr as ocr_engines
from mcscreen.limits import DEFAULT_LIMITS, Limits
from mcscreen.sniffer import Sniff, open_regular, sniff

__all__ = ["EXTRACTORS", "Extractor", "read_document"]

_log = logging.getLogger("mcscreen.extractors")

Extractor = Callable[..., None]
"""`extract(path, draft, limits)`; readers of pictures also take the keyword `ocr`, a function from an image's bytes to its text."""

_HASHED_BYTES = 2_000_000_000

_VIDEO = ("mp4", "mov", "m4v", "webm", "mkv", "avi", "wmv", "3gp", "mpg")
_IMAGES = ("png", "jpg", "gif", "tiff", "bmp", "webp", "heic")
_WITH_OCR = frozenset(["pdf", *_IMAGES])

EXTRACTORS: dict[str, Extractor] = {
    "pdf": pdf.extract,
    "docx": docx.extract,
    "odt": odf.extract,
    "odp": odf.extract,
    "ods": odf.extract,
    "odg": odf.extract,
    "rtf": rtf.extract,
    "pptx": pptx.extract,
    "xlsx": xlsx.extract,
    "csv": csv.extract,
    "html": html.extract,
    "markdown": markdown.extract,
    "txt": txt.extract,
    "vtt": captions.extract,
    "srt": captions.extract,
    "sbv": captions.extract,
    "eml": email.extract,
    **dict.fromkeys(_IMAGES, image.extract),
    **dict.fromkeys(_VIDEO, video.extract),
}
"""Format, as `mcscreen.sniffer` names it -> the function that reads it."""

_FAMILIES: dict[str, frozenset[str]] = {
    "text": frozenset(["txt", "csv", "tsv", "markdown", "html", "vtt", "srt", "sbv", "eml", "log", "xml"]),
    "document": frozenset(["docx", "doc", "odt", "rtf", "pages", "wpd"]),
    "presentation": frozenset(["pptx", "ppt", "odp", "odg", "key"]),
    "spreadsheet": frozenset(["xlsx", "xls", "xlsb", "ods", "numbers", "csv", "tsv"]),
    "pdf": frozenset(["pdf"]),
    "picture": frozenset([*_IMAGES, "avif", "svg"]),
    "audio": frozenset(["mp3", "m4a", "wav", "ogg", "flac", "aiff", "amr", "wma", "aac"]),
    "video": frozenset([*_VIDEO, "flv", "m4a"]),
    "program": frozenset(["exe"]),
    "archive": frozenset(["zip", "rar", "7z", "gz", "bz2", "xz", "tar"]),
}
_OFFICE = frozenset(["document", "presentation", "spreadsheet", "pdf"])

_SAVE_AS: dict[str, str] = {
    "doc": "an old Word file (.doc); open it and save it as DOCX or PDF",
    "ppt": "an old PowerPoint file (.ppt); open it and save it as PPTX or PDF",
    "xls": "an old Excel file (.xls); open it and save it as XLSX",
    "xlsb": "a binary Excel workbook (.xlsb); open it and save it as XLSX",
    "msg": "an Outlook message; save its text as PDF or DOCX",
    "pages": "an Apple Pages file; export it as DOCX or PDF",
    "numbers": "an Apple Numbers file; export it as XLSX or PDF",
    "key": "an Apple Keynote file; export it as PPTX or PDF",
    "epub": "an e-book (EPUB); save it as PDF or DOCX",
    "wpd": "a WordPerfect file; save it as DOCX or PDF",
    "ole": "an old Office file of a kind that is not read; save it as PDF or DOCX",
    "xml": "an XML file; save it as PDF or DOCX",
    "svg": "a drawing (SVG); save it as PDF",
    "avif": "a picture of a kind that is not read (AVIF); save it as PNG or PDF",
    "flv": "a Flash video; save it as MP4 and upload captions (VTT or SRT) beside it",
    "zip": "an archive; upload the files that it holds",
    "rar": "an archive (RAR); upload the files that it holds, or a ZIP of them",
    "7z": "an archive (7z); upload the files that it holds, or a ZIP of them",
    "exe": "a program, not a document",
    "webarchive": "a web archive; save the page as PDF or HTML",
}


def read_document(path: Path, name: str, *, limits: Limits = DEFAULT_LIMITS, ocr: bool = False, cautious: bool = False) -> Document:
    """Read one uploaded file.

    Never raises because of the file. When a reader breaks down in the middle, what it had read so far is kept and the
    document is `partial`; with nothing read it is `corrupt` (or `too_large` when memory ran out).

    Args:
        path: Where the file lies.
        name: Its path inside the submission; the ending counts as a claim about its format, nothing more.
        limits: Bounds for reading. `file_bytes` does not apply to video and audio, of which only headers are read.
        ocr: Whether pages and pictures without text are given to OCR, where an engine is installed.
        cautious: Read a PDF with the second reader alone, because the first broke down on it.

    Returns:
        The document. `sha256` is empty for files above two gigabytes, for which it would take longer than reading.
    """
    document = Document(name=name, status="corrupt")
    draft = Draft(limits=limits)
    try:
        with open_regular(path) as stream:
            size = stream.seek(0, 2)
            document = replace(document, size=size)
            if size <= _HASHED_BYTES:
                stream.seek(0)
                document = replace(document, sha256=hashlib.file_digest(stream, "sha256").hexdigest())
        found = sniff(path, name)
        document = replace(document, format="" if found.format == "unknown" else found.format)
        if size > limits.file_bytes and _family(found.format) not in ("video", "audio"):
            raise UnreadableDocument("too_large", f"larger than {limits.file_bytes // 1_000_000:,} MB; upload a smaller file")
        extract = EXTRACTORS.get(found.format)
        if extract is None:
            raise _refusal(found, name)
        _warn_of_mismatch(found, draft)
        if cautious and found.format == "pdf":
            pdf.extract_cautiously(path, draft, limits)
        elif found.format in _WITH_OCR:
            engine = ocr_engines.engine(limits) if ocr else None
            if ocr and engine is None:
                draft.warn("no OCR engine is installed, so pictures of text were not read")
            extract(path, draft, limits, ocr=engine)
        else:
            extract(path, draft, limits)
    except UnreadableDocument as refusal:
        return _unread(document, draft, refusal.status, refusal.reason)
    except MemoryError:
        return _broken(document, draft, "too_large", "reading it takes more memory than there is")
    except Exception as error:  # a reader met a file that its author did not foresee; the batch goes on
        _log.warning("a %s reader stopped with %s", document.format or "file", type(error).__name__)
        return _broken(document, draft, "corrupt", f"the file is damaged or unusual: its reader stopped ({type(error).__name__})")
    return _finished(document, draft)


def _finished(document: Document, draft: Draft) -> Document:
    read = draft.finish(name=document.name, format=document.format, sha256=document.sha256, size=document.size)
    if read.status == "empty" and document.format in _VIDEO:
        length = f"a video of {_clock(read.seconds)}" if read.seconds else "a video"
        return replace(read, reason=f"{length}; its words are not read: upload captions (VTT or SRT) beside it")
    return read


def _broken(document: Document, draft: Draft, status: Status, reason: str) -> Document:
    if draft.is_empty:
        return _unread(document, draft, status, reason)
    draft.unread(f"{reason}; the rest was not read")
    return _finished(document, draft)


def _unread(document: Document, draft: Draft, status: Status, reason: str) -> Document:
    facts = draft.finish(name=document.name, format=document.format, sha256=document.sha256, size=document.size)
    return replace(
        document,
        status=status,
        reason=reason,
        reader=facts.reader,
        pages=facts.pages,
        page_kind=facts.page_kind,
        seconds=facts.seconds,
        warnings=facts.warnings,
    )


def _refusal(found: Sniff, name: str) -> UnreadableDocument:
    claimed = _family(found.claimed)
    if found.format == "empty":
        if claimed == "text" or not claimed:
            return UnreadableDocument("empty", "the file has no bytes")
        return UnreadableDocument("corrupt", "the file has no bytes; upload it again")
    if found.format == "encrypted":
        return UnreadableDocument("encrypted", "the file is protected with a password; ask for a copy without one")
    if claimed == "text":
        kind = _SAVE_AS.get(found.format, "binary data").partition(";")[0]
        if found.format == "xml":
            return UnreadableDocument("unsupported", _SAVE_AS["xml"])
        return UnreadableDocument("corrupt", f"named .{_ending(name)} but the content is not text: {kind}")
    if claimed in _OFFICE:
        if found.format == "unknown":
            return UnreadableDocument("corrupt", f"the file is damaged: the content is not that of a .{_ending(name)} file")
        if found.format == "ole":
            return UnreadableDocument("corrupt", "the file is damaged: its table of contents names no document")
        if _family(found.format) in ("program", "archive", "audio"):
            kind = _SAVE_AS.get(found.format, f"{_label(found.format)} data").partition(";")[0]
            return UnreadableDocument("mismatch", f"named .{_ending(name)} but the content is {kind}; upload the document itself")
    if _family(found.format) == "audio":
        return UnreadableDocument("unsupported", "a sound recording; its words are not read: upload a transcript")
    return UnreadableDocument("unsupported", _SAVE_AS.get(found.format, "a kind of file that is not read; save it as PDF or DOCX"))


def _warn_of_mismatch(found: Sniff, draft: Draft) -> None:
    known = [formats for formats in _FAMILIES.values() if found.claimed in formats]
    if known and not any(found.format in formats for formats in known):
        draft.warn(f"named .{found.claimed} but the content is {_label(found.format)}")


def _family(name: str) -> str:
    return next((family for family, formats in _FAMILIES.items() if name in formats), "")


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()[:12]


def _label(name: str) -> str:
    return {"txt": "plain text", "markdown": "Markdown", "jpg": "JPEG", "eml": "a mail"}.get(name, name.upper())


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
