"""Reflection as scikit-learn estimators: a transformer of texts into profiles, a classifier of sentences for labels of your own.

    cross_val_score(ReflectionClassifier(), sentences, codes, cv=5)
    make_pipeline(ReflectionTransformer(), StandardScaler(), LogisticRegression())

The classifier sees words and word pairs, pieces of words, the vector of the encoder and length (the shipped labeller has fitted
layers in the vector's place) and weighs them by a multinomial logistic regression, whose probabilities need no second
calibration. With `shipped=True` it is the shipped labeller: fitting then learns nothing, so that cross-validation measures the
shipped weights on your own labels.

Estimators hold names and arrays only. The encoder is loaded once a process and shared, so that they are copied, pickled by
joblib and sent to workers cheaply. A fitted classifier is kept as arrays and a TOML file with their sha256; nothing is ever
unpickled here. This module imports scikit-learn and is itself imported only when one of its names is used.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import tomllib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # scipy has no types
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.utils.validation import check_is_fitted

from mcscreen.errors import ModelError
from mcscreen.matchers import DEFAULT_ENCODER, load_encoder
from mcscreen.private_files import put
from mcscreen.reflection import LABELS, Labeller, load_labeller
from mcscreen.reflection.labels import pieces, tf_idf, words
from mcscreen.research.corpus import measure_text
from mcscreen.research.sources import sentences_of

if TYPE_CHECKING:
    from mcscreen.matchers import Encoder

__all__ = ["ReflectionClassifier", "ReflectionTransformer"]

_VIEWS = {"words": (words, 0.8), "pieces": (pieces, 0.2)}
"""View -> how a sentence is split, and the view's weight; both as in the shipped labeller."""

_VECTOR = 0.7
_LENGTH = 0.05
_STRENGTHS = (1.0, 3.0, 10.0, 30.0)
"""Strengths that are tried where one is to be chosen; greater fits closer."""

_TOML = "classifier.toml"
_ARRAYS = "classifier.npz"


@lru_cache(maxsize=4)
def _encoder(name: str) -> Encoder:
    return load_encoder(name)


@lru_cache(maxsize=4)
def _labeller(name: str) -> Labeller:
    return load_labeller(_encoder(name))


def _strings(X: object, what: str) -> list[str]:
    """Texts as a list: of any sequence, array, column or one-column table."""
    if isinstance(X, str | bytes):
        raise ValueError(f"expected a sequence of {what}, got a single string; put it into a list: [text]")
    array = np.asarray(X, dtype=object)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"expected a sequence of {what}, got an array of shape {array.shape}; give one column of strings")
    strange = [x for x in array if not isinstance(x, str)]
    if strange:
        raise ValueError(f"expected {what} as strings, found a {type(strange[0]).__name__}; leave out what is missing")
    return [str(x) for x in array]


class ReflectionTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Texts to profiles of numbers, a column a measure.

    Each text is measured alone, so nothing is learned by fitting. A text without a sentence is a row of zeros.

    Args:
        kinds: Which measures: "label", "group", "deep", "indicator", "figure". Rates are per 100 sentences. Labels add up to 100 with
            "uncertain", and groups repeat them: leave one of them out for a linear model. "figure" holds lengths and readability; a
            figure that a short text lacks is not a number.
        rates: "counted" counts labels, "expected" adds up their probabilities (smoother for short texts; indicators are counted).
        encoder: Name of the labeller's encoder.
    """

    def __init__(
        self,
        kinds: Sequence[str] = ("label", "deep", "indicator"),
        rates: Literal["counted", "expected"] = "counted",
        encoder: str = DEFAULT_ENCODER,
    ) -> None:
        self.kinds = kinds
        self.rates = rates
        self.encoder = encoder

    def fit(self, X: Sequence[str], y: object = None) -> Self:
        """Check the parameters; nothing is learned.

        Args:
            X: Texts.
            y: Not used.

        Raises:
            ValueError: When a parameter or a text is not usable.
        """
        _strings(X, "texts")
        known = ("label", "group", "deep", "indicator", "figure")
        strange = [k for k in self.kinds if k not in known]
        if strange or not self.kinds:
            raise ValueError(f"kinds={self.kinds!r}: give some of {', '.join(known)}")
        if self.rates not in ("counted", "expected"):
            raise ValueError(f"rates={self.rates!r}: give 'counted' or 'expected'")
        sample = measure_text(sentences_of("One."), _labeller(self.encoder))
        self.feature_names_ = [f"{kind}_{name}" if kind != name else kind for kind, name, *_ in sample.measures if kind in self.kinds]
        return self

    def transform(self, X: Sequence[str]) -> NDArray[np.float64]:
        """Profiles; shape (texts, measures), in the order of `get_feature_names_out()`."""
        check_is_fitted(self, "feature_names_")
        texts = _strings(X, "texts")
        table = np.zeros((len(texts), len(self.feature_names_)))
        for row, text in enumerate(texts):
            passages = sentences_of(text)
            if passages:
                measures = [m for m in measure_text(passages, _labeller(self.encoder)).measures if m[0] in self.kinds]
                table[row] = [m[3] if self.rates == "expected" and not math.isnan(m[3]) else m[4] for m in measures]
        return table

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Names of the columns, such as "label_learning", "deep", "indicator_contrast"."""
        check_is_fitted(self, "feature_names_")
        return np.array(self.feature_names_, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = True, True, False
        tags.requires_fit = True
        return tags


class ReflectionClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Sentences to labels, the shipped ones or your own.

    Args:
        shipped: Use the shipped weights and labels; `fit` then learns nothing. Probabilities and labels are the labeller's, none
            withheld.
        strength: Inverse of the penalty of the logistic regression, or "choose" to take the best of a few by cross-validation
            (log loss; five folds, fewer where a label has fewer sentences; the folds are of sentences, not of texts).
        encoder: Name or path of the encoder.
        random_state: Of the folds of "choose"; nothing else depends on chance.

    Attributes:
        classes_: The labels, sorted.
        strength_: The strength in use.
        encoder_fingerprint_: Which encoder's vectors the weights belong to.
    """

    def __init__(
        self,
        shipped: bool = False,
        strength: float | Literal["choose"] = 10.0,
        encoder: str = DEFAULT_ENCODER,
        random_state: int | None = None,
    ) -> None:
        self.shipped = shipped
        self.strength = strength
        self.encoder = encoder
        self.random_state = random_state

    @classmethod
    def from_shipped(cls, encoder: str = DEFAULT_ENCODER) -> Self:
        """The shipped labeller, ready to predict.

        Raises:
            ModelError: When its weights belong to another encoder.
        """
        return cls(shipped=True, encoder=encoder)._shipped()

    def _shipped(self) -> Self:
        self.encoder_fingerprint_ = _labeller(self.encoder).model.encoder_fingerprint
        self.classes_ = np.array(sorted(LABELS))
        return self

    def fit(self, X: Sequence[str], y: Sequence[object]) -> Self:
        """Learn labels.

        Args:
            X: Sentences.
            y: Their labels, strings or whole numbers; at least two different ones.

        Raises:
            ValueError: When a sentence or a label is not usable; with `shipped`, when a label is none of the shipped ones.
        """
        texts = _strings(X, "sentences")
        labels = np.asarray(y)
        if labels.shape != (len(texts),):
            raise ValueError(f"{len(texts)} sentences and labels of shape {labels.shape}; give one label a sentence")
        classes = np.unique(labels)
        if self.shipped:
            strange = sorted({str(c) for c in classes} - set(LABELS))
            if strange:
                raise ValueError(
                    f"the shipped weights know no label {strange[0]!r}; map yours to {', '.join(LABELS)}, or use shipped=False"
                )
            return self._shipped()
        if len(classes) < 2:
            raise ValueError(f"all sentences have the same label ({classes.tolist()}); a classifier needs two or more classes")
        self._learn_terms(texts)
        rows = self._rows(texts)
        self.strength_ = float(self._chosen(rows, labels) if self.strength == "choose" else self.strength)
        fitted = LogisticRegression(C=self.strength_, max_iter=2000).fit(rows, labels)
        self.classes_ = fitted.classes_
        self.weights_, self.bias_ = np.asarray(fitted.coef_), np.asarray(fitted.intercept_)
        self.encoder_fingerprint_ = _encoder(self.encoder).fingerprint
        return self

    def _learn_terms(self, texts: Sequence[str]) -> None:
        self.terms_: dict[str, list[str]] = {}
        self.idf_: dict[str, NDArray[np.float32]] = {}
        for view, (split, _) in _VIEWS.items():
            seen = Counter(term for text in texts for term in set(split(text)))
            # A term that stands in one sentence only tells that sentence from the rest and nothing about others.
            self.terms_[view] = sorted(term for term, n in seen.items() if n > 1)
            self.idf_[view] = np.array([math.log((1 + len(texts)) / (1 + seen[t])) + 1 for t in self.terms_[view]], np.float32)
        lengths = _lengths(texts)
        self.length_ = np.array([lengths.mean(), lengths.std() or 1.0])
        self.centre_ = _encoder(self.encoder).encode(texts).mean(axis=0)

    def _rows(self, texts: Sequence[str]) -> sparse.csr_matrix:
        views = []
        for view, (split, weight) in _VIEWS.items():
            vocabulary = {term: i for i, term in enumerate(self.terms_[view])}
            found = [tf_idf(Counter(split(text)), vocabulary, self.idf_[view]) for text in texts]
            columns = np.concatenate([c for c, _ in found]) if found else np.zeros(0, np.int64)
            values = np.concatenate([v for _, v in found]) if found else np.zeros(0, np.float32)
            edges = np.cumsum([0, *(len(c) for c, _ in found)])
            views.append(math.sqrt(weight) * sparse.csr_matrix((values, columns, edges), shape=(len(texts), len(vocabulary)), dtype=float))
        centred = _encoder(self.encoder).encode(texts).astype(float) - self.centre_
        centred /= np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9
        lengths = (_lengths(texts) - self.length_[0]) / self.length_[1]
        dense = [math.sqrt(_VECTOR) * centred, math.sqrt(_LENGTH) * lengths[:, None]]
        return sparse.csr_matrix(sparse.hstack([*views, *dense]))

    def _chosen(self, rows: sparse.csr_matrix, labels: NDArray[Any]) -> float:
        fewest = min(Counter(labels.tolist()).values())
        if fewest < 2:
            raise ValueError("strength='choose' needs two sentences of each label; give a number, or label more")
        folds = StratifiedKFold(min(5, fewest), shuffle=True, random_state=self.random_state)
        search = GridSearchCV(LogisticRegression(max_iter=2000), {"C": list(_STRENGTHS)}, cv=folds, scoring="neg_log_loss", refit=False)
        return float(search.fit(rows, labels).best_params_["C"])

    def predict_proba(self, X: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities; shape (sentences, labels), columns in the order of `classes_`.

        Raises:
            NotFittedError: Before `fit`, unless made by `from_shipped`.
            ModelError: When the encoder is not the one that the weights belong to.
        """
        check_is_fitted(self, "classes_")
        texts = _strings(X, "sentences")
        if self.shipped:
            return _labeller(self.encoder).probabilities(texts)[:, [LABELS.index(str(c)) for c in self.classes_]]
        if _encoder(self.encoder).fingerprint != self.encoder_fingerprint_:
            raise ModelError(f"the weights belong to the encoder {self.encoder_fingerprint_}, {self.encoder!r} is another; fit anew")
        if not texts:
            return np.zeros((0, len(self.classes_)))
        totals = np.asarray(self._rows(texts) @ self.weights_.T + self.bias_)
        if len(self.classes_) == 2:
            totals = np.hstack([np.zeros_like(totals), totals])
        chances = np.exp(totals - totals.max(axis=1, keepdims=True))
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def predict(self, X: Sequence[str]) -> NDArray[Any]:
        """The likeliest label of each sentence; raises as `predict_proba`."""
        chances = self.predict_proba(X)
        return np.asarray(self.classes_[chances.argmax(axis=1)])

    def save(self, folder: str | Path) -> Path:
        """Write weights and facts to a folder, and name it. It holds words that stand in two or more of your sentences.

        Raises:
            ValueError: When there is nothing fitted to save, or labels are neither strings nor whole numbers.
        """
        check_is_fitted(self, "classes_")
        if self.shipped:
            raise ValueError("the shipped weights come with mcscreen and are not saved; use from_shipped()")
        classes = self.classes_.tolist()
        if not all(isinstance(c, str) or type(c) is int for c in classes):
            raise ValueError("only labels that are strings or whole numbers can be saved; convert them before fitting")
        arrays = {"weights": self.weights_, "bias": self.bias_, "centre": self.centre_, "length": self.length_}
        for view in _VIEWS:
            arrays[f"{view}_terms"] = np.frombuffer("\n".join(self.terms_[view]).encode("utf-8", "surrogatepass"), np.uint8)
            arrays[f"{view}_idf"] = self.idf_[view]
        content = io.BytesIO()
        np.savez_compressed(content, **arrays)
        lines = [
            "# Written by mcscreen.research.ReflectionClassifier.save.",
            "schema = 1",
            'kind = "sentence-classifier"',
            f"classes = {json.dumps(classes)}",
            f"strength = {self.strength_!r}",
            f"encoder = {json.dumps(self.encoder)}",
            f"encoder_fingerprint = {json.dumps(self.encoder_fingerprint_)}",
            "\n[files]",
            f'"{_ARRAYS}" = "{hashlib.sha256(content.getvalue()).hexdigest()}"',
        ]
        place = Path(folder)
        put(place / _ARRAYS, content.getvalue())
        put(place / _TOML, ("\n".join(lines) + "\n").encode("utf-8"))
        return place

    @classmethod
    def load(cls, folder: str | Path, encoder: str | None = None) -> Self:
        """A classifier that `save` wrote.

        Args:
            folder: Holds classifier.toml and classifier.npz.
            encoder: Name or path, where the encoder does not lie where it lay.

        Raises:
            ModelError: When files are missing, altered or not of this kind, or the encoder is another one.
        """
        path = Path(folder) / _TOML
        try:
            facts = tomllib.loads(path.read_text(encoding="utf-8"))
            content = (path.parent / _ARRAYS).read_bytes()
            if facts["schema"] != 1 or facts["kind"] != "sentence-classifier":
                raise ValueError
            expected, classes = facts["files"][_ARRAYS], np.array(facts["classes"])
            strength = float(facts["strength"])
            found = cls(strength=strength, encoder=encoder or str(facts["encoder"]))
            fingerprint = str(facts["encoder_fingerprint"])
        except OSError as error:
            raise ModelError(f"{error.filename or path}: cannot be read; a saved classifier is {_TOML} and {_ARRAYS}") from None
        except (ValueError, KeyError, TypeError):
            raise ModelError(f"{path}: not a classifier that mcscreen saved; save it anew") from None
        if hashlib.sha256(content).hexdigest() != expected:
            raise ModelError(f"{path.parent / _ARRAYS}: its sha256 is not the one in {_TOML}; the file was altered or cut short")
        if _encoder(found.encoder).fingerprint != fingerprint:
            raise ModelError(f"{path}: fitted with the encoder {fingerprint}, {found.encoder!r} is another; load that one, or fit anew")
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                found.weights_, found.bias_ = stored["weights"], stored["bias"]
                found.centre_, found.length_ = stored["centre"], stored["length"]
                texts = {view: stored[f"{view}_terms"].tobytes().decode("utf-8", "surrogatepass") for view in _VIEWS}
                found.terms_ = {view: text.split("\n") if text else [] for view, text in texts.items()}
                found.idf_ = {view: stored[f"{view}_idf"] for view in _VIEWS}
        except (ValueError, KeyError, EOFError, OSError):
            raise ModelError(f"{path.parent / _ARRAYS}: does not hold the arrays of a classifier; save it anew") from None
        found.classes_, found.strength_, found.encoder_fingerprint_ = classes, strength, fingerprint
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = True, True, False
        return tags


def _lengths(texts: Sequence[str]) -> NDArray[np.float64]:
    return np.array([math.log1p(len(t.split())) for t in texts])
