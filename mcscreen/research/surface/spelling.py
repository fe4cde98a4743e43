"""What typing does to a text: errors of the hand, contractions made and undone, full stops that become commas, spaces.

An error of typing is one letter too few or too many, another letter, or two letters in the wrong order: four of five
misspellings are one of these (Damerau 1964, doi 10.1145/363958.363994). The first letter stays, and so do short words.
Errors of people who do not know how a word is written ("recieve") are of another kind and not made here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from random import Random

from mcscreen.research.surface.rewriting import Edit, Stretch, cased

__all__ = ["contractions_made", "contractions_undone", "double_spaces", "run_on_sentences", "typing_errors"]

_SHORTEST = 4
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {c: "".join(row[max(0, i - 1) : i] + row[i + 1 : i + 2]) for row in _ROWS for i, c in enumerate(row)}

_NOT = {"do", "does", "did", "is", "are", "was", "were", "has", "have", "had", "would", "could", "should"}
_SUBJECTS = {"i", "you", "he", "she", "it", "we", "they", "there", "that", "who"}
_SHORT = {
    "am": "'m",
    "is": "'s",
    "are": "'re",
    "has": "'s",
    "have": "'ve",
    "had": "'d",
    "will": "'ll",
    "would": "'d",
}
_LONG = {"'m": "am", "'re": "are", "'ve": "have", "'ll": "will"}
_BEFORE_NOT = {"ca": "can", "wo": "will", "sha": "shall"}


def typing_errors(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """One slip of the hand in a word of four letters or more, in lower case."""
    for word in stretch.words:
        if len(word.text) >= _SHORTEST and word.text.isascii() and word.text.isalpha() and word.text.islower():
            yield Edit(word.start, word.end, _mistyped(word.text, Random(f"{seed} {word.text} {word.start}")))


def _mistyped(word: str, chance: Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    kind = chance.choice(("swapped", "missing", "doubled", "beside"))
    if kind == "swapped" and word[at] != word[at + 1]:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == "doubled":
        return word[:at] + word[at] + word[at:]
    if kind == "beside":
        return word[:at] + chance.choice(_BESIDE[word[at]]) + word[at + 1 :]
    return word[:at] + word[at + 1 :]


def contractions_made(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """Two words drawn together ("do not" -> "don't", "we are" -> "we're")."""
    after = [*stretch.words[2:], None, None]
    for (one, two), third in zip(pairwise(stretch.words), after, strict=False):
        first, second = one.text.lower(), two.text.lower()
        gap = stretch.text[one.end : two.start]
        if second == "not":
            if first == "can" and gap in ("", " "):
                yield Edit(one.start, two.end, cased("can't", one.text))
            elif first == "will" and gap == " ":
                yield Edit(one.start, two.end, cased("won't", one.text))
            elif first in _NOT and gap == " ":
                yield Edit(one.start, two.end, f"{one.text}n't")
        # Only where something follows that the verb goes with: nobody writes "that is how it's."
        elif first in _SUBJECTS and second in _SHORT and gap == " " and third is not None and third.text[0].isalpha():
            aux = two.dep in ("aux", "auxpass") or two.lemma == "be"
            if aux and two.tag != "VB" and third.text.lower() not in ("not", "to"):
                yield Edit(one.end, two.end, _SHORT[second])


def contractions_undone(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """Two words written apart ("didn't" -> "did not", "we've" -> "we have")."""
    for number, (one, two) in enumerate(pairwise(stretch.words)):
        if one.end != two.start:
            continue
        first, second = one.text.lower(), two.text.lower().replace("’", "'")
        following = stretch.words[number + 2].text.lower() if number + 2 < len(stretch.words) else ""
        if second == "n't" and first != "ai":
            if following in _SUBJECTS:
                continue  # "Didn't we ask" has another order when it is written apart.
            base = _BEFORE_NOT.get(first, first)
            yield Edit(one.start, two.end, cased("cannot" if base == "can" else f"{base} not", one.text))
        elif first == "let" and second == "'s":
            yield Edit(one.start, two.end, cased("let us", one.text))
        elif second in _LONG:
            yield Edit(two.start, two.end, f" {_LONG[second]}")
        elif second == "'s" and two.tag == "VBZ" and first in _SUBJECTS:
            yield Edit(two.start, two.end, " has" if two.lemma == "have" or following in ("been", "got", "had") else " is")
        elif second == "'d" and two.tag in ("MD", "VBD"):
            yield Edit(two.start, two.end, " would" if two.tag == "MD" else " had")


def run_on_sentences(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """A full stop that becomes a comma, so that two sentences are one."""
    opens = {w.start: w for w in stretch.words}
    for (_, end), (begin, _) in pairwise(stretch.sentences):
        word = opens.get(begin)
        if word is None or stretch.text[end - 1 : begin] != ". " or not word.text[0].isupper():
            continue
        name = word.tag in ("NNP", "NNPS") or re.match(r"I\b", stretch.text[begin:]) or word.text[1:2].isupper()
        # Written over the space alone where the next word is to stay as it is, so that the edit does not touch it.
        yield Edit(end - 1, begin, ", ") if name else Edit(end - 1, begin + 1, f", {word.text[0].lower()}")


def double_spaces(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """Two spaces for one: a control, since reading a file makes one of them."""
    for match in re.finditer(r"(?<=\S) (?=\S)", stretch.text):
        yield Edit(match.start(), match.end(), "  ")
