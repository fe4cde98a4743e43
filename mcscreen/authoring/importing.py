"""A first rubric.toml from a micro-credential's page.

The page gives the words; what is one ask and what is two is a proposal by grammar (`mcscreen.authoring.asks`). So the file that
is written marks every proposal with a comment "confirm:", says what was not found, and asks its owner for exemplars, which no
page holds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from mcscreen.authoring.asks import sentences, slugs, split_ask
from mcscreen.authoring.page import Page, PageItem, PagePart, minimum_words, read_page
from mcscreen.document import Document
from mcscreen.errors import RubricError
from mcscreen.language import english
from mcscreen.rubric import Criterion, Detail, Facet, Outcome, Part, Rubric, Source

__all__ = ["ImportedRubric", "import_page", "to_toml"]


@dataclass(frozen=True, slots=True)
class ImportedRubric:
    """A rubric as proposed from a page.

    Attributes:
        rubric: Valid, but unconfirmed.
        notes: What was not found or not clear, for the owner.
        counted: Part id to the page's words that its minimum was read from.
    """

    rubric: Rubric
    notes: tuple[str, ...]
    counted: tuple[tuple[str, str], ...]

    @property
    def summary(self) -> str:
        """Counts, as one phrase."""
        rubric = self.rubric
        minimums = sum(1 for p in rubric.parts if p.minimum_words)
        questions = sum(len(p.criteria) for p in rubric.parts if p.kind == "narrative")
        return (
            f"{len(rubric.outcomes)} outcomes with {len(rubric.details)} details, {len(rubric.parts)} parts, {minimums} minimums, "
            f"{questions} questions, {len(rubric.facets)} facets"
        )


_OPTIONAL = re.compile(
    r"\b(?:could|may|might|can)\s+(?:also\s+)?(?:include|add|attach|mention)|\boptional(?:ly)?\b|\bif you wish\b", re.IGNORECASE
)
_TASK = re.compile(
    r"(?:please\s+)?(?:submit|write|compose|prepare|develop|complete|upload|provide|create|craft|draft|produce)\b.*"
    r"\b(?:summary|reflection|essay|narrative|statement|paper|responses?|document|words?)\b",
    re.IGNORECASE,
)
_ASKS_WITH = re.compile(r"\b(?:what|which|how|why|where|who|impact|effect)\b", re.IGNORECASE)
_EVERY_OUTCOME = re.compile(r"\b(?:all|each|every|the)\b[^.;]{0,40}\b(?:outcomes?|EOs?|competenc(?:y|ies))\b", re.IGNORECASE)
_COUNT_REMARK = re.compile(r"\s*[(\[][^)\]]*\bwords?\b[^)\]]*[)\]]", re.IGNORECASE)
_LINKED = 0.3
_LONGEST = 5_000
_PLAIN_WORDS = frozenset(
    re.findall(
        r"[a-z]+",
        "a an the of to in on for with by from and or that this each all your you they their how what which have has is are be will",
    )
)


def import_page(document: Document) -> ImportedRubric:
    """A rubric proposed from a micro-credential's page.

    Args:
        document: The page, as any reader gives it.

    Raises:
        RubricError: When the page cannot be read, or holds no outcomes or no parts; the message says what was looked for.
        MissingExtra, ModelError: When no spaCy pipeline is installed.
    """
    page = read_page(document)
    if not page.parts:
        raise RubricError(
            f"{document.name}: found {len(page.outcomes)} outcomes but no parts. Looked for headings such as 'Part 1', "
            "'Overview Questions', 'Artifacts', 'Portfolio' and 'Reflection'. A rubric needs at least one part: add such headings to the "
            "page's text and try again"
        )
    for what, text in _texts(page):
        if len(text) > _LONGEST:
            raise RubricError(
                f"{document.name}: {what} would be {len(text):,} characters long ({text[:60]!r} …); at most {_LONGEST:,} make sense. "
                "Put each outcome, question and part on a line of its own"
            )
    try:
        outcomes = tuple(_outcome(item, f"EO{n}") for n, item in enumerate(page.outcomes, 1))
        parts = _numbered(page, outcomes)
        rubric = Rubric(
            schema=1,
            id=_slug(page.title),
            title=page.title,
            overview=page.overview,
            source=Source(title=page.title, file=document.name),
            outcomes=outcomes,
            parts=parts,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RubricError(f"{document.name}: what was found makes no rubric: {first['loc']}: {first['msg']}") from None
    counted = tuple((p.id, found.counted) for p, found in zip(parts, page.parts, strict=True) if found.minimum)
    return ImportedRubric(rubric, page.notes, counted)


def to_toml(imported: ImportedRubric) -> str:
    """The text of a rubric.toml, with a comment "confirm:" at every proposal."""
    rubric = imported.rubric
    counted = dict(imported.counted)
    lines = [
        f"# Read from {_comment(rubric.source.file or 'a page')}: {imported.summary}.",
        "# Everything below is a proposal until somebody who knows the micro-credential has read it.",
        *(f"# confirm: {_comment(note)}" for note in imported.notes),
        "# confirm: no exemplars yet; write some passages a facet into exemplars.jsonl beside this file.",
        "schema = 1",
        f"id = {_string(rubric.id)}",
        f"title = {_string(rubric.title)}",
        f"overview = {_string(rubric.overview)}",
        f"language = {_string(rubric.language)}",
        "stacks = []",
        "",
        "[source]",
        f"title = {_string(rubric.source.title)}",
        f"file = {_string(rubric.source.file)}",
    ]
    for outcome in rubric.outcomes:
        lines += ["", "[[outcomes]]", f"id = {_string(outcome.id)}", f"text = {_string(outcome.text)}"]
        lines += ["", f"# confirm: {_counted(len(outcome.details), 'detail')} of {outcome.id}; Part 2 needs a row for each."]
        for detail in outcome.details:
            lines += [
                "[[outcomes.details]]",
                f"id = {_string(detail.id)}",
                f"label = {_string(detail.label)}",
                f"text = {_string(detail.text)}",
                "aliases = []",
                "",
            ]
        lines.pop()
    for part in rubric.parts:
        lines += ["", "[[parts]]", f"id = {_string(part.id)}", f"title = {_string(part.title)}"]
        lines += [f"kind = {_string(part.kind)}  # confirm: narrative, portfolio or reflection"]
        if part.minimum_words:
            lines.append(f"minimum_words = {part.minimum_words}  # confirm: the page says {_comment(counted.get(part.id, ''))!r}")
        elif part.kind != "portfolio":
            lines.append("# confirm: no minimum was found; if there is one: minimum_words = 500")
        lines.append(f"instructions = {_string(part.instructions)}")
        for criterion in part.criteria:
            lines += ["", "[[parts.criteria]]", f"id = {_string(criterion.id)}", f"text = {_string(criterion.text)}"]
            lines += ["", f"# confirm: {_counted(len(criterion.facets), 'facet')} of {criterion.id}; each must be one ask."]
            for facet in criterion.facets:
                lines += _facet_lines(facet)
            lines.pop()
    return "\n".join(lines).rstrip("\n") + "\n"


def _texts(page: Page) -> list[tuple[str, str]]:
    """Everything that will be taken apart, with what it is."""
    found = [("an outcome", " ".join([o.text, *o.below])) for o in page.outcomes]
    for part in page.parts:
        if part.kind == "narrative":
            found += [("a question", " ".join([i.text, *i.below])) for i in part.items]
        elif part.kind == "reflection":
            found.append(("the reflection", " ".join([*part.prose, *(i.text for i in part.items)])))
    return found


def _facet_lines(facet: Facet) -> list[str]:
    lines = ["[[parts.criteria.facets]]", f"id = {_string(facet.id)}", f"label = {_string(facet.label)}", f"text = {_string(facet.text)}"]
    if not facet.required:
        lines.append("required = false  # confirm: the page only says that it could be there")
    if facet.outcomes:
        lines.append(f"outcomes = [{', '.join(_string(o) for o in facet.outcomes)}]  # confirm")
    return [*lines, ""]


def _outcome(item: PageItem, identifier: str) -> Outcome:
    language = english()
    asks = [_tidy(t) for t in item.below] or split_ask(item.text, language)
    named = slugs(asks, language)
    details = tuple(Detail(id=f"{identifier}.{s}", label=s.replace("_", " "), text=a) for s, a in zip(named, asks, strict=True))
    return Outcome(id=identifier, text=item.text, details=details)


def _numbered(page: Page, outcomes: Sequence[Outcome]) -> tuple[Part, ...]:
    parts: list[Part] = []
    question = reflections = 0
    for number, found in enumerate(page.parts, 1):
        criteria: list[Criterion] = []
        instructions = "\n\n".join(found.prose)
        if found.kind == "narrative":
            for item in found.items:
                question += 1
                criteria.append(_question(item, f"Q{question}", outcomes))
        elif found.kind == "reflection":
            reflections += 1
            instructions, reflection = _reflection(found, "R" if reflections == 1 else f"R{reflections}", outcomes)
            criteria += [reflection] if reflection else []
        else:
            instructions = "\n\n".join([*found.prose, *(f"- {i.text}" for i in found.items)])
        part = Part(
            id=f"part{number}",
            title=found.title,
            kind=found.kind,
            instructions=instructions,
            minimum_words=found.minimum,
            criteria=tuple(criteria),
        )
        parts.append(part)
    return tuple(parts)


def _question(item: PageItem, identifier: str, outcomes: Sequence[Outcome]) -> Criterion:
    language = english()
    asks = [a for t in item.below for a in split_ask(t, language)] or split_ask(item.text, language)
    belongs = _outcome_of(item.text, outcomes)
    facets = tuple(
        Facet(id=f"{identifier}.{s}", label=s.replace("_", " "), text=a, outcomes=belongs)
        for s, a in zip(slugs(asks, language), asks, strict=True)
    )
    return Criterion(id=identifier, text=" ".join([item.text, *item.below]), facets=facets)


def _reflection(found: PagePart, identifier: str, outcomes: Sequence[Outcome]) -> tuple[str, Criterion | None]:
    """A reflection's instructions and its one criterion: all that it demands, an ask a facet."""
    language = english()
    demands = [s for text in [*found.prose, *(t for i in found.items for t in (i.text, *i.below))] for s in sentences(text)]
    told = [d for d in demands if _is_instruction(d)]
    asked = [d for d in demands if d not in told]
    if not asked and told:
        asked, told = told, []
    rows: list[tuple[str, str, bool, tuple[str, ...]]] = []
    for demand in asked:
        plain = _COUNT_REMARK.sub("", demand)
        if _OPTIONAL.search(plain):
            rows.append(("", _tidy(plain), False, ()))
        elif _EVERY_OUTCOME.search(plain) and len(outcomes) > 1:
            rows += [(o.id.lower(), f"{_tidy(plain)}: {_tidy(o.text)}", True, (o.id,)) for o in outcomes]
        else:
            rows += [("", ask, True, ()) for ask in split_ask(plain, language)]
    if not rows:
        return "\n\n".join(found.prose), None
    plain_asks = [ask for name, ask, _, _ in rows if not name]
    names = iter(slugs(plain_asks, language, taken=[name for name, _, _, _ in rows if name]))
    facets: list[Facet] = []
    for name, ask, required, belongs in rows:
        slug = name or next(names)
        label = name.upper() if name else slug.replace("_", " ")
        facets.append(Facet(id=f"{identifier}.{slug}", label=label, text=ask, required=required, outcomes=belongs))
    return " ".join(told), Criterion(id=identifier, text=" ".join(asked), facets=tuple(facets))


def _is_instruction(sentence: str) -> bool:
    """Whether a sentence only sets the task: "Submit, in writing, a summary of your experience (500-word minimum)."."""
    plain = _COUNT_REMARK.sub("", sentence)
    if sentence.endswith(":"):
        return True
    if _ASKS_WITH.search(plain) or _OPTIONAL.search(plain):
        return False
    return bool(_TASK.match(sentence)) or minimum_words(sentence)[0] is not None


def _outcome_of(text: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """The outcome whose words a question takes up, if it takes up enough of them."""
    words = _content(text)
    shares = [(len(words & _content(o.text)) / max(1, len(_content(o.text))), o.id) for o in outcomes]
    best = max(shares, default=(0.0, ""))
    return (best[1],) if best[0] >= _LINKED else ()


def _content(text: str) -> set[str]:
    return {w[:6] for w in re.findall(r"[a-z]{3,}", text.lower())} - {w[:6] for w in _PLAIN_WORDS}


def _tidy(text: str) -> str:
    return re.sub(r"[\s.;:,]+$", "", text.strip())


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", re.sub(r"['’]", "", plain))
    slug = "-".join(words)[:80].strip("-")
    return slug or "untitled"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _string(text: str) -> str:
    """A TOML basic string; over several lines where the text has paragraphs."""
    escaped = "".join(_ESCAPES.get(c) or (c if c.isprintable() or c == "\n" else f"\\U{ord(c):08x}") for c in text)
    return f'"""\n{escaped}"""' if "\n" in escaped else f'"{escaped}"'


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\r": "\\r"}
