"""What the whole suite shares: one encoder and one screener a run, because loading them for every test would be most of the time."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")

PART1 = """Part 1. Overview Questions

What resources have you implemented to ensure targeted support for each student academically, socially, emotionally, and physically.

Reading help before the bell

Four mornings a week our aide Noor takes nine second graders through the sounds they missed on Friday's check. By spring six of them had caught up with their class.

A table for the new ones

Every newcomer eats with two fifth graders for a month. They show where the ball is kept and who is funny.

What worked, what did not and what would you do differently?
The morning groups worked: fewer children were sent out of class. The phone tree did not work at all, because half of the numbers were old. Next time I would visit the homes in August instead of calling in October.
"""

PART3 = """Part 3. Reflection & Application

I learned that a quiet class is not a safe class. In October I moved my own desk into the corridor, and the children began to talk to me.
Next year I will keep the corridor desk and ask two teachers to share it.
"""

PART2 = """Detail,Artifact,Location,Explanation
Targeted academic support,Sound_Checks,p. 1,The list shows which child missed which sound and when the group met.
Targeted social support,Lunch_Plan,,It shows who sits with whom.
"""


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """A cache of the run's own: nothing that a test fits is left with the user, or taken from them."""
    os.environ["MCSCREEN_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def encoder():
    from mcscreen.matchers import load_encoder

    return load_encoder()


@pytest.fixture(scope="session")
def screener():
    from mcscreen import Screener

    return Screener("student-centeredness")


@pytest.fixture
def small_submission(tmp_path) -> Path:
    """A submission of plain text files, in a folder of its own."""
    folder = tmp_path / "uploads" / "lindqvist"
    (folder / "artifacts").mkdir(parents=True)
    (folder / "Part 1 Narrative.txt").write_text(PART1, encoding="utf-8")
    (folder / "Part 2 Self-Analysis.csv").write_text(PART2, encoding="utf-8")
    (folder / "Part 3 Reflection.txt").write_text(PART3, encoding="utf-8")
    (folder / "artifacts" / "Sound_Checks.txt").write_text("Week 3: Amir missed sh and ch. Group met on Tuesday.\n", encoding="utf-8")
    return folder
