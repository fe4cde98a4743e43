"""Alternatives: the writer says what they would do, or should have done, differently.

Reason: looking back at an action to consider another is what separates dialogic reflection from description (Hatton &
Smith 1995), and many rubrics ask "what would you do differently?".

Limits: English uses "would" for habits of the past ("every Friday she would call"), for politeness and for guesses. A
bare "would" therefore counts only with a first person and a cue of a second try in the same sentence ("next time",
"instead", "sooner", "if I did it again"). Alternatives told without any such word are missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mcscreen.measurement import Measurement, measured
from mcscreen.submission import Passage

__all__ = ["measure"]

_WE = r"\b(?:i|we)"
# After "I'd" a participle means "I had".
_PARTICIPLE = (
    r"(?:\w+ed|\w+en|been|told|thought|had|gone|done|made|found|kept|left|heard|said|met|lost|got|brought|bought|taught|sent|built|"
    r"held|led|read|put|set|come|become|run|begun|known|grown|shown|better|like to thank)\b"
)
_WOULD = rf"(?:{_WE}\s+(?:would|wouldn['’]t|might|could)|{_WE}['’]d(?!\s+(?:just\s+|never\s+|already\s+)?{_PARTICIPLE}))"
_POLITE = r"(?!\s+(?:like to (?:thank|share|say|add|mention)|say|argue|love to hear|be remiss|describe|venture|never have guessed))"

_STRONG = re.compile(
    rf"{_WE}\s+(?:should|could|ought to|might)(?:\s+(?:probably|perhaps|certainly|also|not|never)|n['’]t)*\s+have\s+\w+"
    rf"|{_WE}(?:\s+would|['’]d)(?:\s+(?:probably|perhaps|certainly|also|not|never|rather))*\s+have\s+(?!thought|guessed|"
    rf"expected|believed|said|imagined|liked to)\w+"
    rf"|\b(?:i|we)\s+wish(?:ed)?\s+(?:that\s+)?(?:i|we)\s+had\b|\b(?:i|we)\s+wish(?:ed)?\s+(?:that\s+)?(?:i|we)['’]d\b"
    rf"|\b(?:do|done|did|doing|handle[d]?|approach(?:ed)?|plan(?:ned)?|organi[sz]ed?|start(?:ed)?)\s+(?:it|this|that|things|"
    rf"one thing|some things|them|\w+ \w+)?\s*differently\b"
    r"|\b(?:if|were)\s+(?:i|we)\s+(?:could|were to|had to|to)\s+(?:do|start|begin|run|teach|plan|lead)\b[^.;]{0,30}?\b(?:again|over)\b"
    r"|\b(?:a )?better (?:way|choice|approach|plan|idea) would (?:have been|be)\b"
    r"|\bit would have been (?:better|wiser|fairer|easier)\b",
    re.I,
)
_TENTATIVE = re.compile(rf"{_WOULD}{_POLITE}\s+\w+", re.I)
_SECOND_TRY = re.compile(
    r"\b(?:next time|another time|if (?:i|we) (?:did|do|could do|were to do|had|ran|began|started|get to|got to) (?:it|this|"
    r"that|things)?\s*"
    r"(?:again|over)?|(?:again|over) from|start(?:ing)? over|in hindsight|with hindsight|looking back|instead|sooner|earlier|differently|"
    r"from the (?:start|beginning|first day|outset)|rather than|knowing what (?:i|we) know|on day one|a second time|"
    r"another year|in (?:a|the) (?:second|next) round)\b",
    re.I,
)
# Habits: a frequency or a past frame before the verb, with nothing that points to a second try.
_HABIT = re.compile(
    r"\b(?:every|each|often|usually|always|sometimes|most|whenever|on (?:mon|tues|wednes|thurs|fri|satur|sun)days|used to|back then|"
    r"in those (?:days|years)|as a child|growing up)\b",
    re.I,
)
_REPORTED = re.compile(r"\b(?:said|told|promised|agreed|decided|knew|thought|hoped|asked|announced|whether|so that)\b[^.;,]{0,40}$", re.I)
_OTHERS_IDEA = re.compile(r"\b(?:told|asked) (?:me|us) (?:that )?$", re.I)


def measure(sentences: Sequence[Passage]) -> Measurement:
    """Sentences in which the writer considers having acted, or acting, in another way."""
    return measured("alternatives", sentences, _find)


def _find(index: int, text: str) -> Iterator[tuple[int, int, str]]:
    for match in _STRONG.finditer(text):
        if not _OTHERS_IDEA.search(text[: match.start()]):
            yield match.start(), match.end(), ""
    cue = _SECOND_TRY.search(text)
    if cue is None:
        return
    for match in _TENTATIVE.finditer(text):
        before = text[: match.start()]
        if _REPORTED.search(before) or (_HABIT.search(text) and cue.group().lower() in ("instead", "earlier", "sooner", "rather than")):
            continue
        yield match.start(), match.end(), ""
