"""The shipped seed rubric: complete, in the page's words, and without a remark."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from mcscreen.authoring.lint import lint
from mcscreen.rubric_files import RubricFolder, load_rubric_folder

ROOT = Path(__file__).parent.parent
PAGE = Path(__file__).parent / "rubric_pages" / "student-centeredness.txt"

FACETS = """
Q1.academic Q1.social Q1.emotional Q1.physical
Q2.processes Q2.entrusted Q2.worked Q2.not_worked Q2.differently
Q3.recognize Q3.positive Q3.most_successful
Q4.plan Q4.monitoring Q4.quality Q4.examples
R.eo1 R.eo2 R.eo3 R.eo4 R.evidence_based R.impact R.future
"""
DETAILS = """
EO1.academic EO1.social EO1.emotional EO1.physical EO2.responsibilities EO2.entrusted
EO3.celebrate EO3.positive_behavior EO4.plan EO4.monitoring
"""


@pytest.fixture(scope="module")
def seed() -> RubricFolder:
    return load_rubric_folder(ROOT / "rubrics" / "student-centeredness")


def test_ids_are_those_that_others_rely_on(seed: RubricFolder) -> None:
    assert seed.rubric.id == "student-centeredness"
    assert [f.id for f in seed.rubric.facets] == FACETS.split()
    assert [d.id for d in seed.rubric.details] == DETAILS.split()
    assert [o.id for o in seed.rubric.outcomes] == ["EO1", "EO2", "EO3", "EO4"]
    assert [(p.id, p.kind, p.minimum_words) for p in seed.rubric.parts] == [
        ("part1", "narrative", 1000),
        ("part2", "portfolio", None),
        ("part3", "reflection", 500),
    ]


def test_its_texts_are_the_words_of_the_page(seed: RubricFolder) -> None:
    page = re.sub(r"\s+", " ", PAGE.read_text(encoding="utf-8"))
    rubric = seed.rubric
    texts = [rubric.title, rubric.overview, *(o.text for o in rubric.outcomes), *(c.text for p in rubric.parts for c in p.criteria)]
    texts += [paragraph for p in rubric.parts for paragraph in p.instructions.split("\n\n")]
    assert [t for t in texts if re.sub(r"\s+", " ", t) not in page] == []


def test_only_what_could_be_included_is_optional(seed: RubricFolder) -> None:
    assert [f.id for f in seed.rubric.facets if not f.required] == ["R.evidence_based"]


def test_questions_and_examples_belong_to_their_outcomes(seed: RubricFolder) -> None:
    for facet in seed.rubric.facets:
        group, _, name = facet.id.partition(".")
        expected = (f"EO{group[1]}",) if group.startswith("Q") else (name.upper(),) if name.startswith("eo") else ()
        assert facet.outcomes == expected


def test_every_facet_has_exemplars_of_each_label(seed: RubricFolder) -> None:
    counts = Counter((e.facet, e.label) for e in seed.exemplars)
    for facet in seed.rubric.facets:
        assert counts[facet.id, "met"] == 9
        assert counts[facet.id, "partial"] == 2
        assert counts[facet.id, "missing"] == 5
    assert counts[None, "missing"] == 30
    assert {e.provenance for e in seed.exemplars} == {"written for mcscreen"}


def test_names_by_which_candidates_call_a_detail_are_not_shared(seed: RubricFolder) -> None:
    names = Counter(a.casefold() for d in seed.rubric.details for a in d.aliases)
    assert [n for n, count in names.items() if count > 1] == []


def test_it_draws_no_remark(seed: RubricFolder) -> None:
    assert lint(seed.rubric, seed.exemplars) == []
