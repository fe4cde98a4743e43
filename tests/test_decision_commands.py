"""agree, learn and diff from the command line."""

from __future__ import annotations

import json

import pytest
import typer
from decided import coverage, decided, decision, evidence, screening, write_report
from test_learning import EATS, RUBRIC
from typer.testing import CliRunner

from mcscreen.decision_commands import agree, diff, learn
from mcscreen.runs import write_run


@pytest.fixture
def app(monkeypatch):
    class Encoder:
        fingerprint = "facets-l4:test"

    monkeypatch.setattr("mcscreen.matchers.load_encoder", lambda: Encoder())
    monkeypatch.setattr("mcscreen.matchers.finders_of", lambda folder, encoder: {})
    app = typer.Typer()
    for command in (agree, learn, diff):
        app.command()(command)
    return app


@pytest.fixture
def report(tmp_path):
    one = screening("S1", [coverage("Q1.eats", "covered", [EATS])], rubric=("meals", "0" * 64))
    told = [decision("Q1.eats", "covered", "agree", passages=[EATS], note="\x1b[31mGood place.")]
    return write_report(tmp_path / "report", [one], [decided("A1", [(one, told)])])


@pytest.fixture
def rubric(tmp_path):
    (tmp_path / "meals").mkdir()
    (tmp_path / "meals" / "rubric.toml").write_text(RUBRIC)
    return tmp_path / "meals"


def test_agree_prints_a_table_and_writes_two_files(app, report):
    result = CliRunner().invoke(app, ["agree", str(report)])
    assert result.exit_code == 0, result.output
    assert "1 submission decided by A1" in result.stdout
    assert "1 of 1 agree, over 1 submission; too few: needs 18 units" in result.stdout
    assert (report / "agreement.csv").is_file()
    assert json.loads((report / "agreement.json").read_text())["assessors"] == ["A1"]


def test_learn_asks_before_it_writes(app, report, rubric):
    before = sorted(p.name for p in rubric.iterdir())
    result = CliRunner().invoke(app, ["learn", str(report), "--rubric", str(rubric)], input="n\n")
    assert result.exit_code == 0, result.output
    assert EATS.quote in result.stderr
    assert "nothing was written" in result.stderr
    assert sorted(p.name for p in rubric.iterdir()) == before


def test_learn_writes_with_yes_and_names_the_files(app, report, rubric, tmp_path):
    into = tmp_path / "learned"
    result = CliRunner().invoke(app, ["learn", str(report), "--rubric", str(rubric), "--into", str(into), "--yes"])
    assert result.exit_code == 0, result.output
    assert sorted(p.name for p in into.iterdir()) == ["exemplars.jsonl", "reliability.md", "reliability.toml", "rubric.toml"]
    assert result.stdout.split() == [str(into / n) for n in ("rubric.toml", "exemplars.jsonl", "reliability.toml", "reliability.md")]
    assert f"--rubric {into}" in result.stderr


def test_diff_takes_the_notes_beside_the_earlier_report(app, report, tmp_path):
    later = screening("S1", [coverage("Q1.eats", "thin", [evidence("Less now.")])], rubric=("meals", "0" * 64), fingerprint="e" * 32)
    new = write_report(tmp_path / "new", [later])
    result = CliRunner().invoke(app, ["diff", str(report), str(new)])
    assert result.exit_code == 0, result.output
    assert "Newly lost: 1 (Q1.eats)" in result.stdout
    assert "\x1b" not in result.stdout
    assert "earlier, A1: agreed with “covered”: " in (new / "changes.md").read_text()


def test_diff_reads_what_the_runs_were_made_with(app, report, tmp_path):
    later = screening("S1", [coverage("Q1.eats", "thin", [EATS])], rubric=("meals", "0" * 64), fingerprint="e" * 32)
    new = write_report(tmp_path / "new", [later])
    for folder, fingerprint, pages in ((report, "f" * 32, 100), (new, "e" * 32, 50)):
        write_run(folder, fingerprint, {"limits": {"pages": pages}})
    result = CliRunner().invoke(app, ["diff", str(report), str(new / "screenings.jsonl")])
    assert result.exit_code == 0, result.output
    assert "the runs differ in settings: pages 100 to 50" in result.stdout
    assert "likely reason: settings changed" in result.stdout


def test_diff_says_where_notes_lie_that_were_not_exported(app, report, tmp_path):
    (report / "decisions" / "0.json").unlink()
    (report / "decisions.sqlite").write_bytes(b"")
    result = CliRunner().invoke(app, ["diff", str(report), str(report), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert f"mcscreen review {report} --export" in result.stderr


def test_learn_only_thresholds_adds_no_exemplar(app, report, rubric, tmp_path):
    into = tmp_path / "learned"
    result = CliRunner().invoke(app, ["learn", str(report), "-r", str(rubric), "--into", str(into), "--only-thresholds", "--yes"])
    assert result.exit_code == 0, result.output
    assert "0 new exemplars" in result.stderr
    assert (into / "exemplars.jsonl").read_bytes() == b""
    assert "200 decided facets are needed, there are 1" in (into / "reliability.md").read_text()
