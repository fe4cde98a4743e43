"""Surface English: what a variant does to a text is data, in cases/surface.toml; here stand the rules that hold for every text."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcscreen import load_submission
from mcscreen.document import Draft
from mcscreen.research.surface import (
    CONTROLS,
    FIGURES,
    FULL,
    REORDERED,
    VARIANTS,
    FacetRow,
    Invariance,
    TextRow,
    invariance,
    rewrite,
    surface_of,
)
from mcscreen.research.surface.plain import inflected, office_pairs, pairs
from mcscreen.research.surface.rewriting import Edit, Rewriting
from mcscreen.segmenter import split_sentences
from mcscreen.submission import Submission

_CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "surface.toml").read_text("utf-8"))["case"]

TEXT = """Before the bell

Four mornings a week our aide Noor takes nine second graders through the sounds they missed on Friday's check. By the spring of 2019 \
six of them had caught up with their class, and Ms. Okafor wrote "The children is ready, we was right" in Plan_B.docx. They don't \
wait for the bus in front of the office. In order to facilitate the work, we implemented an initiative with additional educators.

- the aide checks the lists at 7:30 with two parents, and it is a plan that works.
"""


def case(row):
    marks = [pytest.mark.xfail(strict=True, reason="known failure of the rules")] if row.get("known_failure") else []
    return pytest.param(row, marks=marks, id=f"{row['variant']}: {row['text'][:30]}")


@pytest.mark.parametrize("row", [case(r) for r in _CASES])
def test_case(row):
    found = rewrite(row["text"], FULL[f"{row['variant']}_full"])
    assert found.text == row["becomes"]
    assert bool(found.edits) == (row["text"] != row["becomes"])


@pytest.mark.parametrize("variant", [*FULL.values(), *CONTROLS.values(), VARIANTS["learner_mix"]], ids=lambda v: v.name)
def test_names_numbers_quotations_and_headings_stay(variant):
    found = rewrite(TEXT, variant)
    assert found.edits
    for kept in ("Before the bell\n", "Noor", "Friday", "2019", "Okafor", '"The children is ready, we was right"', "Plan_B.docx", "7:30"):
        assert kept in found.text
    same = len(split_sentences(found.text)) == len(split_sentences(TEXT))
    assert same is not variant.cuts


@pytest.mark.parametrize("name", FULL)
def test_edits_tell_the_whole_change(name):
    found = rewrite(TEXT, FULL[name])
    rebuilt, at = "", 0
    for edit in found.edits:
        assert at <= edit.start <= edit.end
        assert TEXT[edit.start : edit.end] != edit.new
        rebuilt, at = rebuilt + TEXT[at : edit.start] + edit.new, edit.end
    assert rebuilt + TEXT[at:] == found.text
    assert len(found.edits) <= found.places


def test_a_larger_share_changes_the_places_of_a_smaller_one_and_more():
    whole = FULL["typing_errors_full"]
    edits = [set(rewrite(TEXT, whole.at(share, "t"), seed=3).edits) for share in (0.0, 0.2, 0.5, 1.0)]
    assert edits[0] == set()
    assert all(a < b for a, b in pairwise(edits))
    found = rewrite(TEXT, whole.at(0.5, "t"), seed=3)
    assert found.strength == pytest.approx(0.5, abs=0.02)
    assert found == rewrite(TEXT, whole.at(0.5, "t"), seed=3) != rewrite(TEXT, whole.at(0.5, "t"), seed=4)


def test_a_share_is_a_share():
    with pytest.raises(ValueError, match="between 0 and 1"):
        VARIANTS["plain_words"].at(30, "t")


def test_spans_to_keep_are_kept():
    start = TEXT.index("six of them")
    found = rewrite(TEXT, FULL["typing_errors_full"].at(1.0, "t"), keep=[(start, start + 40)])
    assert TEXT[start : start + 40] in found.text


def test_offsets_move_with_the_text():
    found = Rewriting("xx bcd-f", (Edit(0, 1, "xx "), Edit(4, 4, "-")), 2)
    assert [found.moved(i) for i in range(5)] == [0, 3, 4, 5, 6]
    assert Rewriting("abf", (Edit(2, 5, ""),), 1).moved(4) == 2


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet=st.sampled_from("The a an cats. went isn't \"“”\n-1é ,"), max_size=120), st.integers(0, 3))
def test_any_text_can_be_rewritten(text, seed):
    for variant in (VARIANTS["learner_mix"], FULL["contractions_undone_full"], FULL["run_on_sentences_full"], FULL["plain_words_full"]):
        found = rewrite(text, variant, seed=seed)
        assert found.text.count("\n") == text.count("\n")
        assert found.moved(len(text)) == len(found.text)


def test_the_list_is_of_pairs_that_differ():
    assert len(pairs()) >= 150
    assert all(old != new and old.strip() and new.strip() for (old, _), new in [*pairs().items(), *office_pairs().items()])


@pytest.mark.parametrize(
    ("word", "tag", "form"),
    [
        ("use", "VBD", "used"),
        ("use", "VBG", "using"),
        ("see", "VBG", "seeing"),
        ("plan", "VBG", "planning"),
        ("set up", "VBD", "set up"),
        ("take part", "VBZ", "takes part"),
        ("give", "VBN", "given"),
        ("try", "VBD", "tried"),
        ("try", "VBZ", "tries"),
        ("have", "VBZ", "has"),
        ("watch over", "VBZ", "watches over"),
        ("duty", "NNS", "duties"),
        ("person", "NNS", "people"),
        ("help", "NNS", "help"),
        ("good", "JJ", "good"),
    ],
)
def test_forms(word, tag, form):
    assert inflected(word, tag) == form


def document(name, write):
    draft = Draft()
    write(draft)
    return draft.finish(name=name, format="docx", sha256="1", size=1)


def whole_submission(question):
    def narrative(draft):
        draft.move(page=1)
        draft.heading("Part 1. Overview Questions")
        draft.paragraph(question)
        draft.paragraph("The aide takes the children to the gym, and the teachers are glad about the help.")
        draft.table([["The aim of the team", "The way to it"], ["The team meets the parents.", None]])
        draft.move(page=2)
        draft.paragraph("At the end of the year the families came to the school.")

    def analysis(draft):
        draft.heading("Part 2. Self-Analysis")
        draft.table(
            [
                ["Detail", "Artifact", "Location", "Explanation"],
                ["Targeted academic support", "Plan.pdf", "p. 1", "The list shows the help."],
            ]
        )

    return Submission(
        "S01",
        (
            document("Part 1 Narrative.docx", narrative),
            document("Part 2 Self-Analysis.docx", analysis),
            document("artifacts/Plan.pdf", lambda d: d.paragraph("The plan of the week stands in the hall.")),
        ),
    )


def test_a_rewritten_submission_points_at_its_own_text(screener):
    question = screener.rubric.parts[0].criteria[0].text
    before = whole_submission(question)
    changed = surface_of(before, screener.rubric).rewritten(FULL["dropped_articles_full"])
    old, new = before.documents[0], changed.submission.documents[0]
    assert len(new.text) < len(old.text)
    assert [new.text_of(b) for b in new.blocks] == [
        "Part 1. Overview Questions",
        question,
        "Aide takes children to gym, and teachers are glad about help.",
        "Aim of team",
        "Way to it",
        "Team meets parents.",
        "At end of year families came to school.",
    ]
    assert [[new.text_of(c) for c in row] for row in new.tables[0].rows] == [["Aim of team", "Way to it"], ["Team meets parents."] * 2]
    assert [(b.kind, b.place) for b in new.blocks] == [(b.kind, b.place) for b in old.blocks]
    assert changed.submission.documents[1:] == before.documents[1:]
    assert changed.edits == len(changed.documents[0].edits) == changed.places
    moved = [changed.documents[0].moved(b.start) for b in old.blocks]
    assert moved == [b.start for b in new.blocks]


def test_screened_again(small_submission, screener):
    read = load_submission(small_submission)
    ways = [FULL["dropped_articles_full"], FULL["run_on_sentences_full"]]
    told = []
    found = invariance([read], screener, ways, groups={read.id: "g"}, told=lambda s, v: told.append((s, v)))
    names = [*(v.name for v in ways), *CONTROLS, REORDERED]
    assert told == [(read.id, n) for n in ["", *names]]
    assert [r.variant for r in found.texts] == names
    assert {r.group for r in (*found.texts, *found.facets, *found.sentences)} == {"g"}
    before = {c.facet: (c.status, c.score) for c in screener.screen(read).coverage}
    assert all((r.before, r.score_before) == before[r.facet] for r in found.facets)
    assert len(found.facets) == len(names) * len(before)
    # Nothing that says nothing may change anything.
    neutral = [r for r in found.facets if r.variant in found.controls]
    assert set(found.controls) == {*CONTROLS, REORDERED}
    assert all((r.before, r.score_before) == (r.after, r.score_after) for r in neutral)
    assert all((r.before, r.group_before) == (r.after, r.group_after) for r in found.sentences if r.variant in found.controls)
    # And what rewrites is seen.
    assert any(r.score_before != r.score_after for r in found.facets if r.variant == ways[0].name)
    assert all(r.touched for r in found.sentences if r.variant == "double_spaces")
    dropped, joined = (next(r for r in found.texts if r.variant == v.name) for v in ways)
    assert dropped.edits == dropped.places > 0
    assert dropped.sentences_after == dropped.sentences_before == 3
    assert joined.sentences_after < joined.sentences_before
    assert found.apart == (ways[1].name,)
    assert "lost" not in {r.after for r in found.sentences}
    assert found == invariance([read], screener, ways, groups={read.id: "g"})


def test_names_must_be_told_apart(small_submission, screener):
    read = load_submission(small_submission)
    with pytest.raises(ValueError, match="names of their own"):
        invariance([read], screener, [FULL["plain_words_full"]] * 2)
    with pytest.raises(ValueError, match="two submissions"):
        invariance([read, read], screener, [], controls=False, labels=False)


def rows(changes, group=lambda n: ""):
    """A text for each list of (status before, status after, score difference) of its facets."""
    facets = tuple(
        FacetRow(f"S{n}", group(n), "v", "part1", f"F{k}", before, after, 0.5, 0.5 + step)
        for n, lines in enumerate(changes)
        for k, (before, after, step) in enumerate(lines)
    )
    texts = tuple(TextRow(f"S{n}", group(n), "v", 3, 10, 100, 4, 4, "ready", "ready", False) for n in range(len(changes)))
    return Invariance(facets, (), texts, (), ())


def test_figures_are_shares_of_what_could_change():
    same, lost = ("covered", "covered", 0.0), ("thin", "not_found", -0.4)
    found = {f.name: f for f in rows([[same, lost], [same, ("not_found", "thin", 0.2)], [same, ("unread", "unread", 0.0)]]).figures()}
    assert list(found) == [n for n in FIGURES if n not in ("label_changed", "group_changed", "group_contradicted")]
    assert (found["status_changed"].value, found["status_changed"].n) == (pytest.approx(2 / 5), 5)
    assert (found["to_not_found"].value, found["to_not_found"].n) == (0.25, 4)
    assert (found["from_not_found"].value, found["from_not_found"].n) == (1.0, 1)
    assert found["score_change"].value == pytest.approx(-0.2 / 5)
    assert (found["strength"].value, found["edits"].value) == (pytest.approx(0.3), pytest.approx(0.03))
    shares = [f for f in found.values() if f.name != "score_change"]
    assert all(f.low <= f.value <= f.high for f in shares)
    assert found["status_changed"].interval == "bootstrap"


def test_where_nothing_changed_the_interval_still_has_a_width():
    found = {f.name: f for f in rows([[("covered", "covered", 0.0)] * 5] * 4).figures()}
    assert (found["status_changed"].value, found["status_changed"].interval) == (0.0, "wilson")
    assert found["status_changed"].high == pytest.approx(0.161, abs=0.001)  # Wilson's 0 of 20


def test_an_interval_is_wide_where_the_changes_are_in_one_text():
    same, lost = ("covered", "covered", 0.0), ("covered", "thin", 0.0)
    spread = {f.name: f for f in rows([[lost, same, same, same]] * 4).figures()}["status_changed"]
    lumped = {f.name: f for f in rows([[lost] * 4, [same] * 4, [same] * 4, [same] * 4]).figures()}["status_changed"]
    assert spread.value == lumped.value == 0.25
    assert lumped.high - lumped.low > spread.high - spread.low


def test_small_groups_are_not_shown_and_cannot_be_had_by_taking_away():
    lines = [[("covered", "thin", 0.0)]]

    def shown(sizes, minimum=10):
        members = [name for name, size in sizes.items() for _ in range(size)]
        figures, hidden = rows(lines * len(members), lambda n: members[n]).by_group(minimum=minimum)
        return {f.group for f in figures}, hidden

    assert shown({"a": 12, "b": 10}) == ({"a", "b"}, ())
    assert shown({"a": 30, "b": 12, "c": 4}) == ({"a"}, ("b", "c"))
    assert shown({"a": 30, "b": 12, "c": 6, "d": 7}) == ({"a", "b"}, ("c", "d"))
    assert shown({"a": 6, "b": 5}, minimum=5) == ({"a", "b"}, ())
    assert shown({"": 30, "b": 10}) == ({"b"}, ())
    with pytest.raises(ValueError, match="at least 5"):
        shown({"a": 6}, minimum=4)
