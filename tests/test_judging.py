"""Other thresholds judge a finished screening as they would have judged the submission, and nothing is read again for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mcscreen import Screener, Screening, Settings, cli, load_rubric, load_submission
from mcscreen.batches import kept_batch, screen_batch
from mcscreen.changes import changes_between
from mcscreen.evaluation import read_screenings
from mcscreen.heads import RECIPE
from mcscreen.journal import JOURNAL
from mcscreen.judging import judged_anew
from mcscreen.matchers import DEFAULT_ENCODER
from mcscreen.model import Thresholds, load_model
from mcscreen.pipeline import _screeners, screener_of
from mcscreen.reliability import RELIABILITY, Reliability, reliability_toml, scorer_of
from mcscreen.reports import write_reports
from mcscreen.runs import read_run, write_run
from mcscreen.shared import KEPT, SHARED
from mcscreen.shipped import shipped

CUTS = {
    "all covered": (0.0, 1e-9),
    "all not found": (1.0 - 1e-9, 1.0),
    "all thin": (0.0, 1.0),
    "low": (0.05, 0.2),
    "high": (0.6, 0.9),
}


def cuts(name: str) -> Thresholds:
    return Thresholds(not_found=CUTS[name][0], covered=CUTS[name][1])


@pytest.fixture
def folder(tmp_path):
    """A copy of the rubric in which no thresholds were learned."""
    folder = tmp_path / "rubric"
    shutil.copytree(load_rubric("student-centeredness").path.parent, folder)
    (folder / RELIABILITY).unlink(missing_ok=True)
    return folder


def learn(folder: Path, screener: Screener, thresholds: Thresholds) -> None:
    """Write a card that belongs to the rubric and to what makes its scores."""
    model = load_model(shipped("models") / DEFAULT_ENCODER)
    card = Reliability(
        date="2026-01-02",
        rubric_sha256=load_rubric(folder).sha256,
        scorer=scorer_of(screener._encoder.fingerprint, model, RECIPE),
        submissions=20,
        assessors=1,
        decided=400,
        addressed=200,
        partly=50,
        missing=150,
        blind=0,
        thresholds=thresholds,
    )
    (folder / RELIABILITY).write_text(reliability_toml(card), encoding="utf-8")
    _screeners.clear()


@pytest.fixture
def uploads(small_submission):
    """Three submissions: whole, with a document of Part 1 that nobody can read, and without a reflection."""
    unread, without = (small_submission.parent / name for name in ("moreau", "okafor"))
    shutil.copytree(small_submission, unread)
    (unread / "Part 1 continued.pdf").write_bytes(b"%PDF-1.7 broken")
    shutil.copytree(small_submission, without)
    (without / "Part 3 Reflection.txt").unlink()
    return small_submission.parent


@pytest.mark.parametrize("bases", ["marked", "text"])
def test_judging_anew_gives_what_screening_would_have_given(screener, uploads, monkeypatch, bases):
    if bases == "text":
        for finder in screener._finders.values():
            monkeypatch.setattr(finder, "_bases", tuple("text" if n % 2 else b for n, b in enumerate(finder._bases)))
    usual = screener._thresholds
    sets = {"usual": usual} | {name: dict.fromkeys(usual, cuts(name)) for name in CUTS}
    sets["by basis"] = {"marked": cuts("low"), "exemplars": cuts("high"), "text": cuts("high")}
    seen: set[str] = set()
    for path in sorted(uploads.iterdir()):
        submission = load_submission(path)
        fresh = {}
        for name, thresholds in sets.items():
            monkeypatch.setattr(screener, "_thresholds", thresholds)
            monkeypatch.setattr(screener, "fingerprint", name)
            monkeypatch.setattr(screener, "calibration", f"set {name}")
            fresh[name] = screener.screen(submission)
            seen |= {line.status for line in fresh[name].coverage}
        assert len({f.model_dump_json(exclude={"fingerprint", "calibration"}) for f in fresh.values()}) > 3
        for before in ("usual", "all covered", "all not found"):
            kept = Screening.model_validate_json(fresh[before].model_dump_json(by_alias=True))
            for name, thresholds in sets.items():
                found = judged_anew(kept, screener.rubric, thresholds, name, f"set {name}")
                assert found == fresh[name], (path.name, before, name)
                assert found.model_dump_json() == fresh[name].model_dump_json()
    assert seen == {"covered", "thin", "not_found", "unread"}


def test_what_nobody_could_read_keeps_an_ask_from_being_not_found(screener, uploads):
    screening = screener.screen(load_submission(uploads / "moreau"))
    none = dict.fromkeys(screener._thresholds, cuts("all not found"))
    statuses = {(line.part, line.status) for line in judged_anew(screening, screener.rubric, none, "f", "c").coverage}
    assert statuses == {("part1", "unread"), ("part3", "not_found")}


def test_sentences_of_the_reflection_are_counted_by_the_statuses(screener, small_submission):
    screening = screener.screen(load_submission(small_submission))
    none, every = (dict.fromkeys(screener._thresholds, cuts(name)) for name in ("all not found", "all covered"))
    nothing = judged_anew(screening, screener.rubric, none, "f", "c").reflection
    assert all(spread.sentences == spread.deep == 0 for spread in nothing.outcomes)
    asks = {a.facet: set(a.sentences) for a in nothing.asks}
    assert asks and all(a and max(a) < nothing.sentences for a in asks.values())
    whole = judged_anew(screening, screener.rubric, every, "f", "c").reflection
    told = {o.outcome: o.sentences for o in whole.outcomes}
    wanted = {f.id: f.outcomes for p in screener.rubric.parts if p.kind == "reflection" for f in p.facets}
    assert told == {o: len(set().union(*(asks[f] for f, own in wanted.items() if o in own))) for o in told}
    assert any(told.values())


def test_scores_are_the_same_where_only_thresholds_differ(folder, screener):
    first = Screener(folder)
    learn(folder, first, cuts("high"))
    second = Screener(folder)
    assert second._thresholds["marked"] == cuts("high") != first._thresholds["marked"]
    assert first.fingerprint != second.fingerprint and first.scores_fingerprint == second.scores_fingerprint
    assert {k for k in first.facts if first.facts[k] != second.facts[k]} == {"thresholds", "calibration"}
    assert Screener(folder, ocr=True).scores_fingerprint != first.scores_fingerprint


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_batch_is_judged_anew_without_reading_or_encoding(folder, uploads, tmp_path, monkeypatch, screener, jobs):
    settings, run = Settings(str(folder)), tmp_path / "run"
    before = [s for _, s in screen_batch([uploads], settings, journal=run)]
    learn(folder, screener, cuts("high"))
    fresh = [s for _, s in screen_batch([uploads], settings, journal=tmp_path / "other")]
    assert [s.coverage for s in fresh] != [s.coverage for s in before]
    for name in ("mcscreen.batches.screen_one", "mcscreen.engines.local.screen_one", "mcscreen.batch_texts.read_upload"):
        monkeypatch.setattr(name, lambda *_: pytest.fail("screened again"))
    monkeypatch.setattr("mcscreen.engines.local.ProcessPoolExecutor.submit", lambda *_: pytest.fail("screened again"))
    monkeypatch.setattr("mcscreen.matchers.examples.ExamplesFinder.find", lambda *_: pytest.fail("searched again"))
    told = []
    with kept_batch([uploads], settings, run, jobs=jobs, advance=lambda total, s: told.append((total, s))) as kept:
        assert list(kept) == fresh and told == [(3, s) for s in fresh]
    size = (run / JOURNAL).stat().st_size
    with kept_batch([uploads], settings, run, jobs=jobs) as kept:  # and now they are there
        assert list(kept) == fresh
    assert (run / JOURNAL).stat().st_size == size
    (folder / RELIABILITY).unlink()
    _screeners.clear()
    assert [s for _, s in screen_batch([uploads], settings, journal=run)] == before


def test_what_is_new_or_damaged_is_screened_between_what_is_judged_anew(folder, uploads, tmp_path, screener, caplog):
    settings, run = Settings(str(folder)), tmp_path / "run"
    list(screen_batch([uploads], settings, journal=run))
    journal = run / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[0] = lines[0].replace(b'"quote":"', b'"quote":!', 1)
    journal.write_bytes(b"".join(lines[:2]) + lines[2][:-40])  # the first is damaged, the third torn
    learn(folder, screener, cuts("low"))
    found = [s for _, s in screen_batch([uploads], settings, journal=run)]
    assert caplog.text.count("is damaged") == 1
    assert found == [s for _, s in screen_batch([uploads], settings)]
    assert [s for _, s in screen_batch([uploads], settings, journal=run)] == found
    (uploads / "lindqvist" / "Part 3 Reflection.txt").write_text("Part 3. Reflection & Application\n\nI would ask earlier.\n")
    learn(folder, screener, cuts("high"))
    assert [s for _, s in screen_batch([uploads], settings, journal=run)] == [s for _, s in screen_batch([uploads], settings)]


def test_what_changed_names_the_thresholds(folder, uploads, tmp_path, screener):
    settings, run = Settings(str(folder)), tmp_path / "run"

    def report() -> None:
        with kept_batch([uploads], settings, run) as kept:
            used = screener_of(settings)
            write_run(run, used.fingerprint, used.facts)
            write_reports(kept, used.rubric, run, ["jsonl"])

    report()
    shutil.copytree(run, tmp_path / "old")
    learn(folder, screener, cuts("high"))
    report()
    old = tmp_path / "old"
    found = changes_between(read_screenings(old), read_screenings(run), runs=(read_run(old), read_run(run)))
    assert {d.kind for d in found.runs_differ_in} == {"thresholds", "calibration"}
    assert [s.reasons for s in found.submissions] == [("thresholds",)] * 3
    assert any(f.thresholds and f.before != f.after for s in found.submissions for f in s.facets)


def write(folder: Path, uploads: Path, out: Path, formats: str = "jsonl", **how: bool) -> None:
    cli._screen([uploads], str(folder), out, {}, formats, None, False, True, **how)


def shared_in(out: Path) -> list[str]:
    return [n.message for s in read_screenings(out) for n in s.notices if n.check == SHARED]


def test_a_report_with_other_thresholds_reads_and_loads_nothing(folder, uploads, tmp_path, monkeypatch, screener):
    out = tmp_path / "run"
    write(folder, uploads, out)
    before = (out / "screenings.jsonl").read_bytes()
    learn(folder, screener, cuts("high"))
    with monkeypatch.context() as patch:
        for name in ("read_upload", "_readers", "finders_of", "load_labeller", "screen_one"):
            patch.setattr(f"mcscreen.pipeline.{name}", lambda *_: pytest.fail("read or loaded"))
        patch.setattr("mcscreen.matchers.onnx_encoder.OnnxEncoder._opened", lambda *_: pytest.fail("loaded"))
        patch.setattr("mcscreen.shared.find_overlaps", lambda *_: pytest.fail("searched"))
        write(folder, uploads, out)
    write(folder, uploads, tmp_path / "fresh")
    after = (out / "screenings.jsonl").read_bytes()
    assert after == (tmp_path / "fresh" / "screenings.jsonl").read_bytes() != before
    assert len(shared_in(out)) > 3
    (out / KEPT).unlink()
    write(folder, uploads, out)
    assert (out / "screenings.jsonl").read_bytes() == after


def test_tables_of_shared_passages_are_the_same_when_they_are_taken(folder, uploads, tmp_path, monkeypatch, screener):
    out = tmp_path / "run"
    write(folder, uploads, out, "csv,md")
    found = (out / "shared.csv").read_bytes()
    (out / "shared.csv").unlink()
    learn(folder, screener, cuts("low"))
    with monkeypatch.context() as patch:
        patch.setattr("mcscreen.shared.find_overlaps", lambda *_: pytest.fail("searched"))
        write(folder, uploads, out, "csv,md")
    assert (out / "shared.csv").read_bytes() == found and found.count(b"\n") > 3


def test_a_changed_upload_and_a_run_begun_anew_search_again(folder, uploads, tmp_path, monkeypatch):
    out = tmp_path / "run"
    write(folder, uploads, out)
    assert any("okafor" in message for message in shared_in(out))
    for name in ("Part 1 Narrative.txt", "Part 2 Self-Analysis.csv"):
        (uploads / "okafor" / name).write_text("Soup.\n")
    write(folder, uploads, out)
    assert shared_in(out) and not any("okafor" in message for message in shared_in(out))
    searched = []
    monkeypatch.setattr("mcscreen.shared.find_overlaps", lambda *given: searched.append(given) or ())
    write(folder, uploads, out)
    assert not searched
    write(folder, uploads, out, resume=False)
    assert searched and not shared_in(out)


def test_what_the_journal_does_not_hold_is_not_kept(folder, uploads, tmp_path):
    (uploads / "nobody").mkdir()
    (uploads / "nobody" / "empty.txt").write_bytes(b"")
    settings = Settings(str(folder))
    with kept_batch([uploads], settings, tmp_path / "run") as kept:
        keys = kept.keys
        assert keys is not None and len(set(keys)) == len(kept) == 4
        kept.sort()
        assert kept.keys == tuple(k for _, k in sorted(zip((s.submission.id for s in kept), keys, strict=True)))
        kept.append("", kept[0])
        assert kept.keys is None


_ALONE = """
import subprocess, sys
from mcscreen.cli import main

subprocess.Popen = None
sys.argv = ["mcscreen", "screen", *sys.argv[1:], "--format", "jsonl", "--quiet"]
try:
    main()
finally:
    print(sorted({"numpy", "onnxruntime", "tokenizers", "sklearn", "pypdfium2", "spacy"} & set(sys.modules)))
"""


def test_a_run_with_other_thresholds_starts_no_process_and_imports_nothing_heavy(folder, uploads, tmp_path, screener):
    out = tmp_path / "run"
    write(folder, uploads, out)
    learn(folder, screener, cuts("high"))
    command = [sys.executable, "-c", _ALONE, str(uploads), "--rubric", str(folder), "--out", str(out)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.stdout.splitlines() == [str(out), "[]"], ended.stderr
    assert {s.fingerprint for s in read_screenings(out)} == {Screener(folder).fingerprint}
