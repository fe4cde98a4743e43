"""The estimators inside scikit-learn: cloned, piped, validated, pickled by the user, and kept on disk without pickle."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks

from mcscreen.errors import ModelError
from mcscreen.reflection import LABELS, load_labeller
from mcscreen.research import ReflectionClassifier, ReflectionTransformer, estimators, profile_corpus

PLANS = [
    f"{start} {what}."
    for start in ("Next year I will", "I plan to", "In future I want to")
    for what in ("visit each home", "ask the aides", "share my notes", "begin earlier")
]
TALES = [
    f"{start} {what}."
    for start in ("Yesterday the class", "In May our team", "On Monday a boy")
    for what in ("sang in the hall", "went to the farm", "read two books", "lost the ball")
]
SENTENCES, CODES = PLANS + TALES, ["plan"] * 12 + ["tale"] * 12
CHECKS = [
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
]
"""Those of scikit-learn's checks that feed no numbers; the others do not apply to estimators of texts."""


@pytest.fixture(scope="module", autouse=True)
def one_encoder(encoder):
    """The run's encoder in the place of a second one."""
    patch = pytest.MonkeyPatch()
    patch.setattr(estimators, "_encoder", lambda name: encoder)
    patch.setattr(estimators, "_labeller", lambda name: load_labeller(encoder))
    yield
    patch.undo()


@pytest.fixture(scope="module")
def fitted(one_encoder):
    return ReflectionClassifier().fit(SENTENCES, CODES)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("estimator", [ReflectionClassifier(), ReflectionTransformer()], ids=lambda e: type(e).__name__)
def test_checks_of_scikit_learn_that_apply(estimator, check):
    getattr(estimator_checks, check)(type(estimator).__name__, estimator)


def test_check_estimator_itself_has_nothing_to_say():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it cannot feed numbers to an estimator of texts
        for estimator in (ReflectionClassifier(), ReflectionTransformer()):
            assert {r["status"] for r in estimator_checks.check_estimator(estimator, on_fail=None)} == {"passed"}


def test_own_labels_are_learned(fitted):
    assert fitted.classes_.tolist() == ["plan", "tale"]
    new = ["In August I will write to the families.", "On Friday the children painted the wall."]
    assert fitted.predict(new).tolist() == ["plan", "tale"]
    chances = fitted.predict_proba(new)
    assert chances.shape == (2, 2) and np.allclose(chances.sum(axis=1), 1) and chances[0, 0] > 0.6
    assert fitted.predict_proba([]).shape == (0, 2)
    assert fitted.predict(pd.Series(new, index=[7, 8])).tolist() == fitted.predict(pd.DataFrame({"s": new})).tolist() == ["plan", "tale"]


def test_probabilities_are_those_of_the_regression_inside(fitted):
    rows = fitted._rows(SENTENCES)
    again = LogisticRegression(C=10.0, max_iter=2000).fit(rows, CODES)
    assert np.allclose(fitted.predict_proba(SENTENCES), again.predict_proba(rows), atol=1e-9)
    three = ReflectionClassifier().fit([*SENTENCES, "Why?", "What then?"], [*([0] * 12), *([1] * 12), 2, 2])
    assert three.classes_.tolist() == [0, 1, 2] and three.predict(["Why then?"]).tolist() == [2]
    assert np.allclose(three.predict_proba(SENTENCES).sum(axis=1), 1)


def test_a_sentence_has_the_same_probabilities_in_any_company(fitted):
    together = fitted.predict_proba(SENTENCES)
    assert np.array_equal(together[3:4], fitted.predict_proba(SENTENCES[3:4]))
    assert np.array_equal(together, ReflectionClassifier().fit(SENTENCES, CODES).predict_proba(SENTENCES))


def test_cross_validation_clones_and_scores():
    scores = cross_val_score(ReflectionClassifier(), SENTENCES, CODES, cv=3)
    assert len(scores) == 3 and scores.mean() > 0.8


def test_a_strength_is_chosen_by_folds_that_a_seed_decides():
    first, again = (ReflectionClassifier(strength="choose", random_state=4).fit(SENTENCES, CODES) for _ in range(2))
    assert first.strength_ == again.strength_ and first.strength_ in estimators._STRENGTHS
    with pytest.raises(ValueError, match="two sentences of each label"):
        ReflectionClassifier(strength="choose").fit([*SENTENCES, "Why?"], [*CODES, "ask"])


def test_the_shipped_weights_need_no_fitting_and_learn_nothing(encoder):
    shipped = ReflectionClassifier.from_shipped()
    sentences = ["I felt lost in my first week.", "We went to the farm."]
    chances = load_labeller(encoder).probabilities(sentences)
    assert shipped.classes_.tolist() == sorted(LABELS)
    assert np.array_equal(shipped.predict_proba(sentences), chances[:, [LABELS.index(c) for c in sorted(LABELS)]])
    assert shipped.predict(sentences)[0] == "feeling"
    same = ReflectionClassifier(shipped=True).fit(sentences, ["intention", "learning"])
    assert np.array_equal(same.predict_proba(sentences), shipped.predict_proba(sentences))
    with pytest.raises(ValueError, match="no label 'plan'"):
        ReflectionClassifier(shipped=True).fit(SENTENCES, CODES)
    with pytest.raises(NotFittedError):
        ReflectionClassifier(shipped=True).predict(sentences)


def test_kept_and_loaded_without_pickle(fitted, tmp_path):
    loaded = ReflectionClassifier.load(fitted.save(tmp_path / "plans"))
    assert np.array_equal(loaded.predict_proba(SENTENCES), fitted.predict_proba(SENTENCES))
    assert loaded.get_params() == fitted.get_params()
    first = (tmp_path / "plans" / "classifier.npz").read_bytes()
    assert (fitted.save(tmp_path / "again") / "classifier.npz").read_bytes() == first
    assert b"pickle" not in first and (tmp_path / "plans" / "classifier.npz").stat().st_mode & 0o077 == 0
    numbers = ReflectionClassifier().fit(SENTENCES, [3] * 12 + [5] * 12)
    assert ReflectionClassifier.load(numbers.save(tmp_path / "numbers")).predict(PLANS[:1]).tolist() == [3]


def test_what_was_altered_is_not_loaded(fitted, tmp_path):
    place = fitted.save(tmp_path / "plans")
    toml = (place / "classifier.toml").read_text(encoding="utf-8")
    for changed, message in [
        (toml.replace('kind = "sentence-classifier"', 'kind = "other"'), "not a classifier"),
        (toml.replace("encoder_fingerprint = ", "encoder_fingerprint = 'x' # "), "is another"),
        ("schema = [", "not a classifier"),
    ]:
        (place / "classifier.toml").write_text(changed, encoding="utf-8")
        with pytest.raises(ModelError, match=message):
            ReflectionClassifier.load(place)
    (place / "classifier.toml").write_text(toml, encoding="utf-8")
    (place / "classifier.npz").write_bytes((place / "classifier.npz").read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="sha256"):
        ReflectionClassifier.load(place)
    with pytest.raises(ModelError, match="cannot be read"):
        ReflectionClassifier.load(tmp_path / "nowhere")


def test_a_user_may_pickle_it(fitted):
    content = pickle.dumps(fitted)
    assert len(content) < 300_000, "the encoder does not travel"
    assert np.array_equal(pickle.loads(content).predict_proba(PLANS), fitted.predict_proba(PLANS))
    assert clone(fitted).get_params() == fitted.get_params()


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ("I will.", ["plan"], "single string"),
        ([["a", "b"]], ["plan"], "shape"),
        (["a", None], ["plan", "tale"], "NoneType"),
        (["a", "b"], ["plan"], "one label a sentence"),
        (["a", "b"], ["plan", "plan"], "two or more classes"),
    ],
)
def test_what_cannot_be_learned_from_says_why(X, y, message):
    with pytest.raises(ValueError, match=message):
        ReflectionClassifier().fit(X, y)


def test_before_fitting_there_is_nothing_to_save_or_predict(tmp_path):
    for call in (lambda c: c.predict(["a"]), lambda c: c.save(tmp_path)):
        with pytest.raises(NotFittedError):
            call(ReflectionClassifier())
    with pytest.raises(ValueError, match="come with mcscreen"):
        ReflectionClassifier.from_shipped().save(tmp_path)


TEXTS = ["I felt lost. We used to shout. Now we wait.", "", "I learned to listen. Next time I will ask."]


def test_profiles_are_the_rows_of_a_corpus(encoder):
    transformer = ReflectionTransformer(kinds=("label", "group", "deep", "indicator")).fit(TEXTS)
    table = transformer.transform(TEXTS)
    names = transformer.get_feature_names_out().tolist()
    assert table.shape == (3, 10 + 6 + 1 + 8) and not table[1].any()
    documents = profile_corpus({"a": TEXTS[0], "c": TEXTS[2]}, labeller=load_labeller(encoder)).documents
    for row in documents[documents["kind"] != "figure"].itertuples():
        name = row.kind if row.kind == row.name else f"{row.kind}_{row.name}"
        assert table[{"a": 0, "c": 2}[row.text], names.index(name)] == pytest.approx(row.value)
    expected = ReflectionTransformer(rates="expected", kinds=("label",)).fit_transform(TEXTS)
    wanted = documents.query("kind == 'label' and text == 'c'")["expected"].tolist()
    assert expected[2].tolist() == pytest.approx(wanted)


def test_a_transformer_in_a_pipeline_with_names():
    transformer = ReflectionTransformer(kinds=("deep", "indicator")).set_output(transform="pandas")
    frame = transformer.fit_transform(pd.Series(TEXTS))
    assert list(frame.columns) == ["deep", *(c for c in frame.columns if c.startswith("indicator_"))] and len(frame) == 3
    pipeline = make_pipeline(ReflectionTransformer(), StandardScaler(), LogisticRegression())
    pipeline.fit(TEXTS * 2, [0, 1, 2] * 2)
    assert pipeline.predict(TEXTS).tolist() == [0, 1, 2]


def test_a_transformer_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="kinds="):
        ReflectionTransformer(kinds=("level",)).fit(TEXTS)
    with pytest.raises(ValueError, match="rates="):
        ReflectionTransformer(rates="all").fit(TEXTS)
    with pytest.raises(NotFittedError):
        ReflectionTransformer().transform(TEXTS)
