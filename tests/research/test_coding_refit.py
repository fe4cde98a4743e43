"""A refit: what it learns, what it leaves alone, and that no text is on both sides."""

import hashlib
import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mcscreen.errors import InputError, ModelError
from mcscreen.reflection.labels import LABELS, load_labeller
from mcscreen.research.coding import Coded, refit, refit_in_words, units_of
from mcscreen.research.coding.correcting import Sample, chances_of, chosen, fitted, folds
from mcscreen.research.coding.refitting import _held_out

EXPERIENCE, FEELING, BELIEF, LEARNING = (LABELS.index(x) for x in ("experience", "feeling", "belief", "learning"))


class Shapes:
    """An encoder that tells texts by their words: a dimension each for six of them."""

    name, fingerprint, dimension = "shapes", "shapes:1", 6
    words = ("moved", "felt", "think", "learned", "map", "bus")

    def encode(self, texts):
        found = np.array([[0.1 + (w in t) for w in self.words] for t in texts], np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


def _base(folder):
    """A labeller that knows four words."""
    weights = np.zeros((4, 9), np.float16)
    for row, column in enumerate((EXPERIENCE, FEELING, BELIEF, LEARNING)):
        weights[row, column] = 4
    calibration = np.hstack([np.eye(9) - 1 / 9, np.zeros((9, 1))])
    arrays = {
        "words_terms": np.frombuffer(b"moved\nfelt\nthink\nlearned", np.uint8),
        "words_idf": np.ones(4, np.float16),
        "words_weights": weights,
        "pieces_terms": np.frombuffer(b"zz", np.uint8),
        "pieces_idf": np.ones(1, np.float16),
        "pieces_weights": np.zeros((1, 9), np.float16),
        "vector_centre": np.full(6, 0.2, np.float32),
        "vector_weights": np.zeros((6, 9), np.float16),
        "bias": np.zeros(9, np.float32),
        "length": np.array([0.0, 1.0, *[0.0] * 9], np.float32),
        "calibration": calibration.astype(np.float32),
    }
    content = io.BytesIO()
    np.savez(content, **arrays)
    folder.mkdir()
    (folder / "labels.npz").write_bytes(content.getvalue())
    facts = {
        "schema": 1, "id": "small", "title": "by hand", "kind": "sentence-labels", "licence": "Apache-2.0", "source": 'a "test" \\ é',
        "encoder": "shapes", "encoder_fingerprint": "shapes:1", "abstain_below": 0.5, "abstain_group_below": 0.5,
    }  # fmt: skip
    lines = [f"{k} = {json.dumps(v)}" for k, v in facts.items()]
    lines += ["[files]", f'"labels.npz" = "{hashlib.sha256(content.getvalue()).hexdigest()}"']
    (folder / "model.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return _base(tmp_path_factory.mktemp("models") / "base")


def _coded(label_of, number=240, texts=12, coders=("AB",)):
    """Sentences with one known word and, in every third, a word that the base does not know; labelled by `label_of(word, other)`."""
    words = [(Shapes.words[i % 4], "map" if i % 3 == 0 else "bus") for i in range(number)]
    frame = pd.DataFrame(
        {
            "text": [f"T{i * texts // number}" for i in range(number)],
            "index": range(number),
            "sentence": [f"I {w} the {o} {i}" for i, (w, o) in enumerate(words)],
        }
    )
    units = units_of(frame)
    told = {u.sentence: label_of(*words[u.index]) for u in units}
    return Coded(units, coders, {c: {u.key: told[u.sentence] for u in units} for c in coders})


SHIPPED = {"moved": "experience", "felt": "feeling", "think": "belief", "learned": "learning"}


def _figure(result, name):
    return next(f for f in result.figures if f.name == name)


def test_another_codebook_is_learned_and_the_folder_gives_what_was_measured(base, tmp_path):
    coded = _coded(lambda word, other: "reflection" if word == "think" else SHIPPED[word])
    result = refit(coded, Shapes(), tmp_path / "own", date="2025-03-01", base=base, rounds=200)
    accuracy = _figure(result, "accuracy")
    assert accuracy.before[0] == pytest.approx(0.75)
    assert accuracy.after[0] == pytest.approx(1.0)
    assert accuracy.difference[0] == pytest.approx(0.25)
    assert accuracy.better and _figure(result, "log_loss").better
    own = load_labeller(Shapes(), tmp_path / "own")
    labels = own.predict(["I think the bus 7", "I felt the map 8"])
    assert [x.label for x in labels] == ["reflection", "feeling"]
    assert own.model.id.startswith("small-refit-")
    assert "240 sentences of 12 texts" in own.model.source and "2025-03-01" in own.model.source
    assert own.model.measured["accuracy"] == 1.0 and own.model.measured["accuracy_before"] == 0.75
    counts = (tmp_path / "own" / "confusion.csv").read_text().splitlines()
    assert sorted(counts[1:]) == [f"cross-validated,{x},{x},60" for x in ("experience", "feeling", "learning", "reflection")]
    card = (tmp_path / "own" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "| accuracy | 0.750 " in card and 'a "test" \\ é (Apache-2.0)' in card
    assert not any(u.sentence in card for u in coded.units)
    assert "not shown to be better" not in refit_in_words(result)
    again = refit(coded, Shapes(), tmp_path / "again", date="2025-03-01", base=base, rounds=200)
    assert [p.read_bytes() for p in again.files] == [p.read_bytes() for p in result.files]


def test_what_only_the_vector_tells_is_learned(base, tmp_path):
    coded = _coded(lambda word, other: "perspective" if other == "map" else SHIPPED[word], number=300)
    result = refit(coded, Shapes(), tmp_path / "own", date="2025-03-01", base=base, rounds=100)
    assert _figure(result, "accuracy").difference[1] > 0
    assert load_labeller(Shapes(), tmp_path / "own").predict(["I felt the map 8"])[0].probabilities[LABELS.index("perspective")] > 0.5


def test_labels_that_agree_already_are_left_alone_and_noise_is_not_learned(base, tmp_path):
    random = np.random.default_rng(2)
    coded = _coded(lambda word, other: LABELS[random.integers(9)])
    result = refit(coded, Shapes(), tmp_path / "own", date="2025-03-01", base=base, rounds=200)
    assert not _figure(result, "accuracy").better
    assert _figure(result, "accuracy").after[0] < 0.3


def test_a_text_that_is_known_by_heart_does_not_help_the_others():
    # The vector tells the text and nothing else, and each text has one label: only a leak between folds could get it right.
    texts = np.arange(216) // 12
    sample = Sample(np.zeros((216, 9)), 10 * np.eye(18)[texts], np.eye(9)[texts % 9], np.ones(216), texts)
    right = [np.mean(_held_out(s, 0).argmax(axis=1) == texts % 9) for s in (sample, replace(sample, texts=np.arange(216)))]
    assert right[0] < 0.3
    assert right[1] > 0.9, "with sentences as groups the leak shows"
    sides = folds(np.array([0] * 50 + [1] * 10 + [2] * 10 + [3] * 30), 2, 0)
    assert sorted(np.bincount(sides)) == [50, 50]
    assert all(len(set(sides[edge])) == 1 for edge in (slice(0, 50), slice(50, 60), slice(60, 70), slice(70, 100)))


def test_coders_who_differ_count_by_halves(base, tmp_path):
    coded = _coded(lambda word, other: SHIPPED[word], coders=("AB", "CD"))
    other = {k: "other" if v == "belief" else v for k, v in coded.labels["CD"].items()}
    coded = replace(coded, labels={"AB": coded.labels["AB"], "CD": other})
    result = refit(coded, Shapes(), tmp_path / "own", date="2025-03-01", base=base, rounds=50)
    assert _figure(result, "accuracy").before[0] == pytest.approx(0.875)
    assert dict(zip(LABELS, result.each, strict=True))["belief"] == 30
    assert refit(coded, Shapes(), tmp_path / "one", date="2025-03-01", base=base, coder="AB", rounds=50).coders == 1


def test_weights_of_the_sample_count(base, tmp_path):
    coded = _coded(lambda word, other: "reflection" if word == "think" else SHIPPED[word])
    units = tuple(u.model_copy(update={"weight": 7.0 if "think" in u.sentence else 1.0}) for u in coded.units)
    result = refit(replace(coded, units=units), Shapes(), tmp_path / "own", date="2025-03-01", base=base, rounds=50)
    assert result.weighted
    assert _figure(result, "accuracy").before[0] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("number", "texts", "told"),
    [(40, 12, "110 more sentences"), (160, 4, "sentences from 6 more texts"), (2, 2, "3 more labels")],
)
def test_too_few_labels_say_how_many_are_needed_and_write_nothing(base, tmp_path, number, texts, told):
    coded = _coded(lambda word, other: SHIPPED[word], number=number, texts=texts)
    with pytest.raises(InputError, match=told):
        refit(coded, Shapes(), tmp_path / "own", date="2025-03-01", base=base)
    assert not (tmp_path / "own").exists()


def test_no_model_is_written_over(base):
    with pytest.raises(InputError, match="is there already"):
        refit(_coded(lambda word, other: SHIPPED[word]), Shapes(), base, date="2025-03-01", base=base)


def test_a_model_without_calibration_is_refused(base, tmp_path):
    other = _base(tmp_path / "other")
    with np.load(other / "labels.npz") as stored:
        arrays = {**stored, "calibration": np.zeros((9, 3), np.float32)}
    content = io.BytesIO()
    np.savez(content, **arrays)
    (other / "labels.npz").write_bytes(content.getvalue())
    model = (other / "model.toml").read_text(encoding="utf-8").partition('"labels.npz"')[0]
    (other / "model.toml").write_text(f'{model}"labels.npz" = "{hashlib.sha256(content.getvalue()).hexdigest()}"', encoding="utf-8")
    with pytest.raises(ModelError, match="no calibration of 9 labels"):
        refit(_coded(lambda word, other: SHIPPED[word]), Shapes(), tmp_path / "own", date="2025-03-01", base=other)


def test_no_correction_is_the_shipped_model_and_scores_that_are_right_stay():
    random = np.random.default_rng(0)
    scores = 2 * random.normal(size=(400, 9))
    scores -= scores.mean(axis=1, keepdims=True)
    true = [random.choice(9, p=row) for row in chances_of(scores)]
    sample = Sample(scores, random.normal(size=(400, 4)), np.eye(9)[true], np.ones(400), np.arange(400) // 20)
    assert np.array_equal(fitted(sample, None).scores(sample), scores)
    moved = [
        np.abs(chances_of(fitted(sample, s).scores(sample)) - chances_of(scores)).max() for s in ((1e6, 1e6), (300.0, 30.0), (1.0, 1.0))
    ]
    assert moved[0] < moved[1] < moved[2] and moved[0] < 0.1 < moved[2]
    assert chosen(sample) in (None, (300.0, 30.0))
