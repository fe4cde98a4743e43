"""The comparison of places with explanations, with an encoder whose vectors can be read: one dimension a word."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from mcscreen.errors import ModelError
from mcscreen.matchers import DEFAULT_ENCODER, support_of
from mcscreen.matchers.support import Citing, Support, load_citing
from mcscreen.shipped import shipped
from mcscreen.submission import Claim, Spot

WORDS = ("tutor", "reading", "bus", "route", "kitchen", "allergy")
CITING = Citing(
    schema=1, encoder="words", mean=(0, 0, 0), scale=(1, 1, 1), weights=(4, 1, 1), slope=1, intercept=1, unrelated=0.2, doubtful=0.6
)


class Words:
    """Counts of a few words, at unit length; the last dimension keeps other texts off zero."""

    name, fingerprint, dimension = "words", "words", len(WORDS) + 1

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts):
        self.asked += texts
        rows = np.array([[t.lower().count(w) for w in WORDS] + [0.1] for t in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


READING, BUSES, FOOD = Spot(("The tutor hears reading daily.",)), Spot(("Bus 4 takes the river route.",)), Spot(("Kitchen: allergy list.",))


def _compare(cited: Spot, *others: Spot, why: str = "A tutor helps with reading"):
    return Support(Words(), CITING).compare([Claim(why, "reading support", cited, others)])[0]


def test_the_place_that_is_meant_leads() -> None:
    right, wrong = _compare(READING, BUSES, FOOD), _compare(BUSES, FOOD, READING)
    assert right.probability is not None
    assert wrong.probability is not None
    assert right.probability > CITING.doubtful > CITING.unrelated > wrong.probability
    assert right.better is None
    assert wrong.better == 1


def test_nothing_to_hold_it_against() -> None:
    found = _compare(READING)
    assert (found.probability, found.better, found.windows) == (None, None, (0,))


def test_the_best_window_comes_first() -> None:
    cited = Spot((*BUSES.windows, *FOOD.windows, *READING.windows))
    assert _compare(cited, FOOD).windows[0] == 2


def test_one_window_about_it_is_enough() -> None:
    mixed = _compare(Spot((*BUSES.windows, *READING.windows)), FOOD, BUSES)
    assert mixed.probability is not None
    assert mixed.probability > CITING.doubtful


def test_texts_are_encoded_once() -> None:
    encoder = Words()
    claims = [
        Claim("A tutor helps", "reading support", READING, (BUSES, FOOD)),
        Claim("Food is safe", "reading support", FOOD, (BUSES, READING)),
    ]
    Support(encoder, CITING).compare(claims)
    assert len(encoder.asked) == len(set(encoder.asked))


def test_a_long_artifact_is_compared_where_it_shares_words() -> None:
    filler = [Spot((f"Page {n} has notices of the {n}th week and nothing else.",)) for n in range(300)]
    encoder = Words()
    found = Support(encoder, CITING).compare([Claim("A tutor helps with reading", "reading", BUSES, (*filler, READING))])[0]
    assert found.better == 300
    assert len(encoder.asked) < 70


def test_shared_words_are_found_in_other_forms_and_scripts() -> None:
    found = _compare(Spot(("Évaluation par les élèves, tutors présents",)), FOOD, why="evaluations by tutors")
    assert found.probability is not None
    assert found.probability > CITING.doubtful


def test_the_shipped_fit_belongs_to_the_shipped_weights(encoder) -> None:
    assert support_of(encoder) is not None, f"run 'make train-citing': {DEFAULT_ENCODER} has other weights than its citing.toml"


def test_the_default_encoder_leaves_the_comparison_to_the_one_that_it_learned_from(encoder) -> None:
    named = load_citing(shipped("models") / DEFAULT_ENCODER).encoder
    assert not named.startswith(f"{DEFAULT_ENCODER}:")
    support = support_of(encoder)
    assert support is not None
    assert named in support.fingerprint


def test_other_weights_are_not_compared(encoder) -> None:
    stranger = Words()
    stranger.name = "minilm-l6"
    assert support_of(stranger) is None
    assert support_of(Words()) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [("weights = [1.0]", "needs 3 numbers"), ("slope = “1”", "not valid"), ("colour = 1", "not valid")],
)
def test_a_broken_file_is_named(tmp_path: Path, change: str, told: str) -> None:
    text = (shipped("models") / DEFAULT_ENCODER / "citing.toml").read_text(encoding="utf-8")
    key = change.partition(" ")[0]
    text = re.sub(rf"^{key} .*\n", "", text, flags=re.M) + change + "\n"
    (tmp_path / "citing.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=told) as raised:
        load_citing(tmp_path)
    assert "citing.toml" in str(raised.value)
    with pytest.raises(ModelError, match="train-citing"):
        load_citing(tmp_path / "none")
