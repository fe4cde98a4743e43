"""The commands that work on what assessors decided: agree, learn, diff.

They are the command line's, in a module of their own because together with the others they would be too long for one.
Results go to stdout, messages and questions to stderr, as in `mcscreen.cli`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["agree", "diff", "learn"]

DecisionsOption = Annotated[
    list[Path] | None, typer.Option("--decisions", help="Exported files of decisions; DIR/decisions/*.json if not given.")
]


def _show(text: str, *, to_stderr: bool = False) -> None:
    from mcscreen.inert import terminal

    for line in text.split("\n"):
        # The cleaning takes runs of spaces, which hold a table's columns: only a line that needs it is cleaned.
        print(line if line.isprintable() else terminal(line), file=sys.stderr if to_stderr else sys.stdout)


def agree(
    report: Annotated[Path, typer.Argument(metavar="DIR", help="A report folder, or its screenings.jsonl.")],
    decisions: DecisionsOption = None,
) -> None:
    """How far assessors agree with each other and with the machine; writes agreement.csv and agreement.json."""
    from mcscreen.agreement import agreement, agreement_table, write_agreement
    from mcscreen.evaluation import read_screenings
    from mcscreen.reviews import gather, read_decision_files

    screenings = read_screenings(report)
    found = agreement(screenings, gather(screenings, read_decision_files(report, decisions or ())))
    _show(agreement_table(found))
    for path in write_agreement(found, report if report.is_dir() else report.parent):
        _show(str(path))


def learn(
    report: Annotated[Path, typer.Argument(metavar="DIR", help="A report folder, or its screenings.jsonl.")],
    rubric: Annotated[str, typer.Option("--rubric", "-r", help="Id of a shipped rubric, or path of a rubric folder.")],
    into: Annotated[
        Path | None,
        typer.Option("--into", help="Folder of the learned rubric; a shipped rubric goes to your own data folder if not given."),
    ] = None,
    decisions: DecisionsOption = None,
    uploads: Annotated[
        list[Path] | None,
        typer.Option(
            "--uploads",
            help="The submissions that were screened: more names are recognised, and thresholds are fitted at once (takes long).",
        ),
    ] = None,
    only_thresholds: Annotated[
        bool, typer.Option("--only-thresholds", help="Learn no exemplars: fit thresholds for the rubric as it is.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
) -> None:
    """Make exemplars of confirmed and rejected passages, and a reliability card; shows what it would add and asks first."""
    from datetime import date

    from mcscreen.evaluation import read_screenings
    from mcscreen.learning import carry_out, plan_in_words, plan_learning, texts_for
    from mcscreen.pipeline import load_rubric
    from mcscreen.reliability import reliability_in_words
    from mcscreen.reviews import gather, read_decision_files
    from mcscreen.runs import read_run

    screenings = read_screenings(report)
    gathered = gather(screenings, read_decision_files(report, decisions or ()))
    known, run = load_rubric(rubric), read_run(report)
    texts = texts_for(screenings, uploads, known, run) if uploads else None
    plan = plan_learning(screenings, gathered, known, into, run=run, texts=texts, exemplars=not only_thresholds)
    _show(plan_in_words(plan), to_stderr=True)
    if not yes and not typer.confirm(f"Write to {plan.target}?", err=True):
        _show("nothing was written", to_stderr=True)
        return
    learned = carry_out(plan, date.today().isoformat(), uploads=uploads or ())
    _show(reliability_in_words(learned.card, learned.folder.rubric.title), to_stderr=True)
    for path in learned.files:
        _show(str(path))
    _show(f"screen with: mcscreen screen … --rubric {plan.target}", to_stderr=True)


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier report folder, or its screenings.jsonl.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later one.")],
    decisions: Annotated[
        list[Path] | None, typer.Option("--decisions", help="Decisions on OLD; OLD/decisions/*.json if there are any and none is given.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for changes.md and changes.json; NEW's if not given.")] = None,
) -> None:
    """What changed between two screenings, submission by submission, with the likely reason and the earlier notes."""
    from mcscreen.changes import changes_between, changes_in_words, write_changes
    from mcscreen.decisions import read_decisions
    from mcscreen.evaluation import read_screenings
    from mcscreen.review import DECISIONS as REVIEWED
    from mcscreen.reviews import DECISIONS
    from mcscreen.runs import read_run

    folder = old if old.is_dir() else old.parent
    files = decisions or sorted((folder / DECISIONS).glob("*.json"))
    if not files and (folder / REVIEWED).is_file():
        what = f"'mcscreen review {folder} --export {folder / DECISIONS}'"
        _show(f"earlier notes are left out: they lie in {folder / REVIEWED}; {what} writes them as files", to_stderr=True)
    runs = (read_run(old), read_run(new))
    found = changes_between(read_screenings(old), read_screenings(new), [read_decisions(f) for f in files], runs)
    _show(changes_in_words(found))
    for path in write_changes(found, out or (new if new.is_dir() else new.parent)):
        _show(str(path))
