"""Windows over a text: every sentence once, with its neighbours in sight, and the same vectors from memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcscreen.remembered import RememberedEncoder
from mcscreen.windows import ROOM, Window, in_context, neighbourhoods, windows


def test_neighbourhoods_reach_one_to_each_side():
    assert neighbourhoods(["a", "b", "c"]) == ["a b", "a b c", "b c"]
    assert neighbourhoods([]) == []


@given(st.lists(st.integers(0, 160), max_size=60), st.integers(1, 300))
def test_each_sentence_is_taken_from_one_window_that_sees_its_neighbours(lengths, room):
    cut = windows(lengths, room)
    assert [at for w in cut for at in range(w.begin, w.end)] == list(range(len(lengths)))
    for w in cut:
        assert w.begin < w.end
        assert w.first == max(0, w.begin - 1)
        assert w.last == min(len(lengths), w.end + 1)
        assert w.end - w.begin == 1 or sum(lengths[w.begin : w.end]) <= room


def test_three_of_the_longest_sentences_fit_an_encoder_of_512_tokens():
    longest = max(
        sum(lengths[w.first : w.last]) for lengths in ([160] * 9, [20] * 50, [160, 1, 160, 120, 160]) for w in windows(lengths, ROOM)
    )
    assert longest + 2 <= 512


class Stretching:
    """An encoder whose vectors of a sentence depend on the window that it stands in."""

    name, fingerprint, dimension = "stretching", "weights-1", 8
    reads_stretches = True

    def __init__(self) -> None:
        self.read: list[Window] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.zeros((len(texts), self.dimension), np.float32)

    def windows_of(self, texts: Sequence[str]) -> list[Window]:
        return windows([len(t) for t in texts], 20)

    def encode_window(self, texts: Sequence[str], window: Window) -> np.ndarray:
        self.read.append(window)
        seed = hashlib.sha256("|".join(texts[window.first : window.last]).encode()).digest()
        return np.random.default_rng(list(seed)).standard_normal((2, window.end - window.begin, self.dimension)).astype(np.float32)

    def encode_stretch(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        both = np.concatenate([self.encode_window(texts, w) for w in self.windows_of(texts)], axis=1)
        return both[0], both[1]


TEXTS = ["It rained.", "Nine children came.", "They read.", "We sang.", "It rained.", "Nine children came.", "They read.", "And we left."]


def test_what_is_remembered_of_a_stretch_is_the_same_to_the_byte(tmp_path):
    bare = Stretching()
    wanted = in_context(bare, TEXTS)
    first = RememberedEncoder(Stretching(), path=tmp_path / "v.sqlite")
    again = RememberedEncoder(Stretching(), path=tmp_path / "v.sqlite")
    for encoder in (first, again):
        for found, expected in zip(in_context(encoder, TEXTS), wanted, strict=True):
            assert found.tobytes() == expected.tobytes()
    assert len(first.encoder.read) == len(bare.read) > 2
    assert again.encoder.read == []


def test_a_changed_sentence_is_read_anew_with_what_stands_in_its_window(tmp_path):
    encoder = RememberedEncoder(Stretching(), path=tmp_path / "v.sqlite")
    in_context(encoder, TEXTS)
    encoder.encoder.read.clear()
    changed = [*TEXTS[:-1], "And we lost."]
    found = in_context(encoder, changed)
    assert 0 < len(encoder.encoder.read) < len(encoder.encoder.windows_of(changed))
    for one, expected in zip(found, in_context(Stretching(), changed), strict=True):
        assert one.tobytes() == expected.tobytes()


def test_an_encoder_that_reads_whole_texts_reads_each_sentence_twice():
    asked: list[str] = []

    class Plain:
        def encode(self, texts):
            asked.extend(texts)
            return np.ones((len(texts), 3), np.float32)

    alone, near = in_context(Plain(), ["a", "b"])
    assert alone.shape == near.shape == (2, 3)
    assert asked == ["a", "b", "a b", "a b"]


def test_a_memory_of_an_encoder_of_whole_texts_says_that_it_does_not_read_stretches(tmp_path):
    class Plain:
        name, fingerprint, dimension = "plain", "p", 3

        def encode(self, texts):
            return np.ones((len(texts), 3), np.float32)

    encoder = RememberedEncoder(Plain(), path=tmp_path / "v.sqlite")
    assert not encoder.reads_stretches
    with pytest.raises(TypeError, match="does not read stretches"):
        encoder.encode_stretch(["a"])
    alone, near = in_context(encoder, ["a", "b"])
    assert alone.shape == near.shape == (2, 3)
