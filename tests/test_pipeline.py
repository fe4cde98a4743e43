"""From files to a screening: the whole way on small submissions, and what must hold for every screening."""

import json
import pickle
import shutil

import pytest

from mcscreen import InputError, Screening, Settings, load_rubric, load_submission, screen_batch, screen_one, to_frame
from mcscreen.errors import ModelError, RubricError
from mcscreen.intake import find_uploads
from mcscreen.pipeline import passages_of


@pytest.fixture
def screening(screener, small_submission):
    return screener.screen(small_submission)


def test_every_facet_and_every_detail_has_its_line(screening, screener):
    assert [c.facet for c in screening.coverage] == [f.id for f in screener.rubric.facets]
    assert {c.facet for c in screening.citations} == {d.id for d in screener.rubric.details}


def test_evidence_is_a_slice_of_the_document(screening, small_submission):
    submission = load_submission(small_submission)
    texts = {d.name: d.text for d in submission.documents}
    quotes = [e for line in [*screening.coverage, *screening.citations] for e in line.evidence]
    assert len(quotes) > 60
    assert all(texts[e.document][e.start : e.end] == e.quote for e in quotes)


def test_every_searched_facet_shows_three_passages_best_first(screening):
    for line in screening.coverage:
        scores = [e.score for e in line.evidence]
        assert len(scores) == 3, line.facet
        assert scores == sorted(scores, reverse=True)
        assert line.score == scores[0]


def test_the_pasted_question_is_never_evidence_nor_counted(screening):
    quotes = [e.quote for line in screening.coverage for e in line.evidence]
    assert not any("What resources have you implemented" in q for q in quotes)
    assert not any("would you do differently?" in q for q in quotes)
    words = {w.part: w for w in screening.words}
    assert words["part1"].own < words["part1"].raw - 15
    assert words["part1"].minimum == 1000


def test_evidence_comes_from_the_right_part(screening):
    assert {e.document for c in screening.coverage if c.part == "part1" for e in c.evidence} == {"Part 1 Narrative.txt"}
    assert {e.document for c in screening.coverage if c.part == "part3" for e in c.evidence} == {"Part 3 Reflection.txt"}


def test_the_right_sentence_is_among_the_evidence(screening):
    lines = {c.facet: [e.quote for e in c.evidence] for c in screening.coverage}
    assert any("did not work" in q for q in lines["Q2.not_worked"])


def test_an_unreadable_part_is_unread_and_never_not_found(screener, small_submission):
    (small_submission / "Part 1 Narrative.txt").unlink()
    (small_submission / "Part 1 Narrative.pdf").write_bytes(b"%PDF-1.7 broken")
    screening = screener.screen(small_submission)
    assert {c.status for c in screening.coverage if c.part == "part1"} == {"unread"}
    assert all(not c.evidence and c.score is None for c in screening.coverage if c.part == "part1")
    minimum = next(r for r in screening.requirements if r.check == "minimum_words" and r.subject == "part1")
    assert minimum.status == "unchecked"


def test_a_part_read_in_part_is_never_not_found(screener, small_submission):
    (small_submission / "Part 1 continued.pdf").write_bytes(b"%PDF-1.7 broken")
    screening = screener.screen(small_submission)
    assert "not_found" not in {c.status for c in screening.coverage if c.part == "part1"}


def test_a_missing_part_is_flagged_and_its_facets_unread(screener, small_submission):
    (small_submission / "Part 3 Reflection.txt").unlink()
    screening = screener.screen(small_submission)
    assert {c.status for c in screening.coverage if c.part == "part3"} == {"unread"}
    present = next(r for r in screening.requirements if r.check == "parts_present" and r.subject == "part3")
    assert present.status == "flagged"


def test_an_empty_folder_screens_without_words(screener, tmp_path):
    (tmp_path / "nobody").mkdir()
    (tmp_path / "nobody" / "Part 1.txt").write_bytes(b"")
    screening = screener.screen(tmp_path / "nobody")
    assert {c.status for c in screening.coverage} == {"unread"}


def test_the_same_files_give_the_same_screening(screener, small_submission, tmp_path):
    other = tmp_path / "elsewhere" / "lindqvist"
    shutil.copytree(small_submission, other)
    assert screener.screen(small_submission) == screener.screen(other)


def test_company_changes_nothing(small_submission):
    alone = list(screen_batch([small_submission], Settings("student-centeredness")))
    shutil.copytree(small_submission, small_submission.parent / "aaa")
    (small_submission.parent / "aaa" / "Part 3 Reflection.txt").write_text("Part 3\n\nNothing of the kind happened here.\n")
    together = dict((s.submission.id, s) for _, s in screen_batch([small_submission.parent], Settings("student-centeredness")))
    assert set(together) == {"aaa", "lindqvist"}
    assert together["lindqvist"] == alone[0][1]


def test_processes_give_what_one_process_gives(small_submission):
    shutil.copytree(small_submission, small_submission.parent / "second")
    settings = Settings("student-centeredness")
    assert list(screen_batch([small_submission.parent], settings, jobs=2)) == list(screen_batch([small_submission.parent], settings))


def test_screen_one_takes_and_gives_what_pickles(small_submission):
    upload, settings = pickle.loads(pickle.dumps((find_uploads([small_submission])[0], Settings("student-centeredness"))))
    screening = screen_one(upload, settings)
    assert pickle.loads(pickle.dumps(screening)) == screening


def test_a_submission_that_breaks_the_screening_is_reported_and_the_batch_goes_on(small_submission, monkeypatch, caplog):
    import mcscreen.pipeline as pipeline

    shutil.copytree(small_submission, small_submission.parent / "second")
    original = pipeline.assign_parts

    def breaks(submission, rubric):
        if submission.id == "second":
            raise KeyError("Amir missed sh")
        return original(submission, rubric)

    monkeypatch.setattr(pipeline, "assign_parts", breaks)
    good, bad = (s for _, s in screen_batch([small_submission.parent], Settings("student-centeredness")))
    assert good.submission.id == "lindqvist"
    assert good.coverage[0].status != "unread"
    assert {c.status for c in bad.coverage} == {"unread"}
    assert "KeyError" in bad.requirements[0].message
    assert (bad.completion.status, bad.completion.items[0].check) == ("unreadable", "screening")
    assert "Amir" not in bad.requirements[0].message + caplog.text
    assert "second" not in caplog.text


def test_the_gate_the_outcomes_and_the_notices_are_part_of_a_screening(screener, small_submission):
    (small_submission / "artifacts" / "Carpool.txt").write_text("Blue line: 7:10. Red line: 7:25.\n", encoding="utf-8")
    screening = screener.screen(small_submission)
    assert screening.completion.status == "return"
    items = {(i.check, i.subject) for i in screening.completion.items}
    assert {("minimum_words", "part1"), ("artifact_missing", "EO1.social"), ("row_missing", "EO4.plan")} <= items
    assert [t.outcome for t in screening.trace] == [o.id for o in screener.rubric.outcomes]
    assert screening.trace[0].cited.found == 1
    assert screening.trace[0].claimed.lines == ("Q1.academic", "Q1.social", "Q1.emotional", "Q1.physical")
    assert ("uncited_artifact", "artifacts/Carpool.txt") in {(n.check, n.subject) for n in screening.notices}


def test_a_screening_survives_json(screening):
    text = screening.model_dump_json(by_alias=True)
    assert Screening.model_validate_json(text) == screening
    assert list(json.loads(text))[:4] == ["schema", "fingerprint", "calibration", "rubric"]


def test_the_fingerprint_changes_with_the_rubric_and_the_settings(screener, tmp_path):
    from mcscreen import Limits, Screener
    from mcscreen.shipped import shipped

    toml = (shipped("rubrics") / "student-centeredness" / "rubric.toml").read_text(encoding="utf-8")
    for name, text in (("plain", toml), ("changed", toml.replace("minimum_words = 500", "minimum_words = 501"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rubric.toml").write_text(text, encoding="utf-8")
    fingerprints = {screener.fingerprint, Screener(tmp_path / "plain").fingerprint, Screener(tmp_path / "changed").fingerprint}
    assert len(fingerprints) == 3
    assert Screener("student-centeredness", limits=Limits(pages=7)).fingerprint != screener.fingerprint
    assert Screener("student-centeredness").fingerprint == screener.fingerprint


def test_frames_are_tidy(screening):
    table = to_frame([screening], "coverage")
    assert len(table) == len(screening.coverage)
    assert list(table.columns[:4]) == ["submission", "part", "criterion", "facet"]
    for name in ("citations", "requirements", "words", "documents"):
        assert (to_frame([screening], name)["submission"] == "lindqvist").all()
    with pytest.raises(ValueError, match="there are coverage, citations"):
        to_frame([screening], "grades")


def test_passages_of_a_document(small_submission):
    found = passages_of(small_submission / "Part 3 Reflection.txt")
    assert any(p.text == "I learned that a quiet class is not a safe class." for p in found)
    with pytest.raises(InputError, match="no such file"):
        passages_of(small_submission / "nothing.txt")


def test_unknown_rubrics_and_several_submissions_are_named(small_submission):
    with pytest.raises(RubricError, match="student-centeredness"):
        load_rubric("no-such-rubric")
    shutil.copytree(small_submission, small_submission.parent / "second")
    with pytest.raises(InputError, match="holds 2 submissions"):
        load_submission(small_submission.parent)


def test_masked_screenings_quote_the_masked_text_and_find_practically_the_same(screener, small_submission):
    from mcscreen import Screener
    from mcscreen.batch_texts import ids_of, texts_of

    settings = Settings("student-centeredness", mask_names=True, names=("Noor",))
    plain, ((_, screening),) = screener.screen(small_submission), screen_batch([small_submission], settings)
    (submission,) = texts_of([small_submission], settings).values()
    assert screening == Screener("student-centeredness", mask_names=True, names=["Noor"]).screen(small_submission)
    assert screening.masked
    assert not plain.masked
    assert screening.submission.id == submission.id != "lindqvist"
    assert ids_of([small_submission], settings) == {submission.id: "lindqvist"}
    assert "Noor" not in screening.model_dump_json() + repr(submission)
    texts = {d.name: d.text for d in submission.documents}
    quotes = [e for line in [*screening.coverage, *screening.citations, *screening.notices] for e in line.evidence]
    assert len(quotes) > 60
    assert all(texts[e.document][e.start : e.end] == e.quote for e in quotes)
    assert [c.status for c in screening.citations] == [c.status for c in plain.citations]
    assert sum(a.status != b.status for a, b in zip(plain.coverage, screening.coverage, strict=True)) <= 2  # of 23, near a threshold


def test_the_fingerprint_knows_of_masking_and_of_the_names(screener):
    from mcscreen import Screener

    several = [Screener("student-centeredness", mask_names=m, names=n) for m, n in ((True, ()), (True, ("Noor",)), (False, ("Noor",)))]
    assert len({s.fingerprint for s in several} | {screener.fingerprint}) == 3
    assert several[2].fingerprint == screener.fingerprint


def test_a_submission_that_breaks_is_reported_without_its_name(small_submission, monkeypatch):
    import mcscreen.pipeline as pipeline

    def breaks(submission, rubric):
        raise KeyError

    monkeypatch.setattr(pipeline, "assign_parts", breaks)
    ((_, screening),) = screen_batch([small_submission], Settings("student-centeredness", mask_names=True))
    assert "KeyError" in screening.requirements[0].message
    assert "lindqvist" not in screening.model_dump_json()


def test_a_submission_that_takes_too_long_does_not_hold_up_the_batch(small_submission, monkeypatch):
    from dataclasses import replace

    from mcscreen.limits import DEFAULT_LIMITS
    from mcscreen.pipeline import Screener

    settings = Settings("student-centeredness", limits=replace(DEFAULT_LIMITS, screening_seconds=0.2))

    def endless(self, submission):
        while True:
            pass

    monkeypatch.setattr(Screener, "screen", endless)
    ((_, screening),) = screen_batch([small_submission], settings)
    assert "screening_seconds" in screening.requirements[0].message
    assert {c.status for c in screening.coverage} == {"unread"} and screening.completion.status == "unreadable"
    assert [d.status for d in screening.submission.documents] == ["text"] * len(list(small_submission.iterdir()))
    assert screening.cut_short


def test_what_was_cut_short_is_not_kept(small_submission, tmp_path, monkeypatch):
    from mcscreen.pipeline import Screener

    with monkeypatch.context() as broken:
        broken.setattr(Screener, "screen", lambda *_: 1 / 0)
        ((_, screening),) = screen_batch([small_submission], Settings("student-centeredness"), journal=tmp_path)
    ((_, again),) = screen_batch([small_submission], Settings("student-centeredness"), journal=tmp_path)
    assert screening.cut_short and not again.cut_short


def test_a_screener_loads_and_starts_nothing_before_it_screens(screener, monkeypatch):
    from mcscreen import Screener
    from mcscreen.matchers.onnx_encoder import OnnxEncoder

    for name in ("_readers", "finders_of", "load_labeller"):
        monkeypatch.setattr(f"mcscreen.pipeline.{name}", lambda *_: pytest.fail("loaded"))
    monkeypatch.setattr(OnnxEncoder, "_opened", lambda *_: pytest.fail("loaded"))
    lazy = Screener("student-centeredness")
    assert (lazy.fingerprint, lazy.scores_fingerprint, lazy.facts) == (screener.fingerprint, screener.scores_fingerprint, screener.facts)


@pytest.mark.parametrize("name", ["{}/encoder.onnx", "{}/tokenizer.json", "{}/knowledge.npz", "{}/model.toml", "reflection/labels.npz"])
def test_an_altered_file_of_a_model_is_refused_at_once(tmp_path, monkeypatch, name):
    from mcscreen import Screener
    from mcscreen.matchers import DEFAULT_ENCODER
    from mcscreen.shipped import shipped

    name = name.format(DEFAULT_ENCODER)
    for file in shipped("models").rglob("*"):
        if file.is_file():
            place = tmp_path / file.relative_to(shipped("models"))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(file)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).unlink()
    (tmp_path / name).write_bytes(content[:-9] + b"-" + content[-8:])
    for module in ("matchers", "pipeline", "reflection.labels"):
        monkeypatch.setattr(f"mcscreen.{module}.shipped", lambda kind: tmp_path if kind == "models" else shipped(kind))
    with pytest.raises(ModelError, match=name):
        Screener("student-centeredness")


@pytest.mark.parametrize("late", ["load_labeller", "finders_of", "an encoder"])
def test_a_model_that_cannot_be_loaded_ends_the_batch(small_submission, tmp_path, monkeypatch, late):
    from dataclasses import replace

    from mcscreen.limits import DEFAULT_LIMITS
    from mcscreen.pipeline import _screeners

    def broken(*_):
        raise ModelError("nothing of the kind can be loaded")

    monkeypatch.setenv("MCSCREEN_CACHE", str(tmp_path / "cache"))  # where no vector is remembered
    at = "mcscreen.matchers.onnx_encoder.OnnxEncoder._opened" if late == "an encoder" else f"mcscreen.pipeline.{late}"
    monkeypatch.setattr(at, broken)
    settings = Settings("student-centeredness", limits=replace(DEFAULT_LIMITS, pages=777))
    _screeners.clear()
    with pytest.raises(ModelError, match="nothing of the kind"):
        list(screen_batch([small_submission], settings, journal=tmp_path / "run"))
    monkeypatch.undo()
    ((_, screening),) = screen_batch([small_submission], settings, journal=tmp_path / "run")
    assert screening.submission.documents
