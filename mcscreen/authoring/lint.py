"""Remarks on what will screen badly in a valid rubric.

A rubric can be correct and still not work: a facet that holds two asks is "covered" by an answer to one of them, a facet
without exemplars is matched by its words alone, and two facets that read alike find the same passages. Each remark is a
question to the owner, never an error; the rules are small functions in one visible dict.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from mcscreen.authoring.asks import split_ask
from mcscreen.language import english, parse
from mcscreen.rubric import Exemplar, Rubric

__all__ = ["FEWEST_MET", "RULES", "LintRemark", "lint"]

FEWEST_MET = 4
"""Passages that address a facet which an exemplar head needs to be better than the facet's own words."""

_ALIKE_WORDS = 0.6
_ALIKE_SIMILARITY = 0.9
_QUOTED = 60


@dataclass(frozen=True, slots=True)
class LintRemark:
    """One remark.

    Attributes:
        rule: Name of the rule, a key of `RULES`.
        subject: Id of the facet, detail, part, criterion or outcome.
    """

    rule: str
    subject: str
    message: str
    severity: Literal["warning"] = "warning"


Rule = Callable[[Rubric, Sequence[Exemplar]], list[LintRemark]]


def lint(rubric: Rubric, exemplars: Sequence[Exemplar] = (), *, similarity: Callable[[str, str], float] | None = None) -> list[LintRemark]:
    """Everything that the rules remark, rule by rule, in the order of the rubric.

    Args:
        rubric: A valid rubric.
        exemplars: Its exemplars.
        similarity: Likeness of two texts between 0 and 1, such as a cosine of sentence vectors. With it, facets that mean the same
            in other words are found too.

    Raises:
        MissingExtra, ModelError: When no spaCy pipeline is installed.
    """
    remarks = [remark for rule in RULES.values() for remark in rule(rubric, exemplars)]
    if similarity is not None:
        told = {r.subject for r in remarks if r.rule == "facets_alike"}
        remarks += [r for r in _alike(rubric, similarity, _ALIKE_SIMILARITY) if r.subject not in told]
    return remarks


def several_asks(rubric: Rubric, exemplars: Sequence[Exemplar]) -> list[LintRemark]:
    """A facet or detail that seems to hold several asks: an answer to one would count for all."""
    remarks: list[LintRemark] = []
    language = english()
    asks = [(f.id, f.text) for f in rubric.facets if f.required] + [(d.id, d.text) for d in rubric.details]
    for identifier, text in asks:
        parts = split_ask(text, language)
        if len(parts) > 1:
            told = " / ".join(_short(p) for p in parts)
            remarks.append(LintRemark("several_asks", identifier, f"asks for {len(parts)} things? {told}"))
    return remarks


def no_exemplars(rubric: Rubric, exemplars: Sequence[Exemplar]) -> list[LintRemark]:
    """A facet without exemplars: only its own words can find an answer."""
    have = {e.facet for e in exemplars} | {a for e in exemplars for a in e.also}
    return [
        LintRemark("no_exemplars", f.id, f"has no exemplars; write at least {FEWEST_MET} passages that address it, and some that seem to")
        for f in rubric.facets
        if f.id not in have
    ]


def few_exemplars(rubric: Rubric, exemplars: Sequence[Exemplar]) -> list[LintRemark]:
    """A facet whose exemplars that address it are too few, or that has none that only seem to."""
    met = Counter(f for e in exemplars if e.label == "met" for f in (e.facet, *e.also))
    any_label = {e.facet for e in exemplars} | {a for e in exemplars for a in e.also}
    others = {e.facet for e in exemplars if e.label != "met"}
    remarks: list[LintRemark] = []
    for facet in rubric.facets:
        if facet.id not in any_label:
            continue
        if met[facet.id] < FEWEST_MET:
            message = f"has {met[facet.id]} exemplars that address it; {FEWEST_MET} or more work better"
            remarks.append(LintRemark("few_exemplars", facet.id, message))
        if facet.id not in others:
            message = (
                "has no exemplar labelled 'partial' or 'missing'; one that repeats the facet's words and says nothing is the most useful"
            )
            remarks.append(LintRemark("few_exemplars", facet.id, message))
    return remarks


def facets_alike(rubric: Rubric, exemplars: Sequence[Exemplar]) -> list[LintRemark]:
    """Two facets of one part, or two details, of which one says little more than the other: they will find the same passages.

    Facets that share all but a word ("support students socially", "... emotionally") are not meant: that word tells them apart.
    """
    language = english()
    words: dict[str, frozenset[str]] = {}

    def overlap(one: str, other: str) -> float:
        for text in (one, other):
            if text not in words:
                tokens = parse(language, text)
                words[text] = frozenset(t.lemma_.lower() for t in tokens if t.is_alpha and (not t.is_stop or t.lower_ == "not"))
        if ("not" in words[one]) != ("not" in words[other]):
            return 0.0
        fewer, more = sorted((words[one], words[other]), key=len)
        return len(fewer) / len(more) if more and fewer <= more else float(not more)

    return _alike(rubric, overlap, _ALIKE_WORDS)


def no_minimum(rubric: Rubric, exemplars: Sequence[Exemplar]) -> list[LintRemark]:
    """A narrative or reflection without a minimum of words."""
    return [
        LintRemark("no_minimum", part.id, f"a {part.kind} without minimum_words: its length is not checked")
        for part in rubric.parts
        if part.kind != "portfolio" and part.minimum_words is None
    ]


def no_facets(rubric: Rubric, exemplars: Sequence[Exemplar]) -> list[LintRemark]:
    """A narrative or reflection, or one of its criteria, without facets: nothing in it is looked for."""
    remarks: list[LintRemark] = []
    for part in rubric.parts:
        if part.kind != "portfolio" and not part.facets:
            remarks.append(LintRemark("no_facets", part.id, f"a {part.kind} without facets: nothing in it is looked for"))
        elif part.facets:
            remarks += [LintRemark("no_facets", c.id, "has no facets: nothing of it is looked for") for c in part.criteria if not c.facets]
    return remarks


def no_details(rubric: Rubric, exemplars: Sequence[Exemplar]) -> list[LintRemark]:
    """An outcome without details where there is a portfolio: no row of the self-analysis is expected for it."""
    if rubric.part_of_kind("portfolio") is None:
        return []
    return [LintRemark("no_details", o.id, "has no details: no row of Part 2 is expected for it") for o in rubric.outcomes if not o.details]


RULES: dict[str, Rule] = {
    "several_asks": several_asks,
    "no_exemplars": no_exemplars,
    "few_exemplars": few_exemplars,
    "facets_alike": facets_alike,
    "no_minimum": no_minimum,
    "no_facets": no_facets,
    "no_details": no_details,
}
"""Name of a rule -> its function."""


def _alike(rubric: Rubric, likeness: Callable[[str, str], float], least: float) -> list[LintRemark]:
    groups = [[(f.id, f.text) for f in p.facets] for p in rubric.parts] + [[(d.id, d.text) for d in rubric.details]]
    return [
        LintRemark("facets_alike", later, f"reads like {first} ({_short(text)}); will a passage ever address only one of them?")
        for group in groups
        for (first, text), (later, other) in combinations(group, 2)
        if likeness(text, other) >= least
    ]


def _short(text: str) -> str:
    plain = re.sub(r"\s+", " ", text)
    return f"'{plain if len(plain) <= _QUOTED else plain[: _QUOTED - 1] + '…'}'"
