"""Each rule remarks on what it is for, and on nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from mcscreen.authoring.lint import FEWEST_MET, RULES, LintRemark, lint
from mcscreen.rubric import Exemplar, Rubric


def rubric(
    *, facets: dict[str, str] | None = None, optional: tuple[str, ...] = (), details: dict[str, str] | None = None, **part: Any
) -> Rubric:
    rows = {"Q1.began": "says how the choir began", "Q1.changed": "says what changed for singers"} if facets is None else facets
    kept = {"EO1.teach": "Teach songs by ear"} if details is None else details
    criterion = {"id": "Q1", "text": "?", "facets": [{"id": i, "text": t, "required": i not in optional} for i, t in rows.items()]}
    return Rubric.model_validate(
        {
            "schema": 1,
            "id": "choir",
            "title": "Leading a Choir",
            "source": {"title": "Invented"},
            "outcomes": [{"id": "EO1", "text": "Lead", "details": [{"id": i, "text": t} for i, t in kept.items()]}],
            "parts": [
                {"id": "part1", "title": "Questions", "kind": "narrative", "minimum_words": 300, "criteria": [criterion], **part},
                {"id": "part2", "title": "Portfolio", "kind": "portfolio"},
            ],
        }
    )


def exemplars(*facets: str, met: int = FEWEST_MET, missing: int = 1) -> list[Exemplar]:
    labels = ["met"] * met + ["missing"] * missing
    return [Exemplar(facet=f, label=label, text=f"{label} {n}") for f in facets for n, label in enumerate(labels)]  # type: ignore[arg-type]


ENOUGH = exemplars("Q1.began", "Q1.changed")


def told(remarks: list[LintRemark]) -> list[tuple[str, str]]:
    return [(r.rule, r.subject) for r in remarks]


def test_a_sound_rubric_draws_no_remark() -> None:
    assert lint(rubric(), ENOUGH) == []


def test_a_facet_and_a_detail_with_several_asks() -> None:
    content = rubric(
        facets={"Q1.began": "What worked, what did not, and what would you do differently?", "Q1.changed": "says what changed for singers"},
        details={"EO1.teach": "Teach songs by ear and invite parents to the concert"},
    )
    remarks = lint(content, ENOUGH)
    assert told(remarks) == [("several_asks", "Q1.began"), ("several_asks", "EO1.teach")]
    assert remarks[0].message == "asks for 3 things? 'What worked' / 'What did not work' / 'What would you do differently'"
    assert {r.severity for r in remarks} == {"warning"}


def test_pairs_that_are_one_thing_and_optional_facets_are_left_alone() -> None:
    content = rubric(
        facets={"Q1.began": "says how singers are celebrated and recognized", "Q1.changed": "What worked, and what did not?"},
        optional=("Q1.changed",),
    )
    assert lint(content, ENOUGH) == []


def test_facets_without_exemplars_and_with_few() -> None:
    assert told(lint(rubric(), [])) == [("no_exemplars", "Q1.began"), ("no_exemplars", "Q1.changed")]
    few = exemplars("Q1.began", met=FEWEST_MET - 1) + exemplars("Q1.changed", missing=0)
    remarks = lint(rubric(), few)
    assert told(remarks) == [("few_exemplars", "Q1.began"), ("few_exemplars", "Q1.changed")]
    assert "3 exemplars that address it" in remarks[0].message
    assert "partial" in remarks[1].message


def test_a_passage_counts_for_what_it_also_addresses() -> None:
    shared = [Exemplar(facet="Q1.changed", label="met", text=str(n), also=("Q1.began",)) for n in range(FEWEST_MET)]
    assert ("few_exemplars", "Q1.began") not in [k for k in told(lint(rubric(), shared + exemplars("Q1.began", "Q1.changed", met=0)))]


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("says how the choir began", "says how choirs began", True),
        ("describes rehearsals of the choir", "describes the rehearsals of the school choir", True),
        ("says what worked", "says what did not work", False),
        ("names a resource that helps singers socially", "names a resource that helps singers physically", False),
        ("says how the choir began", "gives a few examples", False),
    ],
)
def test_facets_that_read_alike(first: str, second: str, alike: bool) -> None:
    remarks = lint(rubric(facets={"Q1.began": first, "Q1.changed": second}), ENOUGH)
    assert told(remarks) == ([("facets_alike", "Q1.changed")] if alike else [])


def test_a_similarity_finds_what_words_do_not() -> None:
    assert told(lint(rubric(), ENOUGH, similarity=lambda a, b: 0.95)) == [("facets_alike", "Q1.changed")]
    assert lint(rubric(), ENOUGH, similarity=lambda a, b: 0.5) == []
    same = rubric(facets={"Q1.began": "says why", "Q1.changed": "says why"})
    assert len(lint(same, ENOUGH, similarity=lambda a, b: 1.0)) == 1


@pytest.mark.parametrize(("kind", "remarks"), [("narrative", 1), ("reflection", 1), ("portfolio", 0)])
def test_a_part_without_a_minimum(kind: str, remarks: int) -> None:
    assert told(lint(rubric(kind=kind, minimum_words=None), ENOUGH)) == [("no_minimum", "part1")] * remarks


def test_parts_and_criteria_without_facets() -> None:
    assert told(lint(rubric(criteria=[]), [])) == [("no_facets", "part1")]
    one = {"id": "Q1", "text": "?", "facets": [{"id": "Q1.began", "text": "says how it began"}]}
    assert told(lint(rubric(criteria=[one, {"id": "Q2", "text": "?"}]), exemplars("Q1.began"))) == [("no_facets", "Q2")]


def test_an_outcome_without_details() -> None:
    assert told(lint(rubric(details={}), ENOUGH)) == [("no_details", "EO1")]


def test_every_rule_says_what_it_is_for() -> None:
    assert all(rule.__doc__ and rule.__name__ == name for name, rule in RULES.items())
