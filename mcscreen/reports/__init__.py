"""Screenings -> files: one module a format, each with one function, `render`.

`render(screenings, rubric)` yields pairs of a relative file name and the file's bytes, and touches no disk. The file to
open first comes last, because it links to the others. Equal screenings give equal bytes. Putting the bytes in place is
done once, here: into a temporary file in the same folder, flushed to the disk, then renamed over the old file, so that a
full disk or a power cut leaves the old report whole. Screenings are about people, so folders are made for the owner only
(0700) and so are files (0600).

To add a format: one module with `render`, one row in `REPORTS`.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from mcscreen.errors import InputError
from mcscreen.reports import csv, html, jsonl, markdown, xlsx
from mcscreen.results import Screening
from mcscreen.rubric import Rubric
from mcscreen.submission import Submission

__all__ = ["REPORTS", "Report", "write_reports"]

Report = Callable[[Sequence[Screening], Rubric, Path], list[Path]]
"""Writes screenings into a folder and returns the files, the one to open first in front."""

_log = logging.getLogger("mcscreen.reports")


def _report(render: Callable[[Sequence[Screening], Rubric], Iterator[tuple[str, bytes]]]) -> Report:
    def write(screenings: Sequence[Screening], rubric: Rubric, folder: Path) -> list[Path]:
        _make_folder(folder)
        paths = [_put(folder / name, content) for name, content in render(screenings, rubric)]
        return paths[-1:] + paths[:-1]

    return write


REPORTS: dict[str, Report] = {
    "html": _report(html.render),
    "jsonl": _report(jsonl.render),
    "csv": _report(csv.render),
    "xlsx": _report(xlsx.render),
    "md": _report(markdown.render),
}


def write_reports(
    screenings: Sequence[Screening],
    rubric: Rubric,
    folder: Path,
    formats: Iterable[str],
    *,
    submissions: Mapping[str, Submission] | None = None,
    blind_first: bool = False,
) -> list[Path]:
    """Write screenings in several formats.

    Args:
        screenings: In the order in which they are listed.
        rubric: Gives the texts of parts, criteria, facets and details.
        folder: Made when it does not exist, for its owner only.
        formats: Names out of `REPORTS`; a name given twice counts once.
        submissions: What was read, by the submission's id, for the texts beside the rubric in the HTML pages; without it they
            show quotes only.
        blind_first: Whether the HTML pages fold a finding until the assessor has decided.

    Returns:
        The files, format by format; of each format the file to open first in front.

    Raises:
        InputError: A format that does not exist; nothing is written then.
        OSError: A file that cannot be written; the file that it would have replaced is still there.
    """
    names = list(dict.fromkeys(formats))
    for name in names:
        if name not in REPORTS:
            raise InputError(f"there is no report format {name!r}. Choose from: {', '.join(REPORTS)}")
    _make_folder(folder)
    reports = REPORTS | {"html": _report(partial(html.render, submissions=submissions, blind_first=blind_first))}
    paths = [path for name in names for path in reports[name](screenings, rubric, folder)]
    _log.info("wrote %d report files for %d submissions", len(paths), len(screenings))
    return paths


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _put(path: Path, content: bytes) -> Path:
    _make_folder(path.parent)
    # mkstemp opens with mode 0600, and in the same folder so that the rename cannot cross file systems.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".mcscreen-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):  # elsewhere a folder cannot be opened for flushing
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return path
