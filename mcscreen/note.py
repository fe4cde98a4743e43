"""The note to a candidate: what is needed to complete the submission, and where to mend it.

It holds the items of the completion gate in the candidate's order of work (files, parts, rows of the self-analysis) and
nothing else: no facet, no figure of the search, no word about how well something is done, because an assessor may send it
as it is. What only could not be read by machine stands apart and asks for nothing, and the note says what to do when it is
wrong. Equal screenings give equal bytes: nothing in a note comes from a clock.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcscreen.errors import InputError
from mcscreen.inert import file_stem, single_line
from mcscreen.inert import markdown as safe
from mcscreen.private_files import put
from mcscreen.results import CompletionItem, Screening

__all__ = ["FORMATS", "Note", "NoteGroup", "NoteLine", "note_of", "write_note", "write_notes"]

FORMATS = ("md", "docx")

_TITLE = "Completing your submission"
_FILES, _PARTS = frozenset({"upload", "documents_read"}), frozenset({"parts_present", "minimum_words"})
_TIME = (2000, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class NoteLine:
    """What was found, and what to do about each of it."""

    messages: tuple[str, ...]
    remedy: str


@dataclass(frozen=True, slots=True)
class NoteGroup:
    """Things of one kind under a heading, with a sentence of introduction or ""."""

    title: str
    lines: tuple[NoteLine, ...]
    introduction: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A note, not yet in any format.

    Attributes:
        submission: Id of the submission.
        rubric: Title of the micro-credential.
        needed: Whether the candidate must mend something.
        opening: Paragraphs above the groups.
        groups: Only those that have lines.
        closing: Paragraphs below the groups.
    """

    submission: str
    rubric: str
    needed: bool
    opening: tuple[str, ...]
    groups: tuple[NoteGroup, ...]
    closing: tuple[str, ...]


def note_of(screening: Screening) -> Note:
    """What to tell the candidate about completion.

    Raises:
        InputError: When the screening does not say what is open, because an earlier version made it.
    """
    items = [i for i in screening.completion.items if i.check != "screening"]
    if not screening.completion.items and any(r.status == "flagged" for r in screening.requirements):
        raise InputError(f"submission {screening.submission.id!r} was screened by an earlier version; screen it again for a note")
    mend = [i for i in items if i.kind == "mend"]
    groups = (
        _group("Files", [i for i in mend if i.check in _FILES]),
        _group("Parts of the submission", [i for i in mend if i.check in _PARTS]),
        _group("Evidence self-analysis", [i for i in mend if i.check not in _FILES | _PARTS]),
        _group(
            "Not read automatically",
            [i for i in items if i.kind == "unchecked"],
            "These could not be read or told apart by the program that prepared this note. That alone is no fault.",
        ),
    )
    return Note(
        submission=screening.submission.id,
        rubric=screening.rubric.title or screening.rubric.id,
        needed=bool(mend),
        opening=_opening(screening, len(mend), bool(items)),
        groups=tuple(g for g in groups if g.lines),
        closing=_closing(bool(mend)),
    )


def _group(title: str, items: Sequence[CompletionItem], introduction: str = "") -> NoteGroup:
    by_remedy: dict[str, dict[str, None]] = {}
    for item in items:
        by_remedy.setdefault(item.remedy, {})[item.message] = None
    return NoteGroup(title, tuple(NoteLine(tuple(messages), remedy) for remedy, messages in by_remedy.items()), introduction)


def _opening(screening: Screening, number: int, unread: bool) -> tuple[str, ...]:
    thanks = "Thank you for your submission."
    about = "This note is only about whether everything is there; it says nothing about your work itself."
    if number:
        things = "one thing needs" if number == 1 else f"{number} things need"
        return (
            f"{thanks} Before it can be assessed, {things} to be completed. Each is listed below with the place where you can do it.",
            about,
        )
    if screening.completion.items and not unread:
        return f"{thanks} It could not be checked automatically. A person will look at it; you need not do anything now.", about
    if unread:
        return f"{thanks} As far as could be checked, everything is there and nothing needs returning.", about
    return f"{thanks} Everything that was checked is there. Nothing needs returning.", about


def _closing(mend: bool) -> tuple[str, ...]:
    if not mend:
        return ()
    return (
        "When you have made these changes, please upload the changed files again. What is not listed here can stay as it is.",
        "This list was prepared by a program. If something on it is in your submission after all, please say where it stands.",
    )


def write_note(screening: Screening, to: str | Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write the note for one submission.

    Args:
        screening: Whose `completion` is told.
        to: A folder, in which the files are named after the submission, or a file that ends in .md or .docx, whose ending
            then decides the format.
        formats: Out of `FORMATS`, where `to` is a folder.

    Returns:
        The files, in the order of the formats.

    Raises:
        InputError: A format that does not exist, or a screening that an earlier version made.
        OSError: A file that cannot be written; the file that it would have replaced is still there.
    """
    path = Path(to)
    ending = path.suffix.lower().removeprefix(".")
    if ending in FORMATS and not path.is_dir():
        return [put(path, _rendered(note_of(screening), ending))]
    return _write(note_of(screening), path, formats, set())


def write_notes(screenings: Sequence[Screening], folder: Path, formats: Sequence[str] = FORMATS) -> list[tuple[Note, list[Path]]]:
    """Write a note for each submission in which the candidate must mend something.

    Returns:
        The note and the files of every submission, in the order given; no files where none is needed.

    Raises:
        InputError: A format that does not exist, or a screening that an earlier version made; nothing is written then.
        OSError: A file that cannot be written.
    """
    _check(formats)
    taken: set[str] = set()
    notes = [note_of(s) for s in screenings]
    return [(note, _write(note, folder, formats, taken) if note.needed else []) for note in notes]


def _check(formats: Sequence[str]) -> None:
    for name in formats:
        if name not in FORMATS:
            raise InputError(f"a note cannot be written as {name!r}. Choose from: {', '.join(FORMATS)}")


def _write(note: Note, folder: Path, formats: Sequence[str], taken: set[str]) -> list[Path]:
    _check(formats)
    stem = file_stem(note.submission, taken)
    return [put(folder / f"{stem}.{name}", _rendered(note, name)) for name in dict.fromkeys(formats)]


def _rendered(note: Note, name: str) -> bytes:
    return _docx(note) if name == "docx" else _markdown(note).encode("utf-8")


def _markdown(note: Note) -> str:
    lines = [f"# {_TITLE}", "", f"**{safe(note.rubric)}** (submission {safe(note.submission)})", ""]
    for paragraph in note.opening:
        lines += [paragraph, ""]
    for group in note.groups:
        lines += [f"## {group.title}", ""]
        if group.introduction:
            lines += [group.introduction, ""]
        for line in group.lines:
            first, *others = map(safe, line.messages)
            lines += [f"- {first}", ""]
            for message in others:
                lines += [f"  {message}", ""]
            lines += [f"  **{_to_do(line)}** {safe(line.remedy)}", ""]
    for paragraph in note.closing:
        lines += [paragraph, ""]
    return "\n".join(lines)


def _to_do(line: NoteLine) -> str:
    return "What to do:" if len(line.messages) == 1 else "What to do for each of these:"


def _docx(note: Note) -> bytes:
    from datetime import datetime

    import docx

    document = docx.Document()
    facts = document.core_properties
    facts.author, facts.last_modified_by, facts.title, facts.comments = "", "", _TITLE, ""
    facts.created = facts.modified = datetime(*_TIME)
    facts.language = "en"
    document.add_heading(_TITLE, 0)
    head = document.add_paragraph()
    head.add_run(single_line(note.rubric)).bold = True
    head.add_run(f" (submission {single_line(note.submission)})")
    for text in note.opening:
        document.add_paragraph(text)
    for group in note.groups:
        document.add_heading(group.title, 1)
        if group.introduction:
            document.add_paragraph(group.introduction)
        for line in group.lines:
            entry = document.add_paragraph(style="List Bullet")
            for message in line.messages:
                entry.add_run(single_line(message)).add_break()
            entry.add_run(f"{_to_do(line)} ").bold = True
            entry.add_run(single_line(line.remedy))
    for text in note.closing:
        document.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    return _with_fixed_times(file.getvalue())


def _with_fixed_times(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            info = zipfile.ZipInfo(member.filename, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, source.read(member))
    return file.getvalue()
