"""Heads: what they are fitted to decides their basis; they are cached as plain arrays and fitted again when torn."""

import dataclasses
import zipfile

import numpy as np
import pytest

from mcscreen import load_rubric
from mcscreen.heads import cached_heads, fit_heads, write_heads
from mcscreen.rubric import MarkedSubmission
from mcscreen.shipped import shipped


@pytest.fixture(scope="module")
def folder():
    """The seed rubric with the exemplars of two facets only, so that it is fitted quickly."""
    whole = load_rubric("student-centeredness")
    few = tuple(e for e in whole.exemplars if e.facet in ("Q1.academic", "Q3.recognize", None))
    return dataclasses.replace(whole, exemplars=few, marked=(), sha256="few")


@pytest.fixture(scope="module")
def heads(folder, encoder):
    return fit_heads(folder, encoder)


def test_the_basis_of_a_facet_is_what_it_was_fitted_to(heads, folder, encoder):
    bases = dict(zip(heads.facets, heads.bases, strict=True))
    assert bases["Q1.academic"] == bases["Q3.recognize"] == "exemplars"
    assert {b for f, b in bases.items() if f not in ("Q1.academic", "Q3.recognize")} == {"text"}
    sentence = {"part": "part1", "text": "Nine children read with Noor before the bell."}
    answers = [{**sentence, "text": f"{n} children read with Noor before the bell.", "met": ["Q1.academic"]} for n in range(5)]
    marked = MarkedSubmission.model_validate({"id": "m", "sentences": [*answers, {**sentence, "text": "The roof is red."}]})
    again = fit_heads(dataclasses.replace(folder, marked=(marked,)), encoder)
    assert dict(zip(again.facets, again.bases, strict=True))["Q1.academic"] == "marked"


def test_a_head_tells_its_answers_from_others(heads, encoder):
    row = heads.facets.index("Q1.academic")
    vectors = encoder.encode(
        ["A tutor sits with six pupils who missed fractions.", "We ring a bell when a pupil reaches a goal.", "The bus was late."]
    )
    scores = vectors @ heads.alone[row, :-1] + heads.alone[row, -1]
    assert scores.argmax() == 0


def test_an_echo_of_the_ask_is_no_answer(folder, encoder):
    echo = next(e for e in folder.exemplars if e.facet == "Q1.academic" and e.label == "missing")
    met = next(e for e in folder.exemplars if e.facet == "Q1.academic" and e.label == "met")
    heads = fit_heads(folder, encoder)
    row = heads.facets.index("Q1.academic")
    a, b = encoder.encode([met.text, echo.text]) @ heads.alone[row, :-1]
    assert a > b


def test_heads_are_cached_and_a_torn_file_is_fitted_anew(folder, heads, encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("MCSCREEN_CACHE", str(tmp_path))
    first = cached_heads(folder, encoder)
    np.testing.assert_array_equal(first.alone, heads.alone)
    (file,) = (tmp_path / "heads").glob("*.npz")
    monkeypatch.setattr("mcscreen.heads.fit_heads", lambda *_: pytest.fail("fitted though it was cached"))
    np.testing.assert_array_equal(cached_heads(folder, encoder).near, first.near)
    monkeypatch.undo()
    monkeypatch.setenv("MCSCREEN_CACHE", str(tmp_path))
    file.write_bytes(file.read_bytes()[:100])
    np.testing.assert_array_equal(cached_heads(folder, encoder).alone, first.alone)
    assert file.stat().st_size > 1000


@pytest.mark.parametrize("damage", ["stream", "method", "encrypted"])
def test_a_damaged_file_is_fitted_anew(folder, heads, encoder, tmp_path, monkeypatch, damage):
    monkeypatch.setenv("MCSCREEN_CACHE", str(tmp_path))
    monkeypatch.setattr("mcscreen.heads.fit_heads", lambda *_: heads)
    cached_heads(folder, encoder)
    (file,) = (tmp_path / "heads").glob("*.npz")
    whole = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        local = archive.getinfo("near.npy").header_offset
    stream = local + 30 + sum(int.from_bytes(whole[at : at + 2], "little") for at in (local + 26, local + 28))
    table = whole.index(b"PK\x01\x02")
    at, bits = {"stream": (stream, 0x06), "method": (table + 10, 0x40), "encrypted": (table + 8, 0x01)}[damage]
    damaged = bytearray(whole)
    damaged[at] |= bits
    assert damaged != whole
    file.write_bytes(damaged)
    np.testing.assert_array_equal(cached_heads(folder, encoder).near, heads.near)
    assert file.read_bytes() == whole


def test_pickled_arrays_are_never_loaded(folder, encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("MCSCREEN_CACHE", str(tmp_path))
    cached_heads(folder, encoder)
    (file,) = (tmp_path / "heads").glob("*.npz")
    np.savez(file, facets=np.array([{"a": 1}], dtype=object), bases=np.array(["text"]), alone=np.zeros((1, 385)), near=np.zeros((1, 385)))
    assert cached_heads(folder, encoder).alone.shape[0] == 23


def test_a_cache_that_cannot_be_written_is_left_alone(heads, tmp_path, caplog):
    (tmp_path / "heads").write_text("a file where a folder should be")
    write_heads(heads, tmp_path / "heads" / "x.npz")
    assert "could not be cached" in caplog.text


def test_the_shipped_heads_belong_to_the_shipped_rubric_and_encoder(encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("MCSCREEN_CACHE", str(tmp_path))
    monkeypatch.setattr("mcscreen.heads.fit_heads", lambda *_: pytest.fail("stale: run 'make train-finding'"))
    heads = cached_heads(load_rubric("student-centeredness"), encoder, shipped("models") / "facets-l4" / "heads")
    assert set(heads.bases) == {"marked"}
