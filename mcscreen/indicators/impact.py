"""Impact on students or staff, shown by data or by somebody's words.

Reason: assessors ask for what changed for learners, and a claim with a figure or a witness can be followed up. Two kinds:
`data`, a change with its figure, and `testimony`, what a student, colleague or parent said or wrote.

Limits: a change counts only with a number and with people, or a thing measured of people (scores, attendance, referrals),
in the same sentence; numbers of money, time of day and enrolment are told apart by a few words only. Testimony needs a
speech verb with somebody other than the writer, and quotation marks or a listener ("told me"). Whether the change is
caused by the work is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mcscreen.measurement import Measurement, measured
from mcscreen.submission import Passage

__all__ = ["measure"]

_PERSON = (
    r"(?:students?|children|child|pupils?|kids?|learners?|(?:\w+ )?graders|freshmen|seniors|juniors|sophomores|"
    r"kindergart(?:e)?ners?|teachers?|staff|"
    r"famil(?:y|ies)|parents?|readers|newcomers|boys|girls|aides?|coaches|he|she|they|who)"
)
_MEASURED = (
    r"(?:scores?|attendance|absen(?:ces|teeism)|absent|referrals?|suspensions?|office visits|tard(?:ies|y)|grades?|"
    r"reading levels?|proficien(?:t|cy)|pass rate|"
    r"graduation|fluency|words (?:a|per) minute|dropouts?|survey|belonging|growth|turnover|benchmark|assessments?|incidents?|"
    r"fights|Fs|participation|response rate|GPA)"
)
_SUBJECT = re.compile(rf"\b(?:{_PERSON}|{_MEASURED})\b", re.I)
_NUMBER_WORD = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
    r"nineteen|twenty|thirty|forty|"
    r"fifty|sixty|seventy|eighty|ninety|hundred|half|third|quarter|most)"
)
_NUMBER = rf"(?:(?<![$£€])\b\d[\d,.]*\s*(?:%|percent|per cent|points?)?|\b{_NUMBER_WORD}(?:-\w+)?\b)"
_GREW = (
    r"(?:rose|risen|grew|climbed|jumped|increased|went up|gone up|improved|doubled|tripled|gained|fell|fallen|dropped|"
    r"decreased|declined|went down|"
    r"gone down|shrank|cut|halved|reduced|reached|caught up|met (?:their|the|grade)|passed|scored|exited|graduated)"
)
_CHANGE = re.compile(
    rf"\b{_GREW}\b[^.;]{{0,60}}?\b(?:from|by|to|up|down|in|at)\b[^.;]{{0,25}}?{_NUMBER}"
    rf"|{_NUMBER}\s+(?:of\s+)?(?:(?:the|those|our|my|these|all|them|\w+)\s+){{0,4}}?(?:had |have |has )?(?:{_GREW}|(?:moved|"
    rf"gone|went) (?:on|up))\b"
    r"|\bfrom\s+(?:\w+\s+){0,2}?\d[\d,.]*\s*(?:%|percent)?\s*(?:\w+\s+){0,4}?to\s+(?:\w+\s+){0,2}?\d[\d,.]*"
    rf"|\b(?:doubled|tripled|halved)\b|{_NUMBER}\s+(?:points?\s+)?(?:higher|lower)\b"
    r"|\b\d[\d,.]*\s*(?:%|percent|per cent|points?)?\s+(?:fewer|more|less)\b",
    re.I,
)
_NOT_EFFECT = re.compile(
    r"[$£€]\s?\d|\b(?:budget|dollars|cost|costs|funding|enrol?lment|salary|price|square feet|population)\b|"
    r"\b\d{1,2}:\d\d\b[^.]{0,20}\bto\b|\d\s?(?:a|p)\.?m\b",
    re.I,
)
_PLAN = re.compile(r"\b(?:will|goal|target|aim|hope|plan|would like|want)\b", re.I)

_WITNESS = (
    r"(?:(?:mr|mrs|ms|dr|miss|mx|coach|nurse|principal)\.?\s+[A-Z][\w'’-]+|[A-Z][a-z]+|she|he|they|one|another|someone|"
    r"somebody|(?:(?:a|an|the|one|my|our|her|his|their|another|two|three|"
    r"several|many|some|most|every|each|\w+)\s+){0,3}?(?:(?:\w+-)?graders?|teachers?|students?|parents?|mothers?|fathers?|"
    r"moms?|mums?|dads?|grandmothers?|grandfathers?|"
    r"grandmas?|guardians?|aides?|colleagues?|boys?|girls?|child|children|kids?|pupils?|counsell?ors?|custodians?|coach(?:es)?|"
    r"staff members?|drivers?|cooks?|"
    r"nurses?|families|family|members?|freshm[ae]n|seniors?|juniors?|sophomores?|aunts?|uncles?|librarians?))"
)
_SPEECH = (
    r"(?:said|says|told|tells|wrote|writes|writing|commented|shared|reported|admitted|explained|added|thanked|remarked|"
    r"mentioned|put it|stated|e-?mailed|texted)"
)
_QUOTE = r"[\"“«][^\"”»]{12,}?[\"”»]"
_QUOTED = re.compile(rf"{_QUOTE}", re.S)
_SAYS = re.compile(
    rf"\b(?P<who>{_WITNESS})(?:\s+(?:also|then|later|even|once|has|had|recently|who \w+ \w+))*\s+(?P<verb>{_SPEECH})\b|"
    rf"\b(?P<verb2>said|wrote)\s+(?P<who2>{_WITNESS})\b"
)
_TOLD = re.compile(
    rf"\b(?P<who>{_WITNESS})(?:\s+(?:also|then|later|even|once|has|had|recently))*\s+(?:told|tells|wrote to|wrote|thanked|"
    rf"emailed|e-mailed|texted)\s+(?:me|us|the (?:team|staff|board))\b"
)
_SELF = frozenset("i we you it this that which what there research policy slide page section handbook rubric plan poster sign".split())


def measure(sentences: Sequence[Passage]) -> Measurement:
    """Sentences that show an effect on people; kinds `data` and `testimony`."""
    return measured("impact", sentences, _find)


def _find(index: int, text: str) -> Iterator[tuple[int, int, str]]:
    if _SUBJECT.search(text) and not _NOT_EFFECT.search(text) and not _PLAN.search(text):
        for match in _CHANGE.finditer(text):
            yield match.start(), match.end(), "data"
    quote = _QUOTED.search(text)
    for match in _SAYS.finditer(text) if quote else _TOLD.finditer(text):
        groups = match.groupdict()
        who = (groups.get("who") or groups.get("who2") or "").lower()
        if who not in _SELF and not (quote and quote.start() <= match.start() < quote.end()):
            yield match.start(), max(match.end(), quote.end() if quote else 0), "testimony"
