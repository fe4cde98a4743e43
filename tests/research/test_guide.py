"""The guide for researchers stays true: its code runs, and its tables are those of the package."""

import re
from pathlib import Path

import matplotlib
import pandas as pd
import pytest

from mcscreen.reflection import load_labeller
from mcscreen.research import corpus as corpora
from mcscreen.research import estimators

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "research.md").read_text(encoding="utf-8")
OPENINGS = [
    "I felt lost",
    "We met the parents",
    "I learned to wait",
    "The bell rang",
    "Perhaps I asked too much",
    "Next year I will listen",
]


@pytest.fixture
def study(tmp_path, monkeypatch, encoder, small_submission):
    """A folder as the guide takes it for granted."""
    monkeypatch.chdir(tmp_path)
    rows = [(f"t{i}", f"{OPENINGS[i % 6]} in week {i}. {OPENINGS[(i + 1 + i % 2) % 6]}.", "ab"[i % 2]) for i in range(24)]
    pd.DataFrame(rows, columns=["id", "text", "cohort"]).to_csv("reflections.csv", index=False)
    truths = ["not deep", "not deep", "deep", "not deep", "deep", "deep"]
    pd.DataFrame(
        [(f"{OPENINGS[i % 6]} in week {i}.", truths[i % 6], f"h{i // 6}") for i in range(30)], columns=["sentence", "truth", "text"]
    ).to_csv("by_hand.csv", index=False)
    Path("essays").mkdir()
    Path("essays", "one.txt").write_text("I learned to wait.", encoding="utf-8")
    matplotlib.use("Agg")
    for module in (corpora, estimators):  # the run's encoder, not one more for every example
        monkeypatch.setattr(module, "load_encoder", lambda name="": encoder)
        monkeypatch.setattr(module, "load_labeller", lambda one: load_labeller(encoder))
    estimators._encoder.cache_clear()
    estimators._labeller.cache_clear()
    yield tmp_path
    matplotlib.pyplot.close("all")


def test_the_code_of_the_guide_runs_from_top_to_bottom(study, capsys):
    blocks = re.findall(r"```python\n(.+?)```", GUIDE, re.S)
    assert len(blocks) == 6
    names = {}
    for block in blocks:
        exec(compile(block, "docs/research.md", "exec"), names)
    assert "24 of 24" in capsys.readouterr().out
    assert len(names["corpus"].texts) == 24 and len(names["reflections"].texts) == 1 and names["corpus"].unread.empty
    assert not names["found"].differences.empty
    assert all((study / f"{name}.png").stat().st_size > 1000 for name in ("profile", "positions", "differences"))
    assert (names["same"].predict_proba(["I will."]) == names["mine"].predict_proba(["I will."])).all()
    for table in ("documents", "corpus", "texts", "unread"):
        row = re.search(rf"^\| `{table}` \|.+\| (.+?) \|$", GUIDE, re.M).group(1)
        told = re.findall(r"`(\w+)`", row)
        assert told == [c for c in getattr(names["corpus"], table).columns if c != "cohort"], table
    told = re.findall(r"`([\w<>]+)`", re.search(r"^\| `sentences` \|.+\| (.+?) \|$", GUIDE, re.M).group(1))
    columns = [c for c in names["corpus"].sentences.columns if c not in corpora.COUNTED]
    assert told == list(dict.fromkeys("p_<label>" if c.startswith("p_") else c for c in columns))


def test_links_of_the_guide_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", GUIDE):
        assert target.startswith("http") or (ROOT / "docs" / target).exists(), target
