"""How much a text is like a part, where no name and no heading tells.

Three plain signals, chosen because each can be explained to the person who reads the guess: whether the text speaks of
what the part asks for (share of the asks' words), whether it repeats the asks' wording (shared runs of four words), and in
whose voice it is written (first person for one hundred words; handbooks and minutes have nearly none).
"""

from __future__ import annotations

import re
from functools import lru_cache

from mcscreen.document import Document, Table, count_words
from mcscreen.locators import find_locators
from mcscreen.parts.names import words_of
from mcscreen.rubric import Part, Rubric

__all__ = ["Likeness", "citation_stretch", "cites_like_a_portfolio", "is_prose_format", "likeness_to"]

_NOT_PROSE = frozenset(
    {"pptx", "ppt", "odp", "xlsx", "xls", "ods", "csv", "tsv", "mp4", "mov", "m4v", "avi", "mkv", "webm", "vtt", "srt", "sbv"}
)
_NOT_PROSE |= frozenset({"png", "jpg", "jpeg", "gif", "tiff", "bmp", "webp", "heic", "eml"})
_FIRST_SINGULAR = frozenset({"i", "im", "ive", "id", "ill", "my", "me", "mine", "myself"})
_FIRST_PLURAL = frozenset({"we", "our", "us", "ours", "weve"})
_STOP = frozenset(
    {"the", "and", "that", "this", "with", "from", "have", "has", "had", "for", "are", "was", "were", "will", "would", "could", "should"}
    | {"their", "them", "they", "what", "which", "who", "how", "your", "you", "our", "not", "did", "does", "been", "being", "into", "about"}
    | {"also", "each", "every", "all", "any", "other", "more", "most", "some", "such", "than", "then", "when", "where", "while", "these"}
)
_LOOKING_BACK = re.compile(
    r"\b(?:reflect\w*|look(?:ing)? back|i (?:have )?learn(?:ed|t)|taught me|changed me|i used to|i now|i realize\w*|in the future|"
    r"(?:going|moving) forward|"
    r"next (?:year|fall|august|september|time)|this (?:experience|process|work)|my (?:practice|mindset|thinking|own|growth)|"
    r"as a (?:leader|principal|teacher|coach)|continue to|i am (?:proud|grateful)|what has changed)\b",
    re.I,
)
_COLUMNS = {
    "artifact": re.compile(r"\b(?:art[ei]facts?|evidence|documents?|files?|exhibits?|sources?|uploads?|uploaded)\b", re.I),
    "place": re.compile(r"\b(?:where|pages?|locat\w+|time ?stamps?|time|slides?|place|pg|p\.?|section)\b|#", re.I),
    "detail": re.compile(r"\b(?:details?|outcomes?|eo|standard|indicator|criteri\w+|component|skill|element)\b", re.I),
    "reason": re.compile(
        r"\b(?:how|why|shows?|demonstrat\w+|expla\w+|proficien\w+|rationale|analysis|reason|justif\w+|comments?|description)\b", re.I
    ),
}


def is_prose_format(document: Document) -> bool:
    """Whether the format is one that people write texts in (and not slides, sheets, pictures or films)."""
    suffix = document.name.rpartition(".")[2].lower()
    return (document.format or suffix) not in _NOT_PROSE


def citation_stretch(document: Document) -> tuple[int, int] | None:
    """First and last offset of the document's citation tables, or None. A heading row names artifact, place and reason.

    A PDF's table may come as lines of text; then a line that names all three begins the stretch.
    """
    spans = [
        (t.rows[0][0].start, max(c.end for row in t.rows for c in row))
        for t in document.tables
        if t.rows and t.rows[0] and _has_columns(document, t)
    ]
    if spans:
        return min(s for s, _ in spans), max(e for _, e in spans)
    if document.format in ("pdf", "txt", "markdown", ""):
        for line in re.finditer(r"(?m)^[^\n]{12,120}$", document.text):
            kinds = {k for k, p in _COLUMNS.items() if p.search(line[0])}
            if len(kinds) >= 4 and len(line[0].split()) <= 16 and not line[0].rstrip().endswith("."):
                return line.start(), len(document.text)
    return None


def _has_columns(document: Document, table: Table) -> bool:
    for row in table.rows[:3]:
        cells = [document.text_of(c).strip() for c in row if not c.merged]
        kinds = [{k for k, p in _COLUMNS.items() if p.search(c)} for c in cells if c and len(c.split()) <= 14]
        met = set().union(*kinds) if kinds else set()
        if len(kinds) >= 3 and "artifact" in met and len(met & {"place", "reason", "detail"}) >= 2:
            return True
        if len(kinds) == 2 and "artifact" in met and "place" in met and any("artifact" not in k for k in kinds):
            return True
    return False


def cites_like_a_portfolio(document: Document, rubric: Rubric) -> bool:
    """Whether a text is a self-analysis without a table: outcome after outcome, each with a place ("EO 2: see Handbook p. 14")."""
    text = document.text
    if not 15 <= count_words(text) <= 6_000:
        return False
    places = len(find_locators(text))
    named = len(re.findall(r"\b(?:EO|essential outcome|outcome|detail|standard|criterion)\s*#?\s*\d", text, re.I))
    named += len(re.findall(r"(?m)^\s*\(?\d\s*[.-]?\s*[a-e]\b[.):]?\s", text))
    own = set(_stems(text))
    outcomes = sum(1 for o in rubric.outcomes if (asked := set(_stems(o.text))) and len(asked & own) >= 0.6 * len(asked))
    voiced = sum(w in _FIRST_SINGULAR for w in words_of(text)) / max(1, count_words(text)) * 100
    return places >= 3 and (named >= 2 or (outcomes >= 2 and voiced < 1.5)) and places >= count_words(text) / 150


def _stems(text: str) -> list[str]:
    return [w[:6] for w in words_of(text) if len(w) > 3 and w not in _STOP]


class Likeness:
    """Compares texts with the parts of one rubric."""

    def __init__(self, rubric: Rubric) -> None:
        self._stems = {
            p.id: set(_stems(" ".join([p.instructions, *(c.text for c in p.criteria), *(f.text for f in p.facets)]))) for p in rubric.parts
        }
        self._runs = {p.id: {r for c in p.criteria for r in _runs(c.text)} for p in rubric.parts}

    def voice(self, text: str) -> float:
        """First persons singular for one hundred words; a plural counts a third."""
        words = words_of(text)
        singular = sum(w in _FIRST_SINGULAR for w in words)
        plural = sum(w in _FIRST_PLURAL for w in words)
        return 100 * (singular + plural / 3) / max(1, len(words))

    def echoes(self, text: str) -> bool:
        """Whether the text repeats the wording of some question."""
        runs = set(_runs(text))
        return any(len(runs & of_part) >= 6 for of_part in self._runs.values())

    def score(self, text: str, part: Part) -> float:
        """How well a text fits a part; higher is better, only the order means something."""
        stems = self._stems[part.id]
        shared = len(stems & set(_stems(text))) / max(1, len(stems))
        echo = min(1.0, len(self._runs[part.id] & set(_runs(text))) / 12)
        words = max(1, count_words(text))
        back = 100 * len(_LOOKING_BACK.findall(text)) / words
        kind = (
            min(0.5, 0.3 * back)
            if part.kind == "reflection"
            else 0.25 * bool(re.search(r"(?m)^\s*(?:q(?:uestion)?\s*)?[2-4]\s*[.):]", text, re.I))
        )
        length = min(1.5, words / part.minimum_words) if part.minimum_words else 1.0
        return shared + echo + kind + 0.15 * length + 0.05 * min(3.0, self.voice(text))


@lru_cache(maxsize=8)
def likeness_to(rubric: Rubric) -> Likeness:
    """What compares texts with the parts of a rubric; kept for the next submission."""
    return Likeness(rubric)


def _runs(text: str) -> list[tuple[str, ...]]:
    words = words_of(text)
    return [tuple(words[i : i + 4]) for i in range(len(words) - 3)]
