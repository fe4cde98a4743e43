"""Made-up screenings and decisions on them, for the tests of what is done with decisions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from mcscreen.decisions import ChosenPassage, Decision, Decisions, Review, files_digest
from mcscreen.results import Citation, Coverage, DocumentRecord, Evidence, RubricRecord, Screening, SubmissionRecord

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def evidence(quote: str, start: int = 0, document: str = "a.docx", score: float | None = 0.5) -> Evidence:
    return Evidence(document=document, start=start, end=start + len(quote), quote=quote, score=score)


def coverage(facet: str, status: str, quotes: list[Evidence] | None = None, score: float | None = 0.5, part: str = "part1") -> Coverage:
    return Coverage(part=part, criterion="Q", facet=facet, status=status, score=score, evidence=tuple(quotes or ()))


def citation(facet: str, status: str, row: int | None = 1, artifact: str = "list.pdf", message: str = "") -> Citation:
    return Citation(row=row, detail=facet, facet=facet, artifact=artifact, locator="p. 1", explanation="e", status=status, message=message)


def document(name: str = "a.docx", sha256: str = "0" * 64, part: str | None = "part1", reader: str = "docx 1") -> DocumentRecord:
    return DocumentRecord(name=name, part=part, status="text", reason="", reader=reader, pages=None, words=5, sha256=sha256)


def screening(
    identifier: str,
    lines: list[Coverage],
    citations: list[Citation] | None = None,
    documents: list[DocumentRecord] | None = None,
    fingerprint: str = "f" * 32,
    rubric: tuple[str, str] = ("r", "0" * 64),
    calibration: str = "c",
) -> Screening:
    return Screening(
        fingerprint=fingerprint,
        calibration=calibration,
        rubric=RubricRecord(id=rubric[0], sha256=rubric[1], title="R"),
        submission=SubmissionRecord(id=identifier, documents=tuple(documents or [document()])),
        coverage=tuple(lines),
        citations=tuple(citations or ()),
    )


def decision(
    facet: str,
    finding: str,
    choice: str | None,
    blind: str | None = None,
    passages: list[Evidence] | None = None,
    note: str = "",
    kind: str = "facet",
    row: int | None = None,
    time: datetime = NOON,
) -> Decision:
    chosen = tuple(ChosenPassage(document=p.document, start=p.start, end=p.end, quote=p.quote) for p in passages or ())
    return Decision(
        kind=kind, facet=facet, row=row, finding=finding, choice=choice, blind_choice=blind, passages=chosen, note=note, time=time
    )


def decided(assessor: str, reviews: list[tuple[Screening, list[Decision]]]) -> Decisions:
    return Decisions(
        assessor=assessor,
        rubric=reviews[0][0].rubric,
        reviews=tuple(
            Review(submission=s.submission.id, fingerprint=s.fingerprint, files=files_digest(s.submission), decisions=tuple(d))
            for s, d in reviews
        ),
    )


def write_report(folder: Path, screenings: list[Screening], files: list[Decisions] = ()) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "screenings.jsonl").write_text("".join(s.model_dump_json(by_alias=True) + "\n" for s in screenings), encoding="utf-8")
    for number, file in enumerate(files):
        (folder / "decisions").mkdir(exist_ok=True)
        (folder / "decisions" / f"{number}.json").write_text(json.dumps(file.model_dump(mode="json", by_alias=True)), encoding="utf-8")
    return folder
