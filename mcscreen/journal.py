"""What a run has done so far: one record a submission, on the disk before the next submission begins.

A run over a thousand submissions takes hours, and in that time a machine is switched off, a disk fills up or somebody
presses Ctrl-C. The journal is a file of JSON lines to which each finished screening is added and flushed. A run that is
started again takes from it what is done and computes the rest; the reports are made from both, and are the same as those of
a run that was never interrupted.

A record is found by its key: a hash of everything that the result depends on, so that a changed file, rubric, model or
setting is computed anew and nothing stale is ever taken. A second hash leaves the thresholds out: where only they changed, the
record of an earlier run says what was read and how it scored, and is judged anew (`mcscreen.judging`). That is so in the folder
of that run; in another folder there is no such record, and everything is computed. Each line has a head with the length and
the checksum of what follows:

    {"key":"<64 hex digits>","scores":"<64 hex digits>","bytes":"<10 digits>","sha256":"<64 hex digits>","screening":{...}}

Journals of before have no "scores"; their records are taken by their key only.

Opening reads the heads and skips from one to the next, so that ten thousand records are ready in a fraction of a second and
only their offsets are held in memory. The last record may be torn; it is checked and cut off. A record in the middle that
was damaged later is found out when it is taken, and its submission is computed again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from mcscreen.document import UnreadableDocument
from mcscreen.errors import InputError
from mcscreen.private_files import lock as lock_file
from mcscreen.private_files import make_folder
from mcscreen.results import Screening
from mcscreen.sniffer import open_regular

__all__ = ["JOURNAL", "Journal", "masks_names", "submission_key"]

JOURNAL = "journal.jsonl"
"""Name of the journal in a run's folder; `journal.lock` beside it is held while a run writes."""

_log = logging.getLogger("mcscreen.journal")

_HEAD = re.compile(
    rb'\{"key":"(?P<key>[0-9a-f]{64})",(?:"scores":"(?P<scores>[0-9a-f]{64})",)?'
    rb'"bytes":"(?P<bytes>[0-9]{10})","sha256":"(?P<sha256>[0-9a-f]{64})","screening":'
)
_HEAD_BYTES = 259
"""Of a head with "scores", the longer kind."""
_TAIL = b"}\n"
_WHOLE_BYTES = 2_000_000_000
_ENDS = 16_000_000


def submission_key(id: str, files: Iterable[tuple[str, Path]], facts: Iterable[str] = ()) -> str:
    """Hash of what a submission is: its id, its files to the byte, and what else is known of it.

    Args:
        id: The submission's id, since it stands in the screening.
        files: Name inside the submission and place of each file. Of a file above two gigabytes, which can only be a video,
            the length, the first and the last 16 MB count; of one that cannot be opened, the name alone.
        facts: Anything else that the screening depends on: declared parts, problems, files that were left out.

    Returns:
        64 hex digits. The order of the files does not matter.
    """
    whole = hashlib.sha256()
    pieces = [
        ("id", id),
        *(("fact", fact) for fact in facts),
        *(("file", f"{n}\0{_digest(p)}") for n, p in sorted(files, key=lambda f: f[0])),
    ]
    for kind, text in pieces:
        data = text.encode("utf-8", "surrogatepass")
        whole.update(f"{kind}:{len(data)}:".encode() + data)
    return whole.hexdigest()


def _digest(path: Path) -> str:
    try:
        with open_regular(path) as stream:
            size = stream.seek(0, 2)
            stream.seek(0)
            if size <= _WHOLE_BYTES:
                return hashlib.file_digest(stream, "sha256").hexdigest()
            ends = hashlib.sha256(str(size).encode() + stream.read(_ENDS))
            stream.seek(-_ENDS, 2)
            ends.update(stream.read(_ENDS))
            return ends.hexdigest()
    except (UnreadableDocument, OSError):
        return "unreadable"


def masks_names(path: Path) -> bool | None:
    """Whether names are masked in what a journal holds, by its first whole record.

    Args:
        path: The journal; nothing is locked or written.

    Returns:
        None where there is no journal, or no whole record in it.
    """
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            at = 0
            while at < size and (match := _HEAD.match(_read(file.fileno(), at, _HEAD_BYTES))):
                length = match.end() + int(match["bytes"]) + len(_TAIL)
                content = _content(_read(file.fileno(), at, length))
                if content is not None:
                    return bool(json.loads(content).get("masked", False))
                at += length
    except (UnreadableDocument, OSError, ValueError, AttributeError):
        pass
    return None


class Journal:
    """The journal of one run folder, opened by `Journal.open`; close it, or use it as a context manager.

    One process at a time holds it, and any thread of that process may use it.
    """

    def __init__(self, file: int, lock: int, path: Path, fingerprint: str, scores: str) -> None:
        self._file, self._lock, self._path, self._fingerprint, self._scores = file, lock, path, fingerprint, scores
        self._guard = threading.Lock()
        self._index: dict[bytes, tuple[int, int]] = {}
        self._scored: dict[bytes, tuple[int, int]] = {}
        self._end = 0
        self._scan()

    @classmethod
    def open(cls, folder: Path, fingerprint: str, scores: str = "", *, anew: bool = False) -> Journal:
        """Open a run folder's journal, or begin one.

        Args:
            folder: Made when it does not exist, for its owner only.
            fingerprint: The screener's: records of another rubric, model, version or setting are passed over.
            scores: The screener's `scores_fingerprint`; without it no record is found by its scores.
            anew: Drop what an earlier run did. The journal of a run that is still going on is never dropped.

        Raises:
            InputError: When another run holds the folder, or it cannot be written.
        """
        try:
            make_folder(folder)
            lock = os.open(folder / "journal.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise InputError(f"{folder}: nothing can be written there ({error.strerror}); choose another folder") from None
        try:
            if not lock_file(lock):
                raise InputError(f"{folder}: another run is writing there; wait until it has ended, or choose another folder")
            path = folder / JOURNAL
            file = os.open(path, os.O_RDWR | os.O_CREAT | (os.O_TRUNC if anew else 0) | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as error:
            os.close(lock)
            raise InputError(f"{folder}: nothing can be written there ({error.strerror}); choose another folder") from None
        except BaseException:
            os.close(lock)
            raise
        try:
            _flush_folder(folder)
            return cls(file, lock, path, fingerprint, scores)
        except BaseException:
            os.close(file)
            os.close(lock)
            raise

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, key: str) -> bool:
        return self._key(key) in self._index

    def has_scores(self, key: str) -> bool:
        """Whether `scored` may have the screening of a submission."""
        return self._scores_key(key) in self._scored

    def get(self, key: str) -> Screening | None:
        """The screening of a submission, or None when it is not there or its record is damaged.

        Args:
            key: As `submission_key` gives it.
        """
        return self._taken(self._index, self._key(key))

    def scored(self, key: str) -> Screening | None:
        """The screening of a submission by a screener of the same scores, whatever its thresholds were; None as in `get`."""
        return self._taken(self._scored, self._scores_key(key))

    def _taken(self, index: dict[bytes, tuple[int, int]], name: bytes) -> Screening | None:
        with self._guard:
            place = index.get(name)
            if place is None:
                return None
            record = _read(self._file, *place)
        content = _content(record)
        if content is not None:
            try:
                return Screening.model_validate_json(content)
            except ValidationError:
                pass
        _log.warning("a record of the journal is damaged; its submission is screened again")
        with self._guard:
            index.pop(name, None)
        return None

    def put(self, key: str, screening: Screening) -> None:
        """Add a screening; it is on the disk when this returns. A key that is there already is left as it is.

        Raises:
            InputError: When it cannot be written, such as on a full disk. What was there before stays whole.
        """
        content = screening.model_dump_json(by_alias=True).encode("utf-8")
        with self._guard:
            name = self._key(key)
            if name in self._index:
                return
            digest = hashlib.sha256(content).hexdigest()
            scores = f'"scores":"{self._scores_key(key).hex()}",' if self._scores else ""
            head = f'{{"key":"{name.hex()}",{scores}"bytes":"{len(content):010d}","sha256":"{digest}","screening":'
            record = head.encode() + content + _TAIL
            try:
                _write(self._file, self._end, record)
                os.fsync(self._file)
            except OSError as error:
                self._cut()
                raise InputError(
                    f"{self._path}: cannot be written ({error.strerror}); make room and run again, what is done so far is kept"
                ) from None
            self._index[name] = (self._end, len(record))
            if self._scores:
                self._scored[self._scores_key(key)] = self._index[name]
            self._end += len(record)

    def close(self) -> None:
        """Let the folder go."""
        with self._guard:
            if self._file >= 0:
                os.close(self._file)
                os.close(self._lock)
                self._file = self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _key(self, key: str) -> bytes:
        return _hashed("", self._fingerprint, key)

    def _scores_key(self, key: str) -> bytes:
        return _hashed("scores:", self._scores, key)

    def _scan(self) -> None:
        """Fill the index; find where the next record goes."""
        size = os.fstat(self._file).st_size
        at, last = 0, 0
        scored: list[tuple[bytes, tuple[int, int]]] = []
        damaged = False
        while at < size:
            match = _HEAD.match(_read(self._file, at, _HEAD_BYTES))
            length = match.end() + int(match["bytes"]) + len(_TAIL) if match else 0
            if match and at + length <= size and _read(self._file, at + length - 2, 2) == _TAIL:
                self._index[bytes.fromhex(match["key"].decode())] = (at, length)
                if match["scores"]:
                    scored.append((bytes.fromhex(match["scores"].decode()), (at, length)))
                last, at = at, at + length
                continue
            following = self._next_head(at + 1, size)
            if following is None:
                break
            damaged, at = True, following
        if at and _content(_read(self._file, last, at - last)) is None:  # whole in length, but its bytes never reached the disk
            self._index = {key: place for key, place in self._index.items() if place[0] != last}
            at = last
        self._scored = {key: place for key, place in scored if place[0] < at}
        if damaged:
            _log.warning("the journal is damaged in the middle; the submissions of the lost records are screened again")
        self._end = at
        if at < size:
            _log.info("the last record of the journal is torn and was cut off")
            self._cut()

    def _next_head(self, at: int, size: int) -> int | None:
        """Where the next whole head begins after a damaged place."""
        overlap = _HEAD_BYTES
        while at < size:
            chunk = _read(self._file, at, 1 << 20)
            match = _HEAD.search(chunk)
            if match:
                return at + match.start()
            at += max(1, len(chunk) - overlap) if at + len(chunk) < size else size
        return None

    def _cut(self) -> None:
        try:
            os.ftruncate(self._file, self._end)
            os.fsync(self._file)
        except OSError:  # the next record is written over what stands there
            _log.warning("the end of the journal could not be cut off")


def _content(record: bytes) -> bytes | None:
    """The screening in a record, or None when the record is damaged."""
    match = _HEAD.match(record)
    if match is None or not record.endswith(_TAIL):
        return None
    content = record[match.end() : -len(_TAIL)]
    whole = len(content) == int(match["bytes"]) and hashlib.sha256(content).hexdigest().encode() == match["sha256"]
    return content if whole else None


def _hashed(kind: str, fingerprint: str, key: str) -> bytes:
    return hashlib.sha256(f"{kind}{len(fingerprint)}:{fingerprint}:{key}".encode()).digest()


def _read(file: int, at: int, length: int) -> bytes:
    if sys.platform == "win32":
        os.lseek(file, at, os.SEEK_SET)
        return os.read(file, length)
    return os.pread(file, length, at)


def _write(file: int, at: int, data: bytes) -> None:
    os.lseek(file, at, os.SEEK_SET)
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _flush_folder(folder: Path) -> None:
    if hasattr(os, "O_DIRECTORY"):  # elsewhere a folder cannot be opened for flushing
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
