"""Finding against people's labels, beside two baselines in the same run.

    python -m benchmarks.finding [BENCH] [--rubric student-centeredness] [--folds 4] [--json FILE]

Up to four sets of submissions, each screened from its files by the whole pipeline:

- `bench`: BENCH holds one folder a submission: `submission/` as uploaded, `labels.json`, and `annotation.json` where a second
  reader labelled it too. Nothing of it is used for fitting.
- `marked`: the shipped rubric's marked submissions, cross-validated: heads fitted without the fold that they judge.
- `held-out, exemplars` and `held-out, text`: texts for rubrics that the encoder was not trained on, with the rubrics' exemplars
  and without (there the rubric's own facets are taken off the look-alikes too).

Calibration and thresholds are the shipped ones. They were fitted on the scores of the last three sets (cross-validated), so
only for `bench` are the figures that rest on them untouched; figures of order (AUC, hits) are untouched everywhere.

The baselines are cosine similarity of the base encoder to the wording of a facet, and a score that knows only how long a
sentence is: what they reach needs no understanding. Intervals: bootstrap over submissions, 1,000 rounds.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from mcscreen import Screener, load_rubric, load_submission
from mcscreen.document import Document, count_words
from mcscreen.evaluation import Decision, compare, figures, read_labels
from mcscreen.knowledge import Knowledge
from mcscreen.matchers import SimilarityFinder, finders_of, load_encoder
from mcscreen.rubric import Facet, MarkedSubmission
from mcscreen.rubric_files import RubricFolder
from mcscreen.submission import Match, Passage, Submission
from training.fit_finding import Remembering, kinds_of, knowledge_file
from training.marked_texts import HELD_OUT, folder_of, labels_of, rubrics, texts_for_others

Labels = dict[str, dict[str, tuple[str, list[str]]]]

RANKING = {"auc", "facet_mean_auc", "hit@1", "hit@3"}
"""Figures that rest on the order of scores alone: the baselines have no calibration and no thresholds of their own."""


class Similarity:
    """The similarity finder in the finder's seat."""

    def __init__(self, facets: Sequence[Facet]) -> None:
        self._finder = SimilarityFinder(facets, load_encoder("minilm-l6"))

    def find(self, sentences: Sequence[Passage], documents: Sequence[Document]) -> tuple[Match, ...]:
        return self._finder.find(sentences)


class Length:
    """The longest sentences, for every facet the same."""

    def __init__(self, facets: Sequence[Facet]) -> None:
        self._facets = facets

    def find(self, sentences: Sequence[Passage], documents: Sequence[Document]) -> tuple[Match, ...]:
        longest = sorted(sentences, key=lambda s: -count_words(s.text))[:3]
        passages = tuple((s, round(min(1.0, count_words(s.text) / 100), 4)) for s in longest)
        return tuple(Match(f.id, passages[0][1] if passages else 0.0, passages) for f in self._facets)


def calibration_error(decisions: Sequence[Decision], bins: int = 10) -> float:
    """Expected calibration error over equally filled bins; "addressed" means labelled met."""
    rows = sorted((d.score, d.label == "met") for d in decisions)
    edges = [round(i * len(rows) / bins) for i in range(bins + 1)]
    groups = [rows[a:b] for a, b in itertools.pairwise(edges)]
    return sum(abs(sum(s for s, _ in g) - sum(y for _, y in g)) for g in groups) / max(1, len(rows))


def calibration_interval(decisions: Sequence[Decision], rounds: int = 1000) -> tuple[float, float]:
    by_submission: dict[str, list[Decision]] = {}
    for decision in decisions:
        by_submission.setdefault(decision.submission, []).append(decision)
    groups, generator = list(by_submission.values()), random.Random(0)
    values = sorted(calibration_error([d for g in generator.choices(groups, k=len(groups)) for d in g]) for _ in range(rounds))
    return values[int(0.025 * rounds)], values[int(0.975 * rounds)]


def uploaded(submission: MarkedSubmission, folder: RubricFolder, into: Path) -> tuple[Submission, Labels]:
    """A marked submission as an upload of text files, five sentences a paragraph, and its labels."""
    home = into / submission.id
    home.mkdir()
    for part in folder.rubric.parts:
        texts = [s.text for s in submission.sentences if s.part == part.id]
        if texts:
            paragraphs = [" ".join(texts[i : i + 5]) for i in range(0, len(texts), 5)]
            number = next(n for n, p in enumerate(folder.rubric.parts, 1) if p is part)
            (home / f"Part {number} {part.title}.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")
    labels = labels_of(submission)
    quotes = {f.id: [s.text for s in submission.sentences if f.id in (*s.met, *s.partial)] for f in folder.rubric.facets}
    return load_submission(home), {submission.id: {f.id: (labels.get(f.id, "missing"), quotes[f.id]) for f in folder.rubric.facets}}


class Baselines:
    """The three finders over the same submissions, their decisions gathered by name."""

    def __init__(self) -> None:
        self.decisions: dict[str, list[Decision]] = {"finder": [], "similarity": [], "length": []}
        self.seconds = dict.fromkeys(self.decisions, 0.0)
        self.submissions = 0

    def add(self, screener: Screener, submissions: Sequence[Submission], labels: Labels) -> None:
        """Screen with each finder in turn."""
        parts = [p for p in screener.rubric.parts if p.facets]
        seats = {
            "finder": screener._finders,
            "similarity": {p.id: Similarity(p.facets) for p in parts},
            "length": {p.id: Length(p.facets) for p in parts},
        }
        self.submissions += len(submissions)
        for name, seat in seats.items():
            screener._finders = seat  # type: ignore[assignment]
            started = time.process_time()
            self.decisions[name] += compare([screener.screen(s) for s in submissions], labels)
            self.seconds[name] += time.process_time() - started

    def told(self, title: str) -> dict[str, list[dict[str, object]]]:
        """Print the figures and return them."""
        results = {}
        for name, decisions in self.decisions.items():
            rows = [row for row in figures(decisions) if name == "finder" or row.name in RANKING]
            results[name] = [asdict(r) for r in rows]
            cost = self.seconds[name] / max(1, self.submissions)
            print(f"\n{title}, {name}: {self.submissions} submissions, {len(decisions)} decisions, {cost:.2f} CPU s a submission")
            for row in rows:
                if row.value is not None:
                    print(f"  {row.name:22}{row.value:7.3f}  [{row.low:.3f}, {row.high:.3f}]  n={row.n}")
            if name == "finder":
                low, high = calibration_interval(decisions)
                print(
                    f"  {'calibration error':22}{calibration_error(decisions):7.3f}  [{low:.3f}, {high:.3f}]  n={len(decisions)}",
                    flush=True,
                )
        return results


def folds(folder: RubricFolder, count: int) -> Iterator[tuple[RubricFolder, Sequence[MarkedSubmission]]]:
    """The rubric without each share of its marked submissions, and that share."""
    for fold in range(count):
        out = folder.marked[fold::count]
        kept = tuple(m for m in folder.marked if m not in out)
        yield dataclasses.replace(folder, marked=kept, sha256=f"{folder.sha256}-{fold}-{count}"), out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path, nargs="?")
    parser.add_argument("--rubric", default="student-centeredness")
    parser.add_argument("--folds", type=int, default=4, help="of the marked submissions; 0 leaves out all but BENCH")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        # Nothing remembered from earlier runs, so that the seconds are those of a first screening.
        os.environ["MCSCREEN_CACHE"] = cache
        measure(options)


def measure(options: argparse.Namespace) -> None:
    results = {}
    folder = load_rubric(options.rubric)
    if options.bench:
        labels = read_labels(options.bench)
        started = time.process_time()
        screener = Screener(folder)
        print(f"rubric ready in {time.process_time() - started:.1f} CPU s; fingerprint {screener.fingerprint}")
        bench = Baselines()
        bench.add(screener, [load_submission(options.bench / name / "submission") for name in labels], labels)
        results["bench"] = bench.told("bench")
    if options.folds:
        with tempfile.TemporaryDirectory() as home:
            results |= crossed(folder, options.folds, Path(home))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


def crossed(folder: RubricFolder, count: int, home: Path) -> dict[str, dict[str, list[dict[str, object]]]]:
    """The marked submissions of the shipped rubric and the texts for the rubrics held out."""
    results = {}
    marked, fitting = Baselines(), 0.0
    for kept, out in folds(folder, count):
        started = time.process_time()
        screener = Screener(kept)
        fitting += time.process_time() - started
        pairs = [uploaded(m, kept, home) for m in out]
        marked.add(screener, [s for s, _ in pairs], {k: v for _, one in pairs for k, v in one.items()})
    results["marked"] = marked.told("marked")
    print(f"  heads fitted in {fitting / count:.1f} CPU s")
    data, encoder = rubrics(), Remembering(load_encoder())  # type: ignore[arg-type]
    kinds = kinds_of(encoder, data)
    for shown in (True, False):
        others = Baselines()
        for raw in data[:HELD_OUT]:
            other = folder_of(raw, exemplars=shown)
            screener = Screener(other)
            knowledge = Knowledge(encoder, knowledge_file(encoder, data, kinds, raw["id"]))
            screener._finders = finders_of(other, encoder, knowledge)  # type: ignore[arg-type]
            written = [m for number, m in texts_for_others() if number == raw["id"]]
            place = home / f"{raw['id']}-{shown}"
            place.mkdir()
            pairs = [uploaded(m, other, place) for m in written]
            others.add(screener, [s for s, _ in pairs], {k: v for _, one in pairs for k, v in one.items()})
        title = f"held-out, {'exemplars' if shown else 'text'}"
        results[title] = others.told(title)
    return results


if __name__ == "__main__":
    main()
