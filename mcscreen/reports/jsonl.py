"""screenings.jsonl: every fact, for programs; one submission a line.

The text is untouched (quotes are what was read), so this is the file to compute with. Two things are not: a lone
surrogate, which UTF-8 cannot hold, becomes U+FFFD, and a number that JSON does not know becomes null. Line separators
inside strings are written as escapes, so that one line stays one line for every reader.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence

from mcscreen.results import Screening
from mcscreen.rubric import Rubric

__all__ = ["render"]

_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_SEPARATORS = {mark.encode(): f"\\u{ord(mark):04x}".encode() for mark in "\x85\u2028\u2029"}


def render(screenings: Sequence[Screening], rubric: Rubric) -> Iterator[tuple[str, Iterable[bytes]]]:
    """One file, one line a screening, keys in the order of the models."""
    yield "screenings.jsonl", map(_line, screenings)


def _line(screening: Screening) -> bytes:
    try:
        line = screening.model_dump_json(by_alias=True).encode("utf-8")
    except ValueError:  # a lone surrogate
        facts = _encodable(screening.model_dump(by_alias=True))
        line = json.dumps(facts, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
    for mark, escaped in _LINE_SEPARATORS.items():
        line = line.replace(mark, escaped)
    return line + b"\n"


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_encodable(str(key)): _encodable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encodable(item) for item in value]
    return value
