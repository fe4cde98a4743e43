"""Which uploaded file a candidate means by an artifact's name.

Files are called `Hornet_Support_Handbook.pdf`; candidates write "Hornet support handbook", "Handbook", "the support
handbok", "Artifact 3" or the title on its first page. So a name is compared with every file's name and with the first
lines of its text: as a whole (typing errors forgiven) and word by word, where a word that only one file has counts more.
Numbers must agree, because "Appendix 2" is never "Appendix 3" however alike they are.

The answer is a list with scores, not one file, because "Handbook" may fit two and the reader should be told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import PurePosixPath

from mcscreen.document import Document

__all__ = ["CAPTIONS", "EXTENSION", "VIDEO", "Candidate", "companions", "find_mentions", "resolve_artifact"]

EXTENSION = (
    r"(?:pdf|docx?|docm|odt|rtf|txt|md|pptx?|ppsx|odp|xlsx?|xlsm|ods|csv|tsv|html?|mp4|mov|m4v|avi|mkv|webm|wmv|mp3|m4a|wav"
    r"|vtt|srt|jpe?g|png|gif|heic|tiff?|zip|pages|key|numbers|eml|epub)"
)
VIDEO = frozenset(("mp4", "mov", "m4v", "avi", "mkv", "webm", "wmv", "mpg", "mpeg", "3gp", "mp3", "m4a", "wav"))
CAPTIONS = frozenset(("vtt", "srt", "sbv", "ass", "ttml"))
_FILLER = frozenset(
    re.findall(
        r"\w+",
        "the a an my our of for and in on to from at by with see file document doc attached attachment uploaded upload artifact artefact"
        " copy final",
    )
)
_Names = tuple[tuple[str, ...], ...]
_ACCEPTED, _TITLE_FACTOR = 0.6, 0.95
_LONGEST = 400
"""Characters of a name that are compared."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that a name may mean.

    Attributes:
        document: Index of the document.
        score: Between 0 and 1; 1 is the same name.
    """

    document: int
    score: float


def resolve_artifact(name: str, documents: Sequence[Document], own: frozenset[int] = frozenset()) -> tuple[Candidate, ...]:
    """Files that a name may mean, likeliest first; empty when none is near enough.

    A caption track counts as its video where both were uploaded.

    Args:
        name: The candidate's words.
        documents: All files of the submission.
        own: Indices of the candidate's own writing (parts 1 to 3); they are meant only where nothing else fits as well.
    """
    return tuple(c for c in _ranked(name, documents, own) if c.score >= _ACCEPTED)


def companions(document: int, documents: Sequence[Document]) -> tuple[int, ...]:
    """Indices of the caption tracks that belong to a video: same folder and stem, a language mark allowed ("clip.en.vtt")."""
    path = PurePosixPath(documents[document].name)
    if _extension(path.name) not in VIDEO:
        return ()
    found = []
    for n, other in enumerate(documents):
        track = PurePosixPath(other.name)
        if (
            _extension(track.name) in CAPTIONS
            and re.sub(r"\.[a-z]{2}(?:[-_][a-z]{2,4})?$", "", track.stem, flags=re.I).casefold() == path.stem.casefold()
        ):
            found.append((track.parent != path.parent, n))
    return tuple(n for _, n in sorted(found))


def find_mentions(text: str, documents: Sequence[Document]) -> tuple[tuple[int, int, int], ...]:
    """Where a text names uploaded files: start, end and index of the document, in the order of the text.

    A file is named by all words of its name in their order, however joined, or by a name with an extension.
    """
    found: list[tuple[int, int, int]] = []
    for index, document in enumerate(documents):
        words = [w for w in _telling(_words(document.name)) if not re.fullmatch(r"\d{5,}", w)]
        if not words or sum(map(len, words)) < 5:
            continue
        pattern = r"[\W_]{0,3}(?:(?:of|the|for|and|to|in)[\W_])?".join(map(re.escape, words))
        for m in re.finditer(rf"(?<![A-Za-z0-9]){pattern}s?(?![A-Za-z0-9])(?:\.{EXTENSION}\b)?", text, re.I):
            found.append((m.start(), m.end(), index))
    for m in re.finditer(rf"[\w-]+(?:[ .'()&][\w-]+){{0,7}}\.{EXTENSION}\b", text, re.I):
        starts = [m.start(), *(m.start() + w.end() for w in re.finditer(r"[ &(]+", m[0]))]
        best = max(((resolve_artifact(text[start : m.end()], documents), -n, start) for n, start in enumerate(starts)), key=_nearest)
        if best[0] and all(m.end() <= s or best[2] >= e for s, e, _ in found):
            found.append((best[2], m.end(), best[0][0].document))
    kept: list[tuple[int, int, int]] = []
    for start, end, index in sorted(found, key=lambda f: (f[0] - f[1], f[0])):
        if all(end <= s or start >= e for s, e, _ in kept):
            kept.append((start, end, index))
    return tuple(sorted(kept))


def _nearest(tried: tuple[tuple[Candidate, ...], int, int]) -> tuple[float, int]:
    """How well a stretch of text names a file; the longer stretch where two do equally."""
    return (tried[0][0].score if tried[0] else 0.0, tried[1])


def _telling(words: tuple[str, ...]) -> tuple[str, ...]:
    """Words without filler; a letter at the end stays ("Plan A")."""
    return tuple(w for n, w in enumerate(words) if w not in _FILLER or (len(w) == 1 and n and n == len(words) - 1)) or words


def _ranked(name: str, documents: Sequence[Document], own: frozenset[int]) -> list[Candidate]:
    wanted = _words(name[:_LONGEST])
    telling = _telling(wanted)
    names = tuple(_telling(_words(d.name)) for d in documents)
    alike = _likeness(names).alike
    scores: dict[int, float] = {}
    for index, document in enumerate(documents):
        score = 0.0 if index in own and all(w.isdigit() for w in telling) else alike(telling, names[index])
        if _extension(name) and _extension(name) == _extension(document.name):
            score = min(1.0, score + 0.02)
        if score < 0.9:
            for title in _titles(document) if any(not w.isdigit() for w in telling) else ():
                score = max(score, _TITLE_FACTOR * alike(telling, _telling(_words(title))))
        target = _video_of(index, documents)
        scores[target] = max(scores.get(target, 0.0), score)
    ranked = [Candidate(n, round(score, 4)) for n, score in scores.items()]
    return sorted(ranked, key=lambda c: (-round(c.score - (0.1 if c.document in own else 0.0), 4), c.document))


def _video_of(index: int, documents: Sequence[Document]) -> int:
    if _extension(documents[index].name) not in CAPTIONS:
        return index
    return next((n for n in range(len(documents)) if index in companions(n, documents)), index)


class _Likeness:
    """How likely words mean one of some files, by their names; what was compared once is not compared again."""

    def __init__(self, names: _Names) -> None:
        self._names = names
        # Each of many files is compared with each of many rows; in a batch whose files have the same names, few stay for ever.
        self.alike = lru_cache(maxsize=max(4_000, 250 * len(names)))(self._compared)
        self._rarity = lru_cache(maxsize=2_000)(self._counted)
        self._close = lru_cache(maxsize=max(10_000, 500 * len(names)))(_close)

    def _compared(self, wanted: tuple[str, ...], held: tuple[str, ...]) -> float:
        """How likely words mean a file of that name, between 0 and 1."""
        if not wanted or not held:
            return 0.0
        joined, other = "".join(wanted), "".join(held)
        if joined == other:
            return 1.0
        numbers = {w.lstrip("0") for w in wanted if w.isdigit() and len(w) < 5}
        held_numbers = {w.lstrip("0") for w in held if w.isdigit() and len(w) < 5}
        clash = bool(numbers and held_numbers and not numbers & held_numbers)
        if numbers and not any(not w.isdigit() for w in wanted):
            return 0.8 if numbers & held_numbers else 0.0
        near = SequenceMatcher(None, joined, other, autojunk=False).ratio() if len(joined) + len(other) < 400 else 0.0
        score = near if near >= 0.86 and min(len(joined), len(other)) >= 5 else 0.0
        plain = [w for w in wanted if not (w.isdigit() and clash)]
        weights = {w: self._rarity(w) for w in (*plain, *held)}
        found = [w for w in plain if any(self._close(w, h) for h in held)]
        met = [h for h in held if any(self._close(h, w) for w in plain)]
        if found:
            covered = sum(weights[w] for w in found) / sum(weights[w] for w in plain)
            filled = sum(weights[h] for h in met) / sum(weights[h] for h in held)
            score = max(score, 0.9 * covered * (0.75 + 0.25 * filled))
            contained = [h for h in met if not h.isdigit()]
            if len(met) == len([h for h in held if not re.fullmatch(r"\d{4,}", h)]) and sum(map(len, contained)) >= 8:
                score = max(score, 0.7 + 0.2 * covered)
        return score * (0.5 if clash else 1.0)

    def _counted(self, word: str) -> float:
        holders = sum(any(self._close(word, other) for other in name) for name in self._names)
        return 1.0 if holders <= 1 else 1.0 / holders**0.5


# What was compared with the names of one submission is of no use to another, unless its files have the same names.
_likeness = lru_cache(maxsize=2)(_Likeness)


def _close(a: str, b: str) -> bool:
    if a == b:
        return True
    if a.isdigit() or b.isdigit():
        return a.isdigit() and b.isdigit() and a.lstrip("0") == b.lstrip("0")
    short, long = sorted((a, b), key=len)
    if len(short) >= 3 and long in (short + "s", short + "es"):
        return True
    return len(short) >= 5 and a[0] == b[0] and len(long) - len(short) <= 2 and SequenceMatcher(None, a, b, autojunk=False).ratio() >= 0.82


def _titles(document: Document) -> list[str]:
    """What a file calls itself: its first heading and its first short line."""
    lines = [document.text_of(b) for b in document.blocks[:3] if b.kind in ("heading", "paragraph")]
    return [line for line in lines if 0 < len(line.split()) <= 10]


@lru_cache(maxsize=2_000)
def _words(name: str) -> tuple[str, ...]:
    """Words of a file's name or of what a candidate calls it: no folders, no extension, split at capitals and digits."""
    base = re.split(r"[/\\]", name.strip())[-1] if re.search(rf"\.{EXTENSION}\s*$", name, re.I) else name
    base = re.sub(rf"(?:\.{EXTENSION})+(?=\W*$)", "", base.strip(), flags=re.I)
    base = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", " ", base)
    plain = "".join(c for c in unicodedata.normalize("NFKD", base.casefold()) if not unicodedata.combining(c))
    return tuple(re.findall(r"[^\W_]+", plain.replace("'s", "s").replace("’s", "s")))


def _extension(name: str) -> str:
    match = re.search(rf"\.({EXTENSION})\W*$", name, re.I)
    return match[1].casefold() if match else ""
