"""What can be told only when a batch is done: passages that candidates share, as notices and as a table.

A screening knows one submission, so that it is the same in any company. Shared passages need all of them, and are added to
the finished screenings here; the journal holds screenings without them. The texts are read again for it, one submission at
a time (`mcscreen.overlaps`), which costs a small part of what screening costs.

A notice shows both places and gives no reason, because wording is shared for many: a team that plans together, a template,
a text that fits twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import overload

from mcscreen.overlaps import Overlap, SharedPassage, find_overlaps
from mcscreen.private_files import NotWritten
from mcscreen.results import Evidence, Notice, Screening
from mcscreen.rubric import Rubric
from mcscreen.submission import Section, Submission
from mcscreen.tables import Column, Table
from mcscreen.wording import part_in_words, place_in_words

__all__ = ["SHARED", "shared_passages"]

SHARED = "shared_passage"
"""The notices' check."""

_NOTICES = 12
"""Passages that are told one by one in a submission, the longest first."""

_PLACES = 3
"""Other places that are named in a notice."""

_log = logging.getLogger("mcscreen.shared")


def shared_passages(
    screenings: Sequence[Screening], texts: Mapping[str, Submission], rubric: Rubric, allowed: Iterable[str] = ()
) -> tuple[Sequence[Screening], Table]:
    """Tell in each screening which passages its submission shares with others, and in which of its own parts one stands twice.

    Args:
        screenings: Of one batch.
        texts: What was read, by the submission's id; a mapping may read from a disk, as `mcscreen.pipeline.texts_of` gives it.
        rubric: Its wording counts as nobody's.
        allowed: Texts of templates and of what a team made together; their wording counts as nobody's either.

    Returns:
        The screenings, those with shared passages with notices added when they are asked for, and the table `shared`: one row a
        place.
    """
    overlaps = find_overlaps(_Batch(screenings, texts), rubric, allowed)
    notices: dict[str, list[Notice]] = {}
    for overlap in overlaps:
        for name in dict.fromkeys(p.submission for p in overlap.places):
            notices.setdefault(name, []).append(_notice(overlap, name))
    return _Told(screenings, notices), _table(overlaps, rubric)


class _Told(Sequence[Screening]):
    """Screenings with their notices added when they are asked for."""

    def __init__(self, screenings: Sequence[Screening], notices: Mapping[str, Sequence[Notice]]) -> None:
        self._screenings, self._notices = screenings, notices

    def __len__(self) -> int:
        return len(self._screenings)

    @overload
    def __getitem__(self, at: int) -> Screening: ...

    @overload
    def __getitem__(self, at: slice) -> _Told: ...

    def __getitem__(self, at: int | slice) -> Screening | _Told:
        if isinstance(at, slice):
            return _Told(self._screenings[at], self._notices)
        screening = self._screenings[at]
        own = self._notices.get(screening.submission.id)
        return screening.model_copy(update={"notices": (*screening.notices, *_cut(own))}) if own else screening


class _Batch(Sequence[tuple[Submission, Sequence[Section]]]):
    """Submissions with their sections, read when they are asked for."""

    def __init__(self, screenings: Sequence[Screening], texts: Mapping[str, Submission]) -> None:
        self._screenings, self._texts = screenings, texts

    def __len__(self) -> int:
        return len(self._screenings)

    @overload
    def __getitem__(self, at: int) -> tuple[Submission, Sequence[Section]]: ...

    @overload
    def __getitem__(self, at: slice) -> _Batch: ...

    def __getitem__(self, at: int | slice) -> tuple[Submission, Sequence[Section]] | _Batch:
        if isinstance(at, slice):
            return _Batch(self._screenings[at], self._texts)
        record = self._screenings[at].submission
        if not any(d.sections for d in record.documents):
            return Submission(record.id, ()), ()
        try:
            submission = self._texts[record.id]
        except NotWritten:
            raise
        except Exception as error:  # an upload that is gone or changed costs its own notices, not the report
            _log.warning("a submission could not be read again for shared passages: %s", type(error).__name__)
            return Submission(record.id, ()), ()
        numbers = {d.name: n for n, d in enumerate(submission.documents)}
        return submission, [
            Section(numbers[d.name], s.part, s.start, s.end, s.basis)
            for d in record.documents
            if d.name in numbers and submission.documents[numbers[d.name]].sha256 == d.sha256
            for s in d.sections
        ]


def _notice(overlap: Overlap, name: str) -> Notice:
    own = [p for p in overlap.places if p.submission == name]
    others = [p for p in overlap.places if p.submission != name]
    named = [f"{_where(p)} of this submission" for p in own[1:]] + [f"“{p.submission}”, {_where(p)}" for p in others]
    more = f" and in {len(named) - _PLACES} more places" if len(named) > _PLACES else ""
    given = overlap.words - overlap.own
    words = f"{overlap.words} words in a row" + (f" ({given} of them from the rubric or given files)" if given else "")
    message = f"{words} stand here and in {'; in '.join(named[:_PLACES])}{more}"
    return Notice(check=SHARED, subject=own[0].document, message=message, evidence=tuple(_evidence(p) for p in own))


def _cut(notices: Sequence[Notice]) -> Iterator[Notice]:
    yield from notices[:_NOTICES]
    if len(notices) > _NOTICES:
        rest = notices[_NOTICES:]
        what = "1 shorter passage is" if len(rest) == 1 else f"{len(rest)} shorter passages are"
        yield Notice(check=SHARED, subject=rest[0].subject, message=f"{what} shared too; shared.csv lists every place")


def _where(place: SharedPassage) -> str:
    return ", ".join(filter(None, (place.document, place_in_words(_evidence(place)))))


def _evidence(shared: SharedPassage) -> Evidence:
    return Evidence.at(shared.place, document=shared.document, start=shared.start, end=shared.end, quote=shared.quote)


def _table(overlaps: Sequence[Overlap], rubric: Rubric) -> Table:
    columns = (
        Column("passage", "Passage", 8),
        Column("words", "Words", 8),
        Column("own_words", "Not from the rubric or given files", 12),
        Column("submission", "Submission", 24),
        Column("part", "Part", 24),
        Column("document", "Document", 28),
        Column("place", "Place", 32),
        Column("quote", "Quote", 80),
    )
    rows = tuple(
        (n, o.words, o.own, p.submission, part_in_words(p.part, rubric), p.document, place_in_words(_evidence(p)), p.quote)
        for n, o in enumerate(overlaps, 1)
        for p in o.places
    )
    return Table("shared", columns, rows)
