"""Pictures are unread without OCR, and bounded with it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from mcscreen.document import Document, Draft, UnreadableDocument
from mcscreen.extractors.image import extract
from mcscreen.limits import Limits


def read(path: Path, ocr: Callable[[bytes], str] | None = None, limits: Limits | None = None) -> Document:
    draft = Draft(limits=limits or Limits())
    extract(path, draft, draft.limits, ocr=ocr)
    return draft.finish(name=path.name, format="png", sha256="", size=0)


def refused(path: Path, ocr: Callable[[bytes], str] | None = None) -> tuple[str, str]:
    with pytest.raises(UnreadableDocument) as refusal:
        read(path, ocr)
    return refusal.value.status, refusal.value.reason


def words(picture: bytes) -> str:
    width, height = Image.open(io.BytesIO(picture)).size
    return f"A picture of\n{width} by {height}\n\nSecond block"


@pytest.fixture
def png(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (40, 30), "white").save(path)
    return path


def test_without_ocr_a_picture_is_unread(png: Path) -> None:
    status, reason = refused(png)
    assert status == "needs_ocr"
    assert reason.startswith("a picture;")


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "tiff", "bmp", "webp"])
def test_ocr_gets_a_png_of_every_kind(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"photo.{ending}"
    Image.new("P" if ending == "gif" else "RGB", (40, 30)).save(path)
    document = read(path, words)
    assert (document.status, document.text) == ("text", "A picture of 40 by 30\nSecond block")
    assert document.blocks[0].place.page == 1
    assert document.warnings == ("the text was read from a picture by OCR",)


def test_frames_of_a_tiff_are_pages(tmp_path: Path) -> None:
    path = tmp_path / "scan.tiff"
    frames = [Image.new("L", (20 + n, 30)) for n in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    document = read(path, words, Limits(ocr_pages=2))
    assert (document.status, document.pages) == ("partial", 3)
    assert [b.place.page for b in document.blocks] == [1, 1, 2, 2]
    assert document.reason == "only the first 2 of 3 pictures in the file were given to OCR"


def test_a_turned_photo_is_set_upright_and_a_large_one_reduced(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("L", (6200, 100)).save(path, exif=turned)
    assert "97 by 6000" in read(path, words).text


def test_transparent_ground_is_white(tmp_path: Path) -> None:
    path = tmp_path / "drawing.png"
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(path)
    assert read(path, lambda picture: str(Image.open(io.BytesIO(picture)).getpixel((5, 5)))).text == "255"


def test_nothing_recognised(png: Path) -> None:
    assert refused(png, lambda picture: " \n")[0] == "needs_ocr"

    def fails(picture: bytes) -> str:
        raise TimeoutError

    status, reason = refused(png, fails)
    assert (status, "TimeoutError" in reason) == ("needs_ocr", True)


def test_damaged_and_foreign_pictures(tmp_path: Path, png: Path) -> None:
    empty = tmp_path / "empty.png"
    empty.write_bytes(b"")
    cut = tmp_path / "cut.png"
    noise = Image.effect_noise((200, 200), 50)
    noise.save(cut)
    cut.write_bytes(cut.read_bytes()[:3000])
    foreign = tmp_path / "foreign.png"
    foreign.write_bytes(b"no picture at all")
    assert refused(empty)[0] == "corrupt"
    assert refused(cut, words)[0] == "corrupt"
    assert refused(foreign, words)[0] == "corrupt"
    heic = tmp_path / "photo.heic"
    heic.write_bytes(b"\x00\x00\x00\x18ftypheic" + bytes(40))
    status, reason = refused(heic, words)
    assert (status, "HEIC" in reason) == ("needs_ocr", True)


def test_a_picture_that_declares_too_many_pixels_is_not_decoded(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    bomb = tmp_path / "bomb.png"
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))
    assert refused(bomb, words)[0] == "too_large"
    large = tmp_path / "large.png"
    Image.new("1", (8_000, 8_000)).save(large)
    assert refused(large, words)[0] == "too_large"
