from __future__ import annotations

from pathlib import Path

import pytest

from mcscreen.document import Document
from mcscreen.extractors import read_document


def read(tmp_path: Path, text: str | bytes, name: str = "a.vtt") -> Document:
    path = tmp_path / "upload"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_document(path, name)


def cues(document: Document) -> list[tuple[float, float, str]]:
    assert all(b.kind == "caption" and b.place.seconds is not None for b in document.blocks)
    return [(*(b.place.seconds or (0.0, 0.0)), document.text_of(b)) for b in document.blocks]


VTT = """\ufeffWEBVTT - Kitchen talk
X-TIMESTAMP-MAP=LOCAL:00:00:00.000

NOTE a remark
over lines

STYLE
::cue { color: red }

intro
00:01.000 --> 00:04.500 align:start position:0%
<v.loud Ms. Keane>Good <i>morning</i>,</v>
<c.yellow>everyone</c> &amp; welcome. <00:00:03.000>Sit.

01:00:05.000 --> 01:00:09.250
[Applause] 3 < 5

"""


def test_webvtt(tmp_path: Path) -> None:
    document = read(tmp_path, VTT)
    assert cues(document) == [(1.0, 4.5, "Ms. Keane: Good morning, everyone & welcome. Sit."), (3605.0, 3609.25, "[Applause] 3 < 5")]
    assert (document.format, document.seconds, document.status) == ("vtt", 3609.25, "text")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_subrip(tmp_path: Path, newline: str, encoding: str) -> None:
    text = (
        "1\n00:00:01,000 --> 00:00:02,500\n{\\an8}<b>Don’t</b> run.\nWalk.\n\n"
        '2\n00:00:03,000 --> 00:00:04,000\n<font color="red">Thank you.</font>\n'
    )
    document = read(tmp_path, text.replace("\n", newline).encode(encoding), "a.srt")
    assert cues(document) == [(1.0, 2.5, "Don’t run. Walk."), (3.0, 4.0, "Thank you.")]
    assert document.format == "srt"


def test_sbv(tmp_path: Path) -> None:
    assert cues(read(tmp_path, "0:00:01.000,0:00:02.500\nHello there.\n\n0:00:03.000,0:00:04.000\nBye.\n", "a.sbv")) == [
        (1.0, 2.5, "Hello there."),
        (3.0, 4.0, "Bye."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "00:01.000 --> 00:02.000\nOne.\n\n00:03.000 --> 00:04.000\nTwo.\n",
        "WEBVTT\n00:01.000 --> 00:02.000\nOne.\n00:03.000 --> 00:04.000\nTwo.\n",
        "1\n00:00:01,000 --> 00:00:02,000\nOne.\n2\n00:00:03,000 --> 00:00:04,000\nTwo.",
        "1\n00:00:01.0 --> 00:00:02.0\n\nOne.\n\n2\n0:0:3,0 --> 0:0:4,0\nTwo.\n",
    ],
)
def test_inexact_files_are_read(tmp_path: Path, text: str) -> None:
    assert cues(read(tmp_path, text, "a.srt")) == [(1.0, 2.0, "One."), (3.0, 4.0, "Two.")]


def test_rolling_captions_are_not_doubled(tmp_path: Path) -> None:
    text = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\ngood morning\n\n00:02.000 --> 00:03.000\ngood morning\nwe begin\n\n"
        "00:03.000 --> 00:04.000\nwe begin\nwith names\n"
    )
    assert [t for _, _, t in cues(read(tmp_path, text))] == ["good morning", "we begin", "with names"]


def test_files_without_cues(tmp_path: Path) -> None:
    assert read(tmp_path, "WEBVTT\n\nThis has words but no times.\n").status == "corrupt"
    assert read(tmp_path, "WEBVTT\n\n").status == "empty"
    assert read(tmp_path, "Only a transcript, no times at all.", "a.srt").format == "txt"
