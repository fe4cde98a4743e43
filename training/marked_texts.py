"""The training data as the package's own nouns: invented rubrics with their passages, and whole texts marked sentence by sentence.

The encoder never saw the first `HELD_OUT` rubrics (`make train-encoder` leaves them out); the texts written for these tell
how finding does on a rubric that nothing was made for.
"""

from __future__ import annotations

import json
from pathlib import Path

from mcscreen.rubric import Criterion, Exemplar, Facet, MarkedSubmission, Part, Rubric, Source
from mcscreen.rubric_files import RubricFolder

ROOT = Path(__file__).resolve().parent
HELD_OUT = 10
"""Rubrics, in the order of their numbers, that the encoder was not trained on."""


def rubrics() -> list[dict]:
    """All rubrics as written, in the order of their numbers."""
    return [json.loads(p.read_text(encoding="utf-8")) for p in sorted((ROOT / "rubrics").glob("*.json"))]


def facets_of(rubric: dict) -> dict[str, str]:
    """Facet id -> wording."""
    return {f["id"]: f["text"] for c in [*rubric["criteria"], *rubric["asks"]] for f in c["facets"]}


def folder_of(rubric: dict, *, exemplars: bool = True) -> RubricFolder:
    """A rubric as `load_rubric` would give it, all its asks in one narrative part."""
    criteria = tuple(
        Criterion(id=c["id"], text=c["text"], facets=tuple(Facet(id=f["id"], text=f["text"]) for f in c["facets"]))
        for c in [*rubric["criteria"], *rubric["asks"]]
    )
    whole = Rubric.model_validate(
        {
            "schema": 1,
            "id": f"invented-{rubric['id']}",
            "title": rubric["title"],
            "source": Source(title=rubric["title"]),
            "outcomes": [{"id": "OUTCOME", "text": rubric["overview"]}],
            "parts": [Part(id="part1", title=rubric["title"], kind="narrative", criteria=criteria)],
        }
    )
    shown = tuple(
        Exemplar(facet=p["facet"], label=p["label"], kind=p["kind"], text=p["text"], also=tuple(p["also"])) for p in rubric["passages"]
    )
    return RubricFolder(whole, shown if exemplars else (), f"invented-{rubric['id']}-{exemplars}", Path(rubric["id"]))


def texts_for_others() -> list[tuple[str, MarkedSubmission]]:
    """Marked texts that were written for the invented rubrics: (number of the rubric, text)."""
    lines = (ROOT / "marked" / "other-rubrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [(raw["rubric"], MarkedSubmission(id=raw["id"], sentences=raw["sentences"])) for raw in map(json.loads, lines)]


def labels_of(submission: MarkedSubmission) -> dict[str, str]:
    """Facet -> "met" or "partial"; what is not in it is missing."""
    met = {f for s in submission.sentences for f in s.met}
    return {f: "met" if f in met else "partial" for s in submission.sentences for f in (*s.met, *s.partial)}
