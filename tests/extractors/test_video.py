from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mcscreen.extractors import read_document


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", len(data) + 8) + kind + data


def movie(seconds: int, brand: bytes = b"isom") -> bytes:
    """An MP4 with one empty video track of the given length, headers only."""
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    header = box(
        b"mvhd",
        struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000),
        struct.pack(">IH", 0x10000, 0x100),
        bytes(10),
        matrix,
        bytes(24),
        struct.pack(">I", 2),
    )
    track = box(b"tkhd", struct.pack(">IIIIII", 3, 0, 0, 1, 0, seconds * 1000), bytes(16), matrix, struct.pack(">II", 320 << 16, 240 << 16))
    media = box(
        b"mdia",
        box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 1000, seconds * 1000, 0x55C4, 0)),
        box(b"hdlr", bytes(8), b"vide", bytes(12), b"v\0"),
        box(b"minf", box(b"vmhd", struct.pack(">IQ", 1, 0)), box(b"stbl", box(b"stsd", bytes(8)))),
    )
    return box(b"ftyp", brand, bytes(4), brand) + box(b"moov", header, box(b"trak", track, media))


@pytest.mark.parametrize(("brand", "name"), [(b"isom", "mp4"), (b"qt  ", "mov"), (b"M4V ", "m4v")])
def test_the_length_is_found(tmp_path: Path, brand: bytes, name: str) -> None:
    path = tmp_path / "clip"
    path.write_bytes(movie(245, brand))
    document = read_document(path, f"artifacts/clip.{name}")
    assert (document.format, document.seconds, document.status) == (name, 245.0, "empty")
    assert document.reason == "a video of 4:05; its words are not read: upload captions (VTT or SRT) beside it"
    assert document.reader.startswith("pymediainfo ")


def test_hours(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    path.write_bytes(movie(3_725))
    assert "1:02:05" in read_document(path, "long.mp4").reason


def test_neighbours_are_not_counted(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (tmp_path / f"clip{number}.mp4").write_bytes(movie(60))
    assert read_document(tmp_path / "clip1.mp4", "clip1.mp4").seconds == 60.0


@pytest.mark.parametrize("kept", [20, 60])
def test_a_cut_upload_is_corrupt(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(movie(60)[:kept])
    document = read_document(path, "clip.mp4")
    assert (document.status, document.seconds) == ("corrupt", None)
