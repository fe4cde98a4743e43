"""Where a study's texts come from: strings, a table, a folder of documents, a folder of submissions.

All become the same: an id, sentences with their places, and facts about the text. What cannot be read becomes a value with
a status and a reason, as everywhere in this package, because one damaged file must not end the reading of thousands. Texts
are read when they are asked for and not kept.

From submissions only the reflection is taken (the rubric's part of that kind), and of it only the candidate's own words:
pasted questions, headings and lines of a form are left out.
"""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen.batch_texts import texts_of
from mcscreen.document import Block, Document, Place
from mcscreen.errors import InputError, ModelError, RubricError
from mcscreen.masking import masked, masked_id
from mcscreen.parts import assign_parts, find_prompts
from mcscreen.pipeline import Settings, load_rubric, load_submission
from mcscreen.rubric import Rubric
from mcscreen.segmenter import segment
from mcscreen.submission import ARTIFACT, Passage, Section, Submission

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Source", "Text", "Unread", "open_source", "sentences_of"]

_log = logging.getLogger("mcscreen.research")

_PARAGRAPH = re.compile(r"\S(?:[^\n]|\n(?!\s*\n|\s*[-–—•●▪◦‣*·]\s))*")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Text:
    """A text that was read.

    Attributes:
        id: Unique in the study.
        passages: Its sentences, in order; offsets are those of the string, or of the document that holds the sentence.
        documents: Names of the documents that the passages point to; one empty name for a string.
        facts: What else is known of the text, by column.
        guessed: Whether the part of the submission was only guessed to be the reflection.
    """

    id: str
    passages: tuple[Passage, ...]
    documents: tuple[str, ...] = ("",)
    facts: Mapping[str, object] = field(default_factory=dict)
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """A text, or a file of one, that could not be read.

    Attributes:
        status: As of a document ("needs_ocr", "corrupt" …), or "empty", "not_found", "failed".
        reason: One plain sentence.
    """

    id: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """Texts to come.

    Attributes:
        number: How many there are, unread ones included.
        texts: Each with whatever of it could not be read; both may be there, when a reflection lies in two files.
        facts: Names of the columns of facts.
    """

    number: int
    texts: Iterator[tuple[Text | None, tuple[Unread, ...]]]
    facts: tuple[str, ...] = ()


def sentences_of(text: str) -> tuple[Passage, ...]:
    """Sentences of a string: `text[p.start:p.end] == p.text` for each, lone surrogates apart, which become U+FFFD."""
    text = _SURROGATE.sub("\ufffd", text)
    blocks = tuple(Block(m.start(), m.end(), "paragraph", Place(paragraph=n)) for n, m in enumerate(_PARAGRAPH.finditer(text), 1))
    document = Document(name="", status="text", text=text, blocks=blocks)
    return tuple(segment(document, 0, Section(0, ARTIFACT, 0, len(text), "assumed")))


def open_source(
    source: Mapping[str, str] | pd.DataFrame | str | Path, rubric: str | Path | None = None, mask_names: bool = False
) -> Source:
    """Texts of any source, to be read one after the other.

    Args:
        source: A mapping of ids to texts; a table with the columns `id` and `text`, all others being facts; a document or
            a folder of documents; with a rubric, a submission, a folder of submissions or an export of Canvas or Moodle.
        rubric: Id or path; says which part of a submission is the reflection, and which words are the rubric's.
        mask_names: Whether names are masked as soon as a file is read, see `mcscreen.masking`; ids as well.

    Raises:
        InputError: When a path does not exist, or a table lacks a column or tells an id twice.
        RubricError: When the rubric cannot be used, or has no reflection.
    """
    if isinstance(source, str | Path):
        if rubric is None:
            return _documents(Path(source), mask_names)
        return _submissions(Path(source), rubric, mask_names)
    if rubric is not None or mask_names:
        raise InputError("a rubric and mask_names are for files; strings are taken as they are, so leave both out")
    if isinstance(source, Mapping):
        _unlike([str(i) for i in source])
        return Source(len(source), (_given(str(i), text, {}) for i, text in source.items()))
    return _table(source)


def _unlike(ids: Sequence[str]) -> None:
    twice = [i for i, n in Counter(ids).items() if n > 1]
    if twice:
        raise InputError(f"the id {twice[0]!r} is told more than once; give each text its own")


def _given(identifier: str, text: object, facts: Mapping[str, object]) -> tuple[Text | None, tuple[Unread, ...]]:
    missing = text is None or (isinstance(text, float) and math.isnan(text)) or type(text).__name__ == "NAType"
    if not isinstance(text, str) and not missing:
        raise InputError(f"text {identifier!r} is of type {type(text).__name__}, not a string; convert it first")
    passages = sentences_of(text) if isinstance(text, str) else ()
    if not passages:
        return None, (Unread(identifier, "empty", "there is no sentence in it"),)
    return Text(identifier, passages, facts=facts), ()


def _table(table: pd.DataFrame) -> Source:
    columns = [str(c) for c in table.columns]
    for wanted in ("id", "text"):
        if columns.count(wanted) != 1:
            raise InputError(f"the table needs one column {wanted!r}; it has {', '.join(columns) or 'none'}")
    ids = [str(i) for i in table["id"]]
    _unlike(ids)
    facts = tuple(c for c in columns if c not in ("id", "text"))

    def read() -> Iterator[tuple[Text | None, tuple[Unread, ...]]]:
        named = table.set_axis(columns, axis=1)
        for identifier, text, *rest in zip(ids, named["text"], *(named[f] for f in facts), strict=True):
            yield _given(identifier, text, dict(zip(facts, rest, strict=True)))

    return Source(len(ids), read(), facts)


def _documents(place: Path, mask_names: bool) -> Source:
    if not place.exists():
        raise InputError(f"{place}: no such file or folder; give a document, or a folder of documents")
    if place.is_dir():
        found = sorted(
            (p for p in place.rglob("*") if p.is_file() and not p.is_symlink()), key=lambda p: p.relative_to(place).as_posix().encode()
        )
        files = [(p.relative_to(place).as_posix(), p) for p in found if not _hidden(p.relative_to(place))]
    else:
        files = [(place.name, place)]
    return Source(len(files), (_document(name, path, mask_names) for name, path in files))


def _hidden(path: Path) -> bool:
    return any(step.startswith((".", "~$", "__MACOSX")) for step in path.parts) or path.name.lower() in ("thumbs.db", "desktop.ini")


def _document(name: str, path: Path, mask_names: bool) -> tuple[Text | None, tuple[Unread, ...]]:
    identifier = masked_id(name) if mask_names else name
    try:
        submission = load_submission(path)
        if mask_names:
            submission = masked(submission)
        if len(submission.documents) != 1:
            reason = f"it holds {len(submission.documents)} documents; unpack it, or give a rubric if it is a submission"
            return None, (Unread(identifier, "unsupported", reason),)
        document = submission.documents[0]
        if not document.readable:
            return None, (Unread(identifier, document.status, document.reason),)
        whole = Section(0, ARTIFACT, 0, len(document.text), "assumed")
        return _whole(identifier, tuple(segment(document, 0, whole)), (document.name,))
    except ModelError:
        raise
    except Exception as error:  # whatever it is, the other texts go on
        return None, (_failed(identifier, error),)


def _whole(identifier: str, passages: tuple[Passage, ...], names: tuple[str, ...]) -> tuple[Text | None, tuple[Unread, ...]]:
    if not passages:
        return None, (Unread(identifier, "empty", "there is no sentence in it"),)
    return Text(identifier, passages, names), ()


def _failed(identifier: str, error: Exception) -> Unread:
    # Neither the id nor the exception's own text is logged: both may hold a name or words of the text.
    _log.error("a text could not be read: %s", type(error).__name__)
    return Unread(identifier, "failed", f"it could not be read ({type(error).__name__}); look at it by hand")


def _submissions(place: Path, rubric: str | Path, mask_names: bool) -> Source:
    asked = load_rubric(rubric).rubric
    part = asked.part_of_kind("reflection")
    if part is None:
        raise RubricError(f"the rubric {asked.id!r} has no part of kind 'reflection'; give one that has, or the texts themselves")
    submissions = texts_of([place], Settings(rubric=str(rubric), mask_names=mask_names))
    return Source(len(submissions), (_reflection(i, submissions, asked, part.id) for i in submissions))


def _reflection(
    identifier: str, submissions: Mapping[str, Submission], rubric: Rubric, part: str
) -> tuple[Text | None, tuple[Unread, ...]]:
    try:
        submission = submissions[identifier]
        sections = [s for s in assign_parts(submission, rubric) if s.part == part]
        documents = submission.documents
        lost = tuple(
            Unread(identifier, documents[s.document].status, documents[s.document].reason)
            for s in sections
            if not documents[s.document].readable
        )
        read = [s for s in sections if documents[s.document].readable]
        passages: list[Passage] = []
        for section in read:
            document = documents[section.document]
            excluded = [(p.start, p.end) for p in find_prompts(document, section, rubric)]
            passages += segment(document, section.document, section, excluded)
    except ModelError:
        raise
    except Exception as error:  # whatever it is, the other texts go on
        return None, (_failed(identifier, error),)
    if passages:
        return Text(identifier, tuple(passages), tuple(d.name for d in documents), guessed=any(s.guessed for s in read)), lost
    if not sections:
        return None, (Unread(identifier, "not_found", "no reflection was recognised among its files"),)
    return None, lost or (Unread(identifier, "empty", "the reflection holds no words of the candidate's own"),)
