"""Agreement between assessors and the machine: known answers, and figures held to other implementations."""

from __future__ import annotations

import csv
import json
import random

import numpy as np
import pytest
from decided import NOON, citation, coverage, decided, decision, document, evidence, screening, write_report
from sklearn.metrics import cohen_kappa_score

from mcscreen.agreement import ALL, agreement, agreement_in_markdown, agreement_table, write_agreement
from mcscreen.coefficients import alpha, counted
from mcscreen.errors import InputError
from mcscreen.evaluation import read_screenings
from mcscreen.reviews import citation_value_of_choice, gather, read_decision_files, value_of_choice

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


def test_of_two_files_of_one_assessor_the_later_decision_counts():
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


@pytest.mark.parametrize(
    ("choice", "finding", "value"),
    [
        ("agree", "ok", "in_order"),
        ("agree", "out_of_range", "not_in_order"),
        ("agree", "cannot_verify", None),
        ("other_passage", "unrelated", "in_order"),
        ("other_passage", "cannot_verify", "in_order"),
        ("not_addressed", "ok", "not_in_order"),
        (None, "ok", None),
    ],
)
def test_a_choice_on_a_citation_has_one_value_for_each_finding(choice, finding, value):
    assert citation_value_of_choice(choice, finding) == value


def cited(number=12):
    """Screenings with one facet and two citations each; the assessor disagrees on the second citation of every fourth."""
    screenings, told = [], []
    for n in range(number):
        rows = [citation("EO1.a", "ok", 1), citation("EO1.b", "unrelated", 2)]
        one = screening(f"S{n:02}", [coverage("F", "covered")], rows)
        screenings.append(one)
        second = "other_passage" if n % 4 == 0 else "agree"
        told.append(
            (
                one,
                [
                    decision("F", "covered", "agree"),
                    decision("EO1.a", "ok", "agree", kind="citation", row=1),
                    decision("EO1.b", "unrelated", second, kind="citation", row=2),
                ],
            )
        )
    return screenings, [decided("A1", told)]


def test_citations_are_a_finding_of_their_own():
    screenings, files = cited()
    found = agreement(screenings, gather(screenings, files), rounds=50)
    rows = figure(found, "A1 / machine", scale="citation")
    assert (rows.agreed, rows.n, rows.value) == (21, 24, 21 / 24)
    assert rows.low < rows.value
    facets = figure(found, "A1 / machine")
    assert (facets.agreed, facets.n) == (12, 12)
    assert figure(found, "A1 / machine", scale="citation", facet="EO1.b").agreed == 9
    assert not [f for f in found.figures if f.scale == "status" and f.facet.startswith("EO")]
    assert [(c.first_value, c.second_value, c.n) for c in found.confusions if c.scale == "citation"] == [
        ("not_in_order", "not_in_order", 9),
        ("in_order", "not_in_order", 3),
        ("in_order", "in_order", 12),
    ]
    assert [(d.submission, d.facet, d.row, d.scale) for d in found.differences] == [
        (f"S{n:02}", "EO1.b", 2, "citation") for n in range(0, 12, 4)
    ]


def test_what_the_machine_could_not_read_is_counted_and_compared_between_assessors():
    one = screening("S1", [coverage("F", "unread", score=None), coverage("G", "unread", score=None)], [citation("EO1.a", "cannot_verify")])

    def file(name, *choices):
        kinds = (("F", "unread", "facet", None), ("G", "unread", "facet", None), ("EO1.a", "cannot_verify", "citation", 1))
        return decided(name, [(one, [decision(f, s, c, kind=k, row=r) for (f, s, k, r), c in zip(kinds, choices, strict=True)])])

    found = agreement([one], gather([one], [file("A1", "other_passage", "agree", "agree"), file("A2", "not_addressed", None, "agree")]))
    assert dict(found.outside) == {
        "facets that are 'unread' for the machine: compared between assessors only": 1,
        "agreements with 'unread' on facets, which say neither yes nor no": 1,
        "notes on facets without a decision": 1,
        "agreements with 'cannot_verify' on citations, which say neither yes nor no": 2,
    }
    assert figure(found, "A1 / A2").n == 1
    assert figure(found, "A1 / machine").n == 0
    assert "1 facets that are 'unread' for the machine" in agreement_table(found)


def test_a_small_pilot_sees_how_many_agree():
    screenings, files = many(3, 3)
    found = agreement(screenings, gather(screenings, files))
    one = figure(found, "A1 / A2")
    assert (one.value, one.n, one.submissions) == (None, 9, 3)
    by = {(r.submission, r.facet, r.assessor): r.value for r in gather(screenings, files).ratings}
    assert one.agreed == sum(by[s, f, "A1"] == by[s, f, "A2"] for s, f, a in by if a == "A1")
    assert f"{one.agreed} of 9 agree, over 3 submissions; too few: needs 18 units" in agreement_table(found)
    assert f"| {one.agreed} of 9, 3 submissions | any | too few" in agreement_in_markdown(found)


def test_decisions_that_answer_nothing_are_said_to_and_not_measured():
    now, before = screening("S1", [coverage("F", "covered")]), screening("S1", [coverage("F", "covered")], fingerprint="e" * 32)
    with pytest.raises(InputError, match="no decision in these files answers a finding of this report\nleft out: 1 reviews of another"):
        agreement([now], gather([now], [decided("A1", [(before, [decision("F", "covered", "agree")])])]))
    with pytest.raises(InputError, match="no decision"):
        agreement([now], gather([now], [decided("A1", [(now, [])])]))


def test_an_assessor_cannot_be_called_as_the_machine_is():
    one = screening("S1", [coverage("F", "covered")])
    with pytest.raises(InputError, match="change the initials"):
        agreement([one], gather([one], [decided("machine", [(one, [decision("F", "covered", "agree")])])]))


def test_two_people_with_the_same_initials_are_told_from_one_who_exports_twice():
    one = screening("S1", [coverage(f, "covered") for f in "FGH"])
    first = [decision(f, "covered", "agree") for f in "FGH"]
    other = [decision(f, "covered", "not_addressed", time=NOON.replace(minute=n)) for n, f in enumerate("FGH", 5)]
    again = [*first[:2], other[2]]
    two = gather([one], [decided("A1", [(one, first)]), decided("A1 ", [(one, other)])])
    assert two.same_initials == (("A1", 3),)
    assert "If they are two people" in agreement_table(agreement([one], two))
    assert gather([one], [decided("A1", [(one, first)]), decided("A1", [(one, again)])]).same_initials == ()


def test_what_they_differ_on_can_be_read(tmp_path):
    line = coverage("F", "thin", [evidence("Every <b>child</b> eats.")])
    one = screening("S1", [line], [citation("EO1.a", "ok", 3)])
    told = [decision("F", "thin", "not_addressed"), decision("EO1.a", "ok", "not_addressed", kind="citation", row=3)]
    found = agreement([one], gather([one], [decided("A_1", [(one, told)])]))
    text = agreement_in_markdown(found)
    assert "- **F**\n    - A\\_1: not addressed\n    - machine: partly; “Every \\<b\\>child\\</b\\> eats.”" in text
    assert "- **EO1.a**, row 3\n    - A\\_1: not in order\n    - machine: in order" in text
    assert "| A\\_1 / machine | final | not in order | in order | 1 |" in text
    path = write_agreement(found, tmp_path)[2]
    assert path.read_text(encoding="utf-8") == text
    assert path.stat().st_mode & 0o777 == 0o600
