from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path

import pytest

from mcscreen.document import UnreadableDocument
from mcscreen.sniffer import claimed_format, open_regular, sniff

MAIN = '<Types><Override PartName="/x" ContentType="application/vnd.openxmlformats-officedocument.{}+xml"/></Types>'


def package(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def compound(path: Path, names: list[str]) -> Path:
    """An OLE file with one directory sector; sector 0 is the table, sector 1 the directory."""
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    directory = b""
    for name in names:
        encoded = name.encode("utf-16-le")
        directory += encoded.ljust(64, b"\0") + struct.pack("<H", len(encoded) + 2) + bytes(62)
    path.write_bytes(bytes(header) + struct.pack("<2I", 0xFFFFFFFD, 0xFFFFFFFE).ljust(512, b"\xff") + directory.ljust(512, b"\0"))
    return path


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"%PDF-1.7\n", "pdf"),
        (b"junk before it\n" * 9 + b"%PDF-1.4\n1 0 obj\n", "pdf"),
        (b"{\\rtf1 hello}", "rtf"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "jpg"),
        (b"GIF89a", "gif"),
        (b"II*\0\x08\0\0\0", "tiff"),
        (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "bmp"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\0\0\0\0AVI LIST", "avi"),
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "heic"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "mov"),
        (b"\0\0\0\x18ftypM4V \0\0\0\0", "m4v"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "m4a"),
        (b"\0\0\0\x08wide\0\0\0\x01mdat", "mov"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "webm"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", "mkv"),
        (b"ID3\x04\0\0\0\0\0\0", "mp3"),
        (b"\xff\xfb\x90\x64" + bytes(200), "mp3"),
        (b"MZ\x90\0\x03\0\0\0", "exe"),
        (b"\x7fELF\x02\x01", "exe"),
        (b"Rar!\x1a\x07\x01", "rar"),
        (bytes(range(256)) * 8, "unknown"),
        (b"", "empty"),
    ],
)
def test_bytes_decide_whatever_the_ending(tmp_path: Path, data: bytes, expected: str) -> None:
    for ending in ("docx", "txt", "bin"):
        path = tmp_path / f"file.{ending}"
        path.write_bytes(data)
        assert sniff(path).format == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"[Content_Types].xml": MAIN.format("wordprocessingml.document.main"), "word/document.xml": ""}, "docx"),
        ({"[Content_Types].xml": MAIN.format("wordprocessingml.template.main"), "other/main.xml": ""}, "docx"),
        ({"[Content_Types].xml": MAIN.format("presentationml.slideshow.main")}, "pptx"),
        ({"[Content_Types].xml": MAIN.format("spreadsheetml.sheet.main")}, "xlsx"),
        ({"[Content_Types].xml": "broken", "word/document.xml": ""}, "docx"),
        ({"word/document.xml": ""}, "docx"),
        ({"mimetype": "application/vnd.oasis.opendocument.text"}, "odt"),
        ({"mimetype": "application/vnd.oasis.opendocument.presentation"}, "odp"),
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet-template"}, "ods"),
        ({"mimetype": "application/epub+zip", "META-INF/container.xml": ""}, "epub"),
        ({"Index/Document.iwa": ""}, "pages"),
        ({"notes.txt": "hello"}, "zip"),
    ],
)
def test_packages_are_told_apart_by_their_members(tmp_path: Path, members: dict[str, str], expected: str) -> None:
    assert sniff(package(tmp_path / "upload", members)).format == expected


def test_a_word_file_with_a_pdf_inside_is_a_word_file(tmp_path: Path) -> None:
    path = package(tmp_path / "a.docx", {"%PDF-1.4 obj.txt": "%PDF-1.4\n1 0 obj", "word/document.xml": ""})
    assert sniff(path).format == "docx"


def test_a_cut_package_is_known_by_its_first_members(tmp_path: Path) -> None:
    path = package(tmp_path / "whole", {"ppt/presentation.xml": "x" * 3000})
    path.write_bytes(path.read_bytes()[:2000])
    assert sniff(path).format == "pptx"


@pytest.mark.parametrize(
    ("names", "claim", "expected"),
    [
        (["Root Entry", "EncryptionInfo", "EncryptedPackage"], "docx", "encrypted"),
        (["Root Entry", "WordDocument"], "doc", "doc"),
        (["Root Entry", "Workbook"], "xls", "xls"),
        (["Root Entry", "PowerPoint Document", "WordDocument"], "ppt", "ppt"),
        (["Root Entry", "WordDocument", "Workbook"], "doc", "doc"),
        (["Root Entry"], "doc", "ole"),
    ],
)
def test_ole_files_are_told_apart_by_their_streams(tmp_path: Path, names: list[str], claim: str, expected: str) -> None:
    assert sniff(compound(tmp_path / f"a.{claim}", names)).format == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.txt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHello", "vtt"),
        ("a.txt", "1\n00:00:01,000 --> 00:00:02,000\nHello\n", "srt"),
        ("a", "0:00:01.000,0:00:02.000\nHello\n", "sbv"),
        ("a.txt", "<!DOCTYPE html><html><body>Hi</body></html>", "html"),
        ("a.docx", "<?xml version='1.0'?>\n<!-- saved -->\n<html><body>Hi</body></html>", "html"),
        ("a.html", "Only words, <b>some</b> bold", "html"),
        ("a.md", "<div align='center'><p>Logo</p><p>x</p></div>\n\n# Title", "markdown"),
        ("a.txt", "In HTML one writes <p> for a paragraph and <div> for a block.", "txt"),
        ("a.txt", "# One\n\ntext\n\n## Two\n\ntext", "markdown"),
        ("a.csv", "a,b\nc,d\n", "csv"),
        ("a.tsv", "a\tb\nc\td\n", "csv"),
        ("a.txt", "a\tb\tc\nd\te\tf\ng\th\ti\n", "csv"),
        ("a", "a;b;c\nd;e;f\ng;h;i\n", "csv"),
        ("a.txt", "One, two, three.\nFour, five, six.\nSeven, eight, nine.\n", "txt"),
        ("a.eml", "From: a@b.org\nSubject: Hello\n\nText", "eml"),
        ("a.txt", "Message-ID: <1@b>\nFrom: a@b.org\nSubject: Hello\n\nText", "eml"),
        ("a.txt", "To: all staff\nFrom: the office\nDate: Monday\nSubject: Duty\n\nPlease read.", "txt"),
        ("a.pdf", "I am the principal of a small school.", "txt"),
        ("a.txt", "MZ is how some abbreviate it", "txt"),
        ("a.xml", "<?xml version='1.0'?><note>Hi</note>", "xml"),
    ],
)
def test_text_formats(tmp_path: Path, name: str, text: str, expected: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert sniff(path).format == expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "cp1252", "cp1251"])
def test_text_in_any_encoding_is_text(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("I wrote this myself, over two long evenings.\n".encode(encoding))
    assert sniff(path).format == "txt"


def test_endings_are_claims(tmp_path: Path) -> None:
    path = tmp_path / "stored-under-a-number"
    path.write_bytes(b"%PDF-1.7\n")
    assert sniff(path, "Part 1 Narrative.DOCX ").claimed == "docx"
    assert sniff(path).claimed == ""
    assert [claimed_format(n) for n in ("a.htm", "b.JPEG", "c.dotx", "d.xyz")] == ["html", "jpg", "docx", "xyz"]


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("secret")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    (tmp_path / "broken.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.txt")
    for path in (tmp_path, tmp_path / "link.txt", tmp_path / "broken.txt", tmp_path / "pipe.txt", tmp_path / "absent", Path("/dev/null")):
        with pytest.raises(UnreadableDocument) as caught:
            sniff(path)
        assert caught.value.status == "unsupported"
        assert caught.value.reason
    with open_regular(tmp_path / "real.txt") as stream:
        assert stream.read() == b"secret"
