"""Statuses of Part 2 citations against labels: label by status, with exact binomial intervals.

    python -m benchmarks.citing [BENCH] [--rubric student-centeredness]

The invented packages of training/citations are written as files in their layouts and screened as uploads. What compares
their places was fitted, thresholds included, without the package in question. BENCH holds one folder a submission:
`submission/` as uploaded and `labels.json`, whose `part2` gives a label to each detail; the shipped model is used on it.

A detail with several rows counts as `ok` where one of them is.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from scipy.stats import binomtest

from mcscreen import Screener, load_submission
from mcscreen.matchers import DEFAULT_ENCODER, OnnxEncoder, Support, load_encoder
from mcscreen.matchers.support import Citing, load_citing
from mcscreen.results import Citation
from mcscreen.shipped import shipped
from training.citing_packages import PACKAGES, load_packages
from training.fit_citing import recorded, rows_of, without

LABELS = {"page_out_of_range": "out_of_range", "content_unrelated": "unrelated", "artifact_not_uploaded": "artifact_missing"}
ORDER = ("ok", "unrelated", "artifact_missing", "out_of_range", "no_locator", "no_explanation", "row_missing", "cannot_verify")

Pairs = list[tuple[str, str]]


def table(title: str, pairs: Pairs) -> None:
    """Print the confusion table, the share of each label that got its status, and F1 of `unrelated`."""
    counts = Counter(pairs)
    statuses = [s for s in ORDER if any(status == s for _, status in pairs)]
    print(f"\n{title}: {len(pairs)} rows\n  {'label':18}" + "".join(f"{s:>17}" for s in statuses) + "   right, 95 %")
    for label in (o for o in ORDER if any(given == o for given, _ in pairs)):
        n = sum(counts[label, s] for s in statuses)
        print(f"  {label:18}" + "".join(f"{counts[label, s] or '.':>17}" for s in statuses) + f"   {share(counts[label, label], n)}")
    hits = counts["unrelated", "unrelated"]
    called, true = sum(s == "unrelated" for _, s in pairs), sum(given == "unrelated" for given, _ in pairs)
    good = sum(given == "ok" for given, _ in pairs)
    print(f"  good rows called unrelated: {share(counts['ok', 'unrelated'], good)}")
    if called + true:
        # F1 = 2J / (1 + J), J the share of hits among the rows that are called unrelated or are; so its interval follows from J's.
        union = called + true - hits
        low, high = binomtest(hits, union).proportion_ci() if union else (0.0, 1.0)
        print(
            f"  F1 of unrelated: {2 * hits / (called + true):.3f} [{2 * low / (1 + low):.3f}, {2 * high / (1 + high):.3f}], {true} such rows"
        )


def share(part: int, whole: int) -> str:
    if not whole:
        return "none"
    low, high = binomtest(part, whole).proportion_ci()
    return f"{part}/{whole} = {part / whole:.3f} [{low:.3f}, {high:.3f}]"


def packages() -> Pairs:
    """Labels and statuses of the packages' rows; a row that was not read, or for the wrong detail, is `row_missing`."""
    comparing = load_citing(shipped("models") / DEFAULT_ENCODER).encoder.partition(":")[0]
    encoder = load_encoder(comparing)
    empty = Citing(schema=1, encoder="", mean=(), scale=(), weights=(), slope=0, intercept=0, unrelated=0, doubtful=0)
    every = load_packages()
    rows = rows_of(recorded(every), Support(encoder, empty))
    pairs: Pairs = []
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for package in every:
            screener = Screener(package.rubric)
            submission = load_submission(package.write(Path(folder)))
            # An encoder of its own: one that remembers texts would make the comparing look cheaper than it is.
            screener._support = Support(OnnxEncoder(shipped("models") / comparing), without(rows, package.id, encoder.fingerprint))
            started = time.process_time()
            screening = screener.screen(submission)
            with_it = time.process_time() - started
            screener._support = None
            started = time.process_time()
            screener.screen(submission)
            seconds += with_it - (time.process_time() - started)
            for number, row in enumerate(package.rows, 1):
                found = [c for c in screening.citations if c.row == number and c.facet == row["facet"]]
                pairs.append((row["label"], status_of(found)))
                if pairs[-1][0] != pairs[-1][1]:
                    print(f"  {package.id} row {number}: {pairs[-1][0]} -> {pairs[-1][1]}: {[c.message for c in found]}")
    print(f"comparing adds {seconds / len(every):.2f} CPU s a submission")
    return pairs


def labelled(bench: Path, rubric: str) -> Pairs:
    """Labels and statuses of the details of a labelled folder."""
    screener = Screener(rubric)
    pairs: Pairs = []
    for path in sorted(bench.glob("*/labels.json")):
        screening = screener.screen(path.parent / "submission")
        for detail, label in json.loads(path.read_text(encoding="utf-8"))["part2"].items():
            pairs.append((LABELS.get(label, label), status_of([c for c in screening.citations if c.facet == detail])))
            if pairs[-1][0] != pairs[-1][1]:
                print(f"  {path.parent.name} {detail}: {pairs[-1][0]} -> {pairs[-1][1]}")
    return pairs


def status_of(citations: Sequence[Citation] | Iterable[Citation]) -> str:
    found = [c.status for c in citations]
    return "ok" if "ok" in found else found[0] if found else "row_missing"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path, nargs="?")
    parser.add_argument("--rubric", default="student-centeredness")
    options = parser.parse_args()
    table(f"packages in {PACKAGES.name}, each compared by a model fitted without it", packages())
    if options.bench:
        table(str(options.bench), labelled(options.bench, options.rubric))


if __name__ == "__main__":
    main()
