"""Specificity: the writer tells an action of their own, in the past.

Reason: reflection needs an experience to reflect on; "I moved my desk" is one, "a leader should be present" is none. First
person with past tense separates told experience from general talk (Ullmann 2019, doi 10.1007/s40593-019-00174-2).

Limits: subject and tense come from spaCy's small English parser. Verbs of thinking, feeling, having and being do not count
as action (a list); nor do denied actions, habits ("would", "used to") and what was done to the writer. A past form that
looks like a present ("we put", "we read") counts only if the parser sees the past.
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

_STATES = frozenset(
    """be have think believe feel know want like love hate need hope wish understand realize realise learn see hear notice remember
    forget expect assume wonder seem become get enjoy prefer fear worry mean own belong doubt suppose consider guess care find
    come grow appreciate struggle agree use""".split()
)
_FIRST = frozenset({"i", "we"})
_SPOKEN = re.compile(r"\b(?:i|we)\b", re.I)


def measure(sentences: Sequence[Passage]) -> Measurement:
    """Sentences in which "I" or "we" did something."""
    # Parsed together they cost less than half of what they cost one by one, and are parsed alike.
    spoken = [n for n, s in enumerate(sentences) if _SPOKEN.search(s.text)]
    found = dict(zip(spoken, from_parses(english(), (sentences[n].text for n in spoken), lambda d: list(_found(d))), strict=True))
    return measured("specificity", sentences, lambda n, _: found.get(n, ()))


def _found(sentence: Doc) -> Iterator[tuple[int, int, str]]:
    for token in sentence:
        if token.lemma_.lower() in _STATES or not _past(token):
            continue
        subject = _subject(token)
        if subject is not None and subject.lower_ in _FIRST:
            yield min(subject.idx, token.idx), token.idx + len(token), ""


def _past(verb: Token) -> bool:
    auxiliaries = [c for c in verb.children if c.dep_ in ("aux", "auxpass", "neg")]
    words = {c.lower_ for c in auxiliaries}
    if (
        verb.pos_ != "VERB"
        or any(c.dep_ in ("auxpass", "neg") or c.tag_ == "MD" for c in auxiliaries)
        or "never" in {c.lower_ for c in verb.lefts}
    ):
        return False
    if verb.tag_ == "VBD" or (verb.tag_ == "VBN" and words & {"had", "have", "'ve", "’ve", "'d", "’d"}):
        return True
    return verb.tag_ in ("VBN", "VBD") and verb.dep_ == "conj" and _past(verb.head)


def _subject(verb: Token) -> Token | None:
    """The verb's subject, or that of the verb it is coordinated with."""
    for _ in range(4):
        for child in verb.children:
            if child.dep_ in ("nsubj", "nsubjpass"):
                return child if child.dep_ == "nsubj" else None
        if verb.dep_ != "conj":
            return None
        verb = verb.head
    return None
