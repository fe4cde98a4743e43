"""Caption tracks: WebVTT, SubRip and YouTube's SBV.

An own reader of a few lines for all three, because exported captions are rarely exact: a missing header, a missing blank
line or cue number, a comma where the format wants a point, hours left out. Strict parsers give up on the whole file for
any of these, and lenient ones drop the voice tags that say who speaks. Here a cue is a line of times and the lines below
it, up to a blank line or the next line of times.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from mcscreen.decoding import read_text
from mcscreen.document import Draft, UnreadableDocument
from mcscreen.limits import Limits

__all__ = ["extract"]

_STAMP = r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,6}))?"
_TIMES = re.compile(rf"^\s*{_STAMP}\s*(?:-->|--&gt;|->|,(?=\d+:))\s*{_STAMP}(?:\s.*)?$")
_LINE_END = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]{1,100})>", re.I)
_TAG = re.compile(r"</?(?:[a-z]+[\d.]*|[\d:.,]+)(?:[\s.=][^<>]*)?/?>|\{\\[^{}]*\}|\{[biuys]:[^{}]*\}", re.I)
_NUMBER = re.compile(r"\s*\d+\s*$")


def extract(path: Path, draft: Draft, limits: Limits) -> None:
    """Read captions: one block of kind `caption` a cue, placed by its seconds; the draft's length is the end of the last cue.

    Raises:
        UnreadableDocument: `corrupt` when there is text but no line of times in it.
    """
    text, encoding = read_text(path, draft, limits)
    draft.reader = f"captions, {encoding}"
    last: list[str] = []
    cues = 0
    for start, end, lines in _cues(text):
        cues += 1
        if draft.full:
            break
        draft.seconds = max(draft.seconds or 0.0, end)
        spoken = [line for line in (_plain(line) for line in lines) if line]
        # Live captions roll: each cue begins with the line that the one before ended with.
        fresh = spoken[1:] if last and spoken[:1] == last[-1:] and len(spoken) > 1 else [] if spoken == last and len(last) > 1 else spoken
        draft.move(seconds=(start, end))
        draft.paragraph(" ".join(fresh), kind="caption")
        last = spoken or last
    if not cues and len(text.split()) > 1:
        raise UnreadableDocument("corrupt", "the captions hold no line of times")


def _cues(text: str) -> Iterator[tuple[float, float, list[str]]]:
    times: tuple[float, float] | None = None
    lines: list[str] = []
    for line in _LINE_END.split(text):
        match = _TIMES.match(line)
        if match is None:
            if times is not None and line.strip():
                lines.append(line)
            elif times is not None and lines:
                yield *times, lines
                times, lines = None, []
            continue
        if times is not None:
            if lines and _NUMBER.match(lines[-1]):
                lines.pop()  # the number of this cue, with no blank line before it
            yield *times, lines
        groups = match.groups()
        begin, finish = _seconds(groups[:4]), _seconds(groups[4:])
        times, lines = (begin, max(begin, finish)), []
    if times is not None:
        yield *times, lines


def _seconds(stamp: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = stamp
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + (float(f"0.{fraction}") if fraction else 0.0)


def _plain(line: str) -> str:
    line = _VOICE.sub(lambda match: f"{html.unescape(match[1]).strip()}: ", line)
    return html.unescape(_TAG.sub("", line)).strip()
