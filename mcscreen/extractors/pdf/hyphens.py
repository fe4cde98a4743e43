"""Hyphens at line ends: part of the word ("fourth-grade") or made by the line break ("exam-ple")?

The document itself knows best: the word may stand elsewhere unbroken, with its hyphen or without. Where it does not, a
document in which many lines end in a hyphen was hyphenated by a program, and one with few was not.

`join_lines` in `words` therefore only marks the place, with a hyphen and a soft hyphen, and `mender` decides when all
text is known. A mark that is never decided reads as a plain hyphen, since soft hyphens are dropped with other invisible
characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

__all__ = ["mender"]

_MARK = re.compile("([^\\W_]+)-\u00ad([^\\W_]+)")
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_FEW = 0.0025
"""Line-end hyphens a word up to which they are taken for the writer's own."""
_FIRST_HALVES = frozenset(
    re.findall(
        r"\w+",
        """
        self well non half high low long short full part cross all ex post pre co multi anti mid inter semi student teacher school
        family parent community peer data project problem evidence goal one two three four five six seven eight nine ten first second
        third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth twenty thirty forty fifty sixty seventy eighty ninety
        """,
    )
)
_ENDINGS = frozenset(
    re.findall(
        r"\w+",
        """
        able al ance ation cal ed ence er ers es ful hood ible ic ies ing ings ion ional ions ious ism ist ity ive less ly ment ments
        ness or ous s ship sion sional tion tional tions tive ture ty ward wards
        """,
    )
)


def mender(texts: Iterable[str]) -> Callable[[str], str]:
    """A function that decides every marked hyphen, by what stands in `texts`, the whole document."""
    marks = words = 0
    known: set[str] = set()
    for text in texts:
        marks += len(_MARK.findall(text))
        for word in _WORD.findall(_MARK.sub(" ", text)):
            words += 1
            known.add(word.lower())
            known.update(word.lower().split("-") if "-" in word else ())
    automatic = marks > _FEW * words

    def decide(found: re.Match[str]) -> str:
        first, second = found[1].lower(), found[2].lower()
        hyphen, plain = f"{found[1]}-{found[2]}", found[1] + found[2]
        if hyphen.lower() in known:
            return hyphen
        if plain.lower() in known or second in _ENDINGS:
            return plain
        both = min(len(first), len(second)) > 2 and first in known and second in known
        return hyphen if both or first in _FIRST_HALVES or not automatic else plain

    return lambda text: _MARK.sub(decide, text) if "\u00ad" in text else text
