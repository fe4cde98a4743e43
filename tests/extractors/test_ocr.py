"""The OCR engine is found on the PATH, is bounded in time, and its failures are errors, not empty texts."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from mcscreen.extractors.ocr import engine
from mcscreen.limits import Limits

LANGUAGES = 'if [ "$1" = "--list-langs" ]; then printf "List of available languages (2):\\n%s\\n"; exit 0; fi\n'


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def write(script: str, languages: str = "eng\\nosd") -> None:
        path = tmp_path / "tesseract"
        path.write_text("#!/bin/sh\n" + LANGUAGES % languages + script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")

    return write


def test_no_program_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert engine(Limits()) is None


def test_the_picture_goes_in_and_the_text_comes_out(program) -> None:
    program('printf "%s|%s|" "$OMP_THREAD_LIMIT" "$*"; cat; printf "\\f"')
    read = engine(Limits())
    assert read is not None
    assert read(b"picture") == "1|stdin stdout -l eng --psm 1|picture"


def test_another_language_where_english_is_missing(program) -> None:
    program('printf "%s" "$*"', languages="fra")
    read = engine(Limits())
    assert read is not None
    assert read(b"") == "stdin stdout -l fra --psm 3"


def test_a_slow_page_is_given_up(program) -> None:
    program("exec sleep 20")
    read = engine(Limits(ocr_seconds=0.3))
    assert read is not None
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        read(b"picture")
    assert time.monotonic() - start < 5


def test_a_failure_is_an_error(program) -> None:
    program("exit 3")
    read = engine(Limits())
    assert read is not None
    with pytest.raises(OSError, match="exit code 3"):
        read(b"picture")
