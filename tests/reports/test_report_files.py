"""What every report has in common: names, rights, whole files, equal bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from mcscreen.errors import InputError
from mcscreen.reports import REPORTS, write_reports
from mcscreen.results import Reflection, Screening
from mcscreen.rubric import Rubric

Screenings = tuple[Screening, ...]


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_all_formats_are_written_for_the_owner_only(screenings: Screenings, rubric: Rubric, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "report"
    paths = write_reports(screenings, rubric, folder, list(REPORTS))
    assert sorted(paths) == sorted(p for p in folder.rglob("*") if p.is_file())
    assert {p.name for p in folder.iterdir()} == {
        "index.html", "submissions", "screenings.jsonl", "coverage.csv", "citations.csv", "trace.csv", "requirements.csv", "documents.csv",
        "reflection.csv", "screenings.xlsx", "screenings.md",
    }  # fmt: skip
    assert paths[0] == folder / "index.html"
    if os.name == "posix":
        assert {stat.S_IMODE(p.stat().st_mode) for p in paths} == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE((folder / "submissions").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", list(REPORTS))
def test_equal_screenings_give_equal_bytes(name: str, screenings: Screenings, rubric: Rubric, tmp_path: Path) -> None:
    REPORTS[name](screenings, rubric, tmp_path / "one")
    copies = tuple(Screening.model_validate_json(s.model_dump_json()) for s in screenings)
    REPORTS[name](copies, rubric, tmp_path / "two")
    first = _contents(tmp_path / "one")
    assert first and first == _contents(tmp_path / "two")


@pytest.mark.parametrize("name", list(REPORTS))
def test_an_empty_batch_still_gives_a_report(name: str, rubric: Rubric, tmp_path: Path) -> None:
    assert all(p.stat().st_size or p.suffix == ".jsonl" for p in REPORTS[name]((), rubric, tmp_path))


@pytest.mark.parametrize("name", list(REPORTS))
def test_an_empty_screening_gives_a_report(name: str, screenings: Screenings, rubric: Rubric, tmp_path: Path) -> None:
    bare = screenings[0].model_copy(
        update={
            "coverage": (),
            "citations": (),
            "requirements": (),
            "words": (),
            "submission": screenings[0].submission.model_copy(update={"documents": ()}),
        }
    )
    assert REPORTS[name]((bare,), rubric, tmp_path)


@pytest.mark.parametrize("name", list(REPORTS))
def test_a_lone_surrogate_does_not_stop_a_report(
    name: str, screenings: Screenings, rubric: Rubric, tmp_path: Path, profile_quoting: Callable[[str], Reflection]
) -> None:
    broken = "a\ud800b"
    coverage = screenings[0].coverage[0]
    evidence = coverage.evidence[0].model_copy(update={"quote": broken, "document": broken})
    screening = screenings[0].model_copy(
        update={
            "coverage": (coverage.model_copy(update={"evidence": (evidence,), "message": broken}),),
            "submission": screenings[0].submission.model_copy(update={"id": broken}),
            "reflection": profile_quoting(broken),
        }
    )
    paths = REPORTS[name]((screening,), rubric, tmp_path)
    if name == "xlsx":
        assert openpyxl.load_workbook(paths[0])["Coverage"]["A2"].value == "a\ufffdb"
    else:
        assert "a\ufffdb" in paths[0].read_text(encoding="utf-8")


def test_pages_of_an_earlier_run_are_set_aside_and_say_so(screenings: Screenings, rubric: Rubric, tmp_path: Path) -> None:
    first, second = (
        screenings[0].model_copy(update={"submission": screenings[0].submission.model_copy(update={"id": name})}) for name in ("a", "b")
    )
    write_reports((first, second), rubric, tmp_path, ["html", "md"])
    own = tmp_path / "submissions" / "own.html"
    own.write_text("<p>not of mcscreen", encoding="utf-8")
    (tmp_path / "submissions" / "own.md").write_text("# mine\n", encoding="utf-8")
    write_reports((second,), rubric, tmp_path, ["md"])
    assert (tmp_path / "submissions" / "a.html").exists(), "a format that is not written is left alone"
    write_reports((second,), rubric, tmp_path, ["html"])
    assert sorted(p.name for p in (tmp_path / "submissions").iterdir()) == ["b.html", "b.md", "own.html", "own.md"]
    assert sorted(p.name for p in (tmp_path / "earlier").iterdir()) == ["a.html", "a.md"]
    page, text = ((tmp_path / "earlier" / name).read_text(encoding="utf-8") for name in ("a.html", "a.md"))
    assert "Of an earlier run." in page and "1 of 2" not in page and "<title>Earlier run: a" in page
    assert text.startswith("> Of an earlier run") and "\n# a\n" in text
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "earlier").stat().st_mode) == 0o700
    write_reports((first, second), rubric, tmp_path, ["html", "md"])
    assert list((tmp_path / "earlier").iterdir()) == [] and "1 of 2" in (tmp_path / "submissions" / "a.html").read_text(encoding="utf-8")


def test_reports_that_people_read_say_that_names_are_masked_and_that_some_are_missed(
    screenings: Screenings, rubric: Rubric, tmp_path: Path
) -> None:
    def texts(folder: Path) -> list[str]:
        about = openpyxl.load_workbook(folder / "screenings.xlsx")["About"]
        pages = [p for p in folder.rglob("*") if p.suffix in (".html", ".md")]
        return [p.read_text(encoding="utf-8") for p in pages] + ["\n".join(str(cell.value) for cell in about["A"])]

    masked = [s.model_copy(update={"masked": True}) for s in screenings]
    write_reports(masked, rubric, tmp_path / "masked", ["html", "md", "xlsx"])
    write_reports(screenings, rubric, tmp_path / "plain", ["html", "md", "xlsx"])
    assert len(texts(tmp_path / "masked")) == 2 * len(screenings) + 3
    assert all("are masked" in text and "Masking misses some" in text for text in texts(tmp_path / "masked"))
    assert not any("Masking misses" in text for text in texts(tmp_path / "plain"))


def test_an_unknown_format_writes_nothing(screenings: Screenings, rubric: Rubric, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'docx'.*html, jsonl, csv, xlsx, md"):
        write_reports(screenings, rubric, tmp_path / "report", ["html", "docx"])
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_breaks_off_leaves_the_old_file(
    step: str, screenings: Screenings, rubric: Rubric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_reports(screenings, rubric, tmp_path, ["jsonl"])
    before = _contents(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left"):
        write_reports(screenings[:1], rubric, tmp_path, ["jsonl"])
    monkeypatch.undo()
    assert _contents(tmp_path) == before
    write_reports(screenings[:1], rubric, tmp_path, ["jsonl"])
    assert _contents(tmp_path) != before


def test_a_link_in_place_of_a_report_is_replaced_not_followed(screenings: Screenings, rubric: Rubric, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.txt"
    target.write_text("mine")
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "screenings.jsonl").symlink_to(target)
    write_reports(screenings, rubric, folder, ["jsonl"])
    assert target.read_text() == "mine"
    assert not (folder / "screenings.jsonl").is_symlink()
