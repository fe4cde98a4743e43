"""The four fields of a Part 2 row, and the many titles that candidates and templates give them.

A title is judged by its strongest word and not by the sum of its words, because long titles name other fields in passing:
"Location of the evidence in the artifact" is about a place, "How this evidence demonstrates the outcome detail" about an
explanation. The first telling word breaks ties ("Artifact description" is a file, "Description of the artifact" is not).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from mcscreen.document import Place

__all__ = ["FIELDS", "Field", "RawRow", "field_of", "is_title"]

Field = Literal["detail", "artifact", "locator", "explanation", "number"]
"""`number` is a column that only counts the rows."""

FIELDS: tuple[Field, ...] = ("detail", "artifact", "locator", "explanation")

_SAID: tuple[tuple[Field, float, str], ...] = (
    ("explanation", 4.0, "explain explains explanation explanations rationale justification justify"),
    (
        "explanation",
        3.0,
        "how why demonstrate demonstrates demonstrated demonstrating analysis description describe describes narrative commentary",
    ),
    (
        "explanation",
        2.0,
        "show shows showing proficiency connection relevance significance meets comment comments discussion summary prove proves",
    ),
    ("locator", 4.0, "location locations locator timestamp timestamps"),
    ("locator", 3.0, "where page pages pg pgs pp p slide slides located locate"),
    ("locator", 2.0, "time stamp stamps minute minutes place places look find spot paragraph"),
    ("locator", 1.5, "reference references section specific"),
    ("artifact", 4.0, "filename"),
    ("artifact", 3.0, "artifact artifacts artefact artefacts file files attachment attachments exhibit exhibits"),
    ("artifact", 2.5, "document documents"),
    ("artifact", 2.0, "evidence product products upload uploaded link"),
    ("artifact", 1.5, "source sources sample samples item material title name resource"),
    ("detail", 3.0, "eo eos detail details standard standards indicator indicators criterion criteria competency competencies"),
    ("detail", 2.5, "outcome outcomes component components subskill subskills skill skills requirement requirements objective objectives"),
    ("detail", 2.0, "element elements domain domains goal goals expectation expectations essential"),
)
_WEIGHTS = {word: (field, weight) for field, weight, words in _SAID for word in words.split()}
_PASSING = frozenset(
    re.findall(
        r"\w+", "of the a an in on to for this that and or each is it its your my are was i you uploaded specific number numbers name video"
    )
)
_LONGEST_TITLE = 20


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it was found, before its detail is known.

    Attributes:
        context: The heading or section row above, which may name an outcome.
        start: Offset of the first character in the document.
        end: Offset past the last.
    """

    detail: str
    artifact: str
    locator: str
    explanation: str
    context: str
    document: int
    start: int
    end: int
    place: Place

    def continued(self, text: str, end: int, detail: str = "") -> RawRow:
        """The row with more text at the end of its explanation, and of its detail where that was cut too."""
        explanation = f"{self.explanation} {text}".strip()
        return replace(self, explanation=explanation, detail=f"{self.detail} {detail}".strip(), end=max(self.end, end))


def field_of(title: str) -> Field | None:
    """Which field a column's or line's title announces; None for text that is no title."""
    words = re.findall(r"[^\W\d_]+", title.casefold())
    if title.strip().rstrip(".:").casefold() in ("#", "no", "nr", "row", "number", "row number", "item no"):
        return "number"
    if not words or len(words) > _LONGEST_TITLE or re.search(r"\d", title):
        return None
    if re.match(r"how (?:to|can i) (?:find|locate)", " ".join(words)):
        return "locator"
    if re.match(r"(?:in )?what way", " ".join(words)):
        return "explanation"
    known = [(w, *_WEIGHTS[w]) for w in words if w in _WEIGHTS]
    if not known:
        return None
    telling = [w for w in words if w not in _PASSING]
    if len(known) < 0.34 * len(telling):
        return None
    strength: dict[Field, float] = {}
    for n, (_, field, weight) in enumerate(known):
        strength[field] = max(strength.get(field, 0.0), weight + (0.6 if n == 0 else 0.0))
    best = max(strength, key=lambda f: strength[f])
    return best if strength[best] >= 1.5 else None


def is_title(text: str) -> bool:
    """Whether a text is the title of a field and little else ("Artifact:", "Where to look")."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    telling = [w for w in words if w not in _PASSING]
    return field_of(text) is not None and len(words) <= 12 and sum(w in _WEIGHTS for w in words) >= 0.5 * len(telling)
