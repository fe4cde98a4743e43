"""The file of an assessor's decisions: what the pages export is read, and what is wrong with a file is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcscreen.decisions import Decisions, files_digest, read_decisions
from mcscreen.errors import InputError
from mcscreen.results import DocumentRecord, SubmissionRecord


def _decision(**more: object) -> dict[str, Any]:
    return {
        "kind": "facet",
        "facet": "A1.school",
        "row": None,
        "finding": "thin",
        "choice": "other_passage",
        "blind_choice": None,
        "passages": [{"document": "Part 1.docx", "start": 10, "end": 14, "quote": "📚 we"}],
        "note": "also on page 2",
        "time": "2026-03-04T10:11:12.345Z",
    } | more


def _file(*decisions: dict[str, Any], **more: object) -> dict[str, Any]:
    review = {"submission": "one", "fingerprint": "f", "files": "0", "decisions": list(decisions)}
    return {"schema": 1, "assessor": "KB", "rubric": {"id": "r", "sha256": "s", "title": "R"}, "reviews": [review]} | more


def _write(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_a_file_is_read_and_written_back_the_same(tmp_path: Path) -> None:
    raw = _file(_decision(), _decision(kind="citation", facet=None, row=3, choice=None, note="look again"))
    read = read_decisions(_write(tmp_path / "d.json", raw))
    first, second = read.reviews[0].decisions
    assert first.passages[0].quote == "📚 we" and first.time.utcoffset() is not None and first.key == ("facet", "A1.school", None)
    assert second.choice is None and second.key == ("citation", None, 3)
    assert Decisions.model_validate_json(read.model_dump_json()) == read
    assert json.loads(read.model_dump_json())["schema"] == 1


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(_file(_decision())).encode())
    assert read_decisions(path).assessor == "KB"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "the file: is not JSON"),
        ("[]", "the file:"),
        (_file(assessor=""), "assessor: must not be empty"),
        (_file(schema=2), "schema: input should be 1"),
        (_file(_decision(choice="pass")), "reviews[0].decisions[0].choice: input should be 'agree', 'other_passage' or 'not_addressed'"),
        (_file(_decision(row="3")), "reviews[0].decisions[0].row: input should be a valid integer"),
        (_file(_decision(time="2026-03-04T10:11:12")), "reviews[0].decisions[0].time: has no time zone"),
        (_file(_decision(mark=1)), "reviews[0].decisions[0].mark: is not known here"),
        (_file({k: v for k, v in _decision().items() if k != "finding"}), "reviews[0].decisions[0].finding: is missing"),
        (
            _file(_decision(passages=[{"document": "a", "start": 5, "end": 4, "quote": ""}])),
            "reviews[0].decisions[0].passages[0]: ends at 4, before its start at 5",
        ),
        (_file(_decision(), _decision()), "reviews[0]: facet A1.school is decided twice; keep one"),
        (_file(reviews=[_file()["reviews"][0]] * 2), "the file: one f 0 is reviewed twice; keep one"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content: object, told: str, tmp_path: Path) -> None:
    path = _write(tmp_path / "d.json", content)
    with pytest.raises(InputError) as error:
        read_decisions(path)
    assert f"{path}: {told}" in str(error.value)


def test_a_missing_file_says_where_one_comes_from(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file; export one"):
        read_decisions(tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_decisions(tmp_path)


def test_many_problems_are_counted(tmp_path: Path) -> None:
    decisions = [_decision(facet=f"A{n}", choice="?") for n in range(30)]
    with pytest.raises(InputError) as error:
        read_decisions(_write(tmp_path / "d.json", _file(*decisions)))
    assert str(error.value).count("\n") == 20 and str(error.value).endswith("… and 10 more")


def test_the_digest_changes_with_any_file() -> None:
    def record(name: str, sha256: str) -> DocumentRecord:
        return DocumentRecord(name=name, part=None, status="text", reason="", reader="", pages=None, words=1, sha256=sha256)

    submissions = [
        SubmissionRecord(id="one", documents=(record("a", "1"), record("b", "2"))),
        SubmissionRecord(id="one", documents=(record("a", "1"), record("b", "3"))),
        SubmissionRecord(id="one", documents=(record("a", "1"), record("c", "2"))),
        SubmissionRecord(id="one", documents=(record("a", "1"),)),
    ]
    assert len({files_digest(s) for s in submissions}) == 4
    assert files_digest(submissions[0]) == files_digest(submissions[0].model_copy(update={"id": "two"}))
