"""From texts to tidy tables: a row a sentence, a row a measure of a text, a row a measure of the corpus.

The tables hold counts and rates and no level: what a rate means is the study's to say. Each text is labelled and measured
alone, so a text's rows are the same in any corpus and in any order. Vectors are dropped as soon as a text is done (the
encoder keeps its own cache, see `mcscreen.remembered`), so memory grows with the tables only.

Three cautions for whoever reads them. Intervals of a text (Wilson) cover the chance of its few sentences, those of the
corpus (bootstrap over texts) the choice of texts; neither covers the errors of the labels, for which there is
`mcscreen.research.correct_shares`. Labels that were withheld stay in the denominator as "uncertain". And the labels were
measured on student teachers' diaries (see the model's card): label some of your own sentences by hand first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcscreen.document import count_words
from mcscreen.errors import InputError
from mcscreen.indicators import INDICATORS
from mcscreen.matchers import DEFAULT_ENCODER, load_encoder
from mcscreen.reflection import DEEP, GROUPS, LABELS, Label, Labeller, load_labeller, profile_of
from mcscreen.reflection.profile import wilson
from mcscreen.research.resampling import drawn_means, percentiles
from mcscreen.research.sources import Text, Unread, open_source
from mcscreen.submission import Passage

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["COUNTED", "Corpus", "Measured", "label_sentences", "measure_text", "profile_corpus", "summarise"]

COUNTED = tuple(name for name in INDICATORS if name != "readability")
"""Indicators that count sentences; readability gives figures of the whole text instead."""

_SENTENCE_COLUMNS = ("text", "document", "index", "start", "end", "sentence", "label", "probability", "group", "deep")
_DOCUMENT_COLUMNS = ("text", "kind", "name", "count", "sentences", "per_100", "low", "high", "expected", "value")
_TEXT_COLUMNS = ("text", "sentences", "words", "guessed")


@dataclass(frozen=True, slots=True)
class Corpus:
    """The tables of a study.

    Attributes:
        sentences: A row a sentence: `text` (id), `document` (file, empty for strings), `index`, `start` and `end` (offsets in the
            string or the document as read), `sentence`, `label`, `probability`, `group`, `deep` (probability), `p_<label>` for
            each label, `position` (0 to 1, middle of the sentence among the text's sentences), and a boolean for each indicator.
        documents: A row a measure of a text: `text`, `kind` ("label", "group", "deep", "indicator", "figure"), `name`, `count`,
            `sentences`, `per_100`, `low` and `high` (Wilson, 95 %, per 100), `expected` (sum of probabilities per 100; of labels
            only), `value` (`per_100`, or the figure), then the facts.
        corpus: A row a measure: `kind`, `name`, `texts`, `sentences`, `mean` of `value` over texts, `low` and `high` (bootstrap
            over texts, 95 %), `sd` between texts, `expected`.
        texts: A row a text: `text`, `sentences`, `words`, `guessed` (the part was only guessed to be the reflection), the facts.
        unread: What could not be read: `id`, `status`, `reason`. A text that was read in part is here and in the tables.
        provenance: What the numbers rest on: labeller, encoder, seed, rounds, version.
    """

    sentences: pd.DataFrame
    documents: pd.DataFrame
    corpus: pd.DataFrame
    texts: pd.DataFrame
    unread: pd.DataFrame
    provenance: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Measured:
    """One text, labelled and measured.

    Attributes:
        labels: One a sentence.
        shows: Indicator -> whether it shows, a sentence.
        measures: (kind, name, count, expected, value) of each measure, always the same ones in the same order; count and
            expected are not a number where there are none.
    """

    labels: tuple[Label, ...]
    shows: Mapping[str, tuple[bool, ...]]
    measures: tuple[tuple[str, str, float, float, float], ...]


def measure_text(passages: Sequence[Passage], labeller: Labeller) -> Measured:
    """Label and measure the sentences of one text, in their order."""
    nan = float("nan")
    total = len(passages)
    per = 100 / total if total else 0.0
    labels = tuple(labeller.predict([p.text for p in passages]))
    profile = profile_of(passages, labels)
    sums = {name: sum(x.probabilities[i] for x in labels) for i, name in enumerate(LABELS)}
    by_group = {g: sum(sums[m] for m in members) for g, members in GROUPS.items()}
    rows: list[tuple[str, str, float, float, float]] = []
    for kind, rates, expected in (("label", profile.labels, sums), ("group", profile.groups, by_group)):
        rows += [(kind, r.name, float(r.count), expected.get(r.name, r.count) * per, r.count * per) for r in rates]
    rows.append(("deep", "deep", float(profile.deep.count), sum(by_group[g] for g in DEEP) * per, profile.deep.count * per))
    shows = {}
    for name in COUNTED:
        seen = {s.sentence for s in INDICATORS[name](passages).spans}
        shows[name] = tuple(i in seen for i in range(total))
        rows.append(("indicator", name, float(len(seen)), nan, len(seen) * per))
    figures: dict[str, float | None] = {**dict.fromkeys(_FIGURES), **dict(INDICATORS["readability"](passages).figures)}
    figures |= {"breadth": float(profile.breadth), "spread": profile.spread}
    rows += [("figure", name, nan, nan, nan if value is None else value) for name, value in figures.items()]
    return Measured(labels, shows, tuple(rows))


_FIGURES = ("words", "words_per_sentence", "characters_per_word", "automated_readability_index", "moving_average_ttr", "mtld")
"""Figures of `readability`; those that a short text lacks are not a number."""


def label_sentences(sentences: Sequence[str], labeller: Labeller | None = None) -> pd.DataFrame:
    """Labels of single sentences, such as those that were also labelled by hand.

    Args:
        sentences: Each is judged alone and not cut any further.
        labeller: The shipped one if not given.

    Returns:
        A row a sentence: `sentence`, `label`, `probability`, `group`, `deep`, `p_<label>`.
    """
    import pandas as pd

    texts = [str(s) for s in sentences]
    found = (labeller or load_labeller(load_encoder())).predict(texts)
    return pd.DataFrame({"sentence": texts, **_labelled(found)})


def profile_corpus(
    source: Mapping[str, str] | pd.DataFrame | str | Path,
    *,
    rubric: str | Path | None = None,
    mask_names: bool = False,
    labeller: Labeller | None = None,
    encoder: str = DEFAULT_ENCODER,
    progress: Callable[[int, int], None] | None = None,
    rounds: int = 2000,
    seed: int = 1,
) -> Corpus:
    """Label and measure texts.

    Args:
        source: A mapping of ids to texts; a table with the columns `id` and `text`, whose other columns are kept as facts about
            the text (a cohort, say); a document or a folder of documents in any format that mcscreen reads; with a rubric, a
            folder of submissions (or one, or an export), of which the reflections are taken, own words only.
        rubric: Id or path of the submissions' rubric.
        mask_names: Whether names in files are masked before anything is done with them; masking misses some.
        labeller: As `load_labeller` gives it, if not the shipped one.
        encoder: Name of the shipped labeller's encoder; without effect where a labeller is given.
        progress: Called after each text with the number of texts done and that of all.
        rounds: Bootstrap samples of texts.
        seed: Of the bootstrap, the only thing that chance has a part in.

    Raises:
        InputError: When a path does not exist, a table lacks a column or tells an id twice, or a fact is named like a column.
        RubricError: When the rubric cannot be used, or has no reflection.
        ModelError: When the labeller or its encoder cannot be used.
    """
    texts = open_source(source, rubric, mask_names)
    clashing = sorted({*texts.facts} & {*_DOCUMENT_COLUMNS, *_TEXT_COLUMNS})
    if clashing:
        raise InputError(f"the table's column {clashing[0]!r} is named like one of the result; give it another name")
    used = labeller or load_labeller(load_encoder(encoder))
    gathered = _Gathered(texts.facts)
    for done, (text, lost) in enumerate(texts.texts, 1):
        gathered.unread += lost
        if text is not None:
            gathered.add(text, measure_text(text.passages, used))
        if progress is not None:
            progress(done, texts.number)
    return gathered.tables(
        {
            "labeller": used.model.id,
            "weights": used.model.files.get("labels.npz", ""),
            "encoder": used.model.encoder_fingerprint,
            "mcscreen": _release(),
            "rounds": rounds,
            "seed": seed,
        }
    )


def _release() -> str:
    try:
        return version("mcscreen")
    except PackageNotFoundError:
        return "none"


class _Gathered:
    """Columns of the tables while they grow."""

    def __init__(self, facts: Sequence[str]) -> None:
        self.facts = tuple(facts)
        self.unread: list[Unread] = []
        self.sentences: list[dict[str, Any]] = []
        self.measures: list[dict[str, Any]] = []
        self.texts: list[dict[str, object]] = []

    def add(self, text: Text, measured: Measured) -> None:
        import numpy as np

        passages, total = text.passages, len(text.passages)
        self.sentences.append(
            {
                "text": np.full(total, text.id, object),
                "document": np.array([text.documents[p.document] for p in passages], object),
                "index": np.arange(total),
                "start": np.array([p.start for p in passages]),
                "end": np.array([p.end for p in passages]),
                "sentence": np.array([p.text for p in passages], object),
                **_labelled(measured.labels),
                "position": (np.arange(total) + 0.5) / total,
                **{name: np.array(shows, bool) for name, shows in measured.shows.items()},
            }
        )
        kinds, names, counts, expected, values = zip(*measured.measures, strict=True)
        count = np.array(counts, float)
        ends = np.array([wilson(int(c), total) if c == c else (np.nan, np.nan) for c in count], float)
        rate = 100 * count / total
        same = [text.id] * len(kinds), [total] * len(kinds)
        columns = (same[0], kinds, names, count, same[1], rate, 100 * ends[:, 0], 100 * ends[:, 1], np.array(expected), np.array(values))
        facts = {name: text.facts.get(name) for name in self.facts}
        row = dict(zip(_DOCUMENT_COLUMNS, columns, strict=True))
        self.measures.append({**row, **{k: [fact] * len(kinds) for k, fact in facts.items()}})
        words = sum(count_words(p.text) for p in passages)
        self.texts.append({"text": text.id, "sentences": total, "words": words, "guessed": text.guessed, **facts})

    def tables(self, provenance: Mapping[str, str | int]) -> Corpus:
        import pandas as pd

        documents = _joined(self.measures, (*_DOCUMENT_COLUMNS, *self.facts))
        return Corpus(
            sentences=_joined(self.sentences, (*_SENTENCE_COLUMNS, *(f"p_{x}" for x in LABELS), "position", *COUNTED)),
            documents=documents,
            corpus=summarise(documents, rounds=int(provenance["rounds"]), seed=int(provenance["seed"])),
            texts=pd.DataFrame(self.texts, columns=[*_TEXT_COLUMNS, *self.facts]),
            unread=pd.DataFrame([(u.id, u.status, u.reason) for u in self.unread], columns=["id", "status", "reason"]),
            provenance=provenance,
        )


def _joined(parts: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    def column(name: str) -> Any:
        pieces = [part[name] for part in parts]
        if pieces and isinstance(pieces[0], np.ndarray):
            return np.concatenate(pieces)
        # As a list, pandas finds the type of the whole column: whole numbers stay whole, missing facts stay missing.
        return [cell for piece in pieces for cell in piece]

    return pd.DataFrame({name: column(name) for name in columns}, columns=list(columns))


def _labelled(labels: Sequence[Label]) -> dict[str, NDArray[Any]]:
    import numpy as np

    chances = np.array([x.probabilities for x in labels], float).reshape(len(labels), len(LABELS))
    return {
        "label": np.array([x.label for x in labels], object),
        "probability": np.array([x.probability for x in labels], float),
        "group": np.array([x.group for x in labels], object),
        "deep": np.array([x.deep for x in labels], float),
        **{f"p_{name}": chances[:, i] for i, name in enumerate(LABELS)},
    }


def summarise(documents: pd.DataFrame, *, rounds: int = 2000, seed: int = 1) -> pd.DataFrame:
    """The `corpus` table of a `documents` table, or of some of its texts.

    The mean is over texts, each counting alike however long it is; intervals are percentiles of a bootstrap over texts.

    Args:
        documents: `Corpus.documents`, or rows of it.
        rounds: Bootstrap samples.
        seed: Of the bootstrap.

    Returns:
        A row a measure: `kind`, `name`, `texts` (in which it is defined), `sentences`, `mean`, `low`, `high`, `sd`, `expected`. One
        text alone has no interval.
    """
    import numpy as np
    import pandas as pd

    columns = ["kind", "name", "texts", "sentences", "mean", "low", "high", "sd", "expected"]
    if documents.empty:
        return pd.DataFrame({c: [] for c in columns})
    keys, values = _wide(documents, "value")
    expected = _wide(documents, "expected")[1]
    number = (~np.isnan(values)).sum(axis=0)
    low, high = percentiles(drawn_means(values, rounds, seed)) if len(values) > 1 else (np.full(len(keys), np.nan),) * 2
    table = pd.DataFrame(keys, columns=["kind", "name"])
    table["texts"] = number
    sizes = documents.groupby("text", sort=False)["sentences"].first().to_numpy()
    table["sentences"] = (~np.isnan(values)).T @ sizes
    frame = pd.DataFrame(values)
    table["mean"] = frame.mean().to_numpy()
    table["low"], table["high"] = np.where(number > 1, low, np.nan), np.where(number > 1, high, np.nan)
    table["sd"] = frame.std(ddof=1).to_numpy()
    table["expected"] = pd.DataFrame(expected).mean().to_numpy()
    return table[columns]


def _wide(documents: pd.DataFrame, column: str) -> tuple[list[tuple[str, str]], NDArray[np.float64]]:
    """Measures, and a column of them with a row a text; both in the order of the table."""
    import numpy as np

    keys = list(dict.fromkeys(zip(documents["kind"], documents["name"], strict=True)))
    wide = documents.pivot(index="text", columns=["kind", "name"], values=column)
    order = list(dict.fromkeys(documents["text"]))
    return keys, np.asarray(wide.reindex(index=order)[keys].to_numpy(float))
