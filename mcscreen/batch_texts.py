"""The texts of a batch, to be asked for again when the screenings are done.

Shared passages and pages need what was read once more. It is kept packed in a temporary file, so that the memory of a long batch
does not grow with it, and read again where there is no room for that. The file has no name where the system allows it, and nobody
else can open it: a process that is killed leaves nothing behind. Others need the same disk, unpacking uploads first of all, so the
file goes as soon as little room is left.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
import weakref
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from mcscreen.intake import Upload, find_uploads
from mcscreen.isolation.messages import pack, unpack
from mcscreen.limits import Limits
from mcscreen.masking import masked, masked_id
from mcscreen.overlaps import wording_of
from mcscreen.pipeline import Settings, load_rubric, read_upload
from mcscreen.submission import Submission

__all__ = ["Texts", "ids_of", "texts_of"]

_KEPT = 4
"""Submissions that are kept as they are used; a megabyte each, and each pass over a batch uses one after the other."""

_KEPT_BYTES = 2_000_000_000
"""Of the temporary file: several kilobytes a submission, so a hundred thousand of them."""

_ROOM = 1_000_000_000
"""Bytes that must stay free on the disk of the temporary file."""


class Texts(Mapping[str, Submission]):
    """Submissions of a batch by id as read; what is no longer in memory is read again when it is asked for.

    A report over thousands holds few of them in memory at a time.

    Args:
        uploads: Of the batch.
        settings: What they are read with, and whether names are masked.
    """

    def __init__(self, uploads: Sequence[Upload], settings: Settings) -> None:
        self._uploads = {masked_id(u.id) if settings.mask_names else u.id: u for u in uploads}
        self._settings = settings
        self._kept: OrderedDict[str, Submission] = OrderedDict()
        self._packed = _Packed()
        self._ordinary = wording_of(load_rubric(settings.rubric).rubric) if settings.mask_names else ()

    def read(self, upload: Upload, settings: Settings) -> Submission:
        """Read an upload of the batch, unmasked, and keep it packed.

        Raises:
            InputError: When it cannot be opened.
        """
        submission = read_upload(upload, settings)
        self._packed.put(upload.id, submission)
        return submission

    def __getitem__(self, name: str) -> Submission:
        if name not in self._kept:
            self._kept[name] = self._masked(name) if self._settings.mask_names else self._again(self._uploads[name])
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[name]

    def _masked(self, name: str) -> Submission:
        kept = self._packed.get(name, self._settings.limits)
        if kept is None:
            kept = masked(self._again(self._uploads[name]), self._settings.names, self._ordinary)
            self._packed.put(name, kept)
        return kept

    def _again(self, upload: Upload) -> Submission:
        return self._packed.get(upload.id, self._settings.limits) or self.read(upload, self._settings)

    def __iter__(self) -> Iterator[str]:
        return iter(self._uploads)

    def __len__(self) -> int:
        return len(self._uploads)


class _Packed:
    """Submissions in a temporary file, each as a line of JSON and its packed documents; none where there is no room."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._full = False
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0

    def put(self, name: str, submission: Submission) -> None:
        if self._full:
            return
        packed = [zlib.compress(pack(d), 1) for d in submission.documents]
        names = [(d.name, len(p)) for d, p in zip(submission.documents, packed, strict=True)]
        told = {"id": submission.id, "documents": names, "declared": submission.declared, "problems": submission.problems}
        record = b"".join((json.dumps(told).encode() + b"\n", *packed))
        if self._end + len(record) > _KEPT_BYTES:
            return
        try:
            if shutil.disk_usage(tempfile.gettempdir()).free < _ROOM + len(record):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # closed when this goes
                weakref.finalize(self, self._file.close)
            self._file.seek(self._end)
            if self._file.write(record) < len(record):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:  # all is read again, and others have the room
            self._give_up()
            return
        self._places[name] = (self._end, len(record))
        self._end += len(record)

    def _give_up(self) -> None:
        self._full = True
        self._places.clear()
        if self._file is not None:
            self._file.close()

    def get(self, name: str, limits: Limits) -> Submission | None:
        if self._file is None or name not in self._places:
            return None
        at, length = self._places[name]
        try:
            self._file.seek(at)
            head, _, packed = self._file.read(length).partition(b"\n")
            told = json.loads(head)
            documents, start = [], 0
            for document, size in told["documents"]:
                documents.append(unpack(zlib.decompress(packed[start : start + size]), document, limits)[0])
                start += size
        except (OSError, zlib.error, ValueError):  # a failing disk
            return None
        return Submission(told["id"], tuple(documents), tuple((n, p) for n, p in told["declared"]), tuple(told["problems"]))


def texts_of(paths: Sequence[str | Path], settings: Settings) -> Texts:
    """The submissions under the paths by id; masked where the settings say so.

    Raises:
        InputError: When a path does not exist.
    """
    return Texts(find_uploads([Path(p) for p in paths]), settings)


def ids_of(paths: Sequence[str | Path], settings: Settings) -> dict[str, str]:
    """For each submission under the paths the id by which it is reported, and the one that its upload gives it.

    Raises:
        InputError: When a path does not exist.
    """
    return {masked_id(u.id) if settings.mask_names else u.id: u.id for u in find_uploads([Path(p) for p in paths])}
