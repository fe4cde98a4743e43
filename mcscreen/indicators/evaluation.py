"""Evaluation: the writer says that something worked, or did not.

Reason: description without judgement is the lowest level of every model of reflection (Hatton & Smith 1995), and rubrics
ask for it in these words. Telling what failed is rarer than telling what succeeded, so the two are kept apart: kinds
`worked` and `did_not`.

Limits: judgement by example ("nobody came") is missed, and so are words that this list lacks. Whether the judgement is
sound or supported is not looked at. People who work ("we worked with", "she works hard") are told from things that work
by the words beside the verb, which fails for some nouns of people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mcscreen.measurement import Measurement, measured
from mcscreen.submission import Passage

__all__ = ["measure"]

_PEOPLE = r"(?:i|we|you|he|she|who|they|teachers?|students?|children|pupils|staff|parents|team|families|colleagues|all|both)"
_NOT = r"(?:not|n['’]t|never|hardly|barely|scarcely|no longer)"
# Where people put effort into something; "worked with our youngest pupils" after a thing stays open to the second list.
_EFFORT = (
    r"(?!\s+(?:with|on|in|at(?! all| last)|together|hard|harder|under|alongside|side|closely|through|toward|towards|from|out|"
    r"collaboratively|"
    r"tirelessly|as a|as an|days?|hours?|weeks?|to (?:build|create|develop|ensure|make|improve|support|help))\b)"
)
_WORKED = [
    rf"(?<!\bi )(?<!\bwe )(?<!\bshe )(?<!\bhe )(?<!\bwho )(?<!\bthey )(?<!\bhave )(?<!\bto )\bworked{_EFFORT}\b",
    r"\bworks(?=\s*(?:$|[.,;:!?—–]|well\b|best\b|better\b|because\b|for\b|when\b|beautifully\b))",
    r"\bworked (?:best|well|wonders|beautifully)\b(?!\s+(?:with|together|as))",
    r"\b(?:went|gone|go|goes|going) (?:very |really |so |quite |pretty )?(?:well|smoothly)\b",
    r"\b(?:paid|pays|pay) off\b",
    r"\b(?:made|makes|made all) (?:a|the) (?:real |big |huge |lasting |great |positive )?difference\b",
    r"\b(?:was|were|is|are|been|be|proved|proven|proved to be)\s+(?:\w+ly |a |an |the |very |most |more |so |quite |our |my )*"
    r"(?:successful|effective|success|successes|worthwhile|a hit|breakthrough)\b",
    r"\b(?:my|our|the|a) (?:biggest|greatest|main|real|clear) (?:success|strength|win)\b",
    r"\b(?:the )?(?:most (?:successful|effective|useful)|best) (?:part|thing|strateg\w+|decision|change|move)\b",
]
_DID_NOT = [
    rf"\b(?:did|does|do|has|have|had|was|is|would|could|were|are|ca|wo|wasn|didn|doesn)(?:\s*{_NOT})(?:\s+(?:really|quite|"
    rf"always|even|been))?\s+"
    r"(?:work(?:ed|ing)?(?! (?:with|on|in|at(?! all)|here|there|full|part|that day))|go well|help(?:ed)? (?:much|at all|"
    r"enough)|succeed|pay off|land|"
    r"(?:as |very |so |at all |particularly )?(?:successful|effective|enough)|(?:a|the) (?:\w+ )?success)\b",
    rf"\b(?:{_NOT}|less|un|in)\s*(?:very |as |so |particularly |at all )?(?:successful|effective)\b",
    r"\bnever (?:really )?(?:worked|caught on|took off|got off the ground)\b(?! (?:with|on|in|at))",
    r"\b(?:fell|fallen|fall|falls) (?:flat|apart|short|through)\b",
    r"\b(?:backfired|flopped|fizzled)\b",
    r"\b(?:was|were|been) (?:a|an|my|our) (?:\w+ )?(?:failure|mistake|disaster|flop|waste of time)\b",
    r"\b(?:went|gone|go|going) (?:very |really |so |quite |pretty )?(?:badly|poorly|wrong)\b",
    r"\b(?:(?:has|have|had|it|that|this|which|plan|strategy|idea|meeting|system|program|programme|tree|attempt|approach|"
    r"schedule|lesson|routine)"
    r" failed|failed (?:completely|miserably|entirely|because|at first|to (?:reach|work|take|change|engage|bring|move)))\b",
    r"\b(?:made|makes|make) (?:no|little) (?:real )?difference\b",
    r"\bhad (?:no|little) (?:real )?(?:effect|impact)\b",
    r"\b(?:my|our|the|a) (?:biggest|greatest|main|real|clear|worst) (?:failure|weakness|mistake)\b",
    r"\b(?:the )?(?:least (?:successful|effective|useful)|weakest|worst) (?:part|thing|strateg\w+|decision|point)\b",
]
_OPEN = re.compile(
    r"\b(?:what|whether|if|how well|which \w+)\s+(?:\w+\s+){0,3}?(?:works?(?:ed)?|(?:is|was|were|are) (?:\w+ )?(?:effective|successful))\b"
    r"|\bwhat (?:did|does|was|is)(?: not|n['’]t) (?:work\w*|effective)\b",
    re.I,
)
# "What worked was the list" answers; "we asked what worked" does not.
_ANSWER = re.compile(
    r"^\s*(?:and |but )?what\b.{0,60}?\b(?:work\w*|effective|successful)\b[^.?!]{0,30}?(?:\bwas\b|\bwere\b|\bis\b|:)", re.I
)
_NEGATED = re.compile(rf"(?:{_NOT}|neither|nothing|none of it|nobody)\W+(?:\w+\W+){{0,2}}$", re.I)
_EFFORT_BY = re.compile(rf"\b{_PEOPLE}(?:\s+(?:all|both|have|has|had|also|still|always|often|then|never))*\s*$", re.I)

_GOOD = re.compile("|".join(_WORKED), re.I)
_BAD = re.compile("|".join(_DID_NOT), re.I)


def measure(sentences: Sequence[Passage]) -> Measurement:
    """Sentences that say that something worked or did not; kinds `worked` and `did_not`."""
    return measured("evaluation", sentences, _find)


def _find(index: int, text: str) -> Iterator[tuple[int, int, str]]:
    if text.rstrip(" \"'”’").endswith("?"):
        return
    open_question = [m.span() for m in _OPEN.finditer(text)] if not _ANSWER.search(text) else []
    bad = [m.span() for m in _BAD.finditer(text) if not _inside(m.span(), open_question)]
    for start, end in bad:
        yield start, end, "did_not"
    for match in _GOOD.finditer(text):
        if _inside(match.span(), bad) or _inside(match.span(), open_question):
            continue
        before = text[: match.start()]
        if match.group().lower().startswith("work") and _EFFORT_BY.search(before):
            continue
        yield match.start(), match.end(), "did_not" if _NEGATED.search(before) else "worked"


def _inside(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)
