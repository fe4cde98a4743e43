"""Sentence labels: a labeller made by hand whose arithmetic can be followed, and the shipped one."""

import hashlib
import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mcscreen.errors import ModelError
from mcscreen.reflection.labels import (
    DEEP,
    GROUPS,
    LABELS,
    UNCERTAIN,
    Labeller,
    LabellerModel,
    checked_labels,
    load_labeller,
    pieces,
    words,
)

TERMS = {"words": ["i feel", "learned", "next"], "pieces": ["zz"]}
COLUMN = {name: i for i, name in enumerate(LABELS)}


class Still:
    """An encoder that tells all texts the same."""

    name, fingerprint, dimension = "still", "still:1", 2

    def encode(self, texts):
        return np.tile(np.array([[0.6, 0.8]], np.float32), (len(texts), 1))


def _arrays():
    weights = np.zeros((3, 9), np.float16)
    weights[0, COLUMN["feeling"]] = 4
    weights[1, COLUMN["learning"]] = 4
    weights[2, COLUMN["intention"]] = 4
    return {
        "words_terms": np.frombuffer("\n".join(TERMS["words"]).encode(), np.uint8),
        "words_idf": np.ones(3, np.float16),
        "words_weights": weights,
        "pieces_terms": np.frombuffer(b"zz", np.uint8),
        "pieces_idf": np.ones(1, np.float16),
        "pieces_weights": np.zeros((1, 9), np.float16),
        "vector_centre": np.zeros(2, np.float32),
        "vector_weights": np.zeros((2, 9), np.float16),
        "bias": np.zeros(9, np.float32),
        "length": np.array([0.0, 1.0, *[0.0] * 9], np.float32),
        "calibration": np.hstack([np.eye(9), np.zeros((9, 1))]).astype(np.float32),
    }


def _folder(tmp_path: Path, arrays=None, others=None, **changes) -> Path:
    content = io.BytesIO()
    np.savez(content, **(arrays or _arrays()))
    files = {"labels.npz": content.getvalue(), **(others or {})}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    facts = {
        "schema": 1,
        "id": "small",
        "title": "by hand",
        "kind": "sentence-labels",
        "licence": "Apache-2.0",
        "source": "test",
        "encoder": "still",
        "encoder_fingerprint": "still:1",
        "abstain_below": 0.5,
        "abstain_group_below": 0.5,
        **changes,
    }
    lines = [f"{k} = {json.dumps(v)}" for k, v in facts.items()] + ["[files]"]
    lines += [f'"{name}" = "{hashlib.sha256(data).hexdigest()}"' for name, data in files.items()]
    (tmp_path / "model.toml").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def test_words_and_pieces_are_those_a_reader_would_cut():
    assert list(words("I don’t know — why?")) == ["i", "don't", "know", "why", "?", "i don't", "don't know", "know why", "why ?"]
    assert list(pieces("a bus")) == [" a", "a ", " a ", " b", "bu", "us", "s ", " bu", "bus", "us ", " bus", "bus ", " bus "]


def test_a_label_follows_from_the_weights(tmp_path):
    labeller = load_labeller(Still(), _folder(tmp_path))
    feeling, learning, nothing = labeller.predict(["I feel tired.", "What I learned", "The bus."])
    sure = math.exp(4) / (math.exp(4) + 8)
    assert (feeling.label, feeling.group) == ("feeling", "affect")
    assert feeling.probability == pytest.approx(sure, abs=1e-3)
    assert learning.label == "learning"
    assert learning.deep == pytest.approx(sure + 4 * (1 - sure) / 8, abs=1e-3)
    assert nothing.label == UNCERTAIN
    assert nothing.probability == pytest.approx(1 / 9, abs=1e-3)


def test_two_known_terms_share_the_length(tmp_path):
    labeller = load_labeller(Still(), _folder(tmp_path))
    scores = labeller.scores(["learned next"])[0]
    assert scores[COLUMN["learning"]] == pytest.approx(4 / math.sqrt(2), abs=1e-3)
    assert scores[COLUMN["intention"]] == pytest.approx(4 / math.sqrt(2), abs=1e-3)


def test_a_withheld_label_may_have_a_group(tmp_path):
    labeller = load_labeller(Still(), _folder(tmp_path, abstain_below=0.6))
    label = labeller.predict(["learned next"])[0]
    assert label.label == UNCERTAIN
    assert label.group == "outcome"


def test_scores_of_fitted_layers_are_added(tmp_path):
    class Layers:
        def scores(self, texts):
            return np.array([[3.0 * ("bus" in t) if name == "experience" else 0.0 for name in LABELS] for t in texts])

    folder = _folder(tmp_path)
    linear = load_labeller(Still(), folder)
    both = Labeller(linear.model, (folder / "labels.npz").read_bytes(), Still(), layers=Layers())
    texts = ["I feel tired.", "I feel tired on the bus."]
    added = both.scores(texts) - linear.scores(texts)
    assert added[:, COLUMN["experience"]].tolist() == [0.0, 3.0]
    assert np.count_nonzero(added) == 1
    assert both.probabilities(texts)[1, COLUMN["experience"]] > linear.probabilities(texts)[1, COLUMN["experience"]]


def test_the_confusion_is_that_of_unseen_sentences_with_the_truth_in_rows(tmp_path):
    rows = ["split,truth,said,count", "test,feeling,other,9", "cross-validated,feeling,other,4", "cross-validated,other,other,2"]
    folder = _folder(tmp_path, others={"confusion.csv": "\n".join(rows).encode()})
    counts = load_labeller(Still(), folder).confusion
    assert counts.shape == (9, 9)
    assert counts.sum() == 6
    assert counts[COLUMN["feeling"], COLUMN["other"]] == 4


def test_the_confusion_withholds_nothing_and_counts_no_sentence_twice(tmp_path):
    rows = ["split,level,truth,said,count", "cross-validated,likeliest,feeling,other,4", "cross-validated,label,feeling,uncertain,4"]
    rows.append("cross-validated,deep,deep,not deep,4")
    assert load_labeller(Still(), _folder(tmp_path, others={"confusion.csv": "\n".join(rows).encode()})).confusion.sum() == 4


def test_a_model_without_counts_says_so(tmp_path):
    with pytest.raises(ModelError, match=r"brings no confusion\.csv"):
        load_labeller(Still(), _folder(tmp_path)).confusion  # noqa: B018


@pytest.mark.parametrize("content", [b"truth,said\nfeeling,other\n", b"split,truth,said,count\ncross-validated,joy,other,1\n", b"\xff"])
def test_counts_that_are_no_such_table_are_refused(tmp_path, content):
    with pytest.raises(ModelError, match=r"confusion\.csv: not a table of split, truth, said, count"):
        load_labeller(Still(), _folder(tmp_path, others={"confusion.csv": content}))


def test_groups_cover_the_labels_once():
    assert sorted(m for members in GROUPS.values() for m in members) == sorted(LABELS)
    assert set(DEEP) <= set(GROUPS)


def test_no_sentences_no_labels(tmp_path):
    assert load_labeller(Still(), _folder(tmp_path)).predict([]) == []


def test_given_vectors_are_not_encoded_again(tmp_path):
    arrays = _arrays()
    arrays["vector_weights"][0, COLUMN["feeling"]] = 1
    labeller = load_labeller(Still(), _folder(tmp_path, arrays))
    assert labeller.scores(["The bus."])[0, COLUMN["feeling"]] == pytest.approx(0.6)
    labeller._encoder = None
    assert labeller.scores(["The bus."], np.array([[1.0, 0.0]], np.float32))[0, COLUMN["feeling"]] == pytest.approx(1)


def test_a_vector_without_weight_is_not_computed(tmp_path):
    labeller = load_labeller(Still(), _folder(tmp_path))
    labeller._encoder = None
    assert labeller.predict(["I feel tired."])[0].label == "feeling"


def test_an_altered_file_is_refused(tmp_path):
    folder = _folder(tmp_path)
    (folder / "labels.npz").write_bytes(b"PK")
    with pytest.raises(ModelError, match=r"labels\.npz: its sha256"):
        load_labeller(Still(), folder)


def test_another_encoder_is_refused(tmp_path):
    with pytest.raises(ModelError, match="belong to the encoder 'still'"):
        load_labeller(Still(), _folder(tmp_path, encoder_fingerprint="still:2"))


def test_a_file_that_the_toml_names_must_be_there(tmp_path):
    folder = _folder(tmp_path, others={"confusion.csv": b"split,truth,said,count\n"})
    (folder / "confusion.csv").unlink()
    with pytest.raises(ModelError, match=r"confusion\.csv: cannot be read"):
        load_labeller(Still(), folder)


def test_layers_belong_to_a_shipped_encoder(tmp_path):
    with pytest.raises(ModelError, match="model folder"):
        load_labeller(Still(), _folder(tmp_path, others={"layers.onnx": b""}, layers_from="x"))


def test_a_missing_folder_and_a_broken_toml_are_named(tmp_path):
    with pytest.raises(ModelError, match=r"model\.toml: cannot be read"):
        load_labeller(Still(), tmp_path / "nowhere")
    folder = _folder(tmp_path, abstain_below=3)
    with pytest.raises(ModelError, match="abstain_below"):
        load_labeller(Still(), folder)


def test_missing_arrays_are_refused(tmp_path):
    arrays = _arrays()
    del arrays["bias"]
    with pytest.raises(ModelError, match="cannot be read"):
        load_labeller(Still(), _folder(tmp_path, arrays))


def test_pickled_arrays_are_refused(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        load_labeller(Still(), _folder(tmp_path, {**_arrays(), "bias": np.array([{}], dtype=object)}))


def test_a_labeller_can_be_checked_without_loading_it(tmp_path, monkeypatch):
    folder = _folder(tmp_path, others={"layers.onnx": b"no graph"}, layers_from="x")
    monkeypatch.setattr("mcscreen.reflection.labels.LowerLayers", lambda *_: pytest.fail("loaded"))
    monkeypatch.setattr(np, "load", lambda *_: pytest.fail("loaded"))
    assert checked_labels(Still(), folder).id == "small"
    (folder / "layers.onnx").write_bytes(b"no graph.")
    with pytest.raises(ModelError, match=r"layers\.onnx: its sha256"):
        checked_labels(Still(), folder)
    with pytest.raises(ModelError, match="belong to the encoder"):
        checked_labels(Still(), _folder(tmp_path, encoder_fingerprint="still:2"))


@pytest.fixture(scope="module")
def shipped_labeller():
    import tomllib

    from mcscreen.matchers.onnx_encoder import OnnxEncoder
    from mcscreen.shipped import shipped

    raw = tomllib.loads((shipped("models") / "reflection" / "model.toml").read_text(encoding="utf-8"))
    return load_labeller(OnnxEncoder(shipped("models") / LabellerModel.model_validate(raw).encoder))


CLEAR = [
    ("I was so happy and relieved when they smiled at me.", "feeling"),
    ("I walked around the class and handed out the papers, and then we read the text together.", "experience"),
    ("I should think about why I reacted in this way.", "reflection"),
]


IMPERSONAL = pytest.param(
    "The lesson began at eight and the pupils opened their textbooks.",
    "experience",
    marks=pytest.mark.xfail(strict=True, reason="known failure: events told without a first person are taken for other"),
)


@pytest.mark.parametrize(("text", "label"), [*CLEAR, IMPERSONAL])
def test_the_shipped_model_knows_clear_sentences(shipped_labeller, text, label):
    found = shipped_labeller.predict([text])[0]
    assert LABELS[found.probabilities.index(max(found.probabilities))] == label


def test_a_sentence_gets_the_same_label_in_any_company(shipped_labeller):
    texts = [t for t, _ in CLEAR] + ["", "…", "?" * 50]
    together = shipped_labeller.predict(texts)
    alone = [shipped_labeller.predict([t])[0] for t in texts]
    assert together == alone
    assert all(sum(x.probabilities) == pytest.approx(1, abs=1e-3) for x in together)


def test_the_shipped_model_is_small_and_says_what_it_was_measured_to_do(shipped_labeller):
    from mcscreen.shipped import shipped

    measured = shipped_labeller.model.measured
    assert sum(p.stat().st_size for p in (shipped("models") / "reflection").iterdir()) < 10_000_000
    assert measured["sentences"] == 339
    assert measured["accuracy"] > 0.7
    assert measured["accuracy_answered"] > measured["accuracy"]


def test_the_shipped_counts_are_of_all_training_sentences(shipped_labeller):
    counts = shipped_labeller.confusion
    assert counts.sum() == 6435
    assert (counts.trace() / counts.sum()) > 0.72


def test_labels_are_values():
    from mcscreen.reflection import Label

    one = Label("other", 0.5, "none", 0.1, (0.5,))
    assert replace(one, label="feeling") != one
    assert isinstance(Labeller, type)
