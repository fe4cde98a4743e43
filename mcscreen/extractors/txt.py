"""Plain text: bytes to text in `mcscreen.decoding`, text to paragraphs in `mcscreen.prose`."""

from __future__ import annotations

from pathlib import Path

from mcscreen.decoding import read_text
from mcscreen.document import Draft
from mcscreen.limits import Limits
from mcscreen.prose import write_prose

__all__ = ["extract"]


def extract(path: Path, draft: Draft, limits: Limits) -> None:
    """Read a plain text file into the draft; form feeds begin pages."""
    text, encoding = read_text(path, draft, limits)
    draft.reader = f"plain text, {encoding}"
    write_prose(text, draft)
