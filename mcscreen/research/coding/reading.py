"""Coding sheets as they come back: labels by key, and every problem with its file and row.

People sort, filter, add columns, save as another format with another separator, and type labels as they remember them. A
label is taken only where it is certain which sentence it is for and which label is meant: a key that is not known, a sentence
that stands beside another's key (one column was sorted without the others), two labels of one coder for one sentence, or a
spelling that only resembles a label are told, and the sentence stays without that coder's label. Nothing is guessed.

The files are read by the package's own readers of tables, which keep limits, run no macro and compute no formula: of a
formula they see the result that the spreadsheet program stored.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mcscreen.document import Document, Table, UnreadableDocument
from mcscreen.errors import InputError
from mcscreen.extractors import read_document
from mcscreen.inert import cell, shorten, single_line
from mcscreen.limits import DEFAULT_LIMITS
from mcscreen.reflection.labels import LABELS
from mcscreen.research.coding.units import CodingUnits, Unit
from mcscreen.sniffer import sniff

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MACHINE", "Coded", "Kind", "Problem", "problems_csv", "read_coded"]

MACHINE = "machine"
"""How the machine is called among the coders; no coder may bear the name."""

Kind = Literal["unread", "column", "key", "label", "spelling", "repeated", "conflict", "moved", "altered", "empty", "missing"]
"""`spelling`, `repeated`, `altered` and `empty` cost no label; `column` may; the others do."""

_HARMLESS = frozenset(["spelling", "repeated", "altered", "empty"])
_LIMITS = replace(DEFAULT_LIMITS, characters=200_000_000, table_cells=20_000_000)
_HEADER_ROWS = 20
_KEY = re.compile(r"s[a-z2-7]{12}")
_NOT_LETTERS = re.compile(r"[\W_]+")
_SURELY = 2_000
_ALIKE = 0.6
"""Share of characters that stand in both (Ratcliff & Obershelp) from which on a changed sentence is taken for a mended one."""

_PLURALS = {
    "experiences": "experience",
    "feelings": "feeling",
    "beliefs": "belief",
    "difficulties": "difficulty",
    "perspectives": "perspective",
    "reflections": "reflection",
    "learnings": "learning",
    "intentions": "intention",
    "others": "other",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a sheet that a person should know.

    Attributes:
        file: Name of the file.
        row: As the spreadsheet program numbers it; None where it is about the file, or a sentence that is not in it.
        kind: What it is about.
        message: One sentence, safe to show.
    """

    file: str
    row: int | None
    kind: Kind
    message: str

    @property
    def loses(self) -> bool:
        """Whether a label was not taken or is not there because of it."""
        return self.kind not in _HARMLESS

    def __str__(self) -> str:
        return f"{self.file}{'' if self.row is None else f', row {self.row}'}: {self.message}"


@dataclass(frozen=True, slots=True)
class Coded:
    """What coders said of the sentences that were sent out.

    Attributes:
        units: All of them, in the order of the texts; whether anybody labelled them or not.
        coders: In the order in which their sheets were given.
        labels: Coder -> key of a sentence -> label.
        comments: Coder -> key -> what they wrote beside it.
        problems: In the order of files and rows.
        labeller: Id of the model whose labels the units bear; "" where it is not known.
        whole: How many sentences there were before any were drawn.
    """

    units: tuple[Unit, ...]
    coders: tuple[str, ...]
    labels: Mapping[str, Mapping[str, str]]
    comments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    labeller: str = ""
    whole: int = 0

    def frame(self) -> pd.DataFrame:
        """A row a sentence, with the attributes of its `Unit` as columns, then a column a coder.

        A label that is not there is None. A coder who is called like a column gets "coder " before the name.
        """
        import pandas as pd

        columns = ("key", "text", "document", "index", "start", "end", "sentence", "weight", "machine", "given")
        frame = pd.DataFrame([[getattr(u, c) for c in columns] for u in self.units], columns=list(columns))
        for coder in self.coders:
            frame[f"coder {coder}" if coder in columns else coder] = pd.Series(
                [self.labels[coder].get(u.key) for u in self.units], dtype=object
            )
        return frame

    def shares(self, coder: str | None = None) -> list[tuple[Unit, dict[str, float]]]:
        """Sentences with at least one label, and which share of those who labelled them gave each label.

        Args:
            coder: Whose labels alone are taken (of an adjudicator, say); all coders' if not given.

        Raises:
            InputError: There is no such coder.
        """
        if coder is not None and coder not in self.coders:
            raise InputError(f"there is no coder {coder!r}; there are {', '.join(self.coders)}")
        asked = self.coders if coder is None else (coder,)
        found = []
        for unit in self.units:
            given = [self.labels[c][unit.key] for c in asked if unit.key in self.labels[c]]
            if given:
                found.append((unit, {label: given.count(label) / len(given) for label in dict.fromkeys(given)}))
        return found


def read_coded(kept: CodingUnits, sheets: Sequence[Path]) -> Coded:
    """Read the sheets of one or more coders.

    A coder is named by the sheet's column `coder`, or where that is empty by the file's name. One coder may have several files.

    Args:
        kept: As `read_units` gives them, from the export that the sheets come from.
        sheets: CSV files, whatever their encoding and separator, or workbooks (XLSX, ODS).

    Raises:
        InputError: There are no sheets, or none of them holds a label; the message says what is wrong with them.
    """
    if not sheets:
        raise InputError("no sheets are given; give each coder's CSV or XLSX file")
    gathered = _Gathered(kept)
    alike = {p.name for p in sheets if sum(q.name == p.name for q in sheets) > 1}
    for path in dict.fromkeys(sheets):
        gathered.read(path, f"{path.parent.name}/{path.name}" if path.name in alike else path.name)
    coded = gathered.coded()
    if not coded.coders:
        raise InputError("; ".join(str(p) for p in coded.problems[:5]) or f"{sheets[0]}: no label is in it; fill in the column 'label'")
    return coded


@dataclass(frozen=True, slots=True)
class _Row:
    """Cells of one row by the names of their columns, and where it stands."""

    file: str
    number: int
    cells: Mapping[str, str]


class _Gathered:
    """What has been read so far."""

    def __init__(self, kept: CodingUnits) -> None:
        self.kept = kept
        self.units = {u.key: u for u in kept.units}
        self.by_words = {_letters(u.sentence): u.key for u in kept.units}
        self.given: dict[str, dict[str, list[tuple[str, _Row]]]] = {}
        self.comments: dict[str, dict[str, str]] = {}
        self.problems: list[Problem] = []
        self.seen: dict[str, set[str]] = {}
        self.files: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.unnamed: dict[str, Path] = {}

    def read(self, path: Path, name: str) -> None:
        name = shorten(single_line(name), 80)
        document = _table_document(path)
        if not document.readable:
            self._tell(name, None, "unread", f"cannot be read: {document.reason or document.status}")
            return
        if document.status == "partial":
            self._tell(name, None, "unread", f"only a part could be read: {document.reason}")
        header: dict[str, int] | None = None
        sheet: str | None = None
        empty = 0
        found = False
        for table in document.tables:
            if table.place.sheet != sheet:
                header, sheet = None, table.place.sheet
            for number, texts in _numbered(document, table):
                if header is None:
                    header = self._header(name, number, texts)
                    found |= header is not None
                elif not any(texts):
                    empty += 1
                else:
                    cells = {column: single_line(texts[at]) if at < len(texts) else "" for column, at in header.items()}
                    self._row(_Row(name, number, cells), path)
        if not found:
            self._tell(
                name, None, "unread", "has no table with the columns 'key' and 'label'; give the sheet as it was exported and filled in"
            )
        if empty:
            self._tell(name, None, "empty", f"{empty} empty {'row was' if empty == 1 else 'rows were'} passed over")

    def _header(self, name: str, number: int, texts: Sequence[str]) -> dict[str, int] | None:
        titles = [single_line(t).casefold() for t in texts]
        if number > _HEADER_ROWS or not {"key", "label"} <= set(titles):
            return None
        known = ("key", "coder", "sentence", "label", "comment")
        twice = sorted({t for t in titles if t in known and titles.count(t) > 1})
        if twice:
            self._tell(name, number, "column", f"the column {twice[0]!r} is there more than once; the first one was read")
        extra = [shorten(t, 40) for t in titles if t and t not in (*known, "text", "before", "after")]
        if extra:
            self._tell(name, number, "column", f"not read, because a sheet has no such columns: {', '.join(extra)}")
        return {column: titles.index(column) for column in known if column in titles}

    def _row(self, row: _Row, path: Path) -> None:
        coder = self._coder(row, path)
        self.files.setdefault(coder, row.file)
        key, text = row.cells["key"].strip("'").lower(), row.cells["label"]
        unit = self.units.get(key)
        if unit is None:
            if key or text or row.cells.get("comment"):
                self._tell(row.file, row.number, "key", self._stray(key, row))
            return
        self.seen.setdefault(coder, set()).add(key)
        if comment := row.cells.get("comment", ""):
            self.comments.setdefault(coder, {})[key] = comment
        if not text or self._misplaced(unit, row):
            return
        label = _label_of(text)
        if label is None:
            self._tell(row.file, row.number, "label", f"{shorten(text, 40)!r} is not a label; {_suggested(text)}")
            return
        if _letters(text) != label:
            self._tell(row.file, row.number, "spelling", f"{shorten(text, 40)!r} was read as {label!r}")
        self.given.setdefault(coder, {}).setdefault(key, []).append((label, row))

    def _coder(self, row: _Row, path: Path) -> str:
        told = row.cells.get("coder", "").lstrip("'")
        if not told:
            told = re.sub(r"^sheet-", "", path.stem)
            # Sheets of two people may have one name in two folders.
            if self.unnamed.setdefault(told.casefold(), path).parent != path.parent:
                told = f"{path.parent.name}/{told}"
        told = shorten(single_line(told), 60)
        if told.casefold().startswith(MACHINE):
            told = f"coder {told}"
        return self.names.setdefault(told.casefold(), told)

    def _stray(self, key: str, row: _Row) -> str:
        if not key:
            return "there is no key, so it cannot be known which sentence the row is for; copy the key from the exported sheet"
        near = self.by_words.get(_letters(row.cells.get("sentence", "")))
        hint = f"; its sentence has the key {near!r}" if near else ""
        kind = "is not of this export" if _KEY.fullmatch(key) else "is not a key"
        return f"{shorten(key, 40)!r} {kind}, so the label was not taken{hint}"

    def _misplaced(self, unit: Unit, row: _Row) -> bool:
        told = _letters(row.cells.get("sentence", ""))
        kept = _letters(unit.sentence)
        if not told or told == kept:
            return False
        other = self.by_words.get(told)
        # Cells are cut at a length; a long sentence is then the beginning of itself.
        cut = len(told) > _SURELY and kept.startswith(told[:_SURELY])
        if other is None and (cut or difflib.SequenceMatcher(None, told, kept, autojunk=False).ratio() >= _ALIKE):
            self._tell(
                row.file, row.number, "altered", "the sentence was changed in the sheet; the label was taken for the sentence as exported"
            )
            return False
        whose = f"that of the key {other!r}" if other else "not the one of this key"
        self._tell(
            row.file,
            row.number,
            "moved",
            f"the sentence is {whose}: a column was sorted or pasted without the others; the label was not taken",
        )
        return True

    def coded(self) -> Coded:
        labels: dict[str, dict[str, str]] = {}
        for coder, by_key in self.given.items():
            for key, told in by_key.items():
                first, others = told[0], told[1:]
                different = [row for label, row in others if label != first[0]]
                if different:
                    places = ", ".join(f"{r.file} row {r.number} ({label})" for label, r in told)
                    self._tell(
                        different[0].file,
                        different[0].number,
                        "conflict",
                        f"one sentence has different labels by {coder}: {places}; none was taken",
                    )
                    continue
                for _, row in others:
                    self._tell(row.file, row.number, "repeated", f"the sentence is there more than once by {coder}, with the same label")
                labels.setdefault(coder, {})[key] = first[0]
        for coder in self.seen:
            if coder in labels:
                self._tell_missing(coder)
            else:
                self._tell(self.files[coder], None, "missing", f"no label could be taken from coder {coder}")
        order = {name: n for n, name in enumerate(dict.fromkeys(p.file for p in self.problems))}
        problems = sorted(self.problems, key=lambda p: (order[p.file], p.kind == "missing", p.row is None, p.row or 0))
        coders = tuple(c for c in self.seen if c in labels)
        comments = {c: dict(self.comments.get(c, {})) for c in coders}
        return Coded(
            self.kept.units, coders, {c: labels[c] for c in coders}, comments, tuple(problems), self.kept.labeller, self.kept.whole
        )

    def _tell_missing(self, coder: str) -> None:
        given = self.given.get(coder, {})
        for key in self.units:
            if key not in given:
                there = "has no label that could be taken" if key in self.seen[coder] else "is not in the sheet"
                self._tell(self.files[coder], None, "missing", f"the sentence {key} {there} (coder {coder})")

    def _tell(self, file: str, row: int | None, kind: Kind, message: str) -> None:
        self.problems.append(Problem(file, row, kind, single_line(message)))


def _table_document(path: Path) -> Document:
    name = path.name
    try:
        if sniff(path).format in ("txt", "markdown", "html", "eml"):
            name = f"{path.stem}.csv"  # a sheet saved as "text" is a table all the same
    except UnreadableDocument:
        pass  # the reader says why
    return read_document(path, name, limits=_LIMITS)


def _numbered(document: Document, table: Table) -> Iterator[tuple[int, list[str]]]:
    rows = {b.start: b.place.row for b in document.blocks if b.kind == "cell"}
    texts = [[document.text_of(c) for c in row] for row in table.rows]
    # Empty rows have no place of their own; they are counted from the first one that has.
    first = next(
        (number - i for i, row in enumerate(table.rows) for c in row if c.end > c.start and not c.merged and (number := rows.get(c.start))),
        1,
    )
    yield from enumerate(texts, first)


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def _label_of(text: str) -> str | None:
    letters = _letters(text)
    return letters if letters in LABELS else _PLURALS.get(letters)


def _suggested(text: str) -> str:
    letters = _letters(text)
    near = [label for label in LABELS if len(letters) >= 3 and label.startswith(letters)] or difflib.get_close_matches(
        letters, LABELS, 1, 0.6
    )
    return f"was {near[0]!r} meant? Correct the cell" if near else f"choose one of {', '.join(LABELS)}"


def problems_csv(problems: Sequence[Problem]) -> bytes:
    """The problems as a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("file", "row", "kind", "label_lost", "message"))
    for p in problems:
        writer.writerow((cell(p.file), "" if p.row is None else p.row, p.kind, "yes" if p.loses else "no", cell(p.message)))
    return text.getvalue().encode("utf-8-sig")
