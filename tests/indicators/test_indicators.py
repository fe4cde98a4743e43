"""Indicators: what each counts as data, and that every span points at the words it names."""

import tomllib
from pathlib import Path

import pytest

from mcscreen.document import Place
from mcscreen.indicators import INDICATORS
from mcscreen.submission import Passage

FOLDER = Path(__file__).resolve().parent.parent / "cases" / "indicators"
CASES = {p.stem: tomllib.loads(p.read_text(encoding="utf-8"))["case"] for p in sorted(FOLDER.glob("*.toml"))}


def _sentences(texts, document=0, offset=0):
    passages = []
    for text in texts:
        passages.append(Passage(document, "part3", offset, offset + len(text), text, Place()))
        offset += len(text) + 1
    return passages


def _params(names):
    for name in names:
        for number, case in enumerate(CASES[name]):
            marks = [pytest.mark.xfail(strict=True, reason="known failure of the rules")] if case.get("known_failure") else []
            label = case.get("text") or case.get("why") or case["sentences"][0]
            yield pytest.param(name, case, marks=marks, id=f"{name}-{number}-{label[:40]}")


def test_every_indicator_has_a_dozen_cases_and_the_cases_an_indicator():
    assert set(CASES) == set(INDICATORS)
    assert min(len(cases) for cases in CASES.values()) >= 12
    assert all(any(c.get("known_failure") for c in cases) for cases in CASES.values())


@pytest.mark.parametrize(("name", "case"), list(_params(sorted(set(CASES) - {"contrast", "readability"}))))
def test_sentences_are_counted_as_a_reader_would(name, case):
    found = INDICATORS[name](_sentences([case["text"]]))
    if "kind" in case:
        assert (case["kind"] in {s.kind for s in found.spans}) if case["kind"] else found.count == 0
    else:
        assert bool(found.count) is case["shown"]


@pytest.mark.parametrize(("name", "case"), list(_params(["contrast"])))
def test_contrasts_may_take_two_sentences(name, case):
    found = INDICATORS[name](_sentences(case["sentences"]))
    assert sorted({s.sentence for s in found.spans}) == case["shown"]


@pytest.mark.parametrize(("name", "case"), list(_params(["readability"])))
def test_figures_are_those_of_the_formulas(name, case):
    figures = dict(INDICATORS[name](_sentences(case["sentences"] * case.get("repeat", 1))).figures)
    assert {k: figures.get(k) for k in case["figures"]} == pytest.approx(case["figures"], abs=1e-4)
    assert not set(case.get("absent", [])) & set(figures)
    assert case["figures"] or not figures


ALL = [c["text"] for cases in CASES.values() for c in cases if "text" in c] + [t for c in CASES["contrast"] for t in c["sentences"]]


@pytest.mark.parametrize("name", INDICATORS)
def test_spans_are_slices_of_the_document_and_the_name_is_the_key(name):
    whole = "intro " + " ".join(ALL)
    found = INDICATORS[name](_sentences(ALL, document=2, offset=6))
    assert found.name == name
    assert found.sentences == len(ALL)
    assert found.count == len({s.sentence for s in found.spans})
    assert found.per_100 == pytest.approx(100 * found.count / len(ALL))
    assert all(whole[s.start : s.end] == s.text and s.document == 2 for s in found.spans)
    assert [s.sentence for s in found.spans] == sorted(s.sentence for s in found.spans)


@pytest.mark.parametrize("name", INDICATORS)
def test_nothing_gives_nothing(name):
    for sentences in ([], _sentences(["", "???", "\n"])):
        found = INDICATORS[name](sentences)
        assert (found.count, found.spans, found.per_100) == (0, (), 0.0)


@pytest.mark.parametrize("name", sorted(set(INDICATORS) - {"specificity"}))
def test_endless_lines_are_measured_in_no_time(name):
    import time

    started = time.process_time()
    INDICATORS[name](_sentences(["what was the best way to go from 1 to " * 500, "I would " * 1000, "(Aa, " * 1500, "A child said " * 800]))
    assert time.process_time() - started < 3
