"""Two reports compared: what a candidate mended, what was lost, and why a status may have changed."""

from __future__ import annotations

import json

from decided import citation, coverage, decided, decision, document, evidence, screening

from mcscreen.changes import changes_between, changes_in_markdown, changes_in_words, write_changes
from mcscreen.runs import Run

OLD, NEW = "e" * 32, "f" * 32
FIRST, SECOND = [document(sha256="0" * 64)], [document(sha256="1" * 64)]


def before(lines, citations=None, **more):
    return screening("S1", lines, citations, FIRST, **more)


def after(lines, citations=None, documents=SECOND, **more):
    return screening("S1", lines, citations, documents, **more)


def kinds(one, two, notes=()):
    (change,) = changes_between([one], [two], notes).submissions
    return {f.facet: f.kind for f in change.facets}, change


def test_every_way_that_a_facet_can_go():
    quote, other = [evidence("Every child eats.")], [evidence("The bus waits.", 50)]
    ways = {
        "A": ("not_found", "covered", quote, other, "answered"),
        "B": ("thin", "covered", quote, quote, "answered"),
        "C": ("not_found", "thin", quote, other, "nearer"),
        "D": ("thin", "thin", quote, quote, "untouched"),
        "E": ("not_found", "not_found", quote, other, "reworked"),
        "F": ("covered", "thin", quote, other, "lost"),
        "G": ("thin", "not_found", quote, quote, "lost"),
        "H": ("covered", "unread", quote, [], "unread"),
        "I": ("unread", "covered", [], quote, "answered"),
        "J": ("covered", "covered", quote, other, "kept"),
        "K": ("unread", "unread", [], [], "untouched"),
    }
    found, _ = kinds(before([coverage(f, w[0], w[2]) for f, w in ways.items()]), after([coverage(f, w[1], w[3]) for f, w in ways.items()]))
    assert found == {f: w[4] for f, w in ways.items()}


def test_facets_of_another_rubric_text_are_new_or_gone():
    found, change = kinds(before([coverage("A", "thin")]), after([coverage("B", "thin")], rubric=("r", "9" * 64), fingerprint=NEW))
    assert found == {"A": "gone", "B": "new"}
    assert change.reasons == ("files", "rubric")


def test_rows_are_paired_by_detail_and_artifact():
    old = [
        citation("EO1.a", "artifact_missing", 1, "one.pdf"),
        citation("EO1.a", "ok", 2, "two.pdf"),
        citation("EO1.b", "ok", 3),
        citation("EO1.c", "row_missing", None, ""),
        citation("EO1.d", "ok", 4),
        citation("EO1.e", "no_locator", 5),
        citation("EO1.f", "ok", 6),
    ]
    new = [
        citation("EO1.a", "ok", 1, "two.pdf"),
        citation("EO1.a", "ok", 2, "one.pdf"),
        citation("EO1.b", "out_of_range", 3),
        citation("EO1.c", "ok", 4, "plan.docx"),
        citation("EO1.d", "cannot_verify", 5),
        citation("EO1.e", "unrelated", 6),
        citation("EO1.g", "ok", 7),
    ]
    (change,) = changes_between([before([], old)], [after([], new)]).submissions
    assert [(c.facet, c.kind, c.row_before, c.row_after) for c in change.citations] == [
        ("EO1.a", "kept", 2, 1),
        ("EO1.a", "mended", 1, 2),
        ("EO1.b", "wrong", 3, 3),
        ("EO1.c", "mended", None, 4),
        ("EO1.d", "unchecked", 4, 5),
        ("EO1.e", "open", 5, 6),
        ("EO1.g", "new", None, 7),
        ("EO1.f", "gone", 6, None),
    ]


def test_the_likely_reason_is_what_differs():
    was, now = [coverage("A", "thin")], [coverage("A", "covered")]
    start = before(was, fingerprint=OLD)

    def reasons(**more):
        more = {"documents": FIRST, "fingerprint": NEW, **more}
        return kinds(start, after(now, **more))[1].reasons

    assert reasons(documents=SECOND, fingerprint=OLD) == ("files",)
    assert reasons(documents=SECOND) == ("files", "unknown")
    assert reasons(rubric=("r", "9" * 64)) == ("rubric",)
    assert reasons(calibration="uncalibrated: other") == ("scores",)
    assert reasons() == ("unknown",)
    assert reasons(documents=[document(reader="docx 2")]) == ("reader",)
    assert reasons(fingerprint=OLD) == ("unexplained",)
    assert kinds(start, start)[1].reasons == ()


def test_files_are_named_with_what_became_of_them():
    old = [document("a.docx"), document("b.docx"), document("c.pdf", reader="pypdfium2 5.1")]
    new = [document("a.docx", sha256="1" * 64), document("c.pdf", reader="pypdfium2 5.2"), document("d.docx")]
    (change,) = changes_between([screening("S1", [], documents=old)], [screening("S1", [], documents=new)]).submissions
    assert change.documents == (("b.docx", "removed"), ("a.docx", "changed"), ("c.pdf", "read otherwise"), ("d.docx", "added"))


def test_a_quote_of_an_unchanged_file_has_not_vanished_from_it():
    quote, gone = evidence("Every child eats."), evidence("The bus waits.", 50, "b.docx")
    old = screening("S1", [coverage("A", "thin", [quote, gone])], documents=[document("a.docx"), document("b.docx")])
    new = screening(
        "S1", [coverage("A", "covered", [evidence("New words.")])], documents=[document("a.docx"), document("b.docx", "1" * 64)]
    )
    _, change = kinds(old, new)
    (facet,) = change.facets
    assert facet.vanished == ("Every child eats.", "The bus waits.")
    assert facet.still_there == ("Every child eats.",)
    assert facet.appeared == ("New words.",)


def test_earlier_notes_stand_beside_what_they_were_about():
    old = before([coverage("A", "not_found")], [citation("EO1.a", "no_locator", 3)], fingerprint=OLD)
    new = after([coverage("A", "covered", [evidence("Every child eats.")])], [citation("EO1.a", "ok", 4)], fingerprint=NEW)
    told = [
        decision("A", "not_found", "not_addressed", note="Ask for the breakfast *plan*."),
        decision("EO1.a", "no_locator", None, note="Which page?", kind="citation", row=3),
    ]
    _, change = kinds(old, new, [decided("A1", [(old, told)])])
    assert change.facets[0].notes[0].note == "Ask for the breakfast *plan*."
    assert change.citations[0].notes[0].note == "Which page?"
    stale = decided("A1", [(new, told)])
    assert kinds(old, new, [stale])[1].facets[0].notes == ()


def test_what_is_in_one_report_only_is_named(tmp_path):
    one, two, other = (screening(i, [coverage("A", "thin")]) for i in ("S1", "S2", "S3"))
    foreign = screening("S3", [], rubric=("q", "0" * 64))
    found = changes_between([one, other], [two, foreign])
    assert (found.only_before, found.only_after, found.unlike, found.submissions) == (("S1",), ("S2",), ("S3",), ())
    assert "only in the earlier report: S1" in changes_in_words(found)


def test_reports_in_three_forms(tmp_path):
    old = before([coverage("A", "not_found", [evidence("The bus waits.")]), coverage("B", "covered")], [citation("EO1.a", "no_locator")])
    new = after([coverage("A", "covered", [evidence("<b>Every</b> child eats.")]), coverage("B", "thin")], [citation("EO1.a", "ok")])
    found = changes_between([old], [new], [decided("A1", [(old, [decision("A", "not_found", None, note="Breakfast?")])])])
    words = changes_in_words(found)
    assert "Now answered: 1 (A)" in words
    assert "Newly lost: 1 (B)" in words
    assert "Citations, mended: 1" in words
    text = changes_in_markdown(found)
    assert "- **A**: not found to covered" in text
    assert "earlier, A1: Breakfast?" in text
    assert "\\<b\\>Every" in text
    paths = write_changes(found, tmp_path)
    assert [p.name for p in paths] == ["changes.md", "changes.json"]
    content = json.loads(paths[1].read_text())
    assert content["submissions"][0]["facets"][0]["kind"] == "answered"
    assert "grade" not in text.lower()


def run(fingerprint, covered=0.8, version="5.0", **more):
    cuts = {"marked": {"not_found": 0.1, "covered": covered}, "exemplars": {"not_found": 0.2, "covered": 0.95}}
    return Run(fingerprint, {"thresholds": cuts, "versions": {"lxml": version}, "encoder": "e:1", **more})


def test_what_runs_record_is_named_instead_of_guessed():
    old, new = before([coverage("A", "thin")], fingerprint=OLD), after([coverage("A", "covered")], documents=FIRST, fingerprint=NEW)

    def reasons(one, two):
        return changes_between([old], [new], runs=(one, two)).submissions[0].reasons

    assert reasons(run(OLD), run(NEW, version="6.0", encoder="e:2")) == ("model", "versions")
    assert reasons(run(OLD), run(NEW, covered=0.4)) == ("thresholds",)
    assert reasons(run(OLD), run(NEW, ocr=True)) == ("settings",)
    assert reasons(run(OLD), run(NEW)) == ("unknown",)
    # The file is of another run into the same folder, or only one of the two has it.
    assert reasons(run(OLD), run("9" * 32, ocr=True)) == ("unknown",)
    assert reasons(run(OLD), None) == ("unknown",)
    assert "the runs differ" not in changes_in_words(changes_between([old], [new], runs=(run(OLD), run("9" * 32, ocr=True))))
    found = changes_between([old], [new], runs=(run(OLD), run(NEW, version="6.0")))
    assert "the runs differ in versions of libraries: lxml 5.0 to 6.0" in changes_in_words(found)
    assert "- the runs differ in versions of libraries: lxml 5.0 to 6.0" in changes_in_markdown(found)


def test_a_facet_that_thresholds_alone_moved_shows_them_beside_its_score():
    quote = [evidence("Every child eats.")]
    was = [coverage("A", "thin", quote, 0.77), coverage("B", "thin", quote, 0.77), coverage("C", "not_found", quote, 0.05)]
    now = [coverage("A", "covered", quote, 0.77), coverage("B", "covered", quote, 0.9), coverage("C", "thin", quote, 0.05)]
    found = changes_between(
        [before(was, fingerprint=OLD)], [after(now, documents=FIRST, fingerprint=NEW)], runs=(run(OLD), run(NEW, covered=0.75))
    )
    told = {f.facet: [(t.cut, t.before, t.after) for t in f.thresholds] for f in found.submissions[0].facets}
    assert told == {"A": [("covered", 0.8, 0.75)], "B": [], "C": []}
    assert "  A: score 0.77 as before; covered from 0.75, before 0.8" in changes_in_words(found)
    assert "- **A**: thin to covered (score 0.77 as before; covered from 0.75, before 0.8)" in changes_in_markdown(found)


def test_thresholds_of_the_facet_s_own_basis_are_shown_alone():
    def told(first, second):
        was = coverage("A", "thin", score=0.77).model_copy(update={"basis": first})
        now = coverage("A", "covered", score=0.77).model_copy(update={"basis": second})
        one, two = run(OLD), run(NEW, covered=0.75)
        two.facts["thresholds"]["exemplars"]["covered"] = 0.7
        found = changes_between([before([was], fingerprint=OLD)], [after([now], documents=FIRST, fingerprint=NEW)], runs=(one, two))
        return [t.after for t in found.submissions[0].facets[0].thresholds]

    assert told("marked", "marked") == [0.75]
    assert told("exemplars", "exemplars") == [0.7]
    assert told(None, None) == told(None, "marked") == told("marked", None) == [0.7, 0.75]
    assert told("marked", "exemplars") == []


def test_a_facet_that_a_threshold_made_unread_is_lost_and_names_the_threshold():
    broken = [document(), document("b.docx", part=None).model_copy(update={"status": "unreadable"})]
    thin, unread = (coverage("A", status, score=0.15).model_copy(update={"basis": "exemplars"}) for status in ("thin", "unread"))
    low, high = run(OLD), run(NEW)
    low.facts["thresholds"]["exemplars"]["not_found"] = 0.1
    one, two = screening("S1", [thin], None, broken, OLD), screening("S1", [unread], None, broken, NEW)
    found = changes_between([one], [two], runs=(low, high))
    assert found.submissions[0].facets[0].kind == "lost"
    words = changes_in_words(found)
    assert "  Newly lost: 1 (A)" in words
    assert "  A: score 0.15 as before; not found below 0.2, before 0.1; unread instead, because not all could be read" in words
    back = changes_between([two], [one], runs=(high, low))
    assert back.submissions[0].facets[0].kind == "nearer"
    assert "  A: score 0.15 as before; not found below 0.1, before 0.2\n" in f"{changes_in_words(back)}\n"


def test_a_facet_is_unread_where_the_reading_or_the_search_took_it():
    searched, nothing = coverage("A", "unread", score=0.04), coverage("A", "unread", score=None)
    start = before([coverage("A", "covered", score=0.9)])
    assert kinds(start, after([searched], documents=FIRST))[0] == {"A": "lost"}
    assert kinds(start, after([searched], documents=[*FIRST, document("b.docx")]))[0] == {"A": "unread"}
    assert kinds(start, after([nothing], documents=FIRST))[0] == {"A": "unread"}
    assert kinds(before([coverage("A", "not_found", score=0.04)]), after([searched], documents=FIRST))[0] == {"A": "unread"}


def test_words_for_what_scores_rest_on_are_a_reason_only_where_nothing_else_is():
    old, new = before([coverage("A", "thin")], fingerprint=OLD), after([coverage("A", "covered")], documents=FIRST, fingerprint=NEW)

    def reasons(**more):
        runs = (run(OLD, calibration="20 invented"), run(NEW, calibration="20 invented; thresholds set on 400", **more))
        return changes_between([old], [new], runs=runs).submissions[0].reasons

    assert reasons(covered=0.4) == ("thresholds",)
    assert reasons() == ("calibration",)


def test_notes_on_other_files_are_counted_and_not_shown():
    old = before([coverage("A", "not_found")], fingerprint=OLD)
    older = screening("S1", [coverage("A", "not_found")], documents=[document(sha256="9" * 64)], fingerprint=OLD)
    told = [decision("A", "not_found", "not_addressed", note="Of the files before.")]
    found = changes_between([old], [after([coverage("A", "thin")])], [decided("A1", [(older, told)])])
    assert found.submissions[0].facets[0].notes == ()
    assert found.notes_left_out == 1
    assert "reviews whose notes are not shown: 1" in changes_in_words(found)


def test_totals_come_first_and_nothing_in_common_is_said():
    old = [screening(i, [coverage("A", "thin"), coverage("B", "covered")]) for i in ("S1", "S2")]
    new = [screening(i, [coverage("A", "covered"), coverage("B", "covered")]) for i in ("S1", "S2")]
    assert changes_in_words(changes_between(old, new)).startswith("in both reports: 2; facets: now answered 2; covered as before 2\n")
    assert changes_in_words(changes_between(old[:1], new[1:])).startswith("no submission is compared: none stands in both reports")
