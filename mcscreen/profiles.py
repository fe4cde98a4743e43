"""The reflection of a submission as a profile: what its sentences do, what can be pointed at, where; never a level.

Labels of sentences (`mcscreen.reflection`) and indicators are put together with the places of sentences that show them. It
stands beside the coverage and touches none of it: whether an ask is addressed and how a text reflects are two questions.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcscreen.document import Document
from mcscreen.indicators import INDICATORS
from mcscreen.measurement import Measurement
from mcscreen.reflection import Label, Labeller, profile_of
from mcscreen.reflection.profile import Rate
from mcscreen.results import (
    AskSentences,
    Coverage,
    Evidence,
    Indicator,
    OutcomeSpread,
    Reflection,
    ReflectionRate,
    ReflectionSentence,
)
from mcscreen.rubric import Rubric
from mcscreen.submission import Passage

__all__ = ["judged", "reflection_of"]

_SHOWN = 3
"""Places that are shown of an indicator."""


def reflection_of(
    sentences: Sequence[Passage], documents: Sequence[Document], labeller: Labeller, rubric: Rubric, coverage: Sequence[Coverage]
) -> Reflection:
    """The profile of the candidate's own sentences of a reflection.

    Args:
        sentences: In the order of the text.
        documents: What the sentences index into.
        labeller: Gives each sentence its label.
        rubric: Says which asks of a reflection belong to which outcome.
        coverage: Says which sentences were shown for these asks.

    Returns:
        Empty where there are no sentences.
    """
    if not sentences:
        return Reflection()
    labels = labeller.predict([s.text for s in sentences])
    profile = profile_of(sentences, labels)
    reflection = Reflection(
        sentences=profile.sentences,
        labels=tuple(map(_rate, profile.labels)),
        groups=tuple(map(_rate, profile.groups)),
        deep=_rate(profile.deep),
        breadth=profile.breadth,
        thirds=tuple(count for _, count in profile.thirds),
        spread=profile.spread,
        asks=_asks(sentences, documents, labels, rubric, coverage),
        shown=tuple(ReflectionSentence(label=s.label, evidence=_evidence(s.passage, documents, s.probability)) for s in profile.shown),
        indicators=tuple(_indicator(measure(sentences), sentences, documents) for measure in INDICATORS.values()),
    )
    return judged(reflection, rubric, coverage)


def judged(reflection: Reflection, rubric: Rubric, coverage: Sequence[Coverage]) -> Reflection:
    """A profile whose `outcomes` follow the statuses of the asks, whatever they were before; nothing else depends on these.

    Args:
        reflection: With the sentences of each ask.
        rubric: As for `reflection_of`.
        coverage: Says which asks are covered or thin.
    """
    if not reflection.sentences:
        return reflection
    return reflection.model_copy(update={"outcomes": _by_outcome(reflection.asks, rubric, coverage)})


def _rate(rate: Rate) -> ReflectionRate:
    return ReflectionRate(
        name=rate.name, count=rate.count, per_100=rate.per_100, low=rate.low, high=rate.high, expected_per_100=rate.expected
    )


def _evidence(passage: Passage, documents: Sequence[Document], score: float | None = None) -> Evidence:
    name = documents[passage.document].name
    return Evidence.at(passage.place, document=name, start=passage.start, end=passage.end, quote=passage.text, score=score)


def _indicator(measurement: Measurement, sentences: Sequence[Passage], documents: Sequence[Document]) -> Indicator:
    first = list(dict.fromkeys(span.sentence for span in measurement.spans))[:_SHOWN]
    kinds = dict.fromkeys(span.kind for span in measurement.spans if span.kind)
    return Indicator(
        name=measurement.name,
        count=measurement.count,
        per_100=round(measurement.per_100, 1),
        kinds={kind: measurement.of_kind(kind) for kind in sorted(kinds)},
        figures={name: round(value, 3) for name, value in measurement.figures},
        evidence=tuple(_evidence(sentences[i], documents) for i in first),
    )


def _asks(
    sentences: Sequence[Passage], documents: Sequence[Document], labels: Sequence[Label], rubric: Rubric, coverage: Sequence[Coverage]
) -> tuple[AskSentences, ...]:
    """For each ask of the reflection that has a passage, the sentences that its best passage touches."""
    asked = {f.id for p in rubric.parts if p.kind == "reflection" for f in p.facets}
    found = []
    for line in coverage:
        for best in line.evidence[:1] if line.facet in asked else ():
            inside = tuple(
                n
                for n, sentence in enumerate(sentences)
                if documents[sentence.document].name == best.document and sentence.start < best.end and best.start < sentence.end
            )
            found.append(AskSentences(facet=line.facet, sentences=inside, deep=tuple(n for n in inside if labels[n].deep >= 0.5)))
    return tuple(found)


def _by_outcome(asks: Sequence[AskSentences], rubric: Rubric, coverage: Sequence[Coverage]) -> tuple[OutcomeSpread, ...]:
    """For each outcome, of the sentences that were shown for its asks of the reflection, how many there are and how many go deep."""
    outcomes = {f.id: f.outcomes for p in rubric.parts if p.kind == "reflection" for f in p.facets}
    addressed = {line.facet for line in coverage if line.status in ("covered", "thin")}
    found = []
    for outcome in rubric.outcomes:
        own = [ask for ask in asks if ask.facet in addressed and outcome.id in outcomes.get(ask.facet, ())]
        inside, deep = {n for ask in own for n in ask.sentences}, {n for ask in own for n in ask.deep}
        found.append(OutcomeSpread(outcome=outcome.id, sentences=len(inside), deep=len(deep)))
    return tuple(found)
