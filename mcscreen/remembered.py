"""An encoder that remembers: vectors of texts that were encoded before, kept on this machine.

Most of the time of a screening goes into turning sentences into vectors, and most sentences come back: a rubric's exemplars
with every start, a submission's text with every resubmission and every new version of the rubric. The vectors lie in one
SQLite file in the user's cache, found by a hash of the text, of the encoder's fingerprint and of the machine that computed
them, since another processor rounds differently.

What comes out is equal to the byte with and without the cache: vectors are kept in full (float32) with a checksum, and one
that does not match is computed again. The cache can only save time. If it cannot be opened, written or trusted, the encoder
does the work and a line in the log says so.

No text is written, only hashes and vectors. A vector still says roughly what a sentence was about, so the file is for its
owner only (0600) and can be deleted at any time. It is bounded: what was not used for the longest number of days goes first.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import sqlite3
import sys
import threading
import time
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from mcscreen.private_files import make_folder
from mcscreen.windows import Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["RememberedEncoder", "cache_folder"]

_log = logging.getLogger("mcscreen.remembered")

_BUSY_SECONDS = 5.0
_AT_ONCE = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, day INTEGER NOT NULL, vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS by_day ON vectors (day);
"""


class _Encoder(Protocol):
    name: str
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> Floats: ...


@runtime_checkable
class _ReadsStretches(Protocol):
    @property
    def reads_stretches(self) -> bool: ...

    def windows_of(self, texts: Sequence[str]) -> list[Window]: ...

    def encode_window(self, texts: Sequence[str], window: Window) -> Floats: ...


def cache_folder() -> Path:
    """Where things are kept that can be computed again: $MCSCREEN_CACHE, else `mcscreen` in the user's cache folder."""
    home = os.environ.get("MCSCREEN_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "mcscreen")
    return Path(home)


class RememberedEncoder:
    """An encoder with a memory; use it in the encoder's place. Any number of threads and processes may share one file.

    Args:
        encoder: Gives a text the same vector whatever is encoded with it, and has a fingerprint that changes with its weights.
        path: The file; by default `vectors.sqlite` in the cache folder.
        most_bytes: Size of the file that is not exceeded by much. 400 MB hold some 190,000 vectors of 384 numbers.

    Attributes:
        encoder: The encoder that does the work.
        name: The encoder's.
        fingerprint: The encoder's: remembering changes no vector.
        dimension: Length of a vector.
    """

    def __init__(self, encoder: _Encoder, *, path: Path | None = None, most_bytes: int = 400_000_000) -> None:
        self.encoder = encoder
        self.name, self.fingerprint, self.dimension = encoder.name, encoder.fingerprint, encoder.dimension
        self._path = path or cache_folder() / "vectors.sqlite"
        self._most_bytes = most_bytes
        self._salt = hashlib.sha256("\0".join([encoder.fingerprint, str(encoder.dimension), *_machine()]).encode()).digest()
        self._lock = threading.Lock()
        self._owner = 0
        self._base: sqlite3.Connection | None = None

    def encode(self, texts: Sequence[str]) -> Floats:
        """Vectors as the encoder gives them.

        Returns:
            Shape (len(texts), dimension).
        """
        import numpy as np

        keys = [self._key(text) for text in texts]
        with self._lock:
            known = self._recall(dict.fromkeys(keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            computed = np.ascontiguousarray(self.encoder.encode(list(missing.values())), np.float32)
            fresh = {key: row.tobytes() for key, row in zip(missing, computed, strict=True)}
            with self._lock:
                self._keep(fresh)
            known |= fresh
        return self._stacked(known, keys)

    @property
    def reads_stretches(self) -> bool:
        """Whether the encoder gives vectors of sentences from windows over a text."""
        return isinstance(self.encoder, _ReadsStretches) and self.encoder.reads_stretches

    def encode_stretch(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Vectors of a text's sentences as the encoder gives them from windows, which are what is remembered.

        Returns:
            Two arrays of shape (len(texts), dimension): alone, and with neighbours.

        Raises:
            TypeError: When the encoder does not read stretches.
        """
        import numpy as np

        if not isinstance(self.encoder, _ReadsStretches):
            raise TypeError(f"{self.name} does not read stretches")
        cut = self.encoder.windows_of(texts)
        names = ["\0".join(texts[w.first : w.last]) + f"\0{w.begin - w.first}" for w in cut]
        keys = [
            [[self._key(f"{view}\0{at}\0{name}") for at in range(w.end - w.begin)] for view in ("alone", "near")]
            for name, w in zip(names, cut, strict=True)
        ]
        with self._lock:
            known = self._recall(dict.fromkeys(k for window in keys for view in window for k in view))
        fresh: dict[bytes, bytes] = {}
        for window, views in zip(cut, keys, strict=True):
            if any(key not in known for view in views for key in view):
                for view, rows in zip(views, self.encoder.encode_window(texts, window), strict=True):
                    fresh.update((key, row.tobytes()) for key, row in zip(view, np.ascontiguousarray(rows, np.float32), strict=True))
        if fresh:
            with self._lock:
                self._keep(fresh)
        known |= fresh
        alone, near = ([key for window in keys for key in window[view]] for view in (0, 1))
        return self._stacked(known, alone), self._stacked(known, near)

    def _stacked(self, known: dict[bytes, bytes], keys: Sequence[bytes]) -> Floats:
        import numpy as np

        vectors = np.zeros((len(keys), self.dimension), np.float32)
        for row, key in enumerate(keys):
            vectors[row] = np.frombuffer(known[key], np.float32)
        return vectors

    def close(self) -> None:
        """Close the file; a later `encode` opens it again."""
        with self._lock:
            if self._base is not None and self._owner == os.getpid():
                with suppress(sqlite3.Error):
                    self._base.close()
            self._base, self._owner = None, 0

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(self._salt + text.encode("utf-8", "surrogatepass")).digest()

    def _open(self) -> sqlite3.Connection | None:
        """The connection of this process; None where there is no cache to be had."""
        if self._owner == os.getpid():
            return self._base
        self._base, self._owner = None, os.getpid()  # a connection must not be carried into a copy of the process
        base: sqlite3.Connection | None = None
        try:
            make_folder(self._path.parent)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            base = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            base.text_factory = bytes  # there is no text in it; damage could look like some
            base.execute("PRAGMA journal_mode=WAL")
            base.execute("PRAGMA synchronous=NORMAL")
            base.executescript(_SCHEMA)
            self._base = base
        except (OSError, sqlite3.Error) as error:
            self._give_up(error, base)
        return self._base

    def _give_up(self, error: Exception, base: sqlite3.Connection | None) -> None:
        _log.warning("vectors are not remembered: %s cannot be used (%s)", self._path, type(error).__name__)
        if base is not None:
            with suppress(sqlite3.Error):
                base.close()
        self._base = None

    def _recall(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        base = self._open()
        wanted = list(keys)
        known: dict[bytes, bytes] = {}
        if base is None:
            return known
        today = _day()
        try:
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                old: list[tuple[int, int]] = []
                for row, key, day, stored in base.execute(f"SELECT id, key, day, vector FROM vectors WHERE key IN ({marks})", some):
                    vector = self._checked(stored)
                    if vector is not None:
                        known[key] = vector
                        if day != today:
                            old.append((today, row))
                if old:
                    self._write("UPDATE vectors SET day = ? WHERE id = ?", old)
        except sqlite3.OperationalError as error:  # busy for too long, or a disk that fails: what was found is good
            _log.info("vectors could not be looked up (%s)", _code(error))
        except (sqlite3.Error, TypeError) as error:
            self._give_up(error, base)
        return known

    def _checked(self, stored: object) -> bytes | None:
        if not isinstance(stored, bytes) or len(stored) != 4 * self.dimension + 4:
            return None
        vector = stored[:-4]
        return vector if zlib.crc32(vector).to_bytes(4, "little") == stored[-4:] else None

    def _keep(self, vectors: dict[bytes, bytes]) -> None:
        base = self._open()
        if base is None:
            return
        today = _day()
        rows = [(key, today, vector + zlib.crc32(vector).to_bytes(4, "little")) for key, vector in vectors.items()]
        try:
            self._write("INSERT OR REPLACE INTO vectors (key, day, vector) VALUES (?, ?, ?)", rows)
            self._forget(base)
        except sqlite3.Error as error:
            self._give_up(error, base)

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Write rows in one transaction. A file that others are busy with, that is full or that may not be written stays as it is."""
        base = self._base
        assert base is not None
        try:
            base.execute("BEGIN IMMEDIATE")
            base.executemany(statement, rows)
            base.execute("COMMIT")
        except BaseException as error:  # whatever it is: a transaction that stays open locks all others out
            with suppress(sqlite3.Error):
                if base.in_transaction:
                    base.execute("ROLLBACK")
            if not isinstance(error, sqlite3.OperationalError):
                raise
            _log.info("vectors were not remembered (%s)", _code(error))

    def _forget(self, base: sqlite3.Connection) -> None:
        """Make room: the vectors that were not used for the longest time, about a fifth of all, as often as needed."""
        page = int(base.execute("PRAGMA page_size").fetchone()[0])
        pages = int(base.execute("PRAGMA page_count").fetchone()[0]) - int(base.execute("PRAGMA freelist_count").fetchone()[0])
        excess = page * pages - self._most_bytes
        if excess > 0:
            # Vectors of several lengths share the file: what a row takes is asked of the file, not of this encoder.
            rows = int(base.execute("SELECT COUNT(*) FROM vectors").fetchone()[0])
            number = rows * (excess + self._most_bytes // 5) // (page * pages) + 1
            self._write("DELETE FROM vectors WHERE id IN (SELECT id FROM vectors ORDER BY day, id LIMIT ?)", [(number,)])


def _code(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", type(error).__name__)


def _day() -> int:
    return int(time.time() // 86_400)


def _machine() -> list[str]:
    """What besides the weights decides a vector's last digits: the libraries and the processor."""
    facts = [sys.platform, platform.machine(), _processor()]
    for package in ("onnxruntime", "tokenizers", "numpy"):
        try:
            facts.append(version(package))
        except PackageNotFoundError:
            facts.append("")
    return facts


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            wanted = {line.partition(":")[0].strip(): line.strip() for line in file if line.startswith(("model name", "flags", "Features"))}
            return "\n".join(sorted(wanted.values()))
    except OSError:
        return platform.processor()
