"""Agreement figures: known answers on small made-up screenings."""

import json

import pytest

from mcscreen.errors import InputError
from mcscreen.evaluation import compare, figures, read_labels, read_screenings
from mcscreen.results import Coverage, Evidence, RubricRecord, Screening, SubmissionRecord


def _screening(identifier, lines):
    coverage = tuple(
        Coverage(
            part="part1",
            criterion="Q1",
            facet=facet,
            status=status,
            score=score,
            evidence=tuple(Evidence(document="a", start=0, end=1, quote=q, score=score) for q in quotes),
        )
        for facet, (status, score, quotes) in lines.items()
    )
    return Screening(
        fingerprint="f",
        rubric=RubricRecord(id="r", sha256="0"),
        submission=SubmissionRecord(id=identifier, documents=()),
        coverage=coverage,
    )


@pytest.fixture
def labels(tmp_path):
    for name, second in (("S1", "met"), ("S2", "partial")):
        folder = tmp_path / name
        folder.mkdir()
        first = {
            "part1": {"A": "met", "B": "missing"},
            "evidence": {"A": "every child eats a warm breakfast in class"},
            "words": {"part1": 5},
        }
        (folder / "labels.json").write_text(json.dumps(first))
        other = {"part1": {"A": {"label": second, "quotes": ["they eat"]}, "B": {"label": "missing", "quotes": []}}}
        (folder / "annotation.json").write_text(json.dumps(other))
    return tmp_path


def test_only_facets_on_which_readers_agree_count(labels):
    read = read_labels(labels)
    assert set(read["S1"]) == {"A", "B"}
    assert set(read["S2"]) == {"B"}
    assert read["S1"]["A"][1] == ["every child eats a warm breakfast in class", "they eat"]


def test_figures_of_a_known_case(labels):
    screenings = [
        _screening(
            "S1", {"A": ("thin", 0.5, ["The bus.", "every child eats a warm breakfast in class today"]), "B": ("covered", 0.9, ["x"])}
        ),
        _screening("S2", {"A": ("covered", 0.9, []), "B": ("not_found", 0.1, [])}),
    ]
    found = {f.name: f for f in figures(compare(screenings, read_labels(labels)), rounds=200)}
    assert found["auc"].value == 0.5
    assert found["hit@1"].value == 0
    assert found["hit@3"].value == 1
    assert found["missing_not_covered"].value == 0.5
    assert found["missing_not_found"].value == 0.5
    assert found["met_not_found"].value == 0
    assert found["auc"].n == 3
    assert found["missing_not_covered"].low == 0
    assert found["missing_not_covered"].high == 1


def test_a_perfect_machine(labels):
    screenings = [_screening("S1", {"A": ("covered", 0.9, ["every child eats a warm breakfast in class"]), "B": ("not_found", 0.1, [])})]
    found = {f.name: f.value for f in figures(compare(screenings, read_labels(labels)), rounds=50)}
    assert found["auc"] == found["hit@1"] == found["missing_not_found"] == found["met_covered"] == 1


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no \*/labels.json"):
        read_labels(tmp_path)
    (tmp_path / "screenings.jsonl").write_text('{"schema": 9}\n')
    with pytest.raises(InputError, match=r"screenings.jsonl:1: not a screening"):
        read_screenings(tmp_path)


def test_screenings_come_back_as_written(tmp_path):
    screening = _screening("S1", {"A": ("thin", 0.5, ["q"])})
    (tmp_path / "screenings.jsonl").write_text(screening.model_dump_json(by_alias=True) + "\n")
    assert read_screenings(tmp_path) == [screening]
