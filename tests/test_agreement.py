"""Agreement between assessors and the machine: known answers, and figures held to other implementations."""

from __future__ import annotations

import csv
import json
import random

import numpy as np
import pytest
from decided import coverage, decided, decision, document, evidence, screening, write_report
from sklearn.metrics import cohen_kappa_score

from mcscreen.agreement import ALL, agreement, agreement_table, write_agreement
from mcscreen.coefficients import alpha, counted
from mcscreen.errors import InputError
from mcscreen.evaluation import read_screenings
from mcscreen.reviews import gather, read_decision_files, value_of_choice

PUBLISHED = [  # Krippendorff 2011: four observers, twelve units, five values
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]
CHOICES = {"covered": ["agree", "other_passage", "not_addressed"], "thin": ["agree", "other_passage", "not_addressed"]}


def many(number: int = 12, facets: int = 6, seed: int = 3, blind: bool = False):
    """Screenings with two assessors who mostly agree with what was found."""
    generator = random.Random(seed)
    screenings, reviews = [], {"A1": [], "A2": []}
    for place in range(number):
        lines = [
            coverage(f"F{f}", generator.choice(["covered", "thin", "not_found"]), [evidence(f"quote {f}", 20 * f)]) for f in range(facets)
        ]
        one = screening(f"S{place:02}", lines)
        screenings.append(one)
        for told in reviews.values():
            choices = [generator.choices(["agree", "other_passage", "not_addressed"], [6, 1, 1])[0] for _ in lines]
            told.append(
                (
                    one,
                    [
                        decision(c.facet, c.status, x, blind=None if not blind or x == "agree" else x)
                        for c, x in zip(lines, choices, strict=True)
                    ],
                )
            )
    return screenings, [decided(name, told) for name, told in reviews.items()]


def figure(found, raters, basis="final", facet=ALL, scale="status", measure="percent"):
    return next(f for f in found.figures if (f.raters, f.basis, f.facet, f.scale, f.measure) == (raters, basis, facet, scale, measure))


def test_alpha_is_that_of_the_published_example():
    rows = [line.split() for line in PUBLISHED]
    units = [(("s", str(u)), [int(r[u]) - 1 for r in rows if r[u] != "."]) for u in range(12)]
    _, coincidences = counted([u for u in units if len(u[1]) > 1], 5)
    assert alpha(coincidences, ordinal=False)[0] == pytest.approx(0.743, abs=0.0005)
    assert alpha(coincidences, ordinal=True)[0] == pytest.approx(0.815, abs=0.0005)


def test_kappa_is_that_of_scikit_learn():
    screenings, files = many(20, 8)
    gathered = gather(screenings, files)
    found = agreement(screenings, gathered, rounds=50)
    by = {(r.submission, r.facet, r.assessor): r.value for r in gathered.ratings}
    units = sorted({(s, f) for s, f, _ in by})
    first, second = [by[*u, "A1"] for u in units], [by[*u, "A2"] for u in units]
    assert figure(found, "A1 / A2", measure="kappa").value == pytest.approx(cohen_kappa_score(first, second))
    assert figure(found, "A1 / A2").value == pytest.approx(np.mean([a == b for a, b in zip(first, second, strict=True)]))
    one = figure(found, "A1 / A2", measure="kappa")
    assert one.low < one.value < one.high
    assert one.n == 160
    assert one.submissions == 20


@pytest.mark.parametrize(
    ("choice", "finding", "value"),
    [
        ("agree", "covered", "addressed"),
        ("agree", "thin", "partly"),
        ("agree", "not_found", "not_addressed"),
        ("agree", "unread", None),
        ("other_passage", "not_found", "addressed"),
        ("other_passage", "unread", "addressed"),
        ("not_addressed", "covered", "not_addressed"),
        (None, "covered", None),
    ],
)
def test_a_choice_has_one_value_for_each_finding(choice, finding, value):
    assert value_of_choice(choice, finding) == value


def test_what_was_decided_blind_stands_apart():
    screenings, files = many(12, 6, blind=True)
    found = agreement(screenings, gather(screenings, files), rounds=50)
    blind, final = figure(found, "A1 / machine", basis="blind"), figure(found, "A1 / machine")
    assert 0 < blind.n < final.n == 72
    assert blind.remark.startswith("too few: needs 18 units over 10 submissions") or blind.value < final.value


def test_too_few_give_no_figure_and_say_how_many_are_needed():
    screenings, files = many(9, 6)
    found = agreement(screenings, gather(screenings, files))
    assert all(f.value is None for f in found.figures)
    assert figure(found, "A1 / A2").remark == "too few: needs 18 units over 10 submissions, has 54 over 9"


def test_one_value_only_is_undefined_and_not_perfect():
    screenings = [screening(f"S{n:02}", [coverage(f"F{f}", "covered") for f in range(2)]) for n in range(12)]
    files = [decided(a, [(s, [decision(c.facet, "covered", "agree") for c in s.coverage]) for s in screenings]) for a in ("A1", "A2")]
    found = agreement(screenings, gather(screenings, files), rounds=50)
    assert figure(found, "A1 / A2").value == 1
    for measure in ("kappa", "alpha_nominal", "alpha_ordinal"):
        assert figure(found, "A1 / A2", measure=measure).value is None
        assert "only one value" in figure(found, "A1 / A2", measure=measure).remark


def test_partly_is_an_abstention_on_two_values():
    screenings = [screening(f"S{n:02}", [coverage("F", "thin" if n % 2 else "covered")]) for n in range(24)]
    files = [decided("A1", [(s, [decision("F", s.coverage[0].status, "agree")]) for s in screenings])]
    found = agreement(screenings, gather(screenings, files), rounds=50)
    assert figure(found, "A1 / machine").n == 24
    assert figure(found, "A1 / machine", scale="addressed").n == 12


def test_differences_name_both_quotes_and_tell_value_from_passage():
    line = coverage("F", "covered", [evidence("Every child eats.", 0)])
    other = evidence("The bus waits.", 90)
    one = screening("S1", [line, coverage("G", "covered", [evidence("x y z", 30)])])
    files = [
        decided("A1", [(one, [decision("F", "covered", "other_passage", passages=[other]), decision("G", "covered", "not_addressed")])]),
        decided("A2", [(one, [decision("F", "covered", "agree", passages=[line.evidence[0]])])]),
    ]
    found = agreement([one], gather([one], files))
    assert [(d.facet, d.first, d.second, d.kind, d.first_quotes, d.second_quotes) for d in found.differences] == [
        ("F", "A1", "A2", "passage", ("The bus waits.",), ("Every child eats.",)),
        ("F", "A1", "machine", "passage", ("The bus waits.",), ("Every child eats.",)),
        ("G", "A1", "machine", "value", (), ("x y z",)),
    ]
    assert [(c.first_value, c.second_value, c.n) for c in found.confusions if c.first == "A1" and c.second == "machine"] == [
        ("not_addressed", "addressed", 1),
        ("addressed", "addressed", 1),
    ]


def test_decisions_on_another_reading_are_left_out_and_counted():
    now = screening("S1", [coverage("F", "covered")])
    before = screening("S1", [coverage("F", "covered")], fingerprint="e" * 32)
    changed = screening("S1", [coverage("F", "covered")], documents=[document(sha256="1" * 64)])
    gone = screening("S9", [coverage("F", "covered")])
    wrong = decision("F", "thin", "agree")
    files = [
        decided("A1", [(s, [decision("F", "covered", "agree")]) for s in (before, changed, gone)]),
        decided("A2", [(now, [wrong, decision("G", "covered", "agree")])]),
    ]
    gathered = gather([now], files)
    assert gathered.ratings == ()
    assert sorted(n for _, n in gathered.left_out) == [1, 1, 1, 2]


def test_of_two_files_of_one_assessor_the_later_decisioncounted():
    one = screening("S1", [coverage("F", "covered")])
    later = decision("F", "covered", "not_addressed", time=decision("F", "covered", None).time.replace(hour=18))
    for files in ([later, decision("F", "covered", "agree")], [decision("F", "covered", "agree"), later]):
        gathered = gather([one], [decided("A1", [(one, [d])]) for d in files])
        assert [r.value for r in gathered.ratings] == ["not_addressed"]


def test_files_and_table(tmp_path):
    screenings, files = many()
    folder = write_report(tmp_path / "report", screenings, files)
    read = read_screenings(folder)
    found = agreement(read, gather(read, read_decision_files(folder)), rounds=50)
    table = agreement_table(found)
    assert "12 submissions decided by A1, A2" in table
    assert "Cohen's kappa" in table
    paths = write_agreement(found, folder)
    rows = list(csv.DictReader(paths[0].read_text("utf-8-sig").splitlines()))
    assert len(rows) == len(found.figures)
    assert {r["facet"] for r in rows} == {ALL, *(f"F{f}" for f in range(6))}
    content = json.loads(paths[1].read_text())
    assert content["assessors"] == ["A1", "A2"]
    assert len(content["differences"]) == len(found.differences) > 0
    assert oct(paths[1].stat().st_mode & 0o777) == "0o600"


def test_no_decisions_are_said_plainly(tmp_path):
    with pytest.raises(InputError, match=r"holds no \*.json; export decisions"):
        read_decision_files(tmp_path)


def test_three_assessors_have_an_alpha_together():
    screenings, files = many()
    third = decided("A3", [(s, [decision(c.facet, c.status, "agree") for c in s.coverage]) for s in screenings])
    found = agreement(screenings, gather(screenings, [*files, third]), rounds=50)
    assert figure(found, "all assessors", measure="alpha_ordinal").n == 72
    assert figure(found, "all assessors / machine", measure="alpha_nominal").value < 1
    assert figure(found, "A3 / machine").value == 1
