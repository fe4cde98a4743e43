"""Folders, archives and exports as people upload them, and as an attacker would."""

from __future__ import annotations

import errno
import io
import os
import random
import stat
import threading
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mcscreen.errors import InputError
from mcscreen.intake import Upload, find_uploads, open_upload
from mcscreen.limits import Limits
from mcscreen.private_files import NotWritten


def write(root: Path, *names: str, **contents: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents.get(name, f"text of {name}"))
    return root


def pack(path: Path, members: Mapping[str, bytes | str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def ids(*paths: Path) -> list[str]:
    return [u.id for u in find_uploads(list(paths))]


def contents(upload: Upload, limits: Limits | None = None) -> dict[str, str | None]:
    with open_upload(upload, limits or Limits()) as opened:
        return {f.name: None if f.unread else f.path.read_text(errors="replace") for f in opened.files}


SUBMISSION = ("Part 1 Narrative.docx", "Part 2.xlsx", "Part 3 Reflection.pdf", "artifacts/Handbook.pdf", "artifacts/2023/Plan.pptx")


def test_a_submission_folder(tmp_path: Path) -> None:
    [upload] = find_uploads([write(tmp_path / "S01", *SUBMISSION)])
    assert upload.id == "S01" and not upload.problems
    assert list(contents(upload)) == sorted(SUBMISSION)


def test_one_document_is_a_submission(tmp_path: Path) -> None:
    write(tmp_path / "S07", "submission.pdf", "essay.odt")
    assert ids(tmp_path / "S07" / "submission.pdf") == ["S07"]
    assert ids(tmp_path / "S07" / "essay.odt") == ["essay"]


def test_a_folder_of_submissions(tmp_path: Path) -> None:
    for name in ("S02", "S01"):
        write(tmp_path / "batch" / name, *SUBMISSION)
    pack(tmp_path / "batch" / "S03.zip", dict.fromkeys(SUBMISSION, "x"))
    write(tmp_path / "batch", "README.txt", "roster.csv")
    assert ids(tmp_path / "batch") == ["S01", "S02", "S03"]


def test_a_stray_document_does_not_melt_a_batch_into_one(tmp_path: Path) -> None:
    for name in ("S02", "S01"):
        write(tmp_path / "batch" / name, *SUBMISSION)
    write(tmp_path / "batch", "Letter to assessors.pdf")
    assert ids(tmp_path / "batch") == ["Letter to assessors", "S01", "S02"]


@pytest.mark.parametrize(
    "names",
    [
        ("Part 1/essay.docx", "Part 2 artifacts/a.pdf", "Part 3/end.docx"),
        ("Jane Doe Part 1/essay.docx", "Jane Doe artifacts/a.pdf"),
        ("artifacts/a.pdf", "writing/essay.docx"),
        ("evidence/a.pdf",),
        ("upload/a.docx", "files/b.docx"),
        ("x/a.docx", "y/b.docx", "submission.toml"),
    ],
)
def test_sub_folders_of_one_submission(tmp_path: Path, names: tuple[str, ...]) -> None:
    assert ids(write(tmp_path / "S01", *names)) == ["S01"]


def test_candidates_called_portfolio_stay_apart(tmp_path: Path) -> None:
    write(tmp_path / "b", "Jane Doe Portfolio/a.docx", "John Roe Portfolio/a.docx")
    assert ids(tmp_path / "b") == ["Jane Doe Portfolio", "John Roe Portfolio"]


def test_a_generic_folder_takes_its_parents_name(tmp_path: Path) -> None:
    for name in ("S01", "S02"):
        write(tmp_path / "dev" / name, "labels.json", "submission/essay.pdf")
    assert ids(tmp_path / "dev") == ["S01", "S02"]
    assert ids(tmp_path / "dev" / "S02" / "submission") == ["S02"]


def test_ids_are_unique_and_do_not_depend_on_the_order(tmp_path: Path) -> None:
    for name in ("spring/S01", "fall/S01", "fall/S02"):
        write(tmp_path / name, "essay.docx")
    paths = [tmp_path / "spring", tmp_path / "fall", tmp_path / "fall" / "S02"]
    first = [(u.id, u.root) for u in find_uploads(paths)]
    assert [i for i, _ in first] == ["fall - S01", "S02", "spring - S01"]
    random.Random(3).shuffle(paths)
    assert [(u.id, u.root) for u in find_uploads(paths)] == first


def test_junk_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "S01", "essay.docx", ".DS_Store", "Thumbs.db", "__MACOSX/._essay.docx", "~$essay.docx", "desktop.ini", ".git/config")
    [upload] = find_uploads([tmp_path / "S01"])
    assert list(contents(upload)) == ["essay.docx"]


def test_canvas_export(tmp_path: Path) -> None:
    names = (
        "doejane_123456_987654_Part 1 Narrative.docx",
        "doejane_123456_987655_Part_3.pdf",
        "doejane_LATE_123456_987656_artifacts.zip",
        "roe-li_77_12_essay.docx",
        "roe-li_77_13_essay.docx",
        "kim_99_text.html",
    )
    folder = write(tmp_path / "export", *names)
    pack(folder / names[2], {"Handbook.pdf": "h"})
    uploads = find_uploads([folder])
    assert [u.id for u in uploads] == ["doejane", "kim", "roe-li"]
    assert list(contents(uploads[0])) == ["Part 1 Narrative.docx", "Part_3.pdf", "artifacts.zip/Handbook.pdf"]
    assert list(contents(uploads[2])) == ["roe-li_77_12_essay.docx", "roe-li_77_13_essay.docx"]
    pack(tmp_path / "submissions.zip", {n: (folder / n).read_bytes() for n in names})
    assert ids(tmp_path / "submissions.zip") == ["doejane", "kim", "roe-li"]


def test_numbers_in_the_names_of_one_submission_are_no_export(tmp_path: Path) -> None:
    assert ids(write(tmp_path / "S01", "Part1_2023_10_notes.docx", "Part2_2023_11_notes.docx", "P3_1_2_end.docx")) == ["S01"]


def test_moodle_export(tmp_path: Path) -> None:
    names = (
        "Jane Doe_12345_assignsubmission_file_/Part 1.docx",
        "Jane Doe_12345_assignsubmission_file_/artifacts/a.pdf",
        "Jane Doe_12345_assignsubmission_onlinetext_/onlinetext.html",
        "Zoë Roe_9_assignsubmission_file_essay.docx",
        "Jane Doe_777_assignsubmission_file_/Part 1.docx",
    )
    uploads = find_uploads([write(tmp_path / "course", *names)])
    assert [u.id for u in uploads] == ["12345 - Jane Doe", "777 - Jane Doe", "Zoë Roe"]
    assert list(contents(uploads[0])) == ["Part 1.docx", "artifacts/a.pdf", "onlinetext.html"]
    assert list(contents(uploads[2])) == ["essay.docx"]
    pack(tmp_path / "course.zip", {n: "x" for n in names})
    assert len(ids(tmp_path / "course.zip")) == 3


def test_a_zip_of_one_submission_and_of_several(tmp_path: Path) -> None:
    assert ids(pack(tmp_path / "S05.zip", dict.fromkeys(SUBMISSION, "x"))) == ["S05"]
    assert ids(pack(tmp_path / "w.zip", {f"S06/{n}": "x" for n in SUBMISSION} | {"__MACOSX/S06/._a.docx": "x"})) == ["S06"]
    inner = pack(
        tmp_path / "inner.zip", {"S09/Part 1.docx": "one", "S09/artifacts.zip": pack(tmp_path / "a.zip", {"h.pdf": "h"}).read_bytes()}
    )
    several = {"S07/Part 1.docx": b"x", "S08/Part 1.docx": b"x", "S09.zip": inner.read_bytes()}
    uploads = find_uploads([pack(tmp_path / "all.zip", several)])
    assert [u.id for u in uploads] == ["S07", "S08", "S09"]
    assert contents(uploads[2]) == {"Part 1.docx": "one", "artifacts.zip/h.pdf": "h"}


def test_the_temporary_folder_is_private_and_removed(tmp_path: Path) -> None:
    [upload] = find_uploads([pack(tmp_path / "S01.zip", {"essay.docx": "x"})])
    with open_upload(upload) as opened:
        folder = opened.files[0].path.parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


def test_hostile_names_in_a_zip_stay_labels(tmp_path: Path) -> None:
    names = [
        "../../evil.docx",
        "/etc/cron.d/x.txt",
        "C:\\temp\\b.docx",
        "dir\\c.docx",
        "A.docx",
        "a.docx",
        "n" * 300 + ".docx",
        "\u202egpj.docx",
    ]
    [upload] = find_uploads([pack(tmp_path / "up" / "S01.zip", {n: n for n in names})])
    with open_upload(upload) as opened:
        assert {f.name for f in opened.files} == {
            *("evil.docx", "etc/cron.d/x.txt", "temp/b.docx", "dir/c.docx", "A.docx", "a.docx", "n" * 300 + ".docx", "gpj.docx")
        }
        assert len({f.path.parent for f in opened.files}) == 1
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["S01.zip", "up"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_both_kept(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "S01.zip", "w") as archive:
        archive.writestr("essay.docx", "first")
        archive.writestr("essay.docx", "second")
    [upload] = find_uploads([tmp_path / "S01.zip"])
    assert contents(upload) == {"essay.docx": "first", "essay (2).docx": "second"}


def test_members_that_cannot_be_taken_out_are_reported_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "S01.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.docx", "good")
        archive.writestr("bomb.docx", bytes(30_000_000))
        archive.writestr("big.mp4", random.Random(1).randbytes(2_000_000))
        archive.writestr("secret.docx", "locked")
        link = zipfile.ZipInfo("link.docx")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x01\x02", 46), (b"PK\x03\x04", 30)):
        at = data.index(b"secret.docx", data.index(signature) + offset)
        at = next(i for i in _finds(data, b"secret.docx") if data[i - offset : i - offset + 4] == signature)
        data[at - offset + (8 if offset == 46 else 6)] |= 1
    path.write_bytes(data)
    [upload] = find_uploads([path])
    with open_upload(upload, Limits(archive_bytes=1_000_000)) as opened:
        statuses = {f.name: f.unread.status if f.unread else "ok" for f in opened.files}
        assert statuses == {
            "good.docx": "ok",
            "bomb.docx": "too_large",
            "big.mp4": "too_large",
            "secret.docx": "encrypted",
            "link.docx": "unsupported",
        }
        for name in ("bomb.docx", "big.mp4", "secret.docx", "link.docx"):
            assert any(p.startswith(f"{name}: ") for p in opened.problems)


def _finds(data: bytes, what: bytes) -> list[int]:
    return [i for i in range(len(data)) if data.startswith(what, i)]


@pytest.mark.parametrize("step", ["folder", "file", "bytes"])
@pytest.mark.parametrize("number", sorted({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}))
def test_a_full_disk_is_not_told_of_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int) -> None:
    [upload] = find_uploads([pack(tmp_path / "S.zip", {"Part 1.docx": "x", "Part 2.docx": "y" * 5000})])
    opened = Path.open

    class Full(io.FileIO):
        def write(self, _: object) -> int:
            raise OSError(number, os.strerror(number))

    def full(*args: Any, **more: Any) -> Any:
        if step == "folder" or (step == "file" and args[1:] == ("wb",)):
            raise OSError(number, os.strerror(number))
        if args[1:] != ("wb",):
            return opened(*args, **more)
        raw = Full(args[0], "wb")
        return raw if more.get("buffering") == 0 else io.BufferedWriter(raw)

    if step == "folder":
        monkeypatch.setattr("tempfile.mkdtemp", full)
    else:
        monkeypatch.setattr(Path, "open", full)
    with pytest.raises(NotWritten, match="make room on the disk"):
        contents(upload)


def test_a_member_that_comes_to_the_disk_in_pieces_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"Part 1.docx": "abc" * 1000, "Part 2.docx": "y"}
    [upload] = find_uploads([pack(tmp_path / "S.zip", files)])
    opened = Path.open

    class Slow(io.FileIO):
        def write(self, data: Any) -> int:
            return super().write(memoryview(data)[:700])

    monkeypatch.setattr(Path, "open", lambda *args, **more: Slow(args[0], "wb") if args[1:] == ("wb",) else opened(*args, **more))
    assert contents(upload) == files


def test_archives_are_opened_one_level_deep(tmp_path: Path) -> None:
    deepest = pack(tmp_path / "c.zip", {"x.pdf": "x"}).read_bytes()
    middle = pack(tmp_path / "b.zip", {"y.pdf": "y", "deep.zip": deepest}).read_bytes()
    folder = write(tmp_path / "S01", "essay.docx")
    (folder / "artifacts.zip").write_bytes(middle)
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 no more")
    [upload] = find_uploads([folder])
    assert contents(upload) == {
        "essay.docx": "text of essay.docx",
        "artifacts.zip/y.pdf": "y",
        "artifacts.zip/deep.zip": None,
        "broken.zip": None,
    }


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_a_bad_archive_is_an_upload_with_a_problem(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "S01.zip").write_bytes(data)
    [upload] = find_uploads([tmp_path / "S01.zip"])
    assert upload.id == "S01" and not upload.files and "S01" in upload.problems[0]


def test_archives_of_other_kinds_say_what_to_do(tmp_path: Path) -> None:
    folder = write(tmp_path / "batch", "S01.rar", "S02.7z")
    uploads = find_uploads([folder])
    assert [u.id for u in uploads] == ["S01", "S02"] and all(".zip" in u.problems[0] for u in uploads)


def test_names_without_the_utf8_flag(tmp_path: Path) -> None:
    for number, (raw, expected) in enumerate(
        [
            ("Отчёт.docx".encode("cp866"), "Отчёт.docx"),
            ("Отчёт.docx".encode(), "Отчёт.docx"),
            ("résumé.docx".encode("cp437"), "résumé.docx"),
        ]
    ):
        path = pack(tmp_path / f"{number}.zip", {"N" * len(raw): "x"})
        path.write_bytes(path.read_bytes().replace(b"N" * len(raw), raw))
        [upload] = find_uploads([path])
        assert list(contents(upload)) == [expected]


def test_links_fifos_and_loops(tmp_path: Path) -> None:
    folder = write(tmp_path / "S01", "essay.docx", "artifacts/a.pdf")
    (tmp_path / "outside.docx").write_text("private")
    (folder / "Part 3.docx").symlink_to(tmp_path / "outside.docx")
    (folder / "same.docx").symlink_to("essay.docx")
    (folder / "artifacts" / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "self").symlink_to(folder / "self")
    os.mkfifo(folder / "pipe.txt")
    found: list[Upload] = []
    thread = threading.Thread(target=lambda: found.extend(find_uploads([folder])), daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert contents(found[0]) == {
        "essay.docx": "text of essay.docx",
        "same.docx": "text of essay.docx",
        "artifacts/a.pdf": "text of artifacts/a.pdf",
        **dict.fromkeys(["Part 3.docx", "artifacts/loop", "self", "pipe.txt"]),
    }
    assert len(found[0].problems) == 4


def test_an_empty_folder_is_still_a_row(tmp_path: Path) -> None:
    write(tmp_path / "b", "S01/essay.docx")
    (tmp_path / "b" / "S02").mkdir()
    uploads = find_uploads([tmp_path / "b"])
    assert [(u.id, bool(u.problems)) for u in uploads] == [("S01", False), ("S02", True)]


def test_a_missing_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        find_uploads([tmp_path / "nowhere"])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        find_uploads([tmp_path / "pipe"])


def test_manifest(tmp_path: Path) -> None:
    folder = write(tmp_path / "S01", "my words.docx", "table.csv", "evidence/a.pdf", "evidence/b/c.pdf")
    (folder / "submission.toml").write_text(
        'id = "Candidate 9"\n[parts]\npart1 = ["My words.docx"]\npart2 = ["table.csv"]\nartifacts = ["evidence/*"]\n'
    )
    expected = (("evidence/a.pdf", "artifact"), ("evidence/b/c.pdf", "artifact"), ("my words.docx", "part1"), ("table.csv", "part2"))
    pack(tmp_path / "z.zip", {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()})
    for path in (folder, tmp_path / "z.zip"):
        [upload] = find_uploads([path])
        assert upload.id == "Candidate 9"
        with open_upload(upload) as opened:
            assert opened.declared == expected and not opened.problems
            assert "submission.toml" not in {f.name for f in opened.files}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id = ", "cannot be used"),
        ('colour = "red"\n', "line 1: the key 'colour' is not known"),
        ("id = 7\n", "line 1: id must be"),
        ('[parts]\npart1 = "a.docx"\n', "line 2: part1 must be a list"),
        ('[parts]\npart1 = ["b*.docx"]\n', "line 2: no file matches 'b*.docx'"),
        ('[parts]\npart1 = ["a.docx"]\npart3 = ["a.*"]\n', "line 3: a.docx is already declared as part1"),
        ("parts = 3\n", "line 1: parts must be a table"),
    ],
)
def test_a_wrong_manifest_is_a_problem(tmp_path: Path, text: str, said: str) -> None:
    folder = write(tmp_path / "S01", "a.docx")
    (folder / "submission.toml").write_text(text)
    [upload] = find_uploads([folder])
    with open_upload(upload) as opened:
        assert any(said in p for p in opened.problems), opened.problems
        assert [f.name for f in opened.files] == ["a.docx"]
