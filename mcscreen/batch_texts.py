"""The texts of a batch, to be asked for again when the screenings are done.

Shared passages and pages need what was read once more. It is kept packed while there is room, and read again where there is not,
so that a batch may be larger than memory.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mcscreen.intake import Upload, find_uploads
from mcscreen.isolation.messages import pack, unpack
from mcscreen.masking import masked, masked_id
from mcscreen.overlaps import wording_of
from mcscreen.pipeline import Settings, load_rubric, read_upload
from mcscreen.submission import Submission

__all__ = ["Texts", "ids_of", "texts_of"]

_KEPT = 4
"""Submissions that are kept as they are used; a megabyte each, and each pass over a batch uses one after the other."""

_KEPT_BYTES = 24_000_000
"""Submissions that are kept packed beside them: several hundred, an afternoon's batch many times over."""


class Texts(Mapping[str, Submission]):
    """Submissions of a batch by id as read; what is no longer in memory is read again when it is asked for.

    Shared passages and pages need the texts once more when the screenings are done. A report over thousands holds few of them
    at a time.

    Args:
        uploads: Of the batch.
        settings: What they are read with, and whether names are masked.
    """

    def __init__(self, uploads: Sequence[Upload], settings: Settings) -> None:
        self._uploads = {masked_id(u.id) if settings.mask_names else u.id: u for u in uploads}
        self._settings = settings
        self._kept: OrderedDict[str, Submission] = OrderedDict()
        self._packed: OrderedDict[str, tuple[Submission, tuple[tuple[bytes, str], ...]]] = OrderedDict()
        self._bytes = 0
        self._ordinary = wording_of(load_rubric(settings.rubric).rubric) if settings.mask_names else ()

    def read(self, upload: Upload, settings: Settings) -> Submission:
        """Read an upload of the batch, unmasked, and keep it packed.

        Raises:
            InputError: When it cannot be opened.
        """
        submission = read_upload(upload, settings)
        packed = tuple((zlib.compress(pack(d), 1), d.name) for d in submission.documents)
        self._packed[upload.id] = (replace(submission, documents=()), packed)
        self._bytes += _size(packed)
        while self._bytes > _KEPT_BYTES:
            self._bytes -= _size(self._packed.popitem(last=False)[1][1])
        return submission

    def __getitem__(self, name: str) -> Submission:
        if name not in self._kept:
            submission = self._again(self._uploads[name])
            self._kept[name] = masked(submission, self._settings.names, self._ordinary) if self._settings.mask_names else submission
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[name]

    def _again(self, upload: Upload) -> Submission:
        if upload.id not in self._packed:
            return read_upload(upload, self._settings)
        bare, packed = self._packed[upload.id]
        return replace(bare, documents=tuple(unpack(zlib.decompress(m), n, self._settings.limits)[0] for m, n in packed))

    def __iter__(self) -> Iterator[str]:
        return iter(self._uploads)

    def __len__(self) -> int:
        return len(self._uploads)


def _size(packed: Sequence[tuple[bytes, str]]) -> int:
    return sum(len(message) for message, _ in packed)


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
