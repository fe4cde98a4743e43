"""The words of the reports: places as one would say them, counts that do not hide anything."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import get_args

import pytest

from mcscreen import document, results, wording
from mcscreen.results import DocumentRecord, Evidence, Requirement, RubricRecord, Screening, SubmissionRecord


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({}, ""),
        ({"page": 3}, "page 3"),
        ({"heading": "Our supports", "paragraph": 7}, "under “Our supports”, paragraph 7"),
        ({"slide": 4, "heading": "Data"}, "slide 4, under “Data”"),
        ({"sheet": "Loans", "row": 12}, "sheet “Loans”, row 12"),
        ({"seconds": (65.0, 72.9)}, "from 1:05 to 1:12"),
        ({"seconds": (3725.0, 3725.4)}, "at 1:02:05"),
    ],
)
def test_places_are_told_as_people_tell_them(where: dict[str, object], words: str) -> None:
    evidence = Evidence.model_validate({"document": "d", "start": 0, "end": 1, "quote": "q"} | where)
    assert wording.place_in_words(evidence) == words


def _screening(statuses: tuple[str, ...], documents: tuple[str, ...]) -> Screening:
    return Screening(
        fingerprint="f",
        rubric=RubricRecord(id="r", sha256=""),
        submission=SubmissionRecord(
            id="s",
            documents=tuple(
                DocumentRecord.model_validate(
                    {"name": "n", "part": None, "status": status, "reason": "", "reader": "", "pages": None, "words": 1, "sha256": ""}
                )
                for status in documents
            ),
        ),
        requirements=tuple(Requirement.model_validate({"check": "c", "subject": "s", "status": s, "message": ""}) for s in statuses),
    )


@pytest.mark.parametrize(
    ("statuses", "documents", "words"),
    [
        (("met", "met"), ("text",), "complete so far"),
        (("met", "flagged", "flagged"), ("text",), "2 to mend"),
        (("unchecked",), ("partial",), "1 unchecked"),
        (("flagged", "unchecked"), ("text", "corrupt"), "1 to mend, 1 unchecked"),
        (("met",), ("needs_ocr", "encrypted"), "unreadable"),
        ((), ("text",), "nothing checked"),
        (("flagged",), (), "nothing to read"),
    ],
)
def test_completion(statuses: tuple[str, ...], documents: tuple[str, ...], words: str) -> None:
    assert wording.completion(_screening(statuses, documents)) == words


def test_every_status_has_words_and_none_judges() -> None:
    assert set(wording.COVERAGE) == set(get_args(results.CoverageStatus))
    assert set(wording.CITATION) == set(get_args(results.CitationStatus))
    assert set(wording.DOCUMENT) == set(get_args(document.Status))
    tables = (wording.COVERAGE, wording.CITATION, wording.DOCUMENT, wording.REQUIREMENT)
    words = " ".join(f"{word.label} {word.meaning}" for table in tables for word in table.values()) + wording.NOTE
    assert not re.search(r"\b(?:grad(?:e|es|ed|ing)|pass(?:ed|es)?|fail(?:ed|s|ure)?|verdict)\b", words, re.IGNORECASE)


def test_calibration_is_explained() -> None:
    assert "put passages in order" in wording.calibration_in_words("uncalibrated")
    assert "()" not in wording.calibration_in_words("uncalibrated")
    assert "uncalibrated (cosine only)" in wording.calibration_in_words("uncalibrated: cosine only")
    assert "how likely" in wording.calibration_in_words("isotonic, 412 decisions of 6 assessors")


def test_reports_load_no_heavy_package() -> None:
    code = "import sys, mcscreen.reports; print(sorted({'jinja2', 'openpyxl', 'pandas', 'lxml'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
