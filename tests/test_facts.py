"""Whatever can change a result changes the fingerprint, and nothing is loaded to know it."""

import json
import shutil
import subprocess
import sys

import pytest

from mcscreen import Screener, Settings, language, load_rubric
from mcscreen.batches import screen_batch
from mcscreen.facts import fingerprint, scores_fingerprint
from mcscreen.pipeline import screener_of

RUBRIC = "student-centeredness"


@pytest.mark.parametrize(
    "changed",
    [
        {"language": {"name": "en_core_web_lg", "version": "3.8.0"}},
        {"knowledge": "0" * 64},
        {"tesseract": "tesseract 5.3.0"},
        {"reflection": {"abstain_below": 0.6}},
        {"encoder": "another"},
        {"versions": {}},
    ],
)
def test_a_changed_fact_changes_both_fingerprints(screener, changed):
    facts = screener.facts | changed
    assert fingerprint(facts) != screener.fingerprint and scores_fingerprint(facts) != screener.scores_fingerprint


def test_thresholds_and_the_words_for_them_change_no_scores(screener):
    facts = screener.facts | {"thresholds": {}, "calibration": "set on 300 decisions"}
    assert fingerprint(facts) != screener.fingerprint and scores_fingerprint(facts) == screener.scores_fingerprint


def test_the_facts_are_those_of_this_machine(screener, monkeypatch, tmp_path):
    assert screener.facts["language"] == {"name": language.PINNED, "version": "3.8.0"}
    assert screener.facts["reflection"]["abstain_below"] > 0
    (tmp_path / "meta.json").write_text(json.dumps({"lang": "en", "name": "own", "version": "1.2"}))
    monkeypatch.setenv(language.VARIABLE, str(tmp_path))
    told = Screener(RUBRIC).facts["language"]
    assert told == {"name": "en_own", "version": "1.2", "sha256": language.data_sha256(tmp_path)}
    (tmp_path / "weights").write_bytes(b"trained again under the same name")
    assert Screener(RUBRIC).facts["language"] == told | {"sha256": language.data_sha256(tmp_path)} != told
    (tmp_path / "meta.json").write_text("[]")
    assert language.pipeline() == {"name": "unknown", "version": "unknown"}
    monkeypatch.setattr("mcscreen.extractors.ocr.installed", lambda: "tesseract 9")
    assert (Screener(RUBRIC, ocr=True).facts["tesseract"], Screener(RUBRIC).facts["tesseract"]) == ("tesseract 9", None)


def test_the_facts_of_masking_are_known_without_loading_a_recogniser():
    code = "import sys; from mcscreen import Screener; print(Screener('student-centeredness', mask_names=True).facts['masked'], 'spacy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert language.PINNED in told and told.strip().endswith("False")


def test_a_batch_begins_with_the_rubric_as_it_is_now(small_submission, tmp_path):
    folder = tmp_path / "rubric"
    shutil.copytree(load_rubric(RUBRIC).path.parent, folder)
    settings = Settings(str(folder))
    before = screener_of(settings)
    toml = folder / "rubric.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('title = "', 'title = "New ', 1), encoding="utf-8")
    assert screener_of(settings) is before  # what runs goes on with what it began with
    ((_, screening),) = screen_batch([small_submission], settings)
    assert screening.rubric.title.startswith("New ") and screening.fingerprint != before.fingerprint
    assert screener_of(settings, current=True) is screener_of(settings) is not before
