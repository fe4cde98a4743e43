"""Could every file be read?

What could not be read cannot be searched, and an assessor must know that before believing any "not found". One line for
each file. A film without captions is fine as an artifact, since it is watched; in place of a text it leaves that text
unchecked.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcscreen.document import Document, Status
from mcscreen.results import Requirement, WordCount
from mcscreen.rubric import Rubric
from mcscreen.submission import ARTIFACT, Section, Submission

__all__ = ["check"]

_NAME = "documents_read"
_FILMS = frozenset({"mp4", "mov", "m4v", "avi", "mkv", "webm", "wmv", "mpg", "3gp", "mp3", "m4a", "wav"})
_PICTURES = frozenset({"png", "jpg", "jpeg", "gif", "tiff", "tif", "bmp", "webp", "heic"})

_WAYS_OUT: dict[Status, str] = {
    "empty": "open it and see whether it is the right file",
    "needs_ocr": "ask for a copy with real text, or screen again with text recognition on",
    "encrypted": "ask for a copy without a password",
    "corrupt": "ask for the file again",
    "unsupported": "ask for a PDF or DOCX copy",
    "mismatch": "ask for the file in the format that its name says",
    "too_large": "ask for a smaller copy, or read it by eye",
    "timeout": "read it by eye, or ask for a plain copy",
    "crashed": "read it by eye, or ask for a plain copy",
}


def check(submission: Submission, sections: Sequence[Section], rubric: Rubric, counts: Sequence[WordCount]) -> list[Requirement]:
    """One line for each document: met when its text was read, flagged with the reason and the way out when not."""
    lines = []
    for index, document in enumerate(submission.documents):
        parts = {s.part for s in sections if s.document == index}
        lines.append(_line(document, parts, {p.id: p.title for p in rubric.parts}))
    return lines


def _line(document: Document, parts: set[str], titles: dict[str, str]) -> Requirement:
    def requirement(status: str, message: str) -> Requirement:
        return Requirement.model_validate({"check": _NAME, "subject": document.name, "status": status, "message": message})

    if document.status == "text":
        return requirement("met", f"read: {_amount(document)}")
    if document.status == "partial":
        return requirement("flagged", f"read in part ({_amount(document)}): {document.reason or 'some of it could not be read'}")
    kind = document.format or document.name.rpartition(".")[2].lower()
    texts = [titles[p] for p in sorted(parts - {ARTIFACT}) if p in titles]
    if document.status in ("empty", "needs_ocr", "unsupported") and kind in _FILMS | _PICTURES:
        what = "picture" if kind in _PICTURES else "recording"
        if texts:
            return requirement(
                "unchecked", f"a {what} without text stands for {' and '.join(texts)}; look at it by eye, or ask for its text"
            )
        if kind in _FILMS and document.status == "empty":
            return requirement("met", f"a recording{_length(document)} without captions; its content was not searched")
        if kind in _PICTURES and document.status in ("empty", "needs_ocr"):
            return requirement("met", "a picture; its content was not searched")
    return requirement("flagged", _reason(document))


def _reason(document: Document) -> str:
    way_out = _WAYS_OUT.get(document.status, "ask for another copy")
    reason = document.reason.strip().rstrip(".")
    if not reason:
        return f"could not be read ({document.status.replace('_', ' ')}); {way_out}"
    return f"could not be read: {reason}" + ("" if ";" in reason else f"; {way_out}")


def _amount(document: Document) -> str:
    words = document.words
    amount = f"{words:,} word{'' if words == 1 else 's'}"
    if document.pages is not None and document.page_kind is not None:
        amount += f" on {document.pages:,} {document.page_kind}{'' if document.pages == 1 else 's'}"
    return amount + _length(document)


def _length(document: Document) -> str:
    if document.seconds is None:
        return ""
    minutes, seconds = divmod(round(document.seconds), 60)
    return f", {minutes}:{seconds:02} minutes long"
