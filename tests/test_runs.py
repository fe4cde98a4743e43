"""What a run was made with, and in what two runs differ."""

from __future__ import annotations

import copy

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
