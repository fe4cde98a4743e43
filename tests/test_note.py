"""The note to a candidate: only what is open, where to mend it, in words that can be sent as they are."""

from __future__ import annotations

import io
import os
import re
import stat
from pathlib import Path

import docx
import pytest
from markdown_it import MarkdownIt

from mcscreen import InputError, write_note
from mcscreen.note import note_of, write_notes
from mcscreen.results import Completion, CompletionItem, Requirement, RubricRecord, Screening, SubmissionRecord

JUDGING = re.compile(r"\b(?:grade|pass(?:ed|es)?\b|fail|verdict|score|good|weak|poor|strong|quality|covered|thin\b|facet)", re.I)


def _item(check: str, subject: str = "s", message: str = "It is short.", remedy: str = "Add to it.", kind: str = "mend") -> CompletionItem:
    return CompletionItem.model_validate({"check": check, "subject": subject, "message": message, "remedy": remedy, "kind": kind})


def _screening(*items: CompletionItem, identifier: str = "S1", flagged: bool = False) -> Screening:
    status = "ready" if not items else "return" if any(i.kind == "mend" for i in items) else "unreadable"
    return Screening(
        fingerprint="f",
        rubric=RubricRecord(id="choir", sha256="", title="Leading a Choir"),
        submission=SubmissionRecord(id=identifier, documents=()),
        requirements=(Requirement(check="minimum_words", subject="p1", status="flagged", message="short"),) if flagged else (),
        completion=Completion.model_validate({"status": status, "items": items}),
    )


OPEN = _screening(
    _item("no_locator", "O1", "Row 2: no place.", "Write the page."),
    _item("minimum_words", "p1", "Part 1 has 71 words.", "Add 29 words."),
    _item("documents_read", "a.pdf", "“a.pdf” is locked.", "Upload it without the password."),
    _item("row_missing", "O2", "No row for “low”.", "Add a row for it."),
    _item("row_missing", "O3", "No row for “high”.", "Add a row for it."),
    _item("documents_read", "scan.pdf", "“scan.pdf” holds pictures.", "Nothing has to be done.", "unchecked"),
)


def _markdown(screening: Screening, folder: Path) -> str:
    (path,) = write_note(screening, folder, ("md",))
    return path.read_text(encoding="utf-8")


def test_items_are_grouped_in_the_order_of_work_and_one_remedy_is_said_once(tmp_path: Path) -> None:
    note = note_of(OPEN)
    assert [g.title for g in note.groups] == ["Files", "Parts of the submission", "Evidence self-analysis", "Not read automatically"]
    assert note.groups[2].lines[1].messages == ("No row for “low”.", "No row for “high”.")
    text = _markdown(OPEN, tmp_path)
    assert text.index("a.pdf") < text.index("71 words") < text.index("Row 2") < text.index("scan.pdf")
    assert text.count("Add a row for it.") == 1 and "for each of these" in text
    assert "5 things need to be completed" in text
    assert "Leading a Choir" in text and "S1" in text


def test_when_nothing_is_open_it_says_so(tmp_path: Path) -> None:
    note = note_of(_screening())
    assert (note.needed, note.groups) == (False, ())
    assert "Nothing needs returning" in _markdown(_screening(), tmp_path)


def test_what_only_could_not_be_read_asks_for_nothing(tmp_path: Path) -> None:
    unread = _screening(_item("documents_read", kind="unchecked"))
    assert not note_of(unread).needed
    text = _markdown(unread, tmp_path)
    assert "nothing needs returning" in text and "no fault" in text


def test_a_submission_that_was_not_screened_is_not_called_complete(tmp_path: Path) -> None:
    text = _markdown(_screening(_item("screening", message="KeyError", remedy="Look at it by hand.", kind="unchecked")), tmp_path)
    assert "could not be checked automatically" in text
    assert "KeyError" not in text and "by hand" not in text and "Everything" not in text


def test_a_screening_without_completion_is_refused() -> None:
    with pytest.raises(InputError, match="screen it again"):
        note_of(_screening(flagged=True))


def test_no_note_judges(tmp_path: Path) -> None:
    for n, screening in enumerate((OPEN, _screening(), _screening(_item("documents_read", kind="unchecked")))):
        assert not JUDGING.search(_markdown(screening, tmp_path / str(n)))


def test_the_word_file_says_what_the_markdown_says(tmp_path: Path) -> None:
    (path,) = write_note(OPEN, tmp_path, ("docx",))
    document = docx.Document(io.BytesIO(path.read_bytes()))
    text = "\n".join(p.text for p in document.paragraphs)
    for item in OPEN.completion.items:
        assert item.message in text and item.remedy in text
    assert [p.text for p in document.paragraphs if p.style.name == "Heading 1"] == [g.title for g in note_of(OPEN).groups]
    assert document.core_properties.title == "Completing your submission"
    assert not document.core_properties.author and document.core_properties.created.year == 2000


def test_equal_screenings_give_equal_bytes_and_files_are_the_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write_note(OPEN, tmp_path / "a")
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    second = write_note(OPEN, tmp_path / "b")
    assert [p.name for p in first] == ["S1.md", "S1.docx"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    if os.name == "posix":
        assert {stat.S_IMODE(p.stat().st_mode) for p in first} == {0o600}
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700


def test_what_a_candidate_wrote_stays_text(tmp_path: Path) -> None:
    attack = "[link](javascript:alert(1)) <script>alert(2)</script> **bold** `code` https://evil.example\n\n# head\x00\x1b[31m\u202e"
    screening = _screening(_item("no_locator", message=attack, remedy=attack), identifier=f"../{attack}")
    md, word = write_note(screening, tmp_path / "notes")
    assert md.parent == word.parent == tmp_path / "notes"
    html = MarkdownIt("commonmark", {"linkify": False}).render(md.read_text(encoding="utf-8"))
    assert "<script" not in html and "<a " not in html and "<code" not in html and html.count("<h1") == 1
    assert "evil" in "\n".join(p.text for p in docx.Document(str(word)).paragraphs)


def test_a_path_with_an_ending_is_the_file(tmp_path: Path) -> None:
    assert write_note(OPEN, tmp_path / "to Jo.docx") == [tmp_path / "to Jo.docx"]
    assert (tmp_path / "to Jo.docx").read_bytes().startswith(b"PK")
    with pytest.raises(InputError, match="Choose from: md, docx"):
        write_note(OPEN, tmp_path / "new", ("pdf",))
    assert not (tmp_path / "new").exists()


def test_a_batch_gets_notes_where_something_must_be_mended(tmp_path: Path) -> None:
    waiting = _screening(_item("documents_read", kind="unchecked"), identifier="S2")
    twin = _screening(_item("minimum_words"), identifier="s1")
    written = write_notes([OPEN, waiting, _screening(identifier="S3"), twin], tmp_path, ("md",))
    assert [[p.name for p in paths] for _, paths in written] == [["S1.md"], [], [], ["s1-2.md"]]
