"""The encoder cut at an inner value: what it gives there, and what happens to files that cannot be cut."""

import numpy as np
import pytest

from mcscreen.errors import ModelError
from mcscreen.matchers.onnx_encoder import OnnxEncoder
from mcscreen.reflection.layers import FittedLayers, LowerLayers, cut_at
from mcscreen.shipped import shipped

TEXT = "I had not expected them to be so quiet."


@pytest.fixture(scope="module")
def encoder():
    return OnnxEncoder(shipped("models") / "facets-l4")


def _at(encoder, value):
    return LowerLayers(shipped("models") / "facets-l4", value, encoder.fingerprint)


def test_what_the_last_layer_gives_makes_the_vector(encoder):
    mean = _at(encoder, "layer3.norm2").hidden(TEXT)[0].mean(axis=0)
    np.testing.assert_allclose(mean / np.linalg.norm(mean), encoder.encode([TEXT])[0], atol=1e-5)


def test_a_lower_value_has_a_row_a_token_and_is_another(encoder):
    lower, upper = (_at(encoder, value).hidden(TEXT) for value in ("layer2.norm2", "layer3.norm2"))
    assert lower.shape == upper.shape
    assert lower.shape[0] == 1
    assert lower.shape[1] >= len(TEXT.split())
    assert not np.allclose(lower, upper, atol=0.1)


def test_an_unknown_value_is_refused(encoder):
    with pytest.raises(ModelError, match="computes no 'layer9'"):
        _at(encoder, "layer9")


def test_another_encoder_is_refused():
    with pytest.raises(ModelError, match="belong to other:1"):
        LowerLayers(shipped("models") / "facets-l4", "layer2.norm2", "other:1")


@pytest.mark.parametrize("content", [b"", b"\x3a", b"\x3a\xff", b"\x0b", b"not a graph"])
def test_what_is_no_model_is_refused_or_left_empty(content):
    try:
        assert cut_at(content, "x") == b""
    except ModelError as error:
        assert "build the model anew" in str(error) or "computes no 'x'" in str(error)


def test_layers_that_cannot_be_loaded_are_named(encoder, tmp_path):
    with pytest.raises(ModelError, match=r"layers\.onnx: the layers could not be loaded"):
        FittedLayers(_at(encoder, "layer0.norm2"), b"nothing", tmp_path / "layers.onnx")
