"""Agreement of coders: figures held to scikit-learn and to what can be counted by hand."""

import csv
import io

import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from mcscreen.research.coding import Coded, agreement_of_coders, coding_table, units_of, write_coding_agreement
from mcscreen.research.coding.coders import GIVEN

NAMES = ("experience", "feeling", "learning")


def _coded(first, second, machine=None, texts=12, weights=None, third=None):
    number = len(first)
    frame = pd.DataFrame(
        {
            "text": [f"T{i * texts // number}" for i in range(number)],
            "index": range(number),
            "sentence": [f"=No {i}." for i in range(number)],
        }
    )
    units = [
        u.model_copy(update={"machine": machine[i] if machine else "", "given": i % 2 == 0, "weight": weights[i] if weights else 1.0})
        for i, u in enumerate(units_of(frame))
    ]
    said = {"AB": first, "CD": second, **({"EF": third} if third else {})}
    labels = {c: {u.key: x for u, x in zip(units, given, strict=True) if x} for c, given in said.items()}
    return Coded(tuple(units), tuple(said), labels, {"AB": {units[1].key: "+doubt"}}, whole=200)


def _figure(found, raters, measure, level="labels", base="coded", label=""):
    return next(f for f in found.figures if (f.raters, f.measure, f.level, f.base, f.label) == (raters, measure, level, base, label))


FIRST = [NAMES[i % 3] for i in range(60)]
SECOND = [NAMES[(i + (i % 5 == 0 or i in (1, 2))) % 3] for i in range(60)]


def test_kappa_is_scikit_learns_and_the_rest_can_be_counted():
    found = agreement_of_coders(_coded(FIRST, SECOND))
    kappa = _figure(found, "AB / CD", "kappa")
    assert kappa.value == pytest.approx(cohen_kappa_score(FIRST, SECOND))
    assert kappa.low < kappa.value < kappa.high
    assert _figure(found, "AB / CD", "percent").value == pytest.approx(46 / 60)
    both = sum(a == b == "feeling" for a, b in zip(FIRST, SECOND, strict=True))
    said = FIRST.count("feeling") + SECOND.count("feeling")
    specific = _figure(found, "AB / CD", "specific", label="feeling")
    assert specific.value == pytest.approx(2 * both / said)
    assert specific.n == sum("feeling" in pair for pair in zip(FIRST, SECOND, strict=True))
    assert {f.base for f in found.figures} == {"coded"}
    assert sum(p.n for p in found.pairs) == 60
    assert len(found.differences) == 14
    assert found.differences[0].unit.index == 0


def test_groups_forgive_what_lies_in_one_group():
    found = agreement_of_coders(_coded(["learning"] * 15 + ["feeling"] * 15, ["intention"] * 15 + ["belief"] * 15))
    assert _figure(found, "AB / CD", "percent").value == 0
    assert _figure(found, "AB / CD", "kappa", level="groups").value == 1


def test_weights_lead_from_the_sample_to_all_sentences():
    first = ["experience"] * 30 + ["learning"] * 30
    second = ["experience"] * 30 + ["feeling"] * 30
    found = agreement_of_coders(_coded(first, second, machine=first, weights=[5.0] * 30 + [1.0] * 30))
    assert _figure(found, "AB / CD", "percent").value == pytest.approx(0.5)
    assert _figure(found, "AB / CD", "percent", base="all").value == pytest.approx(150 / 180)
    assert _figure(found, "CD / machine", "percent", base="all").value == pytest.approx(150 / 180)
    assert _figure(found, f"CD / {GIVEN}", "percent").n == 30
    assert next(p for p in found.pairs if p.first_label == "learning" and p.second == "CD").weight == 30


def test_three_coders_share_one_alpha_and_missing_labels_are_left_out():
    third = [x if i % 10 else "" for i, x in enumerate(FIRST)]
    found = agreement_of_coders(_coded(FIRST, FIRST, third=third))
    assert _figure(found, "all coders", "alpha").value == pytest.approx(1)
    assert _figure(found, "AB / EF", "percent").n == 54
    assert not [f for f in found.figures if f.raters == "all coders" and f.measure == "kappa"]


def test_few_texts_have_figures_and_no_intervals():
    found = agreement_of_coders(_coded(FIRST, SECOND, texts=3))
    kappa = _figure(found, "AB / CD", "kappa")
    assert (kappa.low, kappa.high, kappa.texts) == (None, None, 3)
    assert "intervals need 10 texts" in coding_table(found)
    alone = agreement_of_coders(_coded(["experience"] * 20, ["experience"] * 20))
    assert _figure(alone, "AB / CD", "kappa").value is None
    apart = agreement_of_coders(_coded(["experience", ""], ["", "feeling"]))
    assert _figure(apart, "AB / CD", "kappa").n == 0


def test_the_tables_are_written_without_formulas(tmp_path):
    found = agreement_of_coders(_coded(FIRST, SECOND, machine=SECOND))
    assert "60 sentences of 12 texts coded by AB, CD, drawn from 200" in coding_table(found)
    assert "AB / CD: experience and learning" in coding_table(found)
    paths = write_coding_agreement(found, tmp_path)
    rows = {p.name: list(csv.DictReader(io.StringIO(p.read_text(encoding="utf-8-sig"), newline=""))) for p in paths}
    assert len(rows["coding_agreement.csv"]) == len(found.figures)
    difference = rows["coding_differences.csv"][0]
    assert difference["sentence"].startswith("'=No")
    assert (difference["first"], difference["first_label"], difference["second_label"]) == ("AB", FIRST[0], SECOND[0])
    assert sum(int(r["n"]) for r in rows["coding_pairs.csv"]) == 180
