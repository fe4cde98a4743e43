"""Where decisions are kept while a report is reviewed: one SQLite file beside the pages.

Nothing is written over. Every change of a decision is a line of `changes`, and what somebody thinks now is the latest line
of an item; so a second browser, a lost connection or a change of mind leaves a trace instead of a gap. A decision that is
taken back is a line too, with nothing decided in it.

Assessors are blind to each other: `others` gives out what somebody else decided on a submission only when both have said
that they are done with it. From then on a change is marked `late`: its author sees it, the other and the export do not, so
that agreement is measured between opinions that were formed alone.

Of two lines on one item that with the later time counts, whenever it arrived; a time in the future counts as the time of
arrival, so that a wrong clock cannot fix a decision for ever.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from mcscreen.decisions import Decision, Decisions, Review
from mcscreen.errors import InputError
from mcscreen.private_files import make_folder
from mcscreen.results import RubricRecord

__all__ = ["Change", "Others", "ReviewKey", "Seat", "Standing", "Store", "UnknownReview"]

_VERSION = 1
_TABLES = """
CREATE TABLE seats (assessor TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE reviews (
  id INTEGER PRIMARY KEY, rubric TEXT NOT NULL, submission TEXT NOT NULL, fingerprint TEXT NOT NULL, files TEXT NOT NULL,
  UNIQUE (submission, fingerprint, files));
CREATE TABLE changes (
  id INTEGER PRIMARY KEY, review INTEGER NOT NULL REFERENCES reviews (id), assessor TEXT NOT NULL REFERENCES seats (assessor),
  item TEXT NOT NULL, at TEXT NOT NULL, received TEXT NOT NULL, late INTEGER NOT NULL CHECK (late IN (0, 1)), decision TEXT NOT NULL);
CREATE INDEX changes_by_item ON changes (review, assessor, item, at, id);
CREATE TABLE done (
  id INTEGER PRIMARY KEY, review INTEGER NOT NULL REFERENCES reviews (id), assessor TEXT NOT NULL REFERENCES seats (assessor),
  done INTEGER NOT NULL CHECK (done IN (0, 1)), received TEXT NOT NULL);
CREATE TRIGGER changes_stay BEFORE UPDATE ON changes BEGIN SELECT RAISE (ABORT, 'changes are kept as they are'); END;
CREATE TRIGGER changes_remain BEFORE DELETE ON changes BEGIN SELECT RAISE (ABORT, 'changes are kept as they are'); END;
"""


class UnknownReview(Exception):
    """A submission, or a reading of it, that was never in this report."""


@dataclass(frozen=True, slots=True)
class Seat:
    """An assessor and the secret in their address."""

    assessor: str
    token: str

    @property
    def id(self) -> str:
        """What a browser keeps this assessor's things under; it does not tell the token."""
        return hashlib.sha256(self.token.encode("ascii")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ReviewKey:
    """One reading of one set of files."""

    submission: str
    fingerprint: str
    files: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one assessor is with a submission.

    Attributes:
        decisions: The latest on each item, those taken back (nothing decided, no note) among them.
        done: Whether this assessor is done with it.
        others: All other assessors.
        waiting: Those of them who are not done with it.
    """

    key: ReviewKey
    decisions: tuple[Decision, ...]
    done: bool
    others: tuple[str, ...]
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Others:
    """What other assessors decided, as far as it may be shown.

    Attributes:
        decisions: By assessor; empty unless the one who asks is done, and only of those who are done themselves.
        waiting: Who is not done, the one who asks among them.
    """

    decisions: dict[str, tuple[Decision, ...]]
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history."""

    assessor: str
    key: ReviewKey
    decision: Decision
    received: datetime
    late: bool


class Store:
    """The file of decisions; safe to use from several threads and processes.

    Args:
        path: Made, for its owner only, when it does not exist; its folder too.

    Raises:
        InputError: It is no such file, of a later version, or a link.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        _make_private(path)
        try:
            self._database = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            self._prepare()
        except sqlite3.DatabaseError as error:
            raise InputError(f"{path}: cannot be used as a file of decisions ({error}); move it away to begin a new one") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Put everything into the one file and let go of it."""
        with self._lock:
            self._database.close()

    def _prepare(self) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            self._database.execute(f"PRAGMA {pragma}")
        with self._writing():
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise InputError(f"{self._path}: written by a later version of mcscreen (layout {version}; this one knows {_VERSION})")
            if version == 0:
                # One statement at a time: executescript would commit what has begun.
                for statement in _statements(_TABLES):
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            self._database.execute("BEGIN")
            try:
                yield
            finally:
                self._database.execute("ROLLBACK")

    def seat(self, assessor: str) -> Seat:
        """The assessor's seat, the same as the last time, so that an open page goes on after a restart."""
        with self._writing():
            row = self._database.execute("SELECT token FROM seats WHERE assessor = ?", (assessor,)).fetchone()
            if row is None:
                row = (secrets.token_urlsafe(32),)
                self._database.execute("INSERT INTO seats VALUES (?, ?)", (assessor, row[0]))
        return Seat(assessor, row[0])

    def assessors(self) -> tuple[str, ...]:
        """Everyone who has a seat, in the order in which they got it."""
        with self._reading():
            return tuple(row[0] for row in self._database.execute("SELECT assessor FROM seats ORDER BY rowid"))

    def setting(self, name: str) -> str | None:
        """Something that was remembered, such as the port."""
        with self._reading():
            row = self._database.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        """Remember something for the next time."""
        with self._writing():
            self._database.execute("INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value))

    def register(self, rubric: RubricRecord, keys: Iterable[ReviewKey]) -> None:
        """Make known which readings can be decided on. What was known stays known: an open page may still send to it."""
        content = rubric.model_dump_json()
        with self._writing():
            self._database.executemany(
                "INSERT INTO reviews (rubric, submission, fingerprint, files) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [(content, k.submission, k.fingerprint, k.files) for k in keys],
            )

    def save(self, assessor: str, review: Review) -> tuple[int, Standing]:
        """Add an assessor's changes.

        Someone who is done and changes something is not done any more, unless another one is done too: then they may have
        seen each other's decisions, and the change is late.

        Returns:
            How many lines are new (a line that is sent again is not), and how the items that were sent stand now.

        Raises:
            UnknownReview: The report never had this reading.
        """
        key = ReviewKey(review.submission, review.fingerprint, review.files)
        received = datetime.now(UTC)
        new = 0
        with self._writing():
            number = self._number(key)
            mine = self._done(number, assessor)
            late = mine and any(self._done(number, other) for other in self._all() if other != assessor)
            for decision in review.decisions:
                item, content = _item(decision), decision.model_dump_json()
                same = "SELECT 1 FROM changes WHERE review = ? AND assessor = ? AND item = ? AND decision = ?"
                if self._database.execute(same, (number, assessor, item, content)).fetchone():
                    continue
                self._database.execute(
                    "INSERT INTO changes (review, assessor, item, at, received, late, decision) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (number, assessor, item, _moment(decision.time, received), _stamp(received), late, content),
                )
                new += 1
            if new and mine and not late:
                self._database.execute(_DONE, (number, assessor, 0, _stamp(received)))
            sent = {_item(d) for d in review.decisions}
            standing = self._standing(number, key, assessor, sent)
        return new, standing

    def standings(self, assessor: str, key: ReviewKey | None = None) -> list[Standing]:
        """How an assessor stands with one reading, or with all that they have begun or that are done."""
        with self._reading():
            if key is not None:
                return [self._standing(self._number(key), key, assessor)]
            begun = "SELECT review FROM changes WHERE assessor = ?1 UNION SELECT review FROM done WHERE assessor = ?1"
            rows = self._database.execute(
                f"SELECT id, submission, fingerprint, files FROM reviews WHERE id IN ({begun}) ORDER BY id", (assessor,)
            )
            return [self._standing(number, ReviewKey(*rest), assessor) for number, *rest in rows.fetchall()]

    def finish(self, assessor: str, key: ReviewKey, done: bool) -> Standing:
        """Say that an assessor is done with a submission, or not any more; once another one is done too, it stays said.

        Raises:
            UnknownReview: The report never had this reading.
        """
        with self._writing():
            number = self._number(key)
            before = self._done(number, assessor)
            shown = before and any(self._done(number, other) for other in self._all() if other != assessor)
            if done != before and not shown:
                self._database.execute(_DONE, (number, assessor, done, _stamp(datetime.now(UTC))))
            return self._standing(number, key, assessor)

    def others(self, assessor: str, key: ReviewKey) -> Others:
        """What the others decided, of those who are done, when the one who asks is done too.

        Raises:
            UnknownReview: The report never had this reading.
        """
        with self._reading():
            number = self._number(key)
            done = {name: self._done(number, name) for name in self._all()}
            shown = [name for name in done if name != assessor and done[name]] if done.get(assessor) else []
            decisions = {name: tuple(d for d in self._latest(number, name, alone=True) if _says_something(d)) for name in shown}
        return Others(decisions, tuple(name for name, is_done in done.items() if not is_done))

    def history(self, assessor: str | None = None) -> list[Change]:
        """Every change in the order of arrival, of everyone or of one assessor."""
        with self._reading():
            rows = self._database.execute(
                "SELECT assessor, submission, fingerprint, files, decision, received, late FROM changes "
                "JOIN reviews ON reviews.id = review WHERE ?1 IS NULL OR assessor = ?1 ORDER BY changes.id",
                (assessor,),
            ).fetchall()
        return [
            Change(name, ReviewKey(s, p, f), Decision.model_validate_json(d), datetime.fromisoformat(at), bool(late))
            for name, s, p, f, d, at, late in rows
        ]

    def export(self, assessor: str) -> list[Decisions]:
        """What an assessor decided alone, as the report pages export it: one a rubric, empty when nothing is decided."""
        found: dict[str, list[Review]] = {}
        with self._reading():
            for number, rubric, *key in self._database.execute(
                "SELECT id, rubric, submission, fingerprint, files FROM reviews ORDER BY id"
            ).fetchall():
                decisions = tuple(d for d in self._latest(number, assessor, alone=True) if _says_something(d))
                if decisions:
                    review = Review(submission=key[0], fingerprint=key[1], files=key[2], decisions=decisions)
                    found.setdefault(rubric, []).append(review)
        return [
            Decisions(assessor=assessor, rubric=RubricRecord.model_validate_json(rubric), reviews=tuple(reviews))
            for rubric, reviews in found.items()
        ]

    # Below, the caller holds the transaction.

    def _all(self) -> list[str]:
        return [row[0] for row in self._database.execute("SELECT assessor FROM seats ORDER BY rowid")]

    def _number(self, key: ReviewKey) -> int:
        where = "SELECT id FROM reviews WHERE submission = ? AND fingerprint = ? AND files = ?"
        row = self._database.execute(where, (key.submission, key.fingerprint, key.files)).fetchone()
        if row is None:
            raise UnknownReview
        return int(row[0])

    def _done(self, number: int, assessor: str) -> bool:
        said = "SELECT done FROM done WHERE review = ? AND assessor = ? ORDER BY id DESC LIMIT 1"
        row = self._database.execute(said, (number, assessor)).fetchone()
        return row is not None and bool(row[0])

    def _latest(self, number: int, assessor: str, alone: bool = False, items: set[str] | None = None) -> list[Decision]:
        rows = self._database.execute(
            "SELECT item, decision FROM changes WHERE review = ? AND assessor = ? AND late <= ? ORDER BY item, at, id",
            (number, assessor, not alone),
        )
        latest = {item: decision for item, decision in rows if items is None or item in items}
        return [Decision.model_validate_json(content) for content in latest.values()]

    def _standing(self, number: int, key: ReviewKey, assessor: str, items: set[str] | None = None) -> Standing:
        others = tuple(name for name in self._all() if name != assessor)
        waiting = tuple(name for name in others if not self._done(number, name))
        return Standing(key, tuple(self._latest(number, assessor, items=items)), self._done(number, assessor), others, waiting)


_DONE = "INSERT INTO done (review, assessor, done, received) VALUES (?, ?, ?, ?)"


def _item(decision: Decision) -> str:
    return json.dumps(decision.key)


def _says_something(decision: Decision) -> bool:
    return bool(decision.choice or decision.note or decision.blind_choice)


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(time: datetime, received: datetime) -> str:
    try:
        return _stamp(min(time, received))
    except OverflowError:  # year 1 or 9999 in another time zone
        return _stamp(received)


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.strip().splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _make_private(path: Path) -> None:
    # SQLite gives its own files beside this one (-wal, -shm) the same mode.
    make_folder(path.parent)
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        handle = os.open(path, flags, 0o600)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror or type(error).__name__}); a link is not followed") from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise InputError(f"{path}: is no plain file")
        if hasattr(os, "fchmod"):
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)
