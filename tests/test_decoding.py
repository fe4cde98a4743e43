from __future__ import annotations

from pathlib import Path

import pytest

from mcscreen.decoding import REPAIRED, decode, read_text, wide_encoding
from mcscreen.document import Draft
from mcscreen.limits import Limits

ENGLISH = "“Don’t wait,” I said – the café opens at 8:05, and naïve plans fail.\n"
RUSSIAN = "Я работаю директором школы девять лет и знаю каждого ученика по имени.\nМы встречаемся каждую неделю.\n"
GREEK = "Εργάζομαι ως διευθυντής εδώ και εννέα χρόνια και γνωρίζω κάθε μαθητή με το όνομά του.\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "cp1252"]
)
def test_english_survives_every_encoding(encoding: str) -> None:
    assert decode(ENGLISH.encode(encoding))[0] == ENGLISH


@pytest.mark.parametrize(
    ("text", "encoding"), [(RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (RUSSIAN, "utf-16"), (GREEK, "cp1253"), (GREEK, "utf-8")]
)
def test_dense_code_pages_are_detected(text: str, encoding: str) -> None:
    assert decode((text * 5).encode(encoding))[0].split()[:6] == text.split()[:6]


def test_few_broken_bytes_in_utf8_do_not_make_it_a_code_page() -> None:
    text, name = decode(("naïve café " * 40).encode() + b"don\x92t " + b"\x81")
    assert name == REPAIRED
    assert "don’t" in text
    assert "naïve café" in text


def test_curly_quotes_alone_do_not_make_it_utf8() -> None:
    data = (b"A long plain essay about the school. " * 300) + b"We don\x92t wait."
    assert decode(data) == (data.decode("cp1252"), "cp1252")


def test_old_mac_apostrophes() -> None:
    assert decode(b"We don\xd5t wait, and the children\xd5s voices count.")[0] == "We don’t wait, and the children’s voices count."
    assert decode("SÃO PAULO e ÕES".encode("cp1252"))[1] == "cp1252"


def test_odd_bytes_at_the_end_are_dropped() -> None:
    assert decode("plan".encode("utf-16") + b"x")[0] == "plan"
    assert decode("plan".encode("utf-32") + b"xy")[0] == "plan"
    assert decode(b"\xff\xfe")[0] == ""


@pytest.mark.parametrize("data", [b"", b"plain", b"a\0b" + b"c" * 500, bytes(100), "日本語".encode("utf-16-le")])
def test_what_shows_no_pattern_is_not_wide(data: bytes) -> None:
    assert wide_encoding(data) is None


def test_any_bytes_decode() -> None:
    for step in range(1, 256, 11):
        text, name = decode(bytes((i * step) % 256 for i in range(3000)))
        assert text and name


def test_reading_stops_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("word " * 1000)
    limits = Limits(characters=100)
    draft = Draft(limits=limits)
    assert read_text(path, draft, limits) == (("word " * 20), "utf-8")
    draft.paragraph("x")
    assert draft.finish(name="a", format="txt", sha256="", size=0).status == "partial"


def test_guesses_are_warned_about(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for data, said in (
        (b"caf\xe9", "cp1252"),
        (b"\xef\xbb\xbfcaf\xff", "damaged"),
        ("cut".encode("utf-16") + b"x", "middle"),
        (b"plain", ""),
    ):
        path.write_bytes(data)
        draft = Draft()
        read_text(path, draft, draft.limits)
        warnings = draft.finish(name="a", format="txt", sha256="", size=0).warnings
        assert said in " ".join(warnings)
        assert len(warnings) == (1 if said else 0)
