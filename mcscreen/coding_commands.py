"""The commands of `mcscreen coding`: sentences out to coders, their labels in, agreement, and a labeller refitted on them.

They are the command line's, in a module of their own because they are for those who study reflection and come as a group.
Results go to stdout, messages to stderr, as in `mcscreen.cli`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mcscreen.research.coding import Coded

__all__ = ["coding_app"]

SHOWN = 20
"""Problems that are shown; the file holds all of them."""

PROBLEMS = "coding_problems.csv"

coding_app = typer.Typer(help="Coding of sentences by people: sheets out, labels in, agreement, refit.", no_args_is_help=True)

ExportedArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The folder that `coding export` wrote.")]
SheetsArgument = Annotated[list[Path], typer.Argument(metavar="SHEET...", help="Coders' filled-in sheets (CSV, XLSX, ODS).")]


def _show(text: str, *, to_stderr: bool = False) -> None:
    from mcscreen.inert import terminal

    for line in text.split("\n"):
        # The cleaning takes runs of spaces, which hold a table's columns: only a line that needs it is cleaned.
        print(line if line.isprintable() else terminal(line), file=sys.stderr if to_stderr else sys.stdout)


@coding_app.command("export")
def export(
    source: Annotated[Path, typer.Argument(help="A document, a folder of documents, or with --rubric a folder of submissions.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the sheets; made if it does not exist.")],
    rubric: Annotated[
        str | None, typer.Option("--rubric", "-r", help="Id or path; SOURCE then holds submissions, and their reflections are taken.")
    ] = None,
    size: Annotated[
        int | None, typer.Option("--size", min=1, help="Draw so many sentences, as equally from the machine's labels as they reach.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the drawing.")] = 0,
    context: Annotated[int, typer.Option("--context", min=0, max=5, help="Sentences shown before and after each.")] = 1,
    coder: Annotated[list[str] | None, typer.Option("--coder", help="Initials or a number; once for each coder.")] = None,
    mask_names: Annotated[bool, typer.Option("--mask-names", help="Mask names, e-mails and phones; masking misses some.")] = False,
) -> None:
    """Write sentences as blind coding sheets (CSV, XLSX) with a codebook; units.json stays with you."""
    from mcscreen.matchers import load_encoder
    from mcscreen.reflection import load_labeller
    from mcscreen.research.coding import export_units, labelled_by, units_of_source
    from mcscreen.research.sources import open_source

    units, unread = units_of_source(open_source(source, rubric, mask_names))
    for one in unread:
        _show(f"not read: {one.id}: {one.status}: {one.reason}", to_stderr=True)
    labeller = load_labeller(load_encoder())
    units = labelled_by(labeller, units)
    for path in export_units(out, units, labeller=labeller.model.id, size=size, seed=seed, context=context, coders=coder or ()):
        _show(str(path))
    _show("units.json says which text each sentence is from and what the machine said: keep it from the coders", to_stderr=True)


@coding_app.command("agree")
def agree(
    exported: ExportedArgument,
    sheets: SheetsArgument,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the tables; the exported one if not given.")] = None,
) -> None:
    """How far coders agree with each other and with the machine, label by label, and where they differ."""
    from mcscreen.research.coding import agreement_of_coders, coding_table, write_coding_agreement

    place = out or (exported if exported.is_dir() else exported.parent)
    coded = _read(exported, sheets, place)
    found = agreement_of_coders(coded)
    _show(coding_table(found))
    for path in write_coding_agreement(found, place):
        _show(str(path))


@coding_app.command("refit")
def refit(
    exported: ExportedArgument,
    sheets: SheetsArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the refitted model; must not exist, or be empty.")],
    base: Annotated[Path | None, typer.Option("--base", help="Model folder to start from; the shipped one if not given.")] = None,
    coder: Annotated[str | None, typer.Option("--coder", help="Take this coder's labels alone (an adjudicator's, say).")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the folds and the intervals.")] = 0,
) -> None:
    """Fit the labels anew with your own coding, and say what it is worth on texts left out; writes a model folder."""
    from datetime import date

    from mcscreen.matchers import load_encoder
    from mcscreen.research.coding import refit as refit_labels
    from mcscreen.research.coding import refit_in_words

    coded = _read(exported, sheets, exported if exported.is_dir() else exported.parent)
    result = refit_labels(coded, load_encoder(), out, date=date.today().isoformat(), base=base, coder=coder, seed=seed)
    _show(refit_in_words(result))
    for path in result.files:
        _show(str(path))


def _read(exported: Path, sheets: list[Path], place: Path) -> Coded:
    from mcscreen.private_files import put
    from mcscreen.research.coding import problems_csv, read_coded, read_units

    coded = read_coded(read_units(exported), sheets)
    for problem in coded.problems[:SHOWN]:
        _show(str(problem), to_stderr=True)
    if coded.problems:
        path = put(place / PROBLEMS, problems_csv(coded.problems))
        lost = sum(p.loses for p in coded.problems)
        _show(
            f"{len(coded.problems)} remarks on the sheets, {lost} of them on labels that are not there or were not taken: {path}",
            to_stderr=True,
        )
    return coded
