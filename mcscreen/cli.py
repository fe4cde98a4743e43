"""The command line: arguments in, report out.

Results go to stdout, progress and messages to stderr, so that a result can be piped while a person watches. The module
imports light things only; each command imports what it needs when it runs, which keeps `--help` and completion instant.

Exit codes: 0 done; 1 could not run; 2 wrong usage; 3 done, but some document could not be read; 4 gaps were found and
`--fail-on-gaps` was given.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcscreen.coding_commands import coding_app
from mcscreen.decision_commands import agree, diff, learn
from mcscreen.errors import McscreenError

if TYPE_CHECKING:
    from mcscreen.pipeline import Settings
    from mcscreen.results import DocumentRecord, Screening

__all__ = ["app", "main"]

DONE, COULD_NOT_RUN, SOME_UNREAD, GAPS = 0, 1, 3, 4
NAMES = "names.csv"
FORMATS = "html,jsonl,csv,xlsx,md"
_REPORTED = ("index.html", "submissions", "earlier", "screenings.jsonl", "screenings.xlsx", "screenings.md", "coverage.csv")

app = typer.Typer(
    name="mcscreen",
    help="Screens micro-credential submissions: what is there, what is thin, what was not found. It never grades.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
rubric_app = typer.Typer(help="List, show, check and import rubrics.", no_args_is_help=True)
app.add_typer(rubric_app, name="rubric")
app.add_typer(coding_app, name="coding")

RubricOption = Annotated[str, typer.Option("--rubric", "-r", help="Id of a shipped rubric, or path of a rubric folder or rubric.toml.")]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="Folder for the report; made if it does not exist.")]
FormatOption = Annotated[str, typer.Option("--format", "-f", help="Which reports, separated by commas.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def main() -> None:
    """Run the command line."""
    os.environ.setdefault("MCSCREEN_OWN_PROCESS", "1")
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(threads, "1")  # products are small: threads wait for each other longer than they take
    try:
        app()
    except McscreenError as error:
        _say(f"mcscreen: {error}")
        raise SystemExit(COULD_NOT_RUN) from None
    except KeyboardInterrupt:
        _say("mcscreen: interrupted")
        raise SystemExit(130) from None


def _say(text: str) -> None:
    print(_safe(text), file=sys.stderr)


def _show(text: str) -> None:
    print(_safe(text))


def _safe(text: str) -> str:
    """Text for a terminal, line by line: names and quotes come from strangers."""
    from mcscreen.inert import terminal

    return "\n".join(line[: len(line) - len(line.lstrip(" "))] + terminal(line.strip()) for line in text.split("\n"))


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        print(f"mcscreen {version('mcscreen')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    pass


@app.command()
def demo(out: OutOption = Path("mcscreen-demo"), format: FormatOption = FORMATS, quiet: QuietOption = False) -> None:
    """Screen the example that comes with mcscreen and write a report (exits with 0, though one of its files is a scan)."""
    from mcscreen.shipped import shipped

    _screen([shipped("examples") / "riverbend"], "student-centeredness", out, {}, format, None, False, quiet)


@app.command()
def screen(
    paths: Annotated[
        list[Path], typer.Argument(help="Submission folders, .zip files, folders of submissions, or LMS exports (Canvas, Moodle).")
    ],
    rubric: RubricOption,
    out: OutOption,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes to use.")] = 1,
    engine: Annotated[str, typer.Option(help="Where the work is done: 'local', or 'dask' (needs that extra).")] = "local",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a running Dask scheduler; without it the engine starts workers on this machine.")
    ] = None,
    format: FormatOption = FORMATS,
    encoder: Annotated[
        str, typer.Option(help="Shipped model, model folder, or sentence-transformers model (needs that extra).")
    ] = "facets-l4",
    ocr: Annotated[bool, typer.Option("--ocr", help="Read scanned pages with tesseract, if it is installed.")] = False,
    mask_names: Annotated[bool, typer.Option("--mask-names", help="Mask names, e-mails and phones; who is who goes to names.csv.")] = False,
    names: Annotated[
        Path | None, typer.Option("--names", help="Names to mask in any case: one person or school a line. Includes --mask-names.")
    ] = None,
    allow_shared: Annotated[
        list[Path] | None, typer.Option("--allow-shared", help="A template or a team's text, whose wording may be shared; may be repeated.")
    ] = None,
    blind: Annotated[bool, typer.Option("--blind-first", help="Fold each finding in the pages until the assessor has decided.")] = False,
    resume: Annotated[bool, typer.Option(help="Take what an earlier run into the same folder has done already.")] = True,
    limits: Annotated[
        Path | None, typer.Option(help="TOML file with limits on reading, such as: pages = 300. See 'mcscreen limits'.")
    ] = None,
    fail_on_gaps: Annotated[bool, typer.Option("--fail-on-gaps", help="Exit with 4 when something is flagged or not found.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Screen submissions against a rubric and write a report."""
    known = _lines(names) if names else ()
    masks, given = mask_names or names is not None, allow_shared or ()
    where = {"jobs": jobs, "engine": engine, "scheduler": scheduler}
    found_gaps, unread = _screen(list(paths), rubric, out, where, format, encoder, ocr, quiet, blind, resume, masks, known, given, limits)
    if fail_on_gaps and found_gaps:
        raise typer.Exit(GAPS)
    if unread:
        raise typer.Exit(SOME_UNREAD)


def _screen(
    paths: list[Path],
    rubric: str,
    out: Path,
    where: Mapping[str, Any],
    format: str,
    encoder: str | None,
    ocr: bool,
    quiet: bool,
    blind: bool = False,
    resume: bool = True,
    mask_names: bool = False,
    names: Sequence[str] = (),
    allow_shared: Sequence[Path] = (),
    limits: Path | None = None,
) -> tuple[bool, bool]:
    from mcscreen import Settings, write_reports
    from mcscreen.batch_texts import texts_of
    from mcscreen.batches import kept_batch
    from mcscreen.limits import read_limits
    from mcscreen.pipeline import screener_of, text_of_file
    from mcscreen.runs import write_run
    from mcscreen.shared import KEPT, Keeping, shared_passages

    formats = [f.strip() for f in format.split(",") if f.strip()]
    unknown = [f for f in formats if f not in FORMATS.split(",")]
    if unknown or not formats:
        raise typer.BadParameter(f"{', '.join(unknown) or 'nothing'} is not a report; choose from {FORMATS}", param_hint="--format")
    if out.exists() and not out.is_dir():
        raise typer.BadParameter(f"{out} is a file; give a folder", param_hint="--out")
    # Pages and records of the other kind would stay in the folder and undo the masking.
    if _masked_before(out) is (not mask_names):
        raise typer.BadParameter(
            f"{out} holds a report {'without' if mask_names else 'with'} masked names; give another folder", param_hint="--out"
        )
    settings = Settings(rubric=rubric, ocr=ocr, mask_names=mask_names, names=tuple(names))
    if encoder is not None:
        settings = replace(settings, encoder=encoder)
    if limits is not None:
        settings = replace(settings, limits=read_limits(limits))
    allowed = [text_of_file(path, limits=settings.limits, ocr=ocr) for path in allow_shared]
    screener = screener_of(settings)
    unread, gaps = 0, False

    def done(screening: Screening) -> None:
        nonlocal unread, gaps
        documents = screening.submission.documents
        unread += sum(1 for d in documents if _is_unread(d)) or not documents or screening.cut_short
        gaps = gaps or any(r.status == "flagged" for r in screening.requirements)
        gaps = gaps or any(c.required and c.status == "not_found" for c in screening.coverage)

    def begin() -> None:
        if not resume:
            (out / KEPT).unlink(missing_ok=True)
        if mask_names:
            _write_ids(paths, settings, out / NAMES)

    texts = texts_of(paths, settings)
    batch = partial(kept_batch, paths, settings, out, texts=texts, anew=not resume, begin=begin, **where)
    with _told(quiet), _progress(quiet, done) as advance, batch(advance=advance) as screenings:
        if not screenings:
            raise typer.BadParameter("no submission found under these paths", param_hint="PATHS")
        if mask_names:
            screenings.sort()  # the order of the uploads is that of the names
            _say(f"names are masked; {out / NAMES} says who is who: keep it from the assessors")
        held = screenings.keys
        kept = Keeping.within(out, screener.scores_fingerprint, held, allowed, tabled="csv" in formats) if held else None
        told, shared = shared_passages(screenings, texts, screener.rubric, allowed, kept)
        written = write_reports(told, screener.rubric, out, formats, submissions=texts, blind_first=blind, tables=(shared,))
        # After the reports: where there is no room for these, what stands in the folder is still of one run.
        write_run(out, screener.fingerprint, screener.facts)
        if kept:
            kept.keep()
        else:  # it would not be found out of date, and holds quotes of an earlier batch
            (out / KEPT).unlink(missing_ok=True)
        number = len(screenings)
    _say(f"{number} screened" + (f"; {unread} {'document' if unread == 1 else 'documents'} could not be read" if unread else ""))
    index = out / "index.html"
    _show(str(index if index in written else out))
    return gaps, bool(unread)


def _lines(file: Path) -> tuple[str, ...]:
    """Lines of a text file, those left out that are empty or begin with "#"."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(
            f"{file} cannot be read ({type(error).__name__}); give a text file in UTF-8", param_hint="--names"
        ) from None
    lines = (" ".join(line.split()) for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def _masked_before(out: Path) -> bool | None:
    """Whether names are masked in what an output folder holds; None where it holds nothing of ours.

    The journal tells. One that holds nothing tells nothing of the report beside it, such as after a run that was begun anew and killed.
    """
    from mcscreen.journal import JOURNAL, masks_names
    from mcscreen.runs import read_run

    told = masks_names(out / JOURNAL)
    if told is None and (run := read_run(out)) is not None:
        told = "masked" in run.facts
    if told is None and any((out / name).exists() for name in _REPORTED):
        told = (out / NAMES).exists()
    return told


def _write_ids(paths: Sequence[Path], settings: Settings, file: Path) -> None:
    """Write which upload each masked submission is, for the owner of the folder only; what an earlier run wrote stays with it."""
    import csv
    import io

    from mcscreen.batch_texts import ids_of
    from mcscreen.inert import cell, single_line
    from mcscreen.private_files import put

    rows: dict[str, str] = {}
    with suppress(OSError, UnicodeError, csv.Error), file.open(encoding="utf-8-sig", newline="") as earlier:
        rows = {row[0]: row[1] for row in islice(csv.reader(earlier), 1, None) if len(row) == 2}
    rows |= {cell(single_line(name)): cell(single_line(upload)) for name, upload in ids_of(paths, settings).items()}
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([("submission", "upload"), *sorted(rows.items())])
    put(file, text.getvalue().encode("utf-8-sig"))


def _is_unread(document: DocumentRecord) -> bool:
    # A video has a length and no text; that is not a failure to read it.
    return document.status != "text" and not (document.status == "empty" and document.seconds is not None)


@contextmanager
def _told(quiet: bool) -> Iterator[None]:
    """Show what the library says of long preparations; its messages hold ids, never text."""
    import logging

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("mcscreen: %(message)s"))
    logger = logging.getLogger("mcscreen.heads")
    before = logger.level
    if not quiet:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


@contextmanager
def _progress(quiet: bool, done: Callable[[Screening], None]) -> Iterator[Callable[[int, Screening], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda total, screening: done(screening)
        return
    with Progress("screening", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("screening", total=None)

        def advance(total: int, screening: Screening) -> None:
            done(screening)
            progress.update(task, advance=1, total=total)

        yield advance


@app.command()
def limits() -> None:
    """Show every limit on what is read of one file, as a file for --limits."""
    from mcscreen.limits import limits_toml

    _show(limits_toml().rstrip())


@app.command()
def passages(
    files: Annotated[list[Path], typer.Argument(help="Documents of any format that mcscreen reads.")],
    ocr: Annotated[bool, typer.Option("--ocr", help="Read scanned pages with tesseract, if it is installed.")] = False,
) -> None:
    """Show how documents are read: one JSON line a sentence, with its place."""
    from dataclasses import asdict

    from mcscreen.pipeline import passages_of

    for file in files:
        for passage in passages_of(file, ocr=ocr):
            place = {k: v for k, v in asdict(passage.place).items() if v is not None}
            print(
                json.dumps(
                    {"document": file.name, "start": passage.start, "end": passage.end, **place, "text": passage.text}, ensure_ascii=False
                )
            )


@rubric_app.command("list")
def rubric_list() -> None:
    """List the shipped rubrics and the stacks that they belong to."""
    from mcscreen.pipeline import list_rubrics, load_rubric

    stacks: dict[str, list[str]] = {}
    for identifier, folder in list_rubrics():
        loaded = load_rubric(folder)
        rubric = loaded.rubric
        _show(f"{identifier}  {rubric.title}")
        _show(
            f"    {len(rubric.outcomes)} outcomes, {len(rubric.parts)} parts, {len(rubric.facets)} facets, "
            f"{len(rubric.details)} Part 2 details, {len(loaded.exemplars)} exemplars"
        )
        for stack in rubric.stacks:
            stacks.setdefault(stack, []).append(identifier)
    for stack, members in sorted(stacks.items()):
        _show(f"stack {stack}: {', '.join(members)}")


@rubric_app.command("show")
def rubric_show(rubric: Annotated[str, typer.Argument(help="Id of a shipped rubric, or a path.")]) -> None:
    """Show a rubric as an outline."""
    from mcscreen.pipeline import load_rubric

    content = load_rubric(rubric).rubric
    _show(f"{content.title}  ({content.id})")
    for outcome in content.outcomes:
        _show(f"\n{outcome.id}  {outcome.text}")
        for detail in outcome.details:
            _show(f"    {detail.id}  {detail.text}")
    for part in content.parts:
        minimum = f", at least {part.minimum_words:,} words" if part.minimum_words else ""
        _show(f"\n{part.id}  {part.title} ({part.kind}{minimum})")
        for criterion in part.criteria:
            _show(f"  {criterion.id}  {criterion.text}")
            for facet in criterion.facets:
                _show(f"    {facet.id}  {facet.text}{'' if facet.required else '  (optional)'}")


@rubric_app.command("check")
def rubric_check(
    files: Annotated[list[Path], typer.Argument(help="rubric.toml files or rubric folders.")],
) -> None:
    """Check rubrics: errors in the file, then remarks on what will screen badly."""
    from mcscreen.errors import RubricError
    from mcscreen.pipeline import check_rubric

    broken = False
    for file in files:
        try:
            remarks = check_rubric(file)
        except RubricError as error:
            broken = True
            _say(str(error))
            continue
        for remark in remarks:
            _show(f"{file}: {remark.rule}: {remark.subject}: {remark.message}")
        _show(f"{file}: valid, {len(remarks)} remarks")
    if broken:
        raise typer.Exit(COULD_NOT_RUN)


@rubric_app.command("exemplars")
def rubric_exemplars(
    rubric: Annotated[str, typer.Argument(help="Id of a shipped rubric, or a path.")],
    facet: Annotated[str | None, typer.Option("--facet", help="Show the exemplars of this facet, with their texts.")] = None,
) -> None:
    """Show a rubric's exemplars: how many a facet, which are mistaken for another facet's, where more would help most."""
    from mcscreen.pipeline import exemplars_of

    folder, reviews = exemplars_of(rubric)
    if facet is not None:
        review = next((r for r in reviews if r.facet == facet), None)
        if review is None:
            raise typer.BadParameter(f"no facet {facet!r}; there are {', '.join(r.facet for r in reviews)}", param_hint="--facet")
        rivals = {e.text: rival for e, rival in review.confusable}
        for exemplar in folder.exemplars:
            if exemplar.facet == facet:
                rival = f" (taken for {rivals[exemplar.text]})" if exemplar.text in rivals else ""
                _show(f"{exemplar.label}, {exemplar.kind or 'no kind'}{rival}\n    {exemplar.text}")
        return
    # Ids are letters, digits and dots by the rubric's schema, so these lines need no cleaning, which would take their columns.
    print(f"{'facet':22}{'met':>5}{'partial':>9}{'missing':>9}{'marked':>8}{'auc':>7}  taken for another facet's")
    for r in reviews:
        auc = "      -" if r.auc is None else f"{r.auc:7.2f}"
        taken = f"  {len(r.confusable)}: {', '.join(sorted({rival for _, rival in r.confusable}))}" if r.confusable else ""
        print(f"{r.facet:22}{r.met:5}{r.partial:9}{r.missing:9}{r.marked:8}{auc}{taken}")
    most = sorted(reviews, key=lambda r: -r.needs)[:3]
    _show(f"more exemplars would help most for {', '.join(r.facet for r in most)}")


@rubric_app.command("import")
def rubric_import(
    page: Annotated[Path, typer.Argument(help="A micro-credential page: pasted text, saved HTML, PDF or DOCX.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="rubric.toml to write; stdout if not given.")] = None,
) -> None:
    """Read a micro-credential page and write a rubric.toml to confirm."""
    from mcscreen.pipeline import import_rubric

    if out is not None and out.exists():
        raise typer.BadParameter(f"{out} exists; name another file, so that nothing is lost", param_hint="--out")
    toml, summary = import_rubric(page)
    if out is None:
        print(toml, end="")
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(toml, encoding="utf-8")
        _show(str(out))
    _say(f"{summary}; read it through: every line marked 'confirm' is a proposal")


@app.command()
def review(
    report: Annotated[Path, typer.Argument(help="A report folder with HTML pages.")],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port of this computer; 0: as the last time, or a free one.")] = 0,
    assessor: Annotated[list[str] | None, typer.Option("--assessor", help="Initials or a number; once for each assessor.")] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the first address in the browser.")] = False,
    blind_first: Annotated[bool, typer.Option("--blind-first", help="Insist on pages that fold findings until one has decided.")] = False,
    export: Annotated[
        Path | None, typer.Option("--export", help="Write each assessor's decisions into this folder instead of serving.")
    ] = None,
) -> None:
    """Review a report in the browser, on this computer only; several assessors, blind to each other until both are done."""
    from mcscreen.review import Address, export_decisions, serve

    if export is not None:
        for path in export_decisions(report, export):
            _show(str(path))
        return

    def ready(addresses: list[Address]) -> None:
        for address in addresses:
            print(f"{address.assessor}\t{address.url}", flush=True)
        _say("Ctrl+C ends the review; what was decided is kept.")
        if show:
            import webbrowser

            webbrowser.open(addresses[0].url)

    serve(report, port=port, assessors=assessor or (), blind_first=blind_first, ready=ready)


@app.command()
def note(
    screenings: Annotated[Path, typer.Argument(help="A report folder, or its screenings.jsonl.")],
    submission: Annotated[str | None, typer.Option("--submission", help="Id of one submission, whatever its completion is.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the notes; 'notes' beside the screenings if not given.")
    ] = None,
    format: Annotated[str, typer.Option("--format", "-f", help="Which formats, separated by commas: md, docx.")] = "md,docx",
) -> None:
    """Write a note to each candidate who has something to complete: what is missing, and where to mend it."""
    from mcscreen.evaluation import read_screenings
    from mcscreen.note import FORMATS, write_note, write_notes

    formats = [f.strip() for f in format.split(",") if f.strip()]
    unknown = [f for f in formats if f not in FORMATS]
    if unknown or not formats:
        shelf = ", ".join(FORMATS)
        raise typer.BadParameter(f"{', '.join(unknown) or 'nothing'} is not a format of notes; choose from {shelf}", param_hint="--format")
    folder = out or (screenings if screenings.is_dir() else screenings.parent) / "notes"
    if folder.exists() and not folder.is_dir():
        raise typer.BadParameter(f"{folder} is a file; give a folder", param_hint="--out")
    read = read_screenings(screenings)
    if submission is not None:
        chosen = [s for s in read if s.submission.id == submission]
        if not chosen:
            known = ", ".join(s.submission.id for s in read[:20]) + (" …" if len(read) > 20 else "")
            raise typer.BadParameter(f"no submission {submission!r} in the report; there are {known}", param_hint="--submission")
        for path in write_note(chosen[0], folder, formats):
            _show(str(path))
        return
    for screening, (_, paths) in zip(read, write_notes(read, folder, formats), strict=True):
        for path in paths:
            _show(str(path))
        if not paths:
            number = len(screening.completion.items)
            things = f"{number} {'thing' if number == 1 else 'things'} could not be read or checked; look there first"
            _say(f"no note for {screening.submission.id}: nothing to mend" + (f", but {things}" if number else ""))


@app.command()
def evaluate(
    screenings: Annotated[Path, typer.Argument(help="A report folder, or its screenings.jsonl.")],
    labels: Annotated[Path, typer.Option("--labels", help="Folder with <submission>/labels.json (and annotation.json) in it.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
) -> None:
    """Compare a screening with people's labels: agreement figures with intervals."""
    from dataclasses import asdict

    from mcscreen.evaluation import compare, figures, read_labels, read_screenings

    read = read_screenings(screenings)
    decisions = compare(read, read_labels(labels))
    if not decisions:
        raise typer.BadParameter(
            "no submission of the report has labels there; the folder names must be the submission ids", param_hint="--labels"
        )
    results = figures(decisions)
    if as_json:
        print(json.dumps([asdict(r) for r in results]))
        return
    _show(f"{len({d.submission for d in decisions})} submissions, {len(decisions)} decisions, fingerprint {read[0].fingerprint}")
    for r in results:
        value = "      -" if r.value is None else f"{r.value:7.3f}"
        interval = "" if r.low is None or r.high is None else f"[{r.low:.3f}, {r.high:.3f}]"
        print(f"{r.name:22}{value}  {interval:16} n={r.n}")


for _command in (agree, learn, diff):
    app.command()(_command)
