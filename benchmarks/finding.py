"""Finding against people's labels, beside two baselines in the same run.

    python -m benchmarks.finding BENCH [--rubric student-centeredness] [--json FILE]

BENCH holds one folder a submission: `submission/` as uploaded, `labels.json`, and `annotation.json` where a second reader
labelled it too. The baselines are cosine similarity of the base encoder to the wording of a facet, and a score that knows
only how long a sentence is: what they reach needs no understanding. Intervals: bootstrap over submissions, 1,000 rounds.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from mcscreen import Screener, load_submission
from mcscreen.document import Document, count_words
from mcscreen.evaluation import Decision, compare, figures, read_labels
from mcscreen.matchers import SimilarityFinder, load_encoder
from mcscreen.rubric import Facet
from mcscreen.submission import Match, Passage

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
    size = max(1, len(rows) // bins)
    groups = [rows[i : i + size] for i in range(0, len(rows), size)]
    return sum(abs(sum(s for s, _ in g) - sum(y for _, y in g)) for g in groups) / len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path)
    parser.add_argument("--rubric", default="student-centeredness")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    labels = read_labels(options.bench)
    started = time.process_time()
    screener = Screener(options.rubric)
    ready = time.process_time() - started
    submissions = [load_submission(options.bench / name / "submission") for name in labels]
    parts = [p for p in screener.rubric.parts if p.facets]
    finders = {
        "finder": screener._finders,
        "similarity": {p.id: Similarity(p.facets) for p in parts},
        "length": {p.id: Length(p.facets) for p in parts},
    }
    results = {}
    for name, seat in finders.items():
        screener._finders = seat  # type: ignore[assignment]
        started = time.process_time()
        decisions = compare([screener.screen(s) for s in submissions], labels)
        seconds = (time.process_time() - started) / len(submissions)
        rows = [row for row in figures(decisions) if name == "finder" or row.name in RANKING]
        results[name] = [asdict(r) for r in rows]
        print(f"\n{name}: {len(submissions)} submissions, {len(decisions)} decisions, {seconds:.2f} CPU s a submission")
        for row in rows:
            if row.value is not None:
                print(f"  {row.name:22}{row.value:7.3f}  [{row.low:.3f}, {row.high:.3f}]  n={row.n}")
        if name == "finder":
            print(f"  {'calibration error':22}{calibration_error(decisions):7.3f}")
    print(f"\nrubric ready in {ready:.1f} CPU s; fingerprint {screener.fingerprint}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
