"""Loading a rubric folder, and what its owner is told when that fails."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from mcscreen import rubric_files
from mcscreen.errors import RubricError
from mcscreen.rubric_files import load_rubric_folder, parse_exemplars, parse_rubric

TOML = """\
schema = 1
id = "bread-baking"
title = "Bread Baking with a Class"
stacks = ["kitchen"]

[source]
title = "Invented"

[[outcomes]]
id = "EO1"
text = "Bake"

[[outcomes.details]]
id = "EO1.knead"
text = "Knead the dough"

[[parts]]
id = "part1"
title = "Questions"
kind = "narrative"
minimum_words = 100

[[parts.criteria]]
id = "Q1"
text = "How?"

[[parts.criteria.facets]]
id = "Q1.how"
text = "says how"
outcomes = ["EO1"]
"""
MET = {"facet": "Q1.how", "label": "met", "text": "We weighed flour on a Tuesday."}


def folder(tmp_path: Path, toml: str = TOML, exemplars: list[object] | None = None) -> Path:
    (tmp_path / "rubric.toml").write_bytes(toml.encode())
    if exemplars is not None:
        (tmp_path / "exemplars.jsonl").write_text(
            "\n".join(e if isinstance(e, str) else json.dumps(e) for e in exemplars), encoding="utf-8"
        )
    return tmp_path


def problems(path: Path) -> list[str]:
    with pytest.raises(RubricError) as caught:
        load_rubric_folder(path)
    return str(caught.value).replace(str(path) + "/", "").split("\n")


def test_a_folder_and_its_file_load_alike(tmp_path: Path) -> None:
    path = folder(tmp_path, exemplars=[MET, "", {**MET, "facet": "EO1.knead"}, {**MET, "facet": None, "label": "missing", "also": []}])
    loaded = load_rubric_folder(path)
    assert loaded == load_rubric_folder(path / "rubric.toml")
    assert [e.facet for e in loaded.exemplars] == ["Q1.how", "EO1.knead", None]
    assert loaded.rubric.stacks == ("kitchen",)
    both = (path / "rubric.toml").read_bytes() + (path / "exemplars.jsonl").read_bytes()
    assert loaded.sha256 == hashlib.sha256(both).hexdigest()


def test_exemplars_are_optional_and_count_for_the_hash(tmp_path: Path) -> None:
    alone = load_rubric_folder(folder(tmp_path))
    assert alone.exemplars == ()
    assert load_rubric_folder(folder(tmp_path, exemplars=[MET])).sha256 != alone.sha256


@pytest.mark.parametrize("toml", ["\ufeff" + TOML, TOML.replace("\n", "\r\n")], ids=["byte order mark", "Windows line ends"])
def test_what_notepad_writes_loads(tmp_path: Path, toml: str) -> None:
    assert load_rubric_folder(folder(tmp_path, toml)).rubric.id == "bread-baking"


def test_every_problem_is_told_with_line_and_place(tmp_path: Path) -> None:
    broken = (
        TOML.replace('title = "Bread', 'titel = "Bread')
        .replace('kind = "narrative"', 'kind = "essay"')
        .replace("minimum_words = 100", 'minimum_words = "many"')
        .replace('id = "Q1.how"', 'id = "EO1.knead"')
        .replace('outcomes = ["EO1"]', 'outcomes = ["EO1",\n  "EO9"]')
    )
    assert problems(folder(tmp_path, broken)) == [
        "rubric.toml:1: title: is missing",
        "rubric.toml:3: titel: is not a key of a rubric; did you mean 'title'?",
        "rubric.toml:14: outcomes[0].details[0].id: the id 'EO1.knead' is used twice (here for a detail); every id must be its own",
        "rubric.toml:20: parts[0].kind: input should be 'narrative', 'portfolio' or 'reflection'",
        "rubric.toml:21: parts[0].minimum_words: must be a whole number without quotes",
        "rubric.toml:31: parts[0].criteria[0].facets[0].outcomes[1]: the facet 'EO1.knead' names the outcome 'EO9'; there are EO1",
    ]


def test_a_broken_element_is_not_also_called_an_empty_list(tmp_path: Path) -> None:
    told = problems(folder(tmp_path, TOML.replace('text = "Bake"', "text = 7")))
    assert told == ["rubric.toml:11: outcomes[0].text: must be text in quotes"]


@pytest.mark.parametrize(
    ("key", "nearest"),
    [("minimum_word = 5", "minimum_words"), ("instruction = 'x'", "instructions"), ("critera = []", "criteria")],
)
def test_an_unknown_key_suggests_the_one_of_its_own_table(tmp_path: Path, key: str, nearest: str) -> None:
    told = problems(folder(tmp_path, TOML.replace("minimum_words = 100", key)))
    assert len(told) == 1
    assert told[0].startswith("rubric.toml:21: parts[0].")
    assert told[0].endswith(f"did you mean {nearest!r}?")


def test_an_unknown_key_like_no_other_lists_what_is_known(tmp_path: Path) -> None:
    [told] = problems(folder(tmp_path, TOML.replace('text = "says how"', 'text = "says how"\nzzz = 1')))
    assert told.endswith("known here: id, text, label, required, outcomes")


@pytest.mark.parametrize(
    ("toml", "line", "what"),
    [
        (TOML.replace('text = "Bake"', 'text = "Bake'), 11, "not valid TOML"),
        (TOML + "\n[source]\n", 32, "not valid TOML"),
        (TOML + 'x = "', 31, "not valid TOML"),
        ("x = " + "[" * 5_000 + "]" * 5_000, 1, "nested too deeply"),
    ],
)
def test_a_syntax_error_has_its_line(tmp_path: Path, toml: str, line: int, what: str) -> None:
    [told] = problems(folder(tmp_path, toml))
    assert told.startswith(f"rubric.toml:{line}: ")
    assert what in told


def test_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "rubric.toml").write_bytes(TOML.replace("Bake", "Bäckerei").encode("latin-1"))
    assert problems(tmp_path) == ["rubric.toml:11: not UTF-8; save the file with the encoding UTF-8"]


def test_a_rubric_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "breads").mkdir()
    folder(tmp_path / "breads")
    [told] = problems(tmp_path)
    assert told.endswith("the folder holds the rubrics breads: name one of them")
    assert problems(tmp_path / "cakes.toml") == [f"{tmp_path}/cakes.toml: there is no such file"]


def test_a_file_that_is_no_rubric_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rubric_files, "MOST_BYTES", 100)
    [told] = problems(folder(tmp_path))
    assert "larger than 100 bytes" in told


def test_every_broken_exemplar_is_told_with_its_line() -> None:
    rubric = parse_rubric(TOML.encode())
    lines = [
        json.dumps(MET),
        '{"facet": "Q1.how", "facet": "Q1.how", "label": "met", "text": "x"}',
        '{"facet": "Q1.how", "label": "met", "text": NaN}',
        '{"facet": "Q1.hwo", "label": "met", "text": "x", "also": ["EO1.knaed"]}',
        '{"facet": "Q1.how", "label": "good", "text": "x", "labels": 1}',
        '{"facet": null, "label": "met", "text": "x"}',
        '{"facet": "Q1.how", "label": "met", "text": "x"',
        "[" * 3_000,
        '["Q1.how"]',
        '{"facet": "Q1.how", "label": "met", "text": 1e999}',
    ]
    with pytest.raises(RubricError) as caught:
        parse_exemplars("\r\n".join(lines).encode(), rubric)
    told = str(caught.value).split("\n")
    assert [int(t.split(":")[1]) for t in told] == [2, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10]
    assert "a key stands twice" in told[0]
    assert told[2].endswith("facet: 'Q1.hwo' is no facet and no detail of the rubric; did you mean 'Q1.how'?")
    assert told[3].endswith("did you mean 'EO1.knead'?")
    assert "did you mean 'label'?" in told[5]
    assert "must be 'missing' where facet is null" in told[6]


def test_a_thousand_problems_are_not_all_told() -> None:
    rubric = parse_rubric(TOML.encode())
    with pytest.raises(RubricError) as caught:
        parse_exemplars(b"{}\n" * 1_000, rubric)
    assert str(caught.value).count("\n") == 50
    assert str(caught.value).endswith("more")
