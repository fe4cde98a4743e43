"""Words that a line end divided: is "fourth-grade" one word with a hyphen, is "exam-ple", is "Plan_Bin der"?

The document itself knows best: the word may stand elsewhere unbroken, with its hyphen or without. Where it does not, a
document in which many lines end in a hyphen was hyphenated by a program, and one with few was not.

`join_lines` and `cell_text` in `words` therefore only mark the place, with a soft hyphen after the hyphen and a word joiner
after the space, and `mender` decides when all text is known. Both marks are dropped with other invisible characters, so
that an undecided place reads as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

__all__ = ["mender"]

_MARK = re.compile("([^\\W_]+)-\u00ad([^\\W_]+)")
_BROKEN = re.compile("([^\\s\u2060]+) \u2060([^\\s\u2060]+)")
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


_SHORT = frozenset(re.findall(r"\w+", "a am an as at be by do go he i if in is it me my no of on or pm so to up us we"))


def mender(texts: Iterable[str]) -> Callable[[str], str]:
    """A function that decides every marked hyphen, by what stands in `texts`, the whole document."""
    marks = words = 0
    known: set[str] = set()
    for text in texts:
        marks += len(_MARK.findall(text))
        for word in _WORD.findall(_BROKEN.sub(" ", _MARK.sub(" ", text))):
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

    def join(found: re.Match[str]) -> str:
        start, rest = found[1], found[2]
        first, second = re.split(r"\W|_", start)[-1].lower(), re.split(r"\W|_", rest)[0].lower()
        if "_" in start or rest.startswith("_"):  # the name of a file
            whole = start.endswith("_") or "_" in rest or len(second) < 3 or not (first in known and second in known)
        elif not (start[-1].isalpha() and rest[0].islower()):
            whole = False
        else:
            whole = first + second in known or (first not in known and (second in _ENDINGS or (len(second) < 3 and second not in _SHORT)))
        return start + rest if whole else f"{start} {rest}"

    return lambda text: _MARK.sub(decide, _BROKEN.sub(join, text))
