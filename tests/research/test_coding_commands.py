"""mcscreen coding export, agree and refit, as they are called."""

import csv
import io

import pytest
from typer.testing import CliRunner

from mcscreen.coding_commands import coding_app
from mcscreen.errors import InputError
from mcscreen.research.coding import read_units


@pytest.fixture
def run(encoder, monkeypatch):
    monkeypatch.setattr("mcscreen.matchers.load_encoder", lambda *_: encoder)

    def run(*arguments):
        result = CliRunner().invoke(coding_app, [str(a) for a in arguments])
        if isinstance(result.exception, InputError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return run


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for n, text in enumerate(
        ["I moved my desk. I felt tired. Next year I will wait.", "=1+1. Every child deserves a corner. \x1b[31mI learned to ask."]
    ):
        (folder / f"Okoro {n}.txt").write_text(text, encoding="utf-8")
    (folder / "scan.docx").write_bytes(b"PK\x03\x04 cut off")
    return folder


def _fill(path, labels):
    head, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    for row, label in zip(rows, labels, strict=True):
        row[head.index("label")] = label
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def test_out_in_and_agreement(run, texts, tmp_path):
    out = tmp_path / "out"
    result = run("export", texts, "--out", out, "--coder", "AB", "--coder", "CD")
    assert "not read: scan.docx: corrupt" in result.stderr
    assert str(out / "sheet-AB.xlsx") in result.stdout.splitlines()
    units = read_units(out)
    assert units.labeller == "reflection" or units.labeller
    assert all(u.machine for u in units.units)
    labels = ["experience", "feeling", "intention", *["belief"] * (len(units.units) - 3)]
    _fill(out / "sheet-AB.csv", labels)
    _fill(out / "sheet-CD.csv", ["feelng", *labels[1:]])
    result = run("agree", out, out / "sheet-AB.csv", out / "sheet-CD.csv")
    assert f"{len(units.units)} sentences of 2 texts coded by AB, CD" in result.stdout
    assert "AB / machine" in result.stdout
    assert "sheet-CD.csv, row 2: 'feelng' is not a label; was 'feeling' meant?" in result.stderr
    assert (out / "coding_problems.csv").is_file() and (out / "coding_differences.csv").is_file()
    assert "\x1b" not in result.stdout + result.stderr
    with pytest.raises(InputError, match="too few labels to refit; nothing was written"):
        run("refit", out, out / "sheet-AB.csv", "--out", tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_every_option_has_a_help_text():
    from typer.main import get_command

    commands = get_command(coding_app).commands
    assert set(commands) == {"export", "agree", "refit"}
    for command in commands.values():
        assert command.help and all(p.help for p in command.params)
