"""A whole batch: which submissions need screening, who does it, and where the results are kept.

Each screening goes to the journal as soon as it is done and is taken from there when it is needed again, so that a batch of
any length is held by its keys: reports go through the screenings several times, and ten thousand of them would fill the
memory of a laptop. Whatever engine does the work, results come in the order of the uploads.

Where an earlier run into the same folder differs in nothing but its thresholds, its screenings are judged anew in this process
and kept beside the earlier ones; only their files are hashed. In another folder everything is screened.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import overload

from mcscreen.batch_texts import Texts
from mcscreen.engines import ENGINES, local
from mcscreen.errors import InputError
from mcscreen.intake import Upload, find_uploads, open_upload
from mcscreen.journal import Journal, submission_key
from mcscreen.pipeline import Settings, screen_one, screener_of
from mcscreen.private_files import NotWritten
from mcscreen.results import Screening

__all__ = ["KeptScreenings", "kept_batch", "screen_batch"]

_AT_HAND = 16
"""Screenings that are kept in memory as well."""


def screen_batch(
    paths: Sequence[str | Path],
    settings: Settings,
    *,
    jobs: int = 1,
    journal: str | Path | None = None,
    engine: str = "local",
    scheduler: str | None = None,
) -> Iterator[tuple[int, Screening]]:
    """Screen every submission under the paths, on this machine or on a cluster.

    Args:
        paths: Submission folders, .zip files, folders of submissions, LMS exports.
        settings: What to screen with.
        jobs: Processes. Each loads the encoder for itself.
        journal: Folder in which each screening is kept as soon as it is done, and from which those are taken that were done
            before with the same files, rubric, model and settings. Where only thresholds differ, they are judged anew.
        engine: "local", or "dask" (needs the extra of that name).
        scheduler: Address of a running Dask scheduler; without it the engine starts a cluster on this machine.

    Yields:
        The number of submissions in all, and the next screening, in the order of the uploads.

    Raises:
        InputError: When a path or the engine does not exist, or the journal cannot be written.
        McscreenError: When the rubric or the encoder cannot be used.
    """
    _check(engine)
    uploads = find_uploads([Path(p) for p in paths])
    with _journal(uploads, settings, journal) as records:
        for _, screening in _screened(uploads, settings, records, jobs, engine, scheduler):
            yield len(uploads), screening


@contextmanager
def kept_batch(
    paths: Sequence[str | Path],
    settings: Settings,
    folder: str | Path,
    *,
    jobs: int = 1,
    engine: str = "local",
    scheduler: str | None = None,
    texts: Texts | None = None,
    anew: bool = False,
    begin: Callable[[], None] = lambda: None,
    advance: Callable[[int, Screening], None] = lambda total, screening: None,
) -> Iterator[KeptScreenings]:
    """Screen a batch into the journal of a folder; the folder is held while the reports are made from it.

    Args:
        paths: As `screen_batch` takes them.
        settings: What to screen with.
        folder: Where the journal is.
        jobs: Processes.
        engine: As `screen_batch` takes it.
        scheduler: As `screen_batch` takes it.
        texts: Of the same paths; keeps what is read in this process, so that the reports need not read it again.
        anew: Whether the journal is begun anew, and nothing taken from it.
        begin: Called once when the folder is held.
        advance: Called with the number of submissions in all and each screening as it is done.

    Raises:
        InputError: When a path or the engine does not exist, or the journal cannot be written.
        McscreenError: When the rubric or the encoder cannot be used.
    """
    _check(engine)
    uploads = find_uploads([Path(p) for p in paths])
    with _journal(uploads, settings, folder, anew=anew) as records:
        begin()
        kept = KeptScreenings(records)
        for key, screening in _screened(uploads, settings, records, jobs, engine, scheduler, texts):
            kept.append(key, screening)
            advance(len(uploads), screening)
        yield kept


class KeptScreenings(Sequence[Screening]):
    """Screenings of a batch in their order, read from its journal when they are asked for.

    Args:
        records: The open journal; None where there is none, and everything is held in memory.
    """

    def __init__(self, records: Journal | None) -> None:
        self._records = records
        self._entries: list[tuple[str, str | bytes]] = []
        self._at_hand: OrderedDict[str, Screening] = OrderedDict()

    def append(self, key: str, screening: Screening) -> None:
        """Add one; what the journal does not hold under the key is held in memory, packed."""
        kept = self._records is not None and bool(key) and key in self._records
        packed = b"" if kept else zlib.compress(screening.model_dump_json(by_alias=True).encode("utf-8"), 1)
        self._entries.append((screening.submission.id, key if kept else packed))
        if kept:
            self._remember(key, screening)

    def sort(self) -> None:
        """Put them in the order of their submissions' ids."""
        self._entries.sort(key=lambda e: e[0])

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def keys(self) -> tuple[str, ...] | None:
        """The keys in the order of the screenings; None where the journal does not hold every one of them."""
        keys = tuple(entry for _, entry in self._entries if isinstance(entry, str))
        return keys if len(keys) == len(self._entries) else None

    @overload
    def __getitem__(self, at: int) -> Screening: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Screening]: ...

    def __getitem__(self, at: int | slice) -> Screening | Sequence[Screening]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        entry = self._entries[at][1]
        if isinstance(entry, bytes):
            return Screening.model_validate_json(zlib.decompress(entry))
        if entry in self._at_hand:
            return self._at_hand[entry]
        screening = self._records.get(entry) if self._records else None
        if screening is None:
            raise InputError("a record of the journal was damaged while the report was made; run again, what is done is kept")
        self._remember(entry, screening)
        return screening

    def _remember(self, key: str, screening: Screening) -> None:
        self._at_hand[key] = screening
        if len(self._at_hand) > _AT_HAND:
            self._at_hand.popitem(last=False)


def _check(engine: str) -> None:
    if engine not in ENGINES:
        raise InputError(f"there is no engine {engine!r}; choose from {', '.join(ENGINES)}")


def _journal(
    uploads: Sequence[Upload], settings: Settings, folder: str | Path | None, *, anew: bool = False
) -> Journal | nullcontext[None]:
    if not uploads:
        return nullcontext(None)
    screener = screener_of(settings, current=True)
    if folder is None:
        return nullcontext(None)
    return Journal.open(Path(folder), screener.fingerprint, screener.scores_fingerprint, anew=anew)


def _screened(
    uploads: Sequence[Upload],
    settings: Settings,
    records: Journal | None,
    jobs: int,
    engine: str,
    scheduler: str | None,
    texts: Texts | None = None,
) -> Iterator[tuple[str, Screening]]:
    """The key and the screening of every upload, in their order."""
    order: deque[tuple[Upload, str, bool]] = deque()
    jobs = min(jobs, max(1, len(uploads)))
    several = jobs > 1 or engine != "local"

    def undone() -> Iterator[Upload]:
        for upload in uploads:
            key = "" if records is None else _key(upload, settings)
            done = records is not None and (key in records or records.has_scores(key))
            order.append((upload, key, done))
            if not done:
                if several:  # what is learned from examples is then kept when the other processes ask for it
                    screener_of(settings).load()
                yield upload

    def recalled() -> Iterator[tuple[str, Screening]]:
        while order and order[0][2]:
            upload, key, _ = order.popleft()
            yield key, _kept(key, settings, records) or _recorded(key, screen_one(upload, settings), records)

    run = partial(local.run, read=texts.read) if texts is not None and engine == "local" else ENGINES[engine]
    for screening in run(undone(), settings, jobs=jobs, scheduler=scheduler):
        yield from recalled()
        _, key, _ = order.popleft()
        yield key, _recorded(key, screening, records)
        yield from recalled()
    yield from recalled()


def _key(upload: Upload, settings: Settings) -> str:
    """The key of an upload; empty where it cannot be opened, which screening it will tell."""
    try:
        with open_upload(upload, settings.limits) as opened:
            left = [f"{f.name}:{f.unread.status}" for f in opened.files if f.unread]
            files = [(f.name, f.path) for f in opened.files if f.unread is None]
            return submission_key(upload.id, files, [*map(repr, opened.declared), *opened.problems, *left])
    except NotWritten:
        raise
    except Exception:
        return ""


def _kept(key: str, settings: Settings, records: Journal | None) -> Screening | None:
    """What the journal has of a submission, judged by the present thresholds."""
    if records is None:
        return None
    if key in records:
        return records.get(key)
    scored = records.scored(key)
    return _recorded(key, screener_of(settings).judged_anew(scored), records) if scored else None


def _recorded(key: str, screening: Screening, records: Journal | None) -> Screening:
    # What a busy machine may have caused is not kept: it is tried again with the next run.
    documents = screening.submission.documents
    passing = screening.cut_short or not documents or any(d.status in ("timeout", "crashed") for d in documents)
    if records is not None and key and not passing:
        records.put(key, screening)
    return screening
