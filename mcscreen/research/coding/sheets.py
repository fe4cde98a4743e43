"""Coding sheets: the sentences with an empty column for the label, as CSV and as a workbook, and the codebook.

The sheets are blind: neither the machine's label nor the text's id is in them, and drawn sentences stand in the order of their
texts, so that nothing shows from which stratum one was drawn. The workbook offers the labels as a list in each cell and holds
the codebook on a second page. Text from the sentences is never a formula in either.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen.errors import InputError
from mcscreen.inert import cell, file_stem, single_line
from mcscreen.private_files import put
from mcscreen.reflection.labels import LABELS, Labeller
from mcscreen.research.coding.codebook import CODEBOOK, RULES, codebook_markdown
from mcscreen.research.coding.units import UNITS, CodingUnits, Unit, labelled_by, sampled, units_of, write_units
from mcscreen.workbooks import ROWS, Choice, Sheet, workbook

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "export_coding", "export_units"]

COLUMNS = ("key", "coder", "text", "before", "sentence", "after", "label", "comment")
"""Of a sheet. `text` is the number of the text in the sheet; without neighbours `before` and `after` are left out."""

_WIDTHS = {"key": 16, "coder": 9, "text": 6, "before": 50, "sentence": 70, "after": 50, "label": 14, "comment": 40}


def export_coding(
    folder: Path,
    texts: Mapping[str, str] | pd.DataFrame,
    *,
    labeller: Labeller | None = None,
    size: int | None = None,
    seed: int = 0,
    context: int = 1,
    coders: Sequence[str] = (),
) -> list[Path]:
    """Write what coders need: a sheet each as CSV and XLSX, codebook.md, and units.json, which stays with you.

    Args:
        folder: Made if it does not exist.
        texts: Texts by id, or a table of sentences; see `units_of`.
        labeller: Its labels are what agreement with the machine is measured against, and what a sample is drawn by; if not given,
            those of the table are taken, if it has any.
        size: How many sentences to draw, see `sampled`; all if not given.
        seed: Of the drawing.
        context: How many sentences before and after are shown, each from the same text.
        coders: Names or initials; each gets a sheet of their own. One sheet without a name if none are given.

    Returns:
        The files, units.json last.

    Raises:
        InputError: Nothing to code, a sheet is there already, or the size or a name cannot be used.
    """
    units = units_of(texts)
    model = "" if labeller is None else labeller.model.id
    if labeller is not None:
        units = labelled_by(labeller, units)
    return export_units(folder, units, labeller=model, size=size, seed=seed, context=context, coders=coders)


def export_units(
    folder: Path,
    units: Sequence[Unit],
    *,
    labeller: str = "",
    size: int | None = None,
    seed: int = 0,
    context: int = 1,
    coders: Sequence[str] = (),
) -> list[Path]:
    """As `export_coding`, of units that are labelled already.

    Args:
        folder: See there.
        units: All sentences of the texts, also those that are not drawn: they are the neighbours.
        labeller: Id of the model that labelled them; "" where nothing did, or it is not known.
        size: See there.
        seed: See there.
        context: See there.
        coders: See there.

    Raises:
        InputError: See there.
    """
    if context < 0:
        raise InputError(f"{context} neighbouring sentences cannot be shown; give 0 or more")
    names = [single_line(c) for c in coders] or [""]
    if len({n.casefold() for n in names}) < len(names) or (coders and "" in names):
        raise InputError("two coders have the same name, or one has none; give each initials of their own")
    drawn = tuple(units) if size is None else sampled(units, size, seed)
    if len(drawn) > ROWS:
        raise InputError(f"{len(drawn):,} sentences are more than a worksheet holds; draw a sample with a size")
    taken: set[str] = set()
    stems = [f"sheet-{file_stem(n, taken)}" if n else "sheet" for n in names]
    there = [name for name in (UNITS, *(f"{s}{e}" for s in stems for e in (".csv", ".xlsx"))) if (folder / name).exists()]
    if there:
        raise InputError(f"{folder / there[0]}: is there already and may hold labels; give another folder")
    kept = CodingUnits(whole=len(units), seed=None if len(drawn) == len(units) else seed, labeller=labeller, units=drawn)
    paths = [put(folder / "codebook.md", codebook_markdown().encode("utf-8"))]
    for name, stem in zip(names, stems, strict=True):
        rows = _rows(units, drawn, context, name)
        paths += [put(folder / f"{stem}.csv", _csv(rows)), put(folder / f"{stem}.xlsx", _workbook(rows))]
    return [*paths, write_units(folder, kept)]


def _rows(units: Sequence[Unit], drawn: Sequence[Unit], context: int, coder: str) -> list[tuple[str, ...]]:
    places = {u.key: n for n, u in enumerate(units)}
    numbers = {text: str(n) for n, text in enumerate(dict.fromkeys(u.text for u in drawn), 1)}
    columns = tuple(c for c in COLUMNS if context or c not in ("before", "after"))
    rows = [columns]
    for unit in drawn:
        at = places[unit.key]
        near = {
            "before": [u for u in units[max(0, at - context) : at] if u.text == unit.text],
            "after": [u for u in units[at + 1 : at + 1 + context] if u.text == unit.text],
        }
        told = {name: single_line(" ".join(u.sentence for u in found)) for name, found in near.items()}
        told |= {"key": unit.key, "coder": coder, "text": numbers[unit.text], "sentence": single_line(unit.sentence)}
        rows.append(tuple(told.get(c, "") for c in columns))
    return rows


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _workbook(rows: Sequence[Sequence[str]]) -> Iterator[bytes]:
    titles, *below = rows
    choice = Choice(titles.index("label"), LABELS, "Not a label", "Choose one of the list; the second page says what each means.")
    pages: list[tuple[str, ...]] = [(e.label, e.definition, e.belongs, e.does_not, *e.examples) for e in CODEBOOK]
    pages += [(), *((str(n), rule) for n, rule in enumerate(RULES, 1))]
    codebook = ("label", "definition", "belongs", "does not belong", "example", "another example")
    return workbook(
        [
            Sheet("Sentences", [(title, _WIDTHS[title]) for title in titles], below, choice=choice),
            Sheet("Codebook", list(zip(codebook, (14, 60, 50, 60, 50, 50), strict=True)), pages, filtered=False),
        ]
    )
