"""Intention with an actor and a time: who will do what, by when.

Reason: a reflection that ends in action names the action; implementation intentions with a time and an actor are acted on
more often than bare goals (Gollwitzer & Sheeran 2006, doi 10.1016/S0065-2601(06)38002-1). "I will keep growing" is none.

Limits: actor and verb are found by spaCy's parser, which errs on long and unpunctuated sentences. A time is a word for a
stretch of the calendar or an event to come; "in the future", "moving forward" and "soon" are too vague to count. A plan
told in two sentences, the time in one and the actor in the other, is missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mcscreen.language import english, from_parses
from mcscreen.measurement import Measurement, measured
from mcscreen.submission import Passage

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

__all__ = ["measure"]

_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_UNIT = (
    r"(?:year|term|semester|trimester|quarter|month|week|fall|autumn|spring|summer|winter|school year|cycle|marking period|session|cohort)"
)
_TIME = re.compile(
    rf"\b(?:next|this coming|the coming|the following|this|each|every|second|first|another|the next (?:\w+ )?|the end of the|"
    rf"the start of the)\s+(?:school\s+)?{_UNIT}s?\b"
    rf"|\b(?:by|in|before|until|from|starting|beginning|during|over|through|after|since|come|every|early|late|this|"
    rf"next)\s+(?:the\s+|mid-?|early\s+|late\s+)?(?:{_MONTH}|fall|autumn|spring|summer|winter|{_DAY}|thanksgiving|christmas|"
    rf"easter|labor day|new year)\b"
    rf"|\bon (?:the )?(?:\w+ )?{_DAY}\b|\b(?:in|within) (?:the next )?(?:\w+|\d+) (?:days|weeks|months|years)\b"
    r"|\b(?:tomorrow|tonight|next (?:mon|tues|wednes|thurs|fri)day|(?:by|in|before|starting) 20\d\d|when (?:we|students|"
    r"teachers|staff|children|they) return|before (?:school|the (?:first|next) \w+) (?:opens|starts|begins)|(?:weekly|monthly|"
    r"quarterly|twice a (?:year|month|week|term)|once a (?:year|month|week|term)|daily))\b",
    re.I,
)
_PLANS = frozenset("plan intend aim hope want propose expect mean resolve commit".split())
_PEOPLE = frozenset(
    """teacher principal staff team leader coach counselor counsellor aide assistant nurse librarian secretary committee council
    mentor colleague specialist paraprofessional interventionist superintendent parent family faculty department student child
    pupil grade class cohort chair head director educator facilitator partner volunteer driver cook custodian person people half""".split()
)
_NAMES = frozenset({"i", "we", "he", "she", "they", "who", "both", "each"})


def measure(sentences: Sequence[Passage]) -> Measurement:
    """Sentences that say who will do something and when."""
    return measured("intention", sentences, _find)


def _find(index: int, text: str) -> Iterator[tuple[int, int, str]]:
    if not _TIME.search(text) or not re.search(
        r"\b(?:will|shall|won['’]t|going to|plan\w*|inten[dt]\w*|aim\w*|hop[ei]\w*|want\w*|commit\w*|propos\w*|resolv\w*|"
        r"expect\w*)\b|['’]ll\b",
        text,
        re.I,
    ):
        return
    yield from from_parses(english(), [text], lambda parsed: list(_found(parsed)))[0]


def _found(parsed: Doc) -> Iterator[tuple[int, int, str]]:
    for token in parsed:
        verb = _future(token)
        if verb is None:
            continue
        actor = _actor(verb)
        if actor is not None and not _reported(verb):
            start = min(actor.idx, token.idx)
            end = max(token.idx + len(token), verb.idx + len(verb))
            yield start, end, ""


def _future(token: Token) -> Token | None:
    """The verb that carries an intention, where `token` marks one."""
    word = token.lower_
    if token.tag_ == "MD" and word in ("will", "shall", "'ll", "’ll", "wo") and token.head.pos_ in ("VERB", "AUX"):
        return token.head
    if word == "going" and any(c.dep_ == "xcomp" and any(t.lower_ == "to" for t in c.lefts) for c in token.children):
        return token if any(c.lower_ in ("am", "are", "is", "'m", "’m", "'re", "’re") for c in token.children) else None
    if token.lemma_ in _PLANS and token.pos_ == "VERB" and token.tag_ in ("VBP", "VBZ", "VBG"):
        if token.tag_ == "VBG" and any(c.lower_ in ("was", "were", "been") for c in token.children):
            return None
        if any(c.dep_ == "xcomp" and any(t.lower_ == "to" for t in c.lefts) for c in token.children) or any(
            c.lower_ == "on" for c in token.children
        ):
            return token
    return None


def _actor(verb: Token) -> Token | None:
    """The subject, if it is somebody."""
    seen = verb
    for _ in range(3):
        for child in seen.children:
            if child.dep_ == "nsubj":
                lemma = child.lemma_.lower()
                named = child.pos_ == "PROPN" or child.lower_ in _NAMES or lemma in _PEOPLE
                return child if named else None
        if seen.dep_ not in ("conj", "xcomp"):
            return None
        seen = seen.head
    return None


def _reported(verb: Token) -> bool:
    """Whether the intention was held in the past ("I told them that we will ...") or is a condition ("if we will")."""
    if any(c.dep_ == "mark" and c.lower_ in ("if", "whether") for c in verb.children):
        return True
    return verb.dep_ == "ccomp" and verb.head.tag_ == "VBD"
