"""Screenings -> files: one module a format, each with one function, `render`.

`render(screenings, rubric)` yields pairs of a relative file name and the file's bytes, at once or in pieces, and touches no disk.
Screenings are gone through again and again and never held together: a batch may be larger than memory. The file to open first
comes last, because it links to the others. Equal screenings give equal bytes. Putting the bytes in place is
done once, here: into a hidden folder beside their places, flushed to the disk, then renamed over the old files. A full disk
leaves the old report as it was; a process that is killed between two renames may leave some files new and some old, each of
them whole (`mcscreen.private_files`). Screenings are about people, so folders are made for the owner only
(0700) and so are files (0600).

A folder shows one batch. Pages that an earlier run left beside it, of submissions that this batch does not hold, are moved into
`earlier/` and say there what they are: deleting them would take an assessor's work from its place, leaving them would make them
look like part of the batch.

To add a format: one module with `render`, one row in `REPORTS`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from mcscreen.errors import InputError
from mcscreen.private_files import Content, put, put_all
from mcscreen.reports import csv, html, jsonl, markdown, xlsx
from mcscreen.reports.spooled import Tables
from mcscreen.results import Screening
from mcscreen.rubric import Rubric
from mcscreen.submission import Submission
from mcscreen.tables import Table

__all__ = ["REPORTS", "Report", "write_reports"]

Render = Callable[[Sequence[Screening], Rubric], Iterator[tuple[str, Content]]]
"""Yields pairs of a relative file name and the file's bytes, the file to open first last."""

Report = Callable[[Sequence[Screening], Rubric, Path], list[Path]]
"""Writes screenings into a folder and returns the files, the one to open first in front."""

_log = logging.getLogger("mcscreen.reports")

_PAGES, _EARLIER = "submissions", "earlier"
_NEIGHBOURS = re.compile(rb'<nav class="neighbours".*?</nav>', re.DOTALL)
_TOLD = (
    b'<nav class="neighbours" aria-label="Submissions"><a href="../index.html">The report as it is now</a></nav>\n'
    b'<p class="note earlier"><b>Of an earlier run.</b> The report beside this page was made without this submission. '
    b"Decisions made here are kept and can be exported here.</p>"
)
_LAST_LINE = re.compile(rb"\nRubric [^\n]+, fingerprint [^\n]+\n\Z")


def _report(render: Render) -> Report:
    def write(screenings: Sequence[Screening], rubric: Rubric, folder: Path) -> list[Path]:
        return _written([render], screenings, rubric, folder)

    return write


def _written(renders: Sequence[Render], screenings: Sequence[Screening], rubric: Rubric, folder: Path) -> list[Path]:
    """Write several formats, all of them or none where `put_all` can see to it."""
    counts = [0] * len(renders)

    def files() -> Iterator[tuple[str, Content]]:
        for n, render in enumerate(renders):
            for file in render(screenings, rubric):
                counts[n] += 1
                yield file

    paths = put_all(folder, files())
    ordered: list[Path] = []
    for number in counts:
        own, paths = paths[:number], paths[number:]
        _set_aside(folder, [p.name for p in own if p.parent.name == _PAGES])
        ordered += own[-1:] + own[:-1]
    return ordered


def _set_aside(folder: Path, current: Collection[str]) -> None:
    """Move the pages of an earlier run out of the batch; what this format did not write, and what is not ours, stays."""
    suffixes = {Path(name).suffix for name in current}
    # A disk that does not tell "S1" from "s1" holds the new page under the old page's name.
    names = {name.casefold() for name in current}
    moved = 0
    for path in sorted((folder / _PAGES).iterdir()) if suffixes else ():
        if path.suffix not in suffixes or path.name.casefold() in names or path.is_symlink() or not path.is_file():
            continue
        told = _as_earlier(path.suffix, path.read_bytes())
        if told is not None:
            put(folder / _EARLIER / path.name, told)
            path.unlink()
            moved += 1
    for name in current:
        (folder / _EARLIER / name).unlink(missing_ok=True)
    if moved:
        _log.info("moved %d pages of an earlier run into %s/", moved, _EARLIER)


def _as_earlier(suffix: str, content: bytes) -> bytes | None:
    """A page that says that it is of an earlier run; None for a file that is no page of ours."""
    if suffix == ".html":
        told, number = _NEIGHBOURS.subn(lambda _: _TOLD, content, count=1)
        return told.replace(b"<title>", b"<title>Earlier run: ", 1) if number else None
    if suffix == ".md" and _LAST_LINE.search(content):
        return b"> Of an earlier run: the report beside this file was made without this submission.\n\n" + content
    return None


_RENDERS: dict[str, Render] = {
    "html": html.render,
    "jsonl": jsonl.render,
    "csv": csv.render,
    "xlsx": xlsx.render,
    "md": markdown.render,
}
REPORTS: dict[str, Report] = {name: _report(render) for name, render in _RENDERS.items()}


def write_reports(
    screenings: Sequence[Screening],
    rubric: Rubric,
    folder: Path,
    formats: Iterable[str],
    *,
    submissions: Mapping[str, Submission] | None = None,
    blind_first: bool = False,
    tables: Sequence[Table] = (),
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
        tables: Tables of the whole batch, such as shared passages; each becomes one more CSV file.

    Returns:
        The files, format by format; of each format the file to open first in front.

    Raises:
        InputError: A format that does not exist; nothing is written then.
        NotWritten: A file cannot be written; the earlier report is still there, or the message says that some files are new.
    """
    names = list(dict.fromkeys(formats))
    for name in names:
        if name not in REPORTS:
            raise InputError(f"there is no report format {name!r}. Choose from: {', '.join(REPORTS)}")
    made = Tables(screenings, rubric)
    renders = _RENDERS | {
        "html": partial(html.render, submissions=submissions, blind_first=blind_first),
        "csv": partial(csv.render, more=tables, tables=made),
        "xlsx": partial(xlsx.render, tables=made),
    }
    paths = _written([renders[name] for name in names], screenings, rubric, folder)
    _log.info("wrote %d report files for %d submissions", len(paths), len(screenings))
    return paths
