"""Sentences: cases as data, and the invariant that offsets give the text back."""

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcscreen.document import Draft
from mcscreen.segmenter import segment, split_sentences
from mcscreen.submission import Section

CASES = tomllib.loads((Path(__file__).parent / "cases" / "sentences.toml").read_text(encoding="utf-8"))["case"]


def _case(case):
    marks = [pytest.mark.xfail(strict=True, reason="known failure of the rules")] if case.get("known_failure") else []
    return pytest.param(case, marks=marks, id=case["sentences"][0][:40])


@pytest.mark.parametrize("case", [_case(c) for c in CASES])
def test_sentences_are_cut_where_a_reader_would(case):
    text = case.get("joined", " ".join(case["sentences"]))
    assert [text[a:b] for a, b in split_sentences(text)] == case["sentences"]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_spans_are_ordered_and_lose_nothing_but_space(text):
    spans = split_sentences(text)
    kept = "".join(text[a:b] for a, b in spans)
    assert all(a < b for a, b in spans)
    assert all(x[1] <= y[0] for x, y in pairwise(spans))
    assert "".join(kept.split()) == "".join(text.split())


def test_a_long_stretch_without_full_stops_is_divided():
    text = " and then ".join(f"the teacher of class {n} asked me what she should do" for n in range(30))
    spans = split_sentences(text)
    assert len(spans) > 1
    assert "".join("".join(text[a:b] for a, b in spans).split()) == "".join(text.split())


def _document(paragraphs):
    draft = Draft()
    for text, kind in paragraphs:
        if kind == "heading":
            draft.heading(text)
        else:
            draft.paragraph(text, kind=kind)
    return draft.finish(name="a.txt", format="txt", sha256="", size=1)


def test_headings_are_not_passages_and_ride_along():
    document = _document([("Our supports", "heading"), ("We tutor daily. It helps.", "paragraph"), ("A list item", "list_item")])
    found = segment(document, 0, Section(0, "part1", 0, len(document.text), "name"))
    assert [p.text for p in found] == ["We tutor daily.", "It helps.", "A list item"]
    assert {p.place.heading for p in found} == {"Our supports"}
    assert [p.place.paragraph for p in found] == [1, 1, 2]
    assert all(document.text[p.start : p.end] == p.text for p in found)


def test_excluded_spans_and_other_sections_are_left_out():
    document = _document([("What worked? The buddies worked. They came daily.", "paragraph"), ("Part 3 begins here.", "paragraph")])
    section = Section(0, "part1", 0, document.text.index("Part 3"), "heading")
    found = segment(document, 0, section, [(0, len("What worked?"))])
    assert [p.text for p in found] == ["The buddies worked.", "They came daily."]


def test_a_sentence_over_a_page_break_is_one_passage_and_stands_where_it_begins():
    draft = Draft()
    draft.move(page=1)
    draft.paragraph("We hang them on the rope, where cards")
    draft.move(page=2)
    draft.paragraph("are supposed to name the thing. Nobody read them.")
    draft.paragraph("and a new one")
    document = draft.finish(name="a.pdf", format="pdf", sha256="", size=1)
    found = segment(document, 0, Section(0, "part1", 0, len(document.text), "name"))
    assert [(p.text, p.place.page) for p in found] == [
        ("We hang them on the rope, where cards\nare supposed to name the thing.", 1),
        ("Nobody read them.", 2),
        ("and a new one", 2),
    ]
    assert all(document.text[p.start : p.end] == p.text for p in found)


def test_a_typed_dash_of_a_list_is_not_part_of_the_passage():
    document = _document([("- a reading buddy", "list_item"), ("– breakfast on the cart", "list_item")])
    found = segment(document, 0, Section(0, "part1", 0, len(document.text), "name"))
    assert [p.text for p in found] == ["a reading buddy", "breakfast on the cart"]
