"""Which spaCy pipeline is used, and what is said when there is none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from spacy.tokens import Doc

from mcscreen import language
from mcscreen.errors import ModelError


@pytest.fixture(autouse=True)
def no_leftovers() -> Iterator[None]:
    yield
    if language._load.cache_info().currsize > 1:
        language._load.cache_clear()


def test_the_pipeline_parses_and_is_loaded_once() -> None:
    pipeline = language.english()
    assert pipeline is language.english()
    assert "ner" not in pipeline.pipe_names
    assert [t.lemma_ for t in pipeline("The dogs barked.")][1:3] == ["dog", "bark"]


def test_a_pipeline_that_is_named_but_missing_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(language.VARIABLE, "no_such_pipeline")
    with pytest.raises(ModelError, match=r"no_such_pipeline.*MCSCREEN_SPACY_MODEL"):
        language.english()


def test_a_pipeline_without_a_parser_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    import spacy

    spacy.blank("en").to_disk(str(tmp_path))
    monkeypatch.setenv(language.VARIABLE, str(tmp_path))
    with pytest.raises(ModelError, match="has no parser and no tagger and no lemmatizer"):
        language.english()


def test_nothing_installed_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    language._load.cache_clear()
    monkeypatch.setattr(language, "PIPELINES", ("no_such_pipeline",))
    with pytest.raises(ModelError, match="no English spaCy pipeline is installed; one of no_such_pipeline is needed"):
        language.english()
    monkeypatch.setattr(language.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="install mcscreen again"):
        language.english()


def test_the_pinned_pipeline_is_refused_when_its_bytes_change(monkeypatch: pytest.MonkeyPatch) -> None:
    language._load.cache_clear()
    monkeypatch.setattr(language, "PIPELINES", (language.PINNED,))
    monkeypatch.setattr(language, "PINNED_SHA256", "0" * 64)
    with pytest.raises(ModelError, match="install it again: pip install --force-reinstall"):
        language.english()


def _lemmas(parsed: Doc) -> list[str]:
    return [t.lemma_ for t in parsed]


_TOLD = ["We visited the Dobifezu group.", "The Kalemonas were calling families, and wrote to the Bumotiru team."]


def test_words_beyond_the_common_ones_are_forgotten_and_the_parses_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = language.english()
    monkeypatch.setattr(language, "KEPT_WORDS", 0)
    monkeypatch.setattr(pipeline.get_pipe("lemmatizer"), "cache", {})
    first = language.from_parses(pipeline, _TOLD, _lemmas)
    assert not any(name in pipeline.vocab.strings or name in pipeline.vocab for name in ("Dobifezu", "Bumotiru"))
    assert not pipeline.get_pipe("lemmatizer").cache
    assert language.from_parses(pipeline, _TOLD, _lemmas) == first
    monkeypatch.setattr(language, "KEPT_WORDS", 10**9)
    assert language.from_parses(pipeline, _TOLD, _lemmas) == first == [_lemmas(language.parse(pipeline, t)) for t in _TOLD]
    assert "Dobifezu" in pipeline.vocab.strings


def test_what_fails_while_words_are_to_be_forgotten_leaves_the_pipeline_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = language.english()
    monkeypatch.setattr(language, "KEPT_WORDS", 0)
    with pytest.raises(ZeroDivisionError):
        language.from_parses(pipeline, _TOLD, lambda parsed: 1 // 0)
    assert not pipeline.vocab.in_memory_zone
    assert language.from_parses(pipeline, ["The dogs barked."], _lemmas) == [["the", "dog", "bark", "."]]


def test_threads_do_not_forget_each_others_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "KEPT_WORDS", 0)
    pipeline = language.english()
    texts = [f"The {a}{b}ani wrote to {b}{a}eli in May." for a in ("Do", "Ke", "Mu", "Zi") for b in ("ra", "ne", "po", "tu")]
    alone = [language.from_parses(pipeline, [t], _lemmas)[0] for t in texts]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda t: language.from_parses(pipeline, [t], _lemmas)[0], texts)) == alone


_SPACY_BESIDE_TORCH = """
import os, sys
os.environ.update(MCSCREEN_OWN_PROCESS=sys.argv[1])
if not sys.argv[1]: del os.environ["MCSCREEN_OWN_PROCESS"]
from mcscreen import language
assert language.english()("We met.")[1].lemma_ == "meet"
print("torch" in sys.modules, "weasel" in sys.modules)
import torch
print(torch.zeros(1).item())
"""


@pytest.mark.parametrize(("own", "loaded"), [("1", "False"), ("", "True")])
def test_spacy_comes_by_itself_in_a_process_of_our_own_and_nowhere_else(own: str, loaded: str) -> None:
    done = subprocess.run([sys.executable, "-c", _SPACY_BESIDE_TORCH, own], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [loaded, loaded, "0.0"]
