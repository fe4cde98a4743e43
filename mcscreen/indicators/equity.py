"""Equity, and change of mindset: two kinds, `equity` and `mindset`.

Reason: rubrics of this family ask for the impact on "equitable skills, mindsets and professional practices". A change of
one's own assumptions is what Mezirow (1991) calls perspective transformation, and Kember et al. (2008) keep as the deepest
level. `equity` counts talk of fairness between groups, `mindset` a change in what the writer thinks.

Limits: equity told without the trade's words ("I go out to the trailer court now") is missed, and the words alone prove no
practice; a rubric's wording that the writer repeats counts like any other. A changed mind is recognised by its usual
phrases in the first person, whatever it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mcscreen.measurement import Measurement, measured
from mcscreen.submission import Passage

__all__ = ["measure"]

_EQUITY = re.compile(
    r"\b(?:(?:in)?equit(?:y|ies|able|ably)|inequalit(?:y|ies)|social justice|anti-?racis[mt]|racis[mt]|disproportion\w*|"
    r"marginali[sz]ed|underserved|under-served|"
    r"underrepresented|under-represented|(?:historically|traditionally) (?:excluded|underserved|marginali[sz]ed)|"
    r"culturally (?:responsive|relevant|sustaining)|"
    r"(?:implicit|unconscious|racial|own|cultural|gender|class|hidden|my|our) bias(?:es)?|biased|privileged?|"
    r"deficit (?:thinking|mindset|view|lens|language)|"
    r"stereotyp\w+|(?:achievement|opportunity|equity|access|discipline|attendance|reading) gaps?|equal (?:access|opportunit\w+|chance)|"
    r"(?:barriers?|access) (?:to|for) (?:\w+ ){0,3}?(?:students|children|learners|learning|famil\w+|participation)|students of colou?r|"
    r"(?:what|who) is fair|(?:fair|fairness) (?:is|means|meant|meaning|does not mean)|think(?:ing)? about fair(?:ness)?)\b",
    re.I,
)
_NOT_EQUITY = re.compile(
    r"\b(?:private|home|negative|brand|sweat) equity|equity (?:fund|partner|firm|release|loan)s?|bias (?:tape|cut)\b|"
    r"attorney[- ]client privilege",
    re.I,
)

_VIEW = (
    r"(?:mind-?sets?|mindscapes?|thinking|view|views|perspective|beliefs?|assumptions?|understanding|outlook|lens|attitude|"
    r"expectations|idea of|definition of|approach)"
)
_MINDSET = re.compile(
    rf"\b(?:i|we)\s+used to\s+(?:think|believe|assume|see|feel|say|look at|view|expect|treat|judge)\b"
    rf"|\b(?:i|we)\s+(?:now|no longer|have come to|came to|began to|started to|have begun to|have learned to|learned to|"
    rf"am learning to)\s+(?:see|think|believe|understand|know|"
    r"realis?z?e|assume|look at|view|recogni[sz]e|question|treat|expect|appreciate)\b"
    r"|\b(?:i|we)\s+(?:see|know|believe|understand|think)\s+now\b"
    r"|\b(?:i|we)\s+(?:had|have)\s+(?:always\s+|long\s+)?(?:assumed|believed|thought|taken for granted)\b|\b(?:i|"
    r"we)\s+(?:came up|grew up|was raised|were raised)\s+(?:believing|thinking|to believe)\b"
    rf"|\b(?:my|our)\s+(?:own\s+)?(?:\w+\s+)?{_VIEW}(?:\s+(?:about|of|on|toward|towards)\s+(?:\w+\s+){{1,6}}?)?\s*(?:has|have|"
    rf"had|was|were)?\s*(?:changed|shifted|evolved|grown|deepened|broadened|transformed|turned|challenged)\b"
    rf"|\b(?:changed|shifted|challenged|transformed|altered|reshaped|broadened|turned around|deepened)\s+(?:the way|how)\s+(?:i|we)\b"
    rf"|\b(?:changed|shifted|challenged|transformed|reshaped|broadened|deepened|confronted|forced me to (?:question|examine|"
    rf"confront))\s+(?:my|our)\s+(?:own\s+)?(?:\w+\s+)?{_VIEW}\b"
    r"|\b(?:has|have|had)?\s*changed in me\b|\bchanged me\b|\b(?:opened|open) my eyes\b|\b(?:i|we)\s+(?:had to|"
    r"have had to)\s+(?:unlearn|rethink|face|admit|confront|question)\b"
    r"|\b(?:it|that|this) (?:made|forced) (?:me|us) (?:to )?(?:rethink|question|reconsider|see|realis?z?e)\b"
    r"|\b(?:i|we) (?:was|were|had been) wrong (?:about|to|in)\b|\bmy (?:own )?blind spots?\b",
    re.I,
)


def measure(sentences: Sequence[Passage]) -> Measurement:
    """Sentences about equity or about a changed mind; kinds `equity` and `mindset`."""
    return measured("equity", sentences, _find)


def _find(index: int, text: str) -> Iterator[tuple[int, int, str]]:
    other = [m.span() for m in _NOT_EQUITY.finditer(text)]
    for match in _EQUITY.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in other):
            yield match.start(), match.end(), "equity"
    for match in _MINDSET.finditer(text):
        yield match.start(), match.end(), "mindset"
