from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import mcscreen.extractors as extractors
from mcscreen.document import Draft, UnreadableDocument
from mcscreen.extractors import EXTRACTORS, read_document
from mcscreen.limits import Limits


def write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def breaking(error: BaseException, text: str = ""):  # type: ignore[no-untyped-def]
    def extract(path: Path, draft: Draft, limits: Limits) -> None:
        draft.paragraph(text)
        raise error

    return extract


def test_text_document(tmp_path: Path) -> None:
    path = write(tmp_path / "x", "I listen to every child.")
    document = read_document(path, "parts/Part 1.txt")
    assert (document.status, document.name, document.format, document.size) == ("text", "parts/Part 1.txt", "txt", 24)
    assert document.sha256 == hashlib.sha256(b"I listen to every child.").hexdigest()
    assert [document.text_of(b) for b in document.blocks] == ["I listen to every child."]


def test_importing_loads_no_heavy_package() -> None:
    code = "import sys, mcscreen.extractors; print([m for m in sys.argv[1].split() if m in sys.modules])"
    heavy = "lxml bs4 openpyxl pptx docx pypdfium2 pdfplumber spacy pandas numpy charset_normalizer markdown_it pymediainfo PIL striprtf"
    run = subprocess.run([sys.executable, "-c", code, heavy], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("error", "text", "status", "said"),
    [
        (UnreadableDocument("needs_ocr", "only pictures"), "", "needs_ocr", "only pictures"),
        (MemoryError(), "", "too_large", "memory"),
        (RecursionError("secret words"), "", "corrupt", "RecursionError"),
        (KeyError("secret words"), "", "corrupt", "KeyError"),
        (KeyError("secret words"), "What was read before.", "partial", "KeyError"),
        (MemoryError(), "What was read before.", "partial", "memory"),
    ],
)
def test_a_reader_that_fails_gives_a_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, text: str, status: str, said: str
) -> None:
    monkeypatch.setitem(extractors.EXTRACTORS, "txt", breaking(error, text))
    document = read_document(write(tmp_path / "a.txt", "words"), "a.txt")
    assert document.status == status
    assert said in document.reason
    assert "secret" not in document.reason
    assert document.text == (text if status == "partial" else "")


def test_being_stopped_is_no_file_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(extractors.EXTRACTORS, "txt", breaking(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        read_document(write(tmp_path / "a.txt", "words"), "a.txt")


@pytest.mark.parametrize(
    ("name", "data", "status", "said"),
    [
        ("a.txt", b"", "empty", "no bytes"),
        ("a.pdf", b"", "corrupt", "upload it again"),
        ("a.txt", b"MZ\x90\0" + bytes(100), "corrupt", "program"),
        ("a.csv", bytes(range(256)) * 9, "corrupt", "not text"),
        ("a.docx", b"MZ\x90\0" + bytes(100), "mismatch", "program"),
        ("a.docx", b"Rar!\x1a\x07\x01", "mismatch", "archive"),
        ("a.pdf", b"ID3\x04" + bytes(100), "mismatch", "MP3"),
        ("a.pdf", bytes(range(256)) * 9, "corrupt", "damaged"),
        ("a.exe", b"MZ\x90\0" + bytes(100), "unsupported", "program"),
        ("a.mp3", b"ID3\x04" + bytes(100), "unsupported", "transcript"),
        ("a.bin", bytes(range(256)) * 9, "unsupported", "PDF or DOCX"),
        ("a.xml", b"<?xml version='1.0'?><a>b</a>", "unsupported", "PDF or DOCX"),
    ],
)
def test_what_is_not_read_says_why(tmp_path: Path, name: str, data: bytes, status: str, said: str) -> None:
    document = read_document(write(tmp_path / "upload", data), name)
    assert (document.status, said in document.reason) == (status, True), document.reason


def test_zips_and_damaged_packages(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("notes.txt", "hello " * 900)
    whole = (tmp_path / "a.zip").read_bytes()
    assert read_document(tmp_path / "a.zip", "a.zip").status == "unsupported"
    assert read_document(tmp_path / "a.zip", "a.docx").status == "mismatch"
    write(tmp_path / "cut", whole[:500])
    for ending in ("docx", "pptx", "xlsx", "odt"):
        assert read_document(tmp_path / "cut", f"a.{ending}").status == "corrupt"


def test_the_content_is_read_whatever_the_name_says(tmp_path: Path) -> None:
    path = write(tmp_path / "u", "<html><body><p>From the web.</p></body></html>")
    document = read_document(path, "Part 1.docx")
    assert (document.status, document.text, document.format) == ("text", "From the web.", "html")
    assert document.warnings == ("named .docx but the content is HTML",)
    assert read_document(path, "Part 1.txt").warnings == ()
    assert read_document(path, "no ending").warnings == ()


def test_size_limit_spares_videos(tmp_path: Path) -> None:
    limits = Limits(file_bytes=10)
    assert read_document(write(tmp_path / "a.txt", "more than ten bytes"), "a.txt", limits=limits).status == "too_large"
    video = write(tmp_path / "a.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(50))
    assert read_document(video, "a.mp4", limits=limits).status == "corrupt"


def test_a_sparse_giant_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "giant.txt"
    with path.open("wb") as stream:
        stream.truncate(8_000_000_000)
    document = read_document(path, "giant.txt")
    assert (document.status, document.sha256, document.size) == ("too_large", "", 8_000_000_000)


def test_what_is_no_file_is_unsupported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "link.pdf").symlink_to("/etc/passwd")
    for path in (tmp_path / "pipe.pdf", tmp_path / "link.pdf", tmp_path, tmp_path / "absent.pdf"):
        document = read_document(path, path.name)
        assert (document.status, document.text) == ("unsupported", "")
        assert document.reason


def test_one_row_a_format() -> None:
    assert {"pdf", "docx", "odt", "odp", "ods", "rtf", "pptx", "xlsx", "csv", "html", "markdown", "txt", "vtt", "srt", "mp4", "png"} <= set(
        EXTRACTORS
    )
    assert all(callable(extract) for extract in EXTRACTORS.values())


@pytest.mark.parametrize("length", [0, 1, 7, 300, 2000])
def test_noise_never_raises(tmp_path: Path, length: int) -> None:
    starts = (
        b"",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"{\\rtf",
        b"\xff\xfe",
        b"<html>",
        b"\0\0\0\x18ftypisom",
        b"WEBVTT\n\n",
        b"\x89PNG\r\n\x1a\n",
    )
    for number, start in enumerate(starts):
        noise = hashlib.shake_128(bytes([number])).digest(length)
        document = read_document(write(tmp_path / "noise", start + noise), "noise.docx")
        assert document.status != "text" or document.words
        assert document.status == "text" or document.reason
        assert all(document.text_of(b) == document.text[b.start : b.end] for b in document.blocks)
