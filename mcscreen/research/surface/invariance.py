"""What changes in a screening when only the surface of the text does.

Each submission is screened as read and in every variant, and what differs is kept as tidy rows: a row a facet, a row a
sentence of the reflection, a row a text. Figures are shares of those rows with intervals from a bootstrap over texts, because
facets of one text are not independent (Efron & Tibshirani 1993, ch. 13); where a bootstrap cannot tell anything (nothing
changed, or everything did) Wilson's interval stands in its place and takes the facets for independent, which is too narrow.

Two controls run beside the variants, under which nothing may change: two spaces for one, and the documents in another order.

What this can and cannot tell: a flip under a variant is caused by the variant, since nothing else differs. But rules make slips
evenly and one kind at a time, people do not; and who writes in a second language also chooses other words, other order and
other things to tell, which no rule imitates. That nothing flips here does not show that such writers are treated alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

from mcscreen.document import Document
from mcscreen.matchers import load_encoder
from mcscreen.parts import assign_parts, find_prompts
from mcscreen.pipeline import Screener
from mcscreen.reflection import Label, Labeller, load_labeller
from mcscreen.reflection.profile import wilson
from mcscreen.research.surface.rewriting import Rewritten, Surface, Variant, surface_of
from mcscreen.research.surface.variants import CONTROLS, VARIANTS
from mcscreen.results import Screening
from mcscreen.rubric import Rubric
from mcscreen.rubric_files import RubricFolder
from mcscreen.segmenter import segment
from mcscreen.submission import Passage, Submission

__all__ = ["FIGURES", "REORDERED", "FacetRow", "Figure", "Invariance", "SentenceRow", "TextRow", "invariance"]

REORDERED = "order_of_documents"
"""Name of the control that turns the order of the documents round."""

LEAST_TEXTS, SMALLEST_MINIMUM = 10, 5
_LOST = "lost"
_Row = TypeVar("_Row", "FacetRow", "SentenceRow")
_FOUND = ("covered", "thin")
_ROUNDS = 1000


@dataclass(frozen=True, slots=True)
class FacetRow:
    """One facet of one text, before and after. Scores lie between 0 and 1 and are None where nothing could be searched."""

    submission: str
    group: str
    variant: str
    part: str
    facet: str
    before: str
    after: str
    score_before: float | None
    score_after: float | None


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """One sentence of a reflection, before and after.

    Attributes:
        document: Name of the document.
        start: Offset of the sentence in the untouched text.
        end: Offset past its end.
        touched: Whether its text changed.
        before: Label, or "uncertain".
        after: Label of the sentence that its middle lies in now; "lost" where it lies in none.
        group_before: Coarser label, or "uncertain".
        group_after: The same of the rewritten one.
    """

    submission: str
    group: str
    variant: str
    document: str
    start: int
    end: int
    touched: bool
    before: str
    after: str
    group_before: str
    group_after: str


@dataclass(frozen=True, slots=True)
class TextRow:
    """One text in one variant: how much was changed, and what changed for the text as a whole.

    Attributes:
        edits: Changes made.
        places: Places where one could have been made.
        words: Words of the prose that may be rewritten.
        sentences_before: Sentences of the reflection.
        sentences_after: The same after rewriting.
        gate_before: Status of the completion gate.
        gate_after: The same after rewriting.
        parts_moved: Whether some stretch is taken for another part than before.
    """

    submission: str
    group: str
    variant: str
    edits: int
    places: int
    words: int
    sentences_before: int
    sentences_after: int
    gate_before: str
    gate_after: str
    parts_moved: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of one variant, for all texts or for a group.

    Attributes:
        variant: Name of the variant.
        group: Name of the group; empty for all texts.
        name: One of `FIGURES`.
        value: A share, or for "score_change" a mean difference; None where nothing could be counted.
        low: Lower end of the 95 % interval.
        high: Upper end.
        n: What the share is of: facets, sentences or texts.
        texts: Number of texts.
        interval: "bootstrap" over texts, or "wilson" where that tells nothing.
    """

    variant: str
    group: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    texts: int
    interval: Literal["bootstrap", "wilson", "none"]


FIGURES: Mapping[str, str] = {
    "strength": "places changed, of those where it could have been",
    "edits": "changes per word",
    "status_changed": "facets whose status changed, of those searched before or after",
    "to_not_found": "facets that are not found any more, of those covered or thin before",
    "from_covered": "facets that are not covered any more, of those covered before",
    "from_not_found": "facets that are found now, of those not found before",
    "score_change": "mean change of a facet's score",
    "label_changed": "sentences of the reflection with another label, withheld ones included",
    "group_changed": "sentences with another coarser label, withheld ones included",
    "group_contradicted": "sentences with another coarser label, of those where it is withheld neither before nor after",
    "gate_changed": "texts whose completion gate has another status",
}
"""Figures in the order of a table, each with what it says."""


@dataclass(frozen=True, slots=True)
class Invariance:
    """What changed, in tidy rows.

    Attributes:
        facets: A row a facet, text and variant.
        sentences: A row a sentence of the reflection, text and variant; empty where no labels were asked for.
        texts: A row a text and variant.
        apart: Names of variants that join or divide sentences; they are not comparable with the rest.
        controls: Names of variants under which nothing may change.
    """

    facets: tuple[FacetRow, ...]
    sentences: tuple[SentenceRow, ...]
    texts: tuple[TextRow, ...]
    apart: tuple[str, ...]
    controls: tuple[str, ...]

    def figures(self, *, seed: int = 0) -> tuple[Figure, ...]:
        """The figures of every variant over all texts.

        Args:
            seed: Of the bootstrap.
        """
        return tuple(self._of("", {r.submission for r in self.texts}, seed))

    def by_group(self, *, minimum: int = LEAST_TEXTS, seed: int = 0) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
        """The figures of every variant for each group of writers that is large enough, and the groups that are not shown.

        A group of fewer texts than the minimum is not shown. Where the groups left out hold fewer texts together, the smallest
        of the others is left out as well, because its rows could be had by taking the groups shown from the whole.

        Args:
            minimum: Texts that a group must have.
            seed: Of the bootstrap.

        Raises:
            ValueError: When the minimum is below 5: a figure of so few texts says who wrote them.
        """
        if minimum < SMALLEST_MINIMUM:
            raise ValueError(f"a group needs at least {SMALLEST_MINIMUM} texts to be shown, not {minimum}")
        members: dict[str, set[str]] = {}
        for row in self.texts:
            members.setdefault(row.group, set()).add(row.submission)
        members.pop("", None)
        shown = sorted(members, key=lambda g: (-len(members[g]), g))
        hidden: list[str] = []
        while shown and (len(members[shown[-1]]) < minimum or (hidden and sum(len(members[g]) for g in hidden) < minimum)):
            hidden.append(shown.pop())
        figures = tuple(f for group in shown for f in self._of(group, members[group], seed))
        return figures, tuple(sorted(hidden))

    def _of(self, group: str, texts: set[str], seed: int) -> Iterator[Figure]:
        names = [n for n in FIGURES if self.sentences or n not in ("label_changed", "group_changed", "group_contradicted")]
        facets, sentences = _gathered(self.facets), _gathered(self.sentences)
        by_variant: dict[str, dict[str, list[tuple[float, int]]]] = {}
        for row in self.texts:
            if row.submission in texts:
                key = (row.submission, row.variant)
                counts = by_variant.setdefault(row.variant, {name: [] for name in FIGURES})
                for name, pair in _counted(facets.get(key, []), sentences.get(key, []), row):
                    counts[name].append(pair)
        for variant, counts in by_variant.items():
            for name in names:
                yield _figure(variant, group, name, counts[name], seed)


def invariance(
    submissions: Iterable[Submission],
    rubric: RubricFolder | str | Path | Screener,
    variants: Sequence[Variant] = tuple(VARIANTS.values()),
    *,
    groups: Mapping[str, str] | None = None,
    controls: bool = True,
    labels: bool = True,
    seed: int = 0,
    told: Callable[[str, str], None] = lambda submission, variant: None,
) -> Invariance:
    """Screen each submission as read and in every variant.

    Args:
        submissions: As `load_submission` gives them, each id once.
        rubric: What to screen for, or a screener that is ready.
        variants: How to rewrite, each name once.
        groups: Submission id -> group of writers, for `Invariance.by_group`; whoever is not in it is in no group.
        controls: Whether the controls are run as well.
        labels: Whether sentences of the reflection are labelled, which needs the default encoder.
        seed: Of the choice of places.
        told: Called with each submission's id and variant before it is screened.

    Raises:
        ValueError: When two variants or two submissions have the same name.
        RubricError: When the rubric cannot be used.
        ModelError: When a model cannot be used.
    """
    ways = (*variants, *(CONTROLS.values() if controls else ()))
    names = [v.name for v in ways]
    if len(set(names)) < len(names) or REORDERED in names:
        raise ValueError(f"variants need names of their own; given were {', '.join(names)}")
    screener = rubric if isinstance(rubric, Screener) else Screener(rubric)
    run = _Run(screener, load_labeller(load_encoder()) if labels else None, dict(groups or {}), seed)
    seen: set[str] = set()
    for submission in submissions:
        if submission.id in seen:
            raise ValueError(f"two submissions have the id {submission.id!r}; give each its own")
        seen.add(submission.id)
        run.add(submission, ways, controls, told)
    neutral = tuple(v.name for v in ways if v.neutral) + ((REORDERED,) if controls else ())
    return Invariance(tuple(run.facets), tuple(run.sentences), tuple(run.texts), tuple(v.name for v in ways if v.cuts), neutral)


class _Run:
    """The rows while they are gathered."""

    def __init__(self, screener: Screener, labeller: Labeller | None, groups: dict[str, str], seed: int) -> None:
        self.facets: list[FacetRow] = []
        self.sentences: list[SentenceRow] = []
        self.texts: list[TextRow] = []
        self._screener, self._labeller, self._groups, self._seed = screener, labeller, groups, seed

    def add(self, submission: Submission, ways: Sequence[Variant], controls: bool, told: Callable[[str, str], None]) -> None:
        """Screen one submission in every way."""
        told(submission.id, "")
        surface = surface_of(submission, self._screener.rubric)
        before = self._screener.screen(submission)
        known: dict[str, Label] = {}
        sentences = self._labelled(submission, known)
        for variant in ways:
            told(submission.id, variant.name)
            self._compare(variant.name, surface.rewritten(variant, self._seed), before, sentences, known)
        if controls:
            told(submission.id, REORDERED)
            self._compare(REORDERED, _reordered(submission, surface), before, sentences, known)

    def _compare(
        self, variant: str, rewritten: Rewritten, before: Screening, sentences: list[tuple[Passage, Label, str]], known: dict[str, Label]
    ) -> None:
        identifier = before.submission.id
        group = self._groups.get(identifier, "")
        after = self._screener.screen(rewritten.submission)
        lines = {c.facet: c for c in after.coverage}
        for line in before.coverage:
            other = lines[line.facet]
            self.facets.append(
                FacetRow(identifier, group, variant, line.part, line.facet, line.status, other.status, line.score, other.score)
            )
        found = self._labelled(rewritten.submission, known)
        for passage, label, document in sentences:
            rewriting = rewritten.documents.get(passage.document)
            move = rewriting.moved if rewriting else lambda offset: offset
            middle = move((passage.start + passage.end) // 2)
            now = next(((p, k) for p, k, d in found if d == document and p.start <= middle < p.end), None)
            self.sentences.append(
                SentenceRow(
                    identifier,
                    group,
                    variant,
                    document,
                    passage.start,
                    passage.end,
                    now is None or now[0].text != passage.text,
                    label.label,
                    now[1].label if now else _LOST,
                    label.group,
                    now[1].group if now else _LOST,
                )
            )
        self.texts.append(
            TextRow(
                identifier,
                group,
                variant,
                rewritten.edits,
                rewritten.places,
                rewritten.words,
                len(sentences),
                len(found),
                before.completion.status,
                after.completion.status,
                _parts(before) != _parts(after),
            )
        )

    def _labelled(self, submission: Submission, known: dict[str, Label]) -> list[tuple[Passage, Label, str]]:
        """Sentences of the reflection with label and document; none where no labels are wanted."""
        if self._labeller is None:
            return []
        passages = list(_reflections(submission, self._screener.rubric))
        new = list(dict.fromkeys(p.text for p in passages if p.text not in known))
        known.update(zip(new, self._labeller.predict(new), strict=True))
        return [(p, known[p.text], submission.documents[p.document].name) for p in passages]


def _reflections(submission: Submission, rubric: Rubric) -> Iterator[Passage]:
    wanted = {p.id for p in rubric.parts if p.kind == "reflection"}
    for section in assign_parts(submission, rubric):
        document = submission.documents[section.document]
        if section.part in wanted and document.readable:
            prompts = [(p.start, p.end) for p in find_prompts(document, section, rubric)]
            yield from segment(document, section.document, section, prompts)


def _reordered(submission: Submission, surface: Surface) -> Rewritten:
    """The documents the other way round; those with prose keep their order, for that is the order of the writing."""
    written = {i for i, _, _ in surface.stretches}
    documents: list[Document] = [d for i, d in enumerate(submission.documents) if i not in written][::-1]
    documents += [submission.documents[i] for i in sorted(written)]
    return Rewritten(replace(submission, documents=tuple(documents)), {}, 0, 0, 0)


def _parts(screening: Screening) -> dict[str, list[str]]:
    return {d.name: [s.part for s in d.sections] for d in screening.submission.documents}


def _gathered(rows: Sequence[_Row]) -> dict[tuple[str, str], list[_Row]]:
    """Rows by text and variant."""
    found: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        found.setdefault((row.submission, row.variant), []).append(row)
    return found


def _counted(facets: Sequence[FacetRow], sentences: Sequence[SentenceRow], text: TextRow) -> Iterator[tuple[str, tuple[float, int]]]:
    """For each figure what one text adds to it: a sum, and what that is of."""
    searched = [r for r in facets if (r.before, r.after) != ("unread", "unread")]
    scored = [r.score_after - r.score_before for r in searched if r.score_before is not None and r.score_after is not None]
    known = [r for r in sentences if "uncertain" not in (r.group_before, r.group_after)]
    found, covered, missed = ([r for r in searched if r.before in statuses] for statuses in (_FOUND, ("covered",), ("not_found",)))
    yield "strength", (text.edits, text.places)
    yield "edits", (text.edits, text.words)
    yield "status_changed", (sum(r.before != r.after for r in searched), len(searched))
    yield "to_not_found", (sum(r.after == "not_found" for r in found), len(found))
    yield "from_covered", (sum(r.after != "covered" for r in covered), len(covered))
    yield "from_not_found", (sum(r.after in _FOUND for r in missed), len(missed))
    yield "score_change", (sum(scored), len(scored))
    yield "label_changed", (sum(r.before != r.after for r in sentences), len(sentences))
    yield "group_changed", (sum(r.group_before != r.group_after for r in sentences), len(sentences))
    yield "group_contradicted", (sum(r.group_before != r.group_after for r in known), len(known))
    yield "gate_changed", (text.gate_before != text.gate_after, 1)


def _figure(variant: str, group: str, name: str, pairs: Sequence[tuple[float, int]], seed: int) -> Figure:
    import numpy as np

    sums, of = np.array([s for s, _ in pairs], float), np.array([n for _, n in pairs], float)
    total, texts = int(of.sum()), len(pairs)
    if not total:
        return Figure(variant, group, name, None, None, None, 0, texts, "none")
    value = float(sums.sum() / total)
    if name != "score_change" and (value in (0.0, 1.0) or texts == 1):
        low, high = wilson(round(float(sums.sum())), total)
        return Figure(variant, group, name, value, low, high, total, texts, "wilson")
    draws = np.random.default_rng(seed).multinomial(texts, np.full(texts, 1 / texts), _ROUNDS)
    weights = draws @ of
    samples = (draws @ sums)[weights > 0] / weights[weights > 0]
    low, high = (float(np.quantile(samples, q)) for q in (0.025, 0.975))
    return Figure(variant, group, name, value, low, high, total, texts, "bootstrap")
