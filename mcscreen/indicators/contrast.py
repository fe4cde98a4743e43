"""Contrast of before and after.

Reason: growth is told by holding two times against each other; comparing a past self or practice with the present one is
among the commonest marks of reflection in writing (Ullmann 2019, doi 10.1007/s40593-019-00174-2).

Limits: the two times must be named by words for time, in one sentence or in two that follow each other. A contrast told by
tense alone is missed. A contrast in the life of a pupil counts like one in the writer's practice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mcscreen.measurement import Measurement, measured
from mcscreen.submission import Passage

__all__ = ["measure"]

_AGO = r"(?:\w+|\d+)\s+(?:short\s+|school\s+)?(?:years?|months?|weeks?|terms?|semesters?)\s+(?:ago|earlier|before)"
_BEFORE = re.compile(
    rf"\b(?:{_AGO}|used to(?= [a-z]+)|previously|formerly|in the past|at first|initially|originally|back then|last (?:year|fall|"
    rf"spring|autumn|term|semester)|"
    r"(?:when|before) (?:i|we) (?:\w+ )?(?:started|began|signed up|took over|arrived|first \w+|came)|at the (?:start|beginning|"
    r"outset)(?: of the year)?|in the beginning|"
    r"before (?:this|the|that|our|my) \w+|before,|for years|until (?:this|last|then|recently|now|i|we)|i (?:came up|grew up)|"
    r"in the old days|(?:the )?first (?:year|month|week|time))\b",
    re.I,
)
_AFTER = re.compile(
    r"\b(?:now|nowadays|today|these days|since then|no longer|any ?more|by (?:the end|january|february|march|april|may|june|"
    r"july|august|september|october|november|december|spring|summer|fall|autumn|winter|then)|"
    r"this (?:time|year|fall|spring|term)|in the end|eventually|currently|at present|ever since|(?:a|one|two) years? later|"
    r"(?:weeks|months) later|after (?:that|this|the))\b",
    re.I,
)
_WHOLE = re.compile(
    r"\b(?:i|we|he|she|they|staff|teachers|students|children|nobody|no one|it)\s+(?:(?:do|does|did|am|is|are|have|has)\s+)?no longer\s+\w+"
    r"|\b(?:do|does|is|are|am|has|have)(?: not|n['’]t) \w+(?: \w+){0,4} any ?more\b"
    r"|\bwhere (?:once|before|there (?:was|were|had been))\b[^.;]{3,80}?\b(?:now|today)\b"
    r"|\bwhat (?:was|were|had been|used to be) (?:once )?[^.;]{3,60}? (?:is|are|has become|became) (?:now )?"
    r"|\b(?:went|gone|moved|shifted|changed|grew|turned) from (?:being |a |an |the )?[a-z]\w+(?: \w+){0,6}? (?:to|"
    r"into) (?:being |a |an |the )?[a-z]\w+"
    r"|\b(?:has|have) (?:changed|shifted|become) (?:\w+ ){0,6}?(?:since|from what)\b"
    r"|\bthan (?:i|we|they|he|she|it) (?:did|was|were|used to|had been)\b(?: \w+){0,3}? ?(?:before|last year|a year ago)?",
    re.I,
)
# "which used to be a lesson for older children" may follow the present; "and last spring" after it is only another time.
_BACKWARDS = re.compile(r"\b(?:used to|than (?:before|was)|previously|formerly|\w+ years? ago)\b", re.I)
_NOW_THAT = re.compile(r"\bnow (?:that|and then)\b|\bright now\b|\b(?:every )?now and (?:then|again)\b", re.I)
_USED_TO_PASSIVE = re.compile(r"\b(?:was|were|is|are|be|been|being|get|got|getting)\s+used to\b", re.I)


def measure(sentences: Sequence[Passage]) -> Measurement:
    """Sentences that hold a past against a present."""
    texts = [p.text for p in sentences]
    pairs = {
        j
        for i in range(len(texts) - 1)
        if sentences[i].document == sentences[i + 1].document and _follow(texts[i], texts[i + 1])
        for j in (i, i + 1)
    }

    def find(index: int, text: str) -> Iterator[tuple[int, int, str]]:
        before, after = _earlier(text), _later(text)
        if before and after and not _overlap(before, after) and (before < after or _BACKWARDS.search(text, before[0])):
            yield min(before[0], after[0]), max(before[1], after[1]), ""
        elif index in pairs:
            place = before if index + 1 < len(texts) and _follow(text, texts[index + 1]) else after
            if place:
                yield (*place, "")
        for match in _WHOLE.finditer(text):
            yield match.start(), match.end(), ""

    return measured("contrast", sentences, find)


def _earlier(text: str) -> tuple[int, int] | None:
    passive = [m.span() for m in _USED_TO_PASSIVE.finditer(text)]
    return next((m.span() for m in _BEFORE.finditer(text) if not any(_overlap(m.span(), p) for p in passive)), None)


def _later(text: str) -> tuple[int, int] | None:
    other = [m.span() for m in _NOW_THAT.finditer(text)]
    return next((m.span() for m in _AFTER.finditer(text) if not any(_overlap(m.span(), o) for o in other)), None)


def _follow(first: str, second: str) -> bool:
    """Whether a sentence that opens with a past is answered by one that opens with a present."""
    before, after = _earlier(first), _later(second)
    return before is not None and after is not None and before[0] < 25 and after[0] < 25 and _later(first) is None


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
