"""Optical character recognition, when a program for it is installed.

Tesseract is used if it is on the PATH: it needs no model of ours, runs offline and reads office scans well. It runs as a
separate process without a shell, on one thread, with a time limit a page, and gets its picture through a pipe, so that
no candidate's page lies on the disk.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Callable

from mcscreen.limits import Limits

__all__ = ["engine", "installed"]

_log = logging.getLogger("mcscreen.extractors.ocr")


def engine(limits: Limits) -> Callable[[bytes], str] | None:
    """A function from a picture (PNG bytes) to its text, or None when Tesseract is not installed.

    The function raises `TimeoutError` after `limits.ocr_seconds` and `OSError` when Tesseract fails. It finds columns and
    turned pages by itself where the orientation data (`osd`) are installed.
    """
    program = shutil.which("tesseract")
    if program is None:
        return None
    known = _languages(program)
    chosen = "eng" if "eng" in known or not known else min(known - {"osd"}, default="eng")
    layout = "1" if "osd" in known else "3"
    command = [program, "stdin", "stdout", "-l", chosen, "--psm", layout]

    def read(picture: bytes) -> str:
        try:
            done = _run(command, limits.ocr_seconds, picture)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"OCR took longer than {limits.ocr_seconds:.0f} seconds") from None
        if done.returncode != 0:
            raise OSError(f"OCR failed with exit code {done.returncode}")
        return done.stdout.decode("utf-8", "replace").replace("\f", "\n").strip()

    return read


def installed() -> str | None:
    """Which Tesseract would be used, such as "tesseract 5.3.0"; None where there is none."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    try:
        done = _run([program, "--version"], 10.0)
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.warning("tesseract does not answer (%s)", type(error).__name__)
        return "unknown"
    return (done.stdout or done.stderr).decode("utf-8", "replace").partition("\n")[0].strip() or "unknown"


def _run(command: list[str], seconds: float, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    return subprocess.run(command, input=data, capture_output=True, timeout=seconds, env=environment, check=False)


def _languages(program: str) -> frozenset[str]:
    try:
        done = _run([program, "--list-langs"], 10.0)
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.warning("tesseract does not answer (%s)", type(error).__name__)
        return frozenset()
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return frozenset(line.strip() for line in lines[1:] if line.strip())
