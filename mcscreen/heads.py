"""What a rubric's examples teach: one linear head a facet, over sentence vectors.

A head is a logistic regression that tells the passages which answer a facet from every other passage of the rubric. There
are two a facet, one for a sentence alone and one for a sentence with its neighbours, because an answer is often told over
two or three sentences of which some say nothing by themselves. Each comes in two strengths: heads for *answers* decide whether
a facet is addressed; heads for *mentions*, to which a half answer is as good as a whole one, rank the passages that are shown,
because where an ask is only touched an assessor wants to see just that. Heads are fitted by scikit-learn when a rubric is first
used with an encoder, and kept as plain arrays: no pickle is written or read.

What the heads are fitted to decides the *basis* of a facet, and with it the calibration of its scores:

- `marked`: exemplars and marked submissions, in which the sentences around an answer are known to be none;
- `exemplars`: exemplars alone;
- `text`: no examples. The facet's wording and the exemplars of look-alike facets of other rubrics have to do.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from mcscreen.private_files import put
from mcscreen.remembered import cache_folder
from mcscreen.rubric import Exemplar
from mcscreen.rubric_files import RubricFolder
from mcscreen.windows import in_context

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["Basis", "Heads", "cached_heads", "fit_heads", "undecided", "write_heads"]

Basis = Literal["marked", "exemplars", "text"]

RECIPE = 2
"""Number of the way of fitting; a change makes cached heads stale."""

ENOUGH = 4
"""Exemplars that meet a facet, from which on its own head is better than the wording of the facet."""

STRENGTH = 1.0
"""Inverse regularisation of the logistic regressions; 0.3 and 3 gave the same within the intervals."""

MARKED_WEIGHT = 0.5
"""Weight of a sentence of a marked submission against that of an exemplar, which says one thing and says it whole."""

_WEIGHTS = ("alone", "near", "mention_alone", "mention_near")

_log = logging.getLogger("mcscreen.heads")


class _Encoder(Protocol):
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Heads:
    """Fitted heads of a rubric's facets, in the order of `facets`.

    Attributes:
        facets: Facet ids.
        bases: What each facet's head rests on; the rows of a facet of basis `text` are zero.
        alone: Weights for a sentence's vector; shape (facets, dimension + 1), the last column is the intercept.
        near: Weights for the vector of a sentence with its neighbours; same shape.
        mention_alone: Of the head for mentions, for a sentence's vector; same shape.
        mention_near: Of the head for mentions, for a sentence with its neighbours; same shape.
    """

    facets: tuple[str, ...]
    bases: tuple[Basis, ...]
    alone: Floats
    near: Floats
    mention_alone: Floats
    mention_near: Floats


def fit_heads(folder: RubricFolder, encoder: _Encoder) -> Heads:
    """Fit the heads of every facet that has enough examples.

    Args:
        folder: The rubric with its exemplars and marked submissions.
        encoder: Gives unit-length vectors.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    exemplars = folder.exemplars
    texts = [[s.text for s in m.sentences if s.part == part.id] for m in folder.marked for part in folder.rubric.parts]
    order = [s for submission in folder.marked for part in folder.rubric.parts for s in submission.sentences if s.part == part.id]
    shown = encoder.encode([e.text for e in exemplars])
    both = [in_context(encoder, text) for text in texts if text]
    spoken, around = (np.concatenate([pair[view] for pair in both]) if both else encoder.encode([]) for view in (0, 1))
    facets = [(part.id, facet.id) for part in folder.rubric.parts for facet in part.facets]
    bases: list[Basis] = []
    weights = {name: np.zeros((len(facets), encoder.dimension + 1), np.float32) for name in _WEIGHTS}
    for row, (part, facet) in enumerate(facets):
        own = [(i, s) for i, s in enumerate(order) if s.part == part]
        answers = [(i, int(e.facet == facet and e.label == "met")) for i, e in enumerate(exemplars) if not undecided(e, facet)]
        answered = [(i, int(facet in s.met)) for i, s in own if facet not in s.partial]
        mentions = [(i, int((e.facet == facet and e.label != "missing") or facet in e.also)) for i, e in enumerate(exemplars)]
        mentioned = [(i, int(facet in s.met or facet in s.partial)) for i, s in own]
        met, told = sum(y for _, y in answers), sum(y for _, y in answered)
        basis: Basis = "marked" if told >= ENOUGH else "exemplars" if met >= ENOUGH else "text"
        bases.append(basis)
        if basis == "text":
            continue
        for prefix, rows, marked in (("", answers, answered), ("mention_", mentions, mentioned)):
            target = np.array([y for _, y in rows] + [y for _, y in marked])
            weight = np.array([1.0] * len(rows) + [MARKED_WEIGHT] * len(marked))
            weight = np.where(target == 1, weight * weight[target == 0].sum() / weight[target == 1].sum(), weight)
            for name, vectors in (("alone", spoken), ("near", around)):
                data = np.vstack([shown[[i for i, _ in rows]], vectors[[i for i, _ in marked]]])
                head = LogisticRegression(C=STRENGTH, max_iter=3000).fit(data, target, sample_weight=weight / weight.mean())
                weights[prefix + name][row] = np.append(head.coef_[0], head.intercept_[0])
    return Heads(tuple(f for _, f in facets), tuple(bases), **weights)


def undecided(exemplar: Exemplar, facet: str) -> bool:
    """Whether an exemplar says neither yes nor no to a facet: it half answers it, or answers it besides its own."""
    return exemplar.label == "partial" if exemplar.facet == facet else facet in exemplar.also


def cached_heads(folder: RubricFolder, encoder: _Encoder, shelf: Path | None = None, write_to: Path | None = None) -> Heads:
    """Heads of a rubric for an encoder: from the shelf that comes with the encoder, from the cache, or fitted and then cached.

    Args:
        folder: The rubric.
        encoder: The encoder.
        shelf: Folder with heads that were fitted beforehand.
        write_to: Folder to write to instead of the user's cache; nothing is then read from the cache either.
    """
    key = hashlib.sha256(f"{RECIPE}:{encoder.fingerprint}:{_lessons(folder)}".encode()).hexdigest()[:32]
    places = [p for p in (shelf, write_to or _cache()) if p is not None]
    for place in places:
        heads = _read(place / f"{key}.npz", encoder.dimension)
        if heads is not None:
            return heads
    _log.info("learning from the examples of %s for this encoder; done once, it takes up to a minute", folder.rubric.id)
    heads = fit_heads(folder, encoder)
    write_heads(heads, (write_to or _cache()) / f"{key}.npz")
    return heads


def _lessons(folder: RubricFolder) -> str:
    """Hash of what heads are fitted to. Titles, wordings and minimums are not: a change of these leaves the heads as they are."""
    facets = [[part.id, [facet.id for facet in part.facets]] for part in folder.rubric.parts]
    shown = [e.model_dump(mode="json") for e in folder.exemplars]
    marked = [[s.model_dump(mode="json") for s in m.sentences] for m in folder.marked]
    return hashlib.sha256(json.dumps([facets, shown, marked], sort_keys=True).encode()).hexdigest()


def _cache() -> Path:
    return cache_folder() / "heads"


def _read(path: Path, dimension: int) -> Heads | None:
    import numpy as np

    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            heads = Heads(tuple(map(str, stored["facets"])), tuple(map(str, stored["bases"])), *(stored[name] for name in _WEIGHTS))  # type: ignore[arg-type]
    except Exception:  # absent or damaged, which raises whatever the damage leads to: it is fitted anew
        return None
    shapes = {getattr(heads, name).shape for name in _WEIGHTS}
    whole = shapes == {(len(heads.facets), dimension + 1)} and len(heads.bases) == len(heads.facets)
    return heads if whole else None


def write_heads(heads: Heads, path: Path) -> None:
    """Write heads as arrays; a cache that cannot be written is left alone."""
    import numpy as np

    content = io.BytesIO()
    arrays = {name: getattr(heads, name) for name in _WEIGHTS}
    np.savez_compressed(content, facets=np.array(heads.facets), bases=np.array(heads.bases), **arrays)
    try:
        put(path, content.getvalue())
    except OSError as error:
        _log.warning("heads could not be cached (%s)", error.strerror)
