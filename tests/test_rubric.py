"""What the rubric models refuse, and how they say it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mcscreen.rubric import Exemplar, Rubric, contradictions


def content(**changes: Any) -> dict[str, Any]:
    """A small valid rubric, as its TOML file holds it."""
    return {
        "schema": 1,
        "id": "bread-baking",
        "title": "Bread Baking with a Class",
        "source": {"title": "Invented"},
        "outcomes": [
            {"id": "EO1", "text": "Bake", "details": [{"id": "EO1.knead", "text": "Knead"}, {"id": "EO1.prove", "text": "Prove"}]},
            {"id": "EO2", "text": "Clean"},
        ],
        "parts": [
            {
                "id": "part1",
                "title": "Questions",
                "kind": "narrative",
                "minimum_words": 100,
                "criteria": [
                    {"id": "Q1", "text": "How?", "facets": [{"id": "Q1.how", "text": "says how", "outcomes": ["EO1"]}]},
                    {"id": "Q2", "text": "Why?", "facets": [{"id": "Q2.why", "text": "says why", "required": False}]},
                ],
            },
            {"id": "part2", "title": "Portfolio", "kind": "portfolio"},
        ],
        **changes,
    }


def test_a_valid_rubric_gives_its_facets_and_details_in_order() -> None:
    rubric = Rubric.model_validate(content(stacks=["kitchen", "crafts"]))
    assert [f.id for f in rubric.facets] == ["Q1.how", "Q2.why"]
    assert [d.id for d in rubric.details] == ["EO1.knead", "EO1.prove"]
    assert rubric.stacks == ("kitchen", "crafts")
    assert rubric.part_of_kind("portfolio") is rubric.parts[1]
    assert rubric.part_of_kind("reflection") is None
    assert not rubric.facets[1].required


def test_a_rubric_survives_being_dumped_and_read_again() -> None:
    rubric = Rubric.model_validate(content())
    assert Rubric.model_validate_json(rubric.model_dump_json()) == rubric


def test_every_contradiction_is_reported_with_its_place() -> None:
    broken = content()
    broken["parts"][0]["criteria"][1]["facets"][0]["id"] = "Q1.how"
    broken["parts"][0]["criteria"][0]["facets"][0]["outcomes"] = ["EO1", "EO7"]
    broken["outcomes"][0]["details"][1]["id"] = "EO2"
    with pytest.raises(ValidationError) as caught:
        Rubric.model_validate(broken)
    places = [e["loc"] for e in caught.value.errors()]
    assert places == [
        ("parts", 0, "criteria", 1, "facets", 0, "id"),
        ("outcomes", 0, "details", 1, "id"),
        ("parts", 0, "criteria", 0, "facets", 0, "outcomes", 1),
    ]


def test_contradictions_leave_wrong_shapes_to_the_models() -> None:
    assert contradictions({"parts": 3, "outcomes": [None, "x", {"id": 4}]}) == []
    assert contradictions({"parts": [{"id": "a", "criteria": {"id": "b"}}, {"id": "a"}]}) == [
        (("parts", 1, "id"), "the id 'a' is used twice (here for a part); every id must be its own")
    ]


def test_an_exemplar_may_address_no_facet() -> None:
    assert Exemplar.model_validate({"facet": None, "label": "missing", "text": "The bus was late."}).facet is None
    with pytest.raises(ValidationError):
        Exemplar.model_validate({"label": "missing", "text": "facet left out"})


@pytest.mark.parametrize(
    "change", [{"id": "Bread"}, {"outcomes": []}, {"parts": []}, {"schema": 2}, {"grade": "A"}, {"language": "English"}]
)
def test_what_is_not_a_rubric_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rubric.model_validate(content(**change))
