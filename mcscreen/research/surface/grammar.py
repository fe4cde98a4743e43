"""Slips of grammar that leave the sense alone: articles, agreement, tense, plurals, prepositions.

Each function names every place of a stretch where it could slip, with the slip. The tagger says what a word is there; where
it is wrong, a slip may be none that a person would make, so the rules ask for a form that fits the dictionary form as well
("goes" of "go") and otherwise leave the word alone.

The kinds are those that corpora of learners' English tell apart (articles, prepositions, noun number, verb form and
agreement, as in the shared task on grammatical error correction, Ng et al. 2014, doi 10.3115/v1/W14-1701). How often real
writers make each, and together with what else, is not modelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcscreen.research.surface.rewriting import Edit, Stretch, Word, cased

__all__ = [
    "agreement_errors",
    "dropped_articles",
    "indefinite",
    "plural_missing",
    "swapped_prepositions",
    "tense_slips",
    "wrong_articles",
]

_ARTICLES = frozenset({"a", "an", "the"})
_BOUND = frozenset("few little lot couple bit number great good while hundred thousand dozen more most less same".split())
"""Words after which an article is no slip but part of the expression ("a few" is not "few")."""

_SOUNDED_VOWEL = re.compile(r"(?:[aeio]|u(?!ni|se|sa|su|ti|bi)|hour|honou?r|honest|heir)", re.I)
_SOUNDED_CONSONANT = re.compile(r"(?:eu|ewe|one\b|once|uni(?!n|m))", re.I)

_BEFORE_NOUN = frozenset({"det", "poss", "nummod", "amod", "compound", "nmod", "quantmod", "predet"})
_ROLES = frozenset({"nsubj", "nsubjpass", "dobj", "pobj"})

_SWAPS = {
    "in": "on",
    "on": "in",
    "at": "in",
    "for": "to",
    "to": "for",
    "of": "from",
    "from": "of",
    "with": "by",
    "by": "with",
    "about": "of",
    "into": "in",
    "during": "in",
    "through": "by",
    "toward": "for",
    "towards": "for",
    "among": "between",
    "across": "in",
}
_COMPOUND = frozenset("because instead out due according prior such as rather regardless up ahead in on at by for".split())
"""Words before a preposition that make one expression with it ("because of")."""
_FIXED = frozenset("order addition spite terms favor favour front charge fact general particular place".split())
"""Nouns that make one expression with the preposition before them ("in order")."""

_THIRD = {"has": "have", "does": "do", "goes": "go"}
_PLURAL_ONLY = frozenset(
    "means series news species headquarters always clothes thanks ours yours hers theirs mathematics glasses scissors".split()
)


def dropped_articles(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """Articles left out ("the aide takes a group" -> "aide takes group")."""
    for number, word in enumerate(stretch.words):
        after = _next(stretch, number)
        if (
            word.tag != "DT"
            or word.text.lower() not in _ARTICLES
            or after is None
            or not after.text[:1].isalpha()
            or _bound(stretch, number)
        ):
            continue
        if after.start - word.end != 1:
            continue
        if word.text[0].isupper():
            yield Edit(word.start, after.start + 1, after.text[0].upper())
        else:
            yield Edit(word.start, after.start, "")


def wrong_articles(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """The wrong article ("the plan" -> "a plan", and back), or one where none belongs ("the parents came")."""
    left = {w.head for n, w in enumerate(stretch.words) if w.head > n and w.dep in _BEFORE_NOUN}
    for number, word in enumerate(stretch.words):
        after = _next(stretch, number)
        lower = word.text.lower()
        if word.tag == "DT" and lower in _ARTICLES and after is not None and after.text[:1].isalpha():
            noun = stretch.words[word.head]
            if lower != "the" and not _bound(stretch, number):
                yield Edit(word.start, word.end, cased("the", word.text))
            elif lower == "the" and noun.tag == "NN" and not _bound(stretch, number):
                yield Edit(word.start, word.end, cased(indefinite(after.text), word.text))
        elif word.tag in ("NN", "NNS") and word.text.islower() and number not in left and word.dep in _ROLES and lower not in _FIXED:
            before = stretch.words[number - 1] if number else None
            if before is not None and before.tag in ("IN", "VB", "VBD", "VBP", "VBZ", "VBG", "CC"):
                yield Edit(word.start, word.start, "the ")


def agreement_errors(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """Verbs that do not agree with their subject ("she go", "they was", "the groups is")."""
    for word in stretch.words:
        lower = word.text.lower()
        if not word.text.isalpha():
            continue
        if word.tag == "VBZ" and (lower in _THIRD or lower in _with_s(word.lemma)):
            yield Edit(word.start, word.end, cased(_THIRD.get(lower, word.lemma), word.text))
        elif word.tag in ("VBP", "VBD") and lower in ("are", "were"):
            yield Edit(word.start, word.end, cased({"are": "is", "were": "was"}[lower], word.text))


def tense_slips(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """Verbs of the past in their base form ("last year we start a group"); not "was" and "were"."""
    for word in stretch.words:
        if word.tag == "VBD" and word.text.isalpha() and word.lemma != "be" and _changes(word):
            yield Edit(word.start, word.end, cased(word.lemma, word.text))


def plural_missing(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """Nouns of the plural without their -s ("nine student came")."""
    for word in stretch.words:
        lower = word.text.lower()
        if word.tag == "NNS" and word.text.isalpha() and lower not in _PLURAL_ONLY and lower in _with_s(word.lemma):
            yield Edit(word.start, word.end, cased(word.lemma, word.text))


def swapped_prepositions(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """A preposition that learners take for another ("in Monday", "wait to him")."""
    for number, word in enumerate(stretch.words):
        lower = word.text.lower()
        if word.dep != "prep" or word.tag not in ("IN", "TO") or lower not in _SWAPS:
            continue
        before = stretch.words[number - 1].text.lower() if number else ""
        after = _next(stretch, number)
        if before not in _COMPOUND and after is not None and after.text[:1].isalnum() and after.text.lower() not in _FIXED:
            yield Edit(word.start, word.end, cased(_SWAPS[lower], word.text))


def indefinite(word: str) -> str:
    """The indefinite article before a word, by its letters."""
    return "an" if _SOUNDED_VOWEL.match(word) and not _SOUNDED_CONSONANT.match(word) else "a"


def _next(stretch: Stretch, number: int) -> Word | None:
    return stretch.words[number + 1] if number + 1 < len(stretch.words) else None


def _bound(stretch: Stretch, number: int) -> bool:
    after = _next(stretch, number)
    return after is not None and after.text.lower() in _BOUND


def _changes(word: Word) -> bool:
    """Whether the dictionary form is another word that may well be this one's."""
    lower, lemma = word.text.lower(), word.lemma
    return lemma.isalpha() and lemma.islower() and lemma != lower and (lemma[0] == lower[0] or lower == "went")


def _with_s(lemma: str) -> tuple[str, ...]:
    """How a word may look with an -s."""
    if not (lemma.isalpha() and lemma.islower()):
        return ()
    return (f"{lemma}s", f"{lemma}es", f"{lemma[:-1]}ies") if lemma.endswith("y") else (f"{lemma}s", f"{lemma}es")
