"""Shares of labels in a corpus, corrected by how the labeller errs.

Counting what a classifier says gives biased shares: rare labels are missed, frequent ones attract errors. Where it is known how
often each true label is given each name, the shares can be solved for. With M[s, t] the share of sentences that are truly t
and were called s, and q the shares called s, the true shares p satisfy M p = q:

- `adjusted` (default): adjusted classify and count (Forman 2008, doi 10.1007/s10618-008-0097-y), each label against the rest, cut
  off at 0 and 1, then scaled to 1. Its false positive rates depend on the mixture of the labelled sentences; the steadier one.
- `simplex`: the p on the simplex (no share below 0, sum 1) that comes nearest to the equation by least squares; King & Lu (2008,
  doi 10.1214/07-STS247) and Hopkins & King (2010, doi 10.1111/j.1540-5907.2009.00428.x) solve the same one. "uncertain" is one more
  name that can be called. Right for any mixture, but only with many labelled sentences.

Correcting takes off bias and adds chance. With the labeller's errors on its test sentences and corpora whose shares lie about as
far from the labelled ones as two samples of the same kind of texts (simulated, 300 draws a cell; five groups, mean absolute error
in points per 100: counted 2.8; adjusted 3.5 with 170 labelled sentences, 2.7 with 400, 2.2 with 1,000, 1.6 with 3,000; simplex 4.4,
3.2, 2.4, 1.9; deep or not: counted 4.1, corrected 6.0, 3.6, 2.4, 2.1), it pays from some 400 labelled sentences on, and with fewer
only where the shares lie far apart. So the share that was merely counted stands beside the corrected one.

Do not trust a corrected share when

- the labelled sentences come from elsewhere: the method needs the *errors* to be alike in both places and lets only the shares
  differ. This cannot be seen in the numbers; label a random sample of your own sentences;
- M is ill-conditioned: two labels are called nearly alike, so a small change of q moves much of p between them;
- there are few labelled sentences, in all or of one label, whose column of M is then a guess.

The result carries those that can be computed, in words, and intervals from a bootstrap over both sources: over the labelled
sentences (or their texts) and over the texts of the corpus. Corrected shares are of a corpus. They say nothing of one text.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mcscreen.errors import InputError, ModelError
from mcscreen.reflection import GROUPS, LABELS, UNCERTAIN
from mcscreen.research.resampling import percentiles, portions
from mcscreen.shipped import shipped

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["LEVELS", "Confusion", "Corrected", "Level", "Method", "correct_shares", "estimate_confusion", "said_at", "shipped_confusion"]

Level = Literal["label", "group", "deep"]
Method = Literal["simplex", "adjusted"]

LEVELS: dict[Level, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "label": (LABELS, (*LABELS, UNCERTAIN)),
    "group": (tuple(GROUPS), (*GROUPS, UNCERTAIN)),
    "deep": (("deep", "not deep"), ("deep", "not deep")),
}
"""What can be true, and what can be said."""

FEW = 20
"""Labelled sentences of one label below which its errors are called a guess."""

ENOUGH = 400
"""Labelled sentences in all below which correcting adds more chance than it takes off bias, unless shares lie far apart."""

ILL = 10.0
"""Condition number of M above which it is called ill-conditioned: an error of one point in q may become ten in p."""

UNLIKE = 0.03
"""Distance between any share that was said and the same share as the corrected ones explain it, above which it is remarked."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each true label was given each name.

    Attributes:
        truth: Names of what can be true.
        said: Names of what can be said.
        tables: Counts, one table a text of the labelled sentences; one in all where the texts are not known. Shape (texts,
            truth, said).
        source: Which labelled sentences these are, in words.
        foreign: Whether they are other people's than those of the corpus.
    """

    truth: tuple[str, ...]
    said: tuple[str, ...]
    tables: NDArray[np.float64]
    source: str
    foreign: bool

    @property
    def counts(self) -> Floats:
        """All counts; shape (truth, said)."""
        import numpy as np

        return np.asarray(self.tables.sum(axis=0))

    def to_frame(self) -> pd.DataFrame:
        """Counts as a table, a row for what is true, a column for what was said."""
        import pandas as pd

        return pd.DataFrame(self.counts.astype(int), index=pd.Index(self.truth, name="truth"), columns=pd.Index(self.said, name="said"))


@dataclass(frozen=True, slots=True)
class Corrected:
    """Corrected shares, and how far they can be trusted.

    Attributes:
        shares: A row a label, per 100 sentences: `name`, `said` (of all sentences), `counted` (of those that were given a label),
            `corrected` with `low` and `high` (95 %); `labelled`, how many labelled sentences of it there are. "uncertain" is said and
            never true; it has no row.
        method: How they were computed.
        condition: Condition number of M.
        residual: Greatest distance, per 100, between a share that was said and the same as the corrected shares explain it.
        sentences: Of the corpus.
        texts: Of the corpus; None where they were not told.
        warnings: Why not to trust them, one sentence each; empty is no proof that they are right.
    """

    shares: pd.DataFrame
    method: Method
    condition: float
    residual: float
    sentences: int
    texts: int | None
    warnings: tuple[str, ...]


def estimate_confusion(labelled: pd.DataFrame, level: Level | None = None, source: str = "labelled sentences of your own") -> Confusion:
    """A confusion matrix from sentences that were labelled by hand.

    Args:
        labelled: Columns `truth` and `said`, a row a sentence; `text` (id), where the sentences come from several texts, so that
            the bootstrap draws texts.
        level: Which names there are; without it, those that occur (for labels of your own).
        source: What the sentences are, for the result.

    Raises:
        InputError: When a column is missing, or holds a name that the level does not know.
    """
    import numpy as np

    for column in ("truth", "said"):
        if column not in labelled.columns:
            raise InputError(f"labelled sentences need the columns 'truth' and 'said'; there is no {column!r}")
    if labelled.empty:
        raise InputError("there are no labelled sentences; label some by hand")
    truth, said = [str(t) for t in labelled["truth"]], [str(s) for s in labelled["said"]]
    true_names, said_names = LEVELS[level] if level else (tuple(sorted(set(truth))), tuple(sorted({*truth, *said})))
    for column, found, names in (("truth", truth, true_names), ("said", said, said_names)):
        strange = sorted(set(found) - set(names))
        if strange:
            raise InputError(f"the column {column!r} holds {strange[0]!r}, which is none of {', '.join(names)}")
    texts = [str(t) for t in labelled["text"]] if "text" in labelled.columns else ["" for _ in truth]
    rows = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    tables = np.zeros((len(rows), len(true_names), len(said_names)))
    for (text, t, s), n in Counter(zip(texts, truth, said, strict=True)).items():
        tables[rows[text], true_names.index(t), said_names.index(s)] = n
    return Confusion(true_names, said_names, tables, source, foreign=False)


def said_at(sentences: pd.DataFrame, level: Level) -> list[str]:
    """What was said of each sentence, as names of a level.

    Args:
        sentences: `Corpus.sentences`, or what `label_sentences` gives.
        level: "label", "group", or "deep" (more likely than not in one of the groups that go beyond telling and feeling).
    """
    if level == "deep":
        return ["deep" if chance >= 0.5 else "not deep" for chance in sentences["deep"]]
    return [str(name) for name in sentences[level]]


def shipped_confusion(level: Level = "deep", basis: Literal["test", "cross-validated"] = "test", folder: Path | None = None) -> Confusion:
    """How the shipped labeller errs on the sentences that it was measured on.

    Those are student teachers' diaries, translated; whether it errs alike on your texts is not known.

    Args:
        level: Labels, their groups, or deep and not deep. Some labels have too few test sentences to be corrected.
        basis: The test sentences, or all others, each by a model that was fitted without it, where the model's folder has those.
        folder: Model folder; the shipped one if not given.

    Raises:
        ModelError: When the model folder holds no confusion.csv, or one that cannot be used.
    """
    import tomllib

    import numpy as np

    place = folder or shipped("models") / "reflection"
    path = place / "confusion.csv"
    try:
        content = path.read_bytes()
        expected = tomllib.loads((place / "model.toml").read_text(encoding="utf-8")).get("files", {}).get("confusion.csv")
    except (OSError, ValueError):
        raise ModelError(f"{path}: cannot be read; estimate the confusion from labelled sentences of your own instead") from None
    if hashlib.sha256(content).hexdigest() != expected:
        raise ModelError(f"{path}: its sha256 is not the one in model.toml; install mcscreen again")
    true_names, said_names = LEVELS[level]
    counts = np.zeros((1, len(true_names), len(said_names)))
    try:
        for row in csv.DictReader(io.StringIO(content.decode("utf-8"))):
            if (row["split"], row["level"]) == (basis, level):
                counts[0, true_names.index(row["truth"]), said_names.index(row["said"])] += int(row["count"])
    except (ValueError, KeyError, TypeError):
        raise ModelError(f"{path}: not a table of split, level, truth, said, count; install mcscreen again") from None
    if not counts.any():
        raise ModelError(f"{path}: holds nothing of the basis {basis!r}; use another, or labelled sentences of your own")
    which = "test sentences" if basis == "test" else "training sentences, each by a model that had not seen it"
    source = f"the labeller's {int(counts.sum()):,} {which} (CEReD, student teachers' diaries, translated)"
    return Confusion(true_names, said_names, counts, source, foreign=True)


def correct_shares(
    said: Sequence[str],
    confusion: Confusion,
    *,
    texts: Sequence[str] | None = None,
    method: Method = "adjusted",
    rounds: int = 2000,
    seed: int = 1,
) -> Corrected:
    """Shares of true labels in a corpus.

    Args:
        said: What each sentence was called, as `said_at` gives it; every sentence, also those with "uncertain".
        confusion: How the labeller errs, at the same level.
        texts: The text of each sentence, such as `corpus.sentences["text"]`. Without them the interval takes sentences for
            independent and is too narrow.
        method: See the module.
        rounds: Bootstrap samples.
        seed: Of the bootstrap.

    Raises:
        InputError: When there are no sentences, or labels that the confusion does not know.
    """
    import numpy as np
    import pandas as pd

    given = [str(s) for s in said]
    strange = sorted(set(given) - set(confusion.said))
    if strange:
        raise InputError(f"the corpus holds {strange[0]!r}, the confusion knows {', '.join(confusion.said)}; use labels of one level")
    if not given or (texts is not None and len(texts) != len(given)):
        raise InputError("there must be at least one sentence, and as many texts as sentences")
    rows = {text: i for i, text in enumerate(dict.fromkeys(str(t) for t in texts))} if texts is not None else {"": 0}
    table = np.zeros((len(rows), len(confusion.said)))
    for text, name in zip(texts if texts is not None else [""] * len(given), given, strict=True):
        table[rows[str(text)], confusion.said.index(name)] += 1
    matrix, known = _matrix(confusion.counts, None)
    shares = table.sum(axis=0) / len(given)
    solved = _solved(matrix, known, shares, method, confusion)
    samples = np.full((rounds, len(confusion.truth)), np.nan)
    random = np.random.default_rng(seed)
    drawn = zip(_resampled(confusion.tables, rounds, random), _resampled(table, rounds, random), strict=True)
    for i, (counts, named) in enumerate(drawn):
        redrawn, _ = _matrix(counts, matrix)
        if named.sum():
            samples[i] = _solved(redrawn, known, named / named.sum(), method, confusion)
    low, high = percentiles(samples)
    condition = float(np.linalg.cond(matrix[:, known])) if known.any() else float("inf")
    residual = float(np.abs(matrix[:, known] @ np.nan_to_num(solved[known]) - shares).max())
    labelled = confusion.counts.sum(axis=1)
    called = np.array([100 * shares[confusion.said.index(n)] if n in confusion.said else 0.0 for n in confusion.truth])
    frame = pd.DataFrame({"name": confusion.truth, "said": called, "counted": 100 * called / max(float(called.sum()), 1e-12)})
    frame["corrected"], frame["low"], frame["high"] = 100 * solved, 100 * low, 100 * high
    frame["labelled"] = labelled.astype(int)
    unsolved = bool(np.isnan(solved).any() or np.isnan(low).any())
    warnings = _warnings(confusion, labelled, condition, residual, unsolved, texts is not None and len(rows) > 1)
    return Corrected(frame, method, condition, 100 * residual, len(given), len(rows) if texts is not None else None, warnings)


def _resampled(tables: Floats, rounds: int, random: Generator) -> list[Floats]:
    """Sums of bootstrap samples: of tables where there are several, else of the single counts of the one."""
    import numpy as np

    if len(tables) > 1:
        flat = tables.reshape(len(tables), -1)
        sums = np.vstack([weights @ flat for weights in portions(len(tables), rounds, random)])
        return list(sums.reshape(rounds, *tables.shape[1:]))
    only = tables[0]
    drawn = random.multinomial(int(only.sum()), only.ravel() / only.sum(), rounds)
    return list(drawn.reshape(rounds, *only.shape).astype(np.float64))


def _matrix(counts: Floats, otherwise: Floats | None) -> tuple[Floats, NDArray[np.bool_]]:
    """M, shape (said, truth), and which of its columns are known; a column that a sample lacks is taken from `otherwise`."""
    import numpy as np

    total = counts.sum(axis=1)
    known = total > 0
    matrix = np.where(known[:, None], counts / np.maximum(total, 1)[:, None], 0.0).T
    if otherwise is not None:
        matrix = np.where(known, matrix, otherwise)
    return np.asarray(matrix), known


def _solved(matrix: Floats, known: NDArray[np.bool_], shares: Floats, method: Method, confusion: Confusion) -> Floats:
    import numpy as np
    from scipy.optimize import nnls  # type: ignore[import-untyped]  # scipy has no types

    found = np.full(len(known), np.nan)
    if method == "simplex":
        # The sum is held by a row of great weight, the signs by the solver; the last division takes off what is left over.
        weight = 1e4
        columns = matrix[:, known]
        solution, _ = nnls(np.vstack([columns, np.full((1, columns.shape[1]), weight)]), np.append(shares, weight))
        found[known] = solution / solution.sum()
        return found
    totals = confusion.counts.sum(axis=1)
    for t, name in enumerate(confusion.truth):
        others = known & (np.arange(len(known)) != t)
        if not known[t] or not others.any() or name not in confusion.said:
            continue
        row = confusion.said.index(name)
        right, wrong = matrix[row, t], float(np.average(matrix[row, others], weights=totals[others]))
        if right > wrong:
            found[t] = min(1.0, max(0.0, (shares[row] - wrong) / (right - wrong)))
    total = np.nansum(found)
    return np.asarray(found / total if not np.isnan(found[known]).any() and total > 0 else found)


def _warnings(
    confusion: Confusion, labelled: Floats, condition: float, residual: float, unsolved: bool, clustered: bool
) -> tuple[str, ...]:
    found = []
    if confusion.foreign:
        found.append(f"The errors were measured on {confusion.source}; whether they are the same in your texts is not known.")
    few = [f"{n} ({int(c)})" for n, c in zip(confusion.truth, labelled, strict=True) if c < FEW]
    if few:
        found.append(f"Fewer than {FEW} labelled sentences: {', '.join(few)}; their errors, and so their shares, are a guess.")
    if labelled.sum() < ENOUGH:
        found.append(
            f"Only {int(labelled.sum())} labelled sentences: correcting may add more chance than it takes off bias; compare `counted`."
        )
    if condition > ILL:
        found.append(f"The matrix is ill-conditioned ({condition:.0f}): labels that are called alike cannot be told apart; use groups.")
    if residual > UNLIKE:
        found.append(
            f"No mixture of labels explains what was said ({100 * residual:.1f} of 100 sentences apart): the errors differ here from "
            "those that were measured."
        )
    if unsolved:
        found.append("Not every label could be corrected: some are never labelled, or called so no oftener where true than where not.")
    if not clustered:
        found.append("The interval takes sentences for independent; sentences of one text are not, so it is too narrow.")
    return tuple(found)
