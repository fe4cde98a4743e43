"""What flips when a text is rewritten on its surface only, and nothing else changes?

    python -m benchmarks.surface FOLDER... [--marked N] [--full] [--variants NAME,NAME] [--groups FILE.csv] [--out DIR] [--floors FILE]

Each FOLDER holds submissions as uploaded, or one folder a submission with `submission/` in it. `--marked N` adds N of the
rubric's own marked submissions, each screened with heads that were fitted without its share of them (four shares); their figures stand
in a table of their own, because these texts also served to fit calibration and thresholds. `--full` changes every place instead of three
in ten. `--groups` is a file with the columns submission and group; groups of fewer than ten texts are not shown.

Printed are shares in per cent with 95 % intervals (bootstrap over texts, 1,000 rounds; `~` marks Wilson's interval, where nothing
changed at all). DIR gets figures.csv, figures.json and the rows behind them (facets.csv, sentences.csv, texts.csv), without any text of a submission.

A flip says that the screening hangs on a form that says nothing about the work. No flip does not say that writers are treated
alike: the slips are made by rules, one kind at a time and evenly, in invented texts.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from benchmarks.finding import folds, uploaded
from mcscreen import Screener, load_rubric, load_submission
from mcscreen.intake import find_uploads
from mcscreen.research.surface import FULL, VARIANTS, FacetRow, Figure, Invariance, SentenceRow, TextRow, Variant, invariance
from mcscreen.rubric_files import RubricFolder
from mcscreen.submission import Submission

FLOORS = Path(__file__).parent / "floors" / "surface.toml"
SHOWN = (
    "status_changed",
    "to_not_found",
    "from_covered",
    "from_not_found",
    "score_change",
    "label_changed",
    "group_changed",
    "group_contradicted",
)
FOLDS = 4


def submissions_of(folders: Sequence[Path]) -> Iterator[Submission]:
    for folder in folders:
        inner = sorted(folder.glob("*/submission"))
        for path in inner or [u.path for u in find_uploads([folder])]:
            submission = load_submission(path)
            yield Submission(path.parent.name, submission.documents, submission.declared, submission.problems) if inner else submission


def joined(parts: Sequence[Invariance]) -> Invariance:
    return Invariance(
        tuple(r for p in parts for r in p.facets),
        tuple(r for p in parts for r in p.sentences),
        tuple(r for p in parts for r in p.texts),
        parts[0].apart,
        parts[0].controls,
    )


def over_marked(folder: RubricFolder, count: int, variants: Sequence[Variant], groups: dict[str, str]) -> Invariance:
    """An even choice of the marked submissions, each screened with heads that never saw it."""
    step = len(folder.marked) / count
    wanted = {folder.marked[int(i * step)].id for i in range(count)}
    found = []
    with tempfile.TemporaryDirectory() as home:
        for kept, out in folds(folder, FOLDS):
            texts = [uploaded(m, kept, Path(home))[0] for m in out if m.id in wanted]
            if texts:
                found.append(invariance(texts, Screener(kept), variants, groups=groups, told=told))
    return joined(found)


SEEN: dict[str, int] = {}
"""Numbers of the submissions, which stand for their ids in what is told while it runs."""


def told(submission: str, variant: str) -> None:
    number = SEEN.setdefault(submission, len(SEEN) + 1)
    print(f"text {number}: {variant or 'as read'}", file=sys.stderr, flush=True)


def written(figure: Figure | None) -> str:
    if figure is None or figure.value is None or figure.low is None or figure.high is None:
        return "-"
    mark = "~" if figure.interval == "wilson" else ""
    return f"{100 * figure.value:.1f} [{mark}{100 * figure.low:.1f}, {100 * figure.high:.1f}]"


def table(figures: Sequence[Figure], apart: Sequence[str], controls: Sequence[str]) -> Iterator[str]:
    """One line a variant: how much was changed, then the figures in per cent of the n in the head."""
    by = {(f.variant, f.name): f for f in figures}
    names = list(dict.fromkeys(f.variant for f in figures))
    ordered = (
        [n for n in names if n not in apart and n not in controls] + [n for n in names if n in apart] + [n for n in names if n in controls]
    )
    shown = [n for n in SHOWN if any(by.get((v, n)) for v in names)]
    yield f"  {'variant':26}{'places':>7}{'/100 w':>7}" + "".join(f"{name:>23}" for name in shown)
    for variant in ordered:
        strength, edits = by[variant, "strength"].value or 0, by[variant, "edits"].value or 0
        note = " *" if variant in apart else " =" if variant in controls else ""
        yield f"  {variant + note:26}{100 * strength:6.0f}%{100 * edits:7.1f}" + "".join(
            f"{written(by.get((variant, n))):>23}" for n in shown
        )
    first = ordered[0]
    yield "  n: " + ", ".join(f"{n} {by[first, n].n}" for n in shown) + f"; texts {by[first, 'strength'].texts}"
    yield "  * joins sentences, so that their number changes; = nothing may change"


def report(title: str, found: Invariance, minimum: int) -> list[dict[str, object]]:
    figures = found.figures()
    print(f"\n{title}, per cent with 95 % intervals")
    print("\n".join(table(figures, found.apart, found.controls)))
    facets, labels = changed_by_controls(found)
    print(f"  controls: {facets} facets and {labels} sentences changed at all; must be 0")
    moved = sum(r.parts_moved for r in found.texts if r.variant not in found.controls)
    gates = sum(r.gate_before != r.gate_after for r in found.texts)
    print(f"  of {len(found.texts)} screenings {moved} had a stretch taken for another part, {gates} another completion status")
    grouped, hidden = found.by_group(minimum=minimum)
    for group in dict.fromkeys(f.group for f in grouped):
        print(f"\n{title}, writers of the group {group!r}")
        print("\n".join(table([f for f in grouped if f.group == group], found.apart, found.controls)))
    if hidden:
        print(f"  {len(hidden)} group(s) not shown, because too few texts are in them")
    return [{"set": title, **asdict(f)} for f in (*figures, *grouped)]


def changed_by_controls(found: Invariance) -> tuple[int, int]:
    """Facets and sentences with another status, score or label under a control."""
    facets = [r for r in found.facets if r.variant in found.controls and (r.before, r.score_before) != (r.after, r.score_after)]
    labels = [r for r in found.sentences if r.variant in found.controls and (r.before, r.group_before) != (r.after, r.group_after)]
    return len(facets), len(labels)


def beyond(rows: Sequence[dict[str, object]], found: Sequence[Invariance], floors: Path) -> list[str]:
    """What is above the limits, and changes by controls."""
    over = [f"controls changed {f} facets and {s} sentences" for f, s in map(changed_by_controls, found) if f or s]
    for limit in tomllib.loads(floors.read_text(encoding="utf-8"))["limit"]:
        for row in rows:
            if row["variant"] in limit["variants"] and row["name"] == limit["figure"] and row["group"] == "":
                value, n = row["value"], row["n"]
                if isinstance(value, float) and isinstance(n, int) and n >= limit["least"] and value > limit["at_most"]:
                    over.append(f"{row['set']}, {row['variant']}: {row['name']} is {value:.3f} of {n}, at most {limit['at_most']}")
    return over


def kept(rows: Sequence[FacetRow] | Sequence[SentenceRow] | Sequence[TextRow], kind: type, title: str, file: Path) -> None:
    new = not file.exists()
    with file.open("a", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, ["set", *(f.name for f in fields(kind))])
        if new:
            writer.writeheader()
        writer.writerows({"set": title, **asdict(r)} for r in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--rubric", default="student-centeredness")
    parser.add_argument("--marked", type=int, default=0)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--variants", default="", help="names, separated by commas; all if not given")
    parser.add_argument("--groups", type=Path)
    parser.add_argument("--minimum", type=int, default=10, help="texts that a group must have to be shown, at least 5")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--floors", type=Path, default=FLOORS)
    options = parser.parse_args()
    if not options.folders and not options.marked:
        parser.error("give folders with submissions, or --marked N")
    shelf = FULL if options.full else VARIANTS
    names = [n for n in options.variants.split(",") if n] or list(shelf)
    if unknown := [n for n in names if n not in shelf]:
        parser.error(f"no variant {', '.join(unknown)}; there are {', '.join(shelf)}")
    variants = [shelf[n] for n in names]
    groups = {}
    if options.groups:
        with options.groups.open(encoding="utf-8", newline="") as lines:
            groups = {row["submission"]: row["group"] for row in csv.DictReader(lines)}
    folder = load_rubric(options.rubric)
    sets = {}
    if options.folders:
        sets["submissions"] = invariance(submissions_of(options.folders), Screener(folder), variants, groups=groups, told=told)
    if options.marked:
        sets["marked"] = over_marked(folder, min(options.marked, len(folder.marked)), variants, groups)
    rows = [row for title, found in sets.items() for row in report(title, found, options.minimum)]
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        for old in ("facets.csv", "sentences.csv", "texts.csv"):
            (options.out / old).unlink(missing_ok=True)
        for title, found in sets.items():
            kept(found.facets, FacetRow, title, options.out / "facets.csv")
            kept(found.sentences, SentenceRow, title, options.out / "sentences.csv")
            kept(found.texts, TextRow, title, options.out / "texts.csv")
        (options.out / "figures.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
        with (options.out / "figures.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    over = beyond(rows, list(sets.values()), options.floors)
    print("\n" + ("\n".join(over) or f"within the limits of {options.floors.name}"))
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
