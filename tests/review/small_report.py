"""A small report as `mcscreen review` gets it: two submissions of an invented rubric."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from mcscreen.decisions import Review
from mcscreen.reports import html
from mcscreen.results import Citation, Coverage, DocumentRecord, Evidence, RubricRecord, Screening, SubmissionRecord
from mcscreen.rubric import Rubric

RUBRIC = {
    "schema": 1,
    "id": "quiet-corner",
    "title": "A Quiet Corner",
    "source": {"title": "A Quiet Corner"},
    "outcomes": [{"id": "O1", "text": "A place to calm down", "details": [{"id": "O1.place", "text": "the place"}]}],
    "parts": [
        {
            "id": "P1",
            "title": "Part 1",
            "kind": "narrative",
            "criteria": [
                {
                    "id": "A",
                    "text": "Which place have you made, and what did not work?",
                    "facets": [
                        {"id": "A.place", "text": "describes the place"},
                        {"id": "A.failed", "text": "says what did not work"},
                        {"id": "A.more", "text": "says more", "required": False},
                    ],
                }
            ],
        }
    ],
}


def _screening(name: str) -> Screening:
    quote = "Two cushions and a lamp stand behind the piano."
    evidence = (Evidence(document="part1.txt", start=0, end=len(quote), quote=quote, score=0.8),)

    def facet(id: str, status: str, required: bool = True) -> Coverage:
        return Coverage(part="P1", criterion="A", facet=id, required=required, status=status, score=0.5, evidence=evidence)

    return Screening(
        fingerprint="f00d" * 4,
        rubric=RubricRecord(id="quiet-corner", sha256="ab" * 32, title="A Quiet Corner"),
        submission=SubmissionRecord(
            id=name,
            documents=(
                DocumentRecord(
                    name="part1.txt",
                    part="P1",
                    status="text",
                    reason="",
                    reader="txt",
                    pages=None,
                    words=9,
                    sha256=hashlib.sha256(name.encode()).hexdigest(),
                ),
            ),
        ),
        coverage=(facet("A.place", "covered"), facet("A.failed", "not_found"), facet("A.more", "thin", required=False)),
        citations=(
            Citation(
                row=1, detail="the place", facet="O1.place", artifact="photo", locator="", explanation="It shows it.", status="no_locator"
            ),
        ),
    )


def write_report(folder: Path, names: tuple[str, ...] = ("lind", "moreau"), blind: bool = False) -> Path:
    for name, content in html.render([_screening(n) for n in names], Rubric.model_validate(RUBRIC), blind_first=blind):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def decision(facet: str = "A.place", choice: str | None = "agree", time: str = "2026-03-01T10:00:00.000Z", **more) -> dict:
    return {"kind": "facet", "facet": facet, "row": None, "finding": "covered", "choice": choice, "time": time} | more


def review(key, *decisions: dict) -> dict:
    return {"submission": key.submission, "fingerprint": key.fingerprint, "files": key.files, "decisions": list(decisions)}


def as_review(key, *decisions: dict) -> Review:
    return Review.model_validate_json(json.dumps(review(key, *decisions)))
