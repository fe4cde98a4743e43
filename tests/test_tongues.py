"""Languages of texts, as data in cases/languages.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from mcscreen import tongues
from mcscreen.tongues import FEWEST_WORDS, language_of, name_of

CASES = tomllib.loads((Path(__file__).parent / "cases" / "languages.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize(
    "case",
    [pytest.param(c, id=c["name"], marks=[pytest.mark.xfail(strict=True)] if c.get("known_failure") else []) for c in CASES],
)
def test_the_language_of_a_text(case: dict[str, str]) -> None:
    assert (language_of(case["text"]) or "en") == (case["language"] or "en")


def test_what_is_no_prose_gets_no_answer_at_all() -> None:
    silent = [c["text"] for c in CASES if c["name"].startswith(("too short", "table of", "addresses", "word list", "capitals only"))]
    assert len(silent) == 6
    assert [language_of(text) for text in silent] == [None] * 6


def test_every_text_is_silent_below_the_fewest_words() -> None:
    for case in CASES:
        few = " ".join(case["text"].split()[: FEWEST_WORDS - 1])
        if case["language"] not in ("zh", ""):
            assert language_of(few) is None
    assert language_of("") is None


def test_what_is_plainly_english_needs_no_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    english = [c["text"] for c in CASES if language_of(c["text"]) == "en"]
    asked: list[bool] = []
    real = tongues._identifier
    monkeypatch.setattr(tongues, "_identifier", lambda: asked.append(True) or real())
    assert {language_of(text) for text in english} == {"en"}
    assert len(asked) < len(english) / 2
    asked.clear()
    assert all(language_of(c["text"]) == c["language"] for c in CASES if c["language"] in ("es", "fr", "de"))
    assert asked


def test_names() -> None:
    assert name_of("ht") == "Haitian Creole"
    assert name_of("qqq") == "another language"
