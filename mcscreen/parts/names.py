"""How people name the parts of a submission, in file names and in headings.

One micro-credential says "Part 2. Skill Demonstration Product with Self-Analysis"; its candidates write "Pt 2", "part_two",
"SelfAnalysis", "Evidence table". Which part is meant follows from a number, from the part's title, or from words that the
kind of part is called by everywhere. Numbers are the strongest, because people number what the rubric numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from mcscreen.rubric import Rubric

__all__ = [
    "LABEL",
    "MINIMUM",
    "Named",
    "PartNames",
    "may_hold_minimum",
    "names_of",
    "same_word",
    "split_name",
    "without_minimum",
    "words_of",
]

_Strength = Literal[1, 2, 3]

_WORD = re.compile(r"[^\W_]+")
_INNER_APOSTROPHE = re.compile(r"(?<=[^\W_])['’](?=[^\W_])")
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "first": 1, "second": 2, "third": 3, "fourth": 4}
_NUMBERS |= {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5} | {str(n): n for n in range(1, 10)} | {f"0{n}": n for n in range(1, 10)}
_MARKERS = frozenset({"part", "parts", "pt", "pts", "prt", "section", "component"})
_STOP = frozenset(
    {
        "a",
        "an",
        "and",
        "or",
        "of",
        "the",
        "to",
        "for",
        "with",
        "in",
        "on",
        "my",
        "your",
        "by",
        "as",
        "is",
        "this",
        "that",
        "from",
        "at",
        "it",
    }
)

_KIND_PHRASES: dict[str, tuple[str, ...]] = {
    "narrative": ("overview questions", "overview question", "overview narrative", "responsive narrative", "narrative", "overview"),
    "portfolio": (
        *("self analysis", "selfanalysis", "evidence analysis", "artifact analysis", "skill demonstration", "artifact portfolio"),
        *(
            "evidence portfolio",
            "portfolio",
            "citations",
            "citation table",
            "citation list",
            "evidence table",
            "evidence map",
            "evidence log",
        ),
        *("evidence guide", "evidence chart", "evidence summary", "evidence list", "evidence index", "artifact guide", "artifact table"),
        *("artifact index", "artifact list", "artifact chart", "artifact log"),
    ),
    "reflection": ("reflection application", "reflection", "reflections", "reflective summary", "reflective essay", "reflective statement"),
}
_USUAL = frozenset(tuple(p.split()) for phrases in _KIND_PHRASES.values() for p in phrases)
# Words beside a part's name that name nothing else.
_NEUTRAL = frozenset(
    {
        "final",
        "draft",
        "copy",
        "version",
        "submission",
        "submitted",
        "revised",
        "updated",
        "new",
        "doc",
        "document",
        "file",
        "template",
        "form",
    }
    | {
        "micro",
        "credential",
        "microcredential",
        "mc",
        "response",
        "responses",
        "answer",
        "answers",
        "question",
        "questions",
        "essay",
        "summary",
    }
    | {"written", "writing", "upload", "minimum", "word", "words", "page", "part", "section", "narrative", "statement", "paper", "complete"}
)

_OWN_LABEL = re.compile(r"\s*(?:part|section|component)\s+(\d{1,2}|[a-h]|[ivx]{1,4}|one|two|three|four|five)\b[\s.:–—-]*", re.I)

_NUMBERED = re.compile(
    r"(?:part|pt\.?|section|component)\s*[#:.]?\s*([0-9]{1,2}|[a-h]|one|two|three|four|five|i{1,3}v?|iv)\b\s*([.:)\]–—/|-]|$)?\s*", re.I
)

_LONGEST = 300
"""Characters of a line that are looked at: longer lines are paragraphs, and only their beginning can be a heading."""

LABEL = re.compile(
    r"\s*(?:overview\s+)?(?:question|quest\.|prompt|q)s?\s*(?:no\.?\s*|number\s*|\#\s*)?(?:\d{1,2}[a-d]?|one|two|three|four|five|six)\b\s*[.:)\]\-–—]*\s*",
    re.I,
)
"""A question's label at the start of a line: "Question 1", "Q1:", "Prompt #2." """

MINIMUM = re.compile(
    r"[(\[]?\s*(?:(?:a\s+)?minimum(?:\s+of)?:?\s*\d[\d,.]{0,8}\s*-?\s*words?|\d[\d,.]{0,8}\s*-?\s*words?\s*[,:-]?\s*(?:minimum|min\b\.?|required)|"
    r"at\s+least\s+\d[\d,.]{0,8}\s*words|word\s*count\s*[:=-]?\s*\d[\d,.]{0,8}(?:\s*words)?)\s*[)\]]?\s*[.:]?",
    re.I,
)
"""A remark on the number of words: "(1,000-word minimum)", "500 words min.", "Word count: 1,023"."""


def may_hold_minimum(text: str) -> bool:
    """Whether it is worth looking for a `MINIMUM`: every one has "word" in it, and few lines do."""
    return "word" in text.lower()


def without_minimum(text: str) -> str:
    """The text with a space for each remark on the number of words."""
    return MINIMUM.sub(" ", text) if may_hold_minimum(text) else text


def words_of(text: str) -> list[str]:
    """Lower-case words without apostrophes; numbers are words."""
    return _WORD.findall(_INNER_APOSTROPHE.sub("", text.casefold()))


def split_name(name: str) -> list[str]:
    """Words of a file or folder name: "Part1_SelfAnalysis" becomes part, 1, self, analysis."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return words_of(re.sub(r"[\W_]+", " ", re.sub(r"['’]", "", spaced)))


@lru_cache(maxsize=5_000)
def same_word(a: str, b: str) -> bool:
    """Whether two words are the same but for a typing error. Other endings are other words ("celebrate", "celebrated")."""
    if a == b:
        return True
    if min(len(a), len(b)) < 5 or a[0] != b[0] or abs(len(a) - len(b)) > 2:
        return False
    short, long = sorted((a, b), key=len)
    if long.startswith(short) or (len(short) > 5 and long.startswith(short[:-1]) and long[-1] in "sdgy"):
        return False
    if len(a) == len(b) and sorted(a) == sorted(b):
        return True
    return SequenceMatcher(None, a, b, autojunk=False).ratio() >= 0.88


@dataclass(frozen=True, slots=True)
class Named:
    """A part that a name or heading speaks of.

    Attributes:
        part: Part id.
        strength: 3 for a number, 2 for a title or a usual phrase, 1 for a word of the title or a bare number.
        rest: Words that belong neither to the part's name nor to the usual company.
    """

    part: str
    strength: _Strength
    rest: tuple[str, ...] = ()


class PartNames:
    """What the parts of one rubric can be called."""

    def __init__(self, rubric: Rubric) -> None:
        self._parts = rubric.parts
        titles = [words_of(_OWN_LABEL.sub("", p.title)) for p in rubric.parts]
        self._titles = [[w for w in t if w not in _STOP] for t in titles]
        self._labels: dict[str, str] = {}
        for position, part in enumerate(rubric.parts, 1):
            own = _OWN_LABEL.match(part.title)
            label = own[1].casefold() if own else str(position)
            number = _NUMBERS.get(label)
            spellings = [label] if number is None else [w for w, n in _NUMBERS.items() if n == number]
            self._labels |= {w: part.id for w in spellings if w not in self._labels}
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        for part, title in zip(rubric.parts, self._titles, strict=True):
            alone = sum(p.kind == part.kind for p in rubric.parts) == 1
            usual = [tuple(p.split()) for p in _KIND_PHRASES[part.kind]] if alone else []
            taken = {tuple(p.split()) for k, ps in _KIND_PHRASES.items() for p in ps if k != part.kind}
            others = {w for t in self._titles if t is not title for w in t}
            single = [(w,) for w in title if len(w) > 4 and w not in others and w not in _NEUTRAL and (w,) not in taken]
            self._phrases[part.id] = [*([tuple(title)] if title else []), *usual, *single]
        self._ranked = {
            part: [(p, frozenset(w[0] for w in p), 1 if len(p) == 1 and p not in _USUAL else 2 * len(p)) for p in phrases]
            for part, phrases in self._phrases.items()
        }
        self._everywhere = set(words_of(rubric.title)) | _NEUTRAL | _STOP

    def numbered(self, words: Sequence[str]) -> list[str]:
        """Parts that a number says: "part 1", "pt ii", "parts 1 and 3"."""
        found: list[str] = []
        for i, word in enumerate(words):
            after = words[i + 1] if i + 1 < len(words) else ""
            if word in _MARKERS:
                for following in words[i + 1 : i + 6]:
                    if following in self._labels:
                        self._add(found, following)
                    elif following not in ("and", "to", "through", *_MARKERS):
                        break
            elif word == "p" and after.isdigit() and len(after) == 1:
                self._add(found, after)
            elif word in ("first", "second", "third", "fourth") and after == "part":
                self._add(found, word)
        return found

    def _add(self, found: list[str], label: str) -> None:
        part = self._labels.get(label)
        if part and part not in found:
            found.append(part)

    def in_name(self, name: str) -> list[Named]:
        """Parts that a file or folder name speaks of, surest first."""
        words = split_name(name)
        numbered = self.numbered(words)
        if numbered:
            return [Named(p, 3, self._rest(words, p)) for p in numbered]
        found = self._by_phrase(words)
        if not found and len(words) == 1 and words[0].isdigit() and words[0] in self._labels:
            return [Named(self._labels[words[0]], 1)]
        return found

    def _by_phrase(self, words: Sequence[str]) -> list[Named]:
        """Parts whose title or usual name stands in the words; the longest phrase wins."""
        best: dict[str, int] = {}
        content = [w for w in words if w not in _STOP]
        initials = {w[0] for w in content}
        for part, phrases in self._ranked.items():
            for phrase, needed, rank in phrases:
                if needed <= initials and _holds(content, phrase):
                    best[part] = max(best.get(part, 0), rank)
        if not best:
            return []
        top = max(best.values())
        return [Named(p, 2 if v > 1 else 1, self._rest(words, p)) for p, v in best.items() if v == top]

    def _rest(self, words: Sequence[str], part: str) -> tuple[str, ...]:
        known = (
            {w for phrase in self._phrases[part] for w in phrase} | self._everywhere | _MARKERS | set(_NUMBERS) | set(self._labels) | {"p"}
        )
        return tuple(w for w in words if w not in known and not w.isdigit() and not any(same_word(w, k) for k in known))

    def in_heading(self, line: str) -> Named | None:
        """The part that a heading announces, or None when the line is no part's heading.

        A number counts with an end of the line, punctuation, or the part's title behind it, so that "Part 1 was hard to
        write" announces nothing. Without a number the line must be the title, or the usual name, and little else.
        """
        text = without_minimum(line[:_LONGEST]).strip(" \t*#_-–—•|")
        numbered = _NUMBERED.match(text)
        if numbered:
            part = self._labels.get(numbered[1].casefold())
            if part is None:
                return None
            behind = text[numbered.end() :]
            words = words_of(behind)
            rest = self._rest(words, part)
            if not words or not rest or _starts_with_title(words, self._title(part)):
                return Named(part, 3, rest)
            if (numbered[2] or behind[:1].isupper()) and len(words) <= 14 and not re.search(r"[.;,]\s*$", behind):
                return Named(part, 3, rest)
            # A heading that runs into its paragraph: "Part 1. When I came here …"
            return Named(part, 1, rest) if numbered[2] and numbered[2] in ".:–—" else None
        words = words_of(text)
        if not 0 < len(words) <= 12 or re.search(r"[;,]\s*$|[a-z]{3,}\.\s*$", text):
            return None
        content = [w for w in words if w not in _STOP]
        for titled, title in zip(self._parts, self._titles, strict=True):
            if title and len(content) == len(title) and _starts_with_title(content, title):
                return Named(titled.id, 2)
        found = [n for n in self._by_phrase(words) if n.strength == 2 and not n.rest]
        return found[0] if len(found) == 1 and len(words) <= len(self._title(found[0].part)) + 5 else None

    def _title(self, part: str) -> list[str]:
        return next(t for p, t in zip(self._parts, self._titles, strict=True) if p.id == part)


@lru_cache(maxsize=8)
def names_of(rubric: Rubric) -> PartNames:
    """What the parts of a rubric can be called; kept for the next document."""
    return PartNames(rubric)


def _starts_with_title(words: Sequence[str], title: Sequence[str]) -> bool:
    content = [w for w in words if w not in _STOP][: len(title)]
    return bool(title) and len(content) == len(title) and all(same_word(a, b) for a, b in zip(content, title, strict=True))


def _holds(words: Sequence[str], phrase: Sequence[str]) -> bool:
    return any(all(same_word(a, b) for a, b in zip(words[i:], phrase, strict=False)) for i in range(len(words) - len(phrase) + 1))
