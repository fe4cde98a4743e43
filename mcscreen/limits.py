"""Every limit on what is read from one file, and on what reading it may cost, in one place.

The defaults pass each of several hundred real office documents with room to spare and stop the files that are built to
exhaust a reader: decompression bombs, hundred-thousand-page PDFs, endless lines. What a limit cuts off is reported: the
document becomes `too_large` when nothing was read and `partial` when the beginning was. The last four are not kept by the readers
but by what is around them (`mcscreen.isolation`), because a file can exhaust a reader in a single native call, and its text
what reads on.

Other limits are given in a TOML file that holds those to change, such as `pages = 300` (`read_limits`); `limits_toml` writes
one with every limit, its default and what it bounds.
"""

from __future__ import annotations

import inspect
import math
import re
import textwrap
import tomllib
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from mcscreen.errors import InputError
from mcscreen.toml_lines import line_of, toml_lines

__all__ = ["DEFAULT_LIMITS", "Limits", "limits_toml", "read_limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for reading one file.

    Attributes:
        file_bytes: Largest file that is read, in bytes. Video is exempt: only its header is read.
        archive_bytes: Largest expanded size of a ZIP container, in bytes.
        archive_ratio: Largest ratio of expanded to packed size, for members above one megabyte (parts of a document: above ten).
        archive_members: Largest number of members of a ZIP container.
        pages: Pages, slides or sheets that are read; the rest makes the document `partial`.
        characters: Characters that are kept; the rest makes the document `partial`.
        table_cells: Cells that are kept of one document's tables.
        nesting: Depth of nested tables, groups or lists that is followed.
        ocr_pages: Pages that are given to OCR when OCR is on.
        ocr_seconds: Time that OCR may take for one page, in seconds.
        memory_bytes: Memory of the process that reads, in bytes. The most that the usual libraries took for any of 630 real
            documents is 335 MB.
        cpu_seconds: Processor time that reading one file may take, in seconds. 300 densely printed PDF pages take about 18 on
            a busy machine; a PDF that would take longer is read from the beginning, as far as the time allows.
        wall_seconds: Time that reading one file may take by the clock, in seconds; OCR's time comes on top.
        screening_seconds: Processor time that screening one submission may take once it is read, in seconds. A long one (50,000
            words) takes about 30.
    """

    file_bytes: int = 100_000_000
    archive_bytes: int = 300_000_000
    archive_ratio: float = 150.0
    archive_members: int = 5_000
    pages: int = 1_000
    characters: int = 5_000_000
    table_cells: int = 100_000
    nesting: int = 40
    ocr_pages: int = 50
    ocr_seconds: float = 60.0
    memory_bytes: int = 1_500_000_000
    cpu_seconds: float = 60.0
    wall_seconds: float = 110.0
    screening_seconds: float = 100.0


DEFAULT_LIMITS = Limits()

_LEAST: dict[str, float] = {
    "memory_bytes": 200_000_000,
    "cpu_seconds": 1,
    "wall_seconds": 1,
    "screening_seconds": 1,
    "ocr_seconds": 1,
    "archive_ratio": 1,
}
"""Below these nothing would be read at all: a reader needs some 150 MB before it has opened a file."""

_MOST_NESTING = 100
"""Readers follow nested tables by calling themselves; Python allows about a thousand such calls."""


def read_limits(path: Path) -> Limits:
    """Limits from a TOML file; what it does not name stays as it is by default.

    Args:
        path: Holds keys named as the attributes of `Limits` are, and nothing else.

    Raises:
        InputError: The file cannot be read, or a key or value is not one; every such line is named.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        given = tomllib.loads(text)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or type(error).__name__}); give a TOML file with limits") from None
    except ValueError as error:  # of the encoding or of TOML
        raise InputError(f"{path}: not valid TOML ({error}); write one limit a line, such as: pages = 300") from None
    lines = toml_lines(text)
    wrong = [f"line {line_of(lines, (key,))}: {problem}" for key, value in given.items() if (problem := _problem(key, value))]
    if wrong:
        raise InputError(f"{path}: " + "; ".join(wrong))
    defaults = asdict(DEFAULT_LIMITS)
    return replace(DEFAULT_LIMITS, **{key: type(defaults[key])(value) for key, value in given.items()})


def _problem(key: str, value: object) -> str | None:
    """What is wrong with one line, and the way out."""
    defaults = asdict(DEFAULT_LIMITS)
    if key not in defaults:
        near = get_close_matches(key, defaults, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(defaults)}"
        return f"there is no limit {key!r}; {hint}"
    whole = isinstance(defaults[key], int)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not math.isfinite(value):
        return f"{key} is a {'whole ' if whole else ''}number, not {value!r}; the default is {defaults[key]:_}"
    least = _LEAST.get(key, 0 if key in ("ocr_pages", "table_cells") else 1)
    if value < least:
        return f"{key} is at least {least:_}, not {value:_}; the default is {defaults[key]:_}"
    if key == "nesting" and value > _MOST_NESTING:
        return f"{key} is at most {_MOST_NESTING}, not {value:_}; the default is {defaults[key]:_}"
    return None


def limits_toml(limits: Limits = DEFAULT_LIMITS) -> str:
    """Limits as the text of a TOML file that `read_limits` takes, each below a comment that says what it bounds."""
    said = dict(re.findall(r"^    (\w+): (.+?)(?=^    \w+: |\Z)", inspect.getdoc(Limits) or "", re.M | re.S))
    entries = []
    for key, value in asdict(limits).items():
        comment = textwrap.wrap(" ".join(said.get(key, "").split()), 118)
        entries.append("\n".join([*(f"# {line}" for line in comment), f"{key} = {value:_}"]))
    return "\n\n".join(entries) + "\n"
