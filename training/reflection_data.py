"""CEReD's English sentences, and folds of them that keep repeated sentences together."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcscreen.reflection.labels import GROUPS, LABELS

SPELLINGS = {"difficulties": "difficulty"}
GROUP_OF = {label: group for group, members in GROUPS.items() for label in members}


@dataclass(frozen=True)
class Split:
    """Sentences of a split.

    Attributes:
        texts: The sentences.
        labels: Column of each one's label in `LABELS`.
        typical: Mean of the two annotators' typicality, 1 to 6.
    """

    texts: list[str]
    labels: np.ndarray
    typical: np.ndarray


def read(folder: Path, split: str) -> Split:
    """A split of the published files.

    Raises:
        SystemExit: When the file is not there.
    """
    path = folder / split / "sentences.tsv"
    if not path.is_file():
        raise SystemExit(f"{path}: not found; --data takes the folder that holds train/, val/ and test/ of CEReD, English")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    labels = [LABELS.index(SPELLINGS.get(r["y"].lower(), r["y"].lower())) for r in rows]
    typical = np.array([np.mean(json.loads(r["confidence"])) for r in rows])
    return Split([r["sentence"] for r in rows], np.array(labels), typical)


def joined(first: Split, second: Split) -> Split:
    return Split(
        [*first.texts, *second.texts], np.concatenate([first.labels, second.labels]), np.concatenate([first.typical, second.typical])
    )


def plain(text: str) -> str:
    """Words alone, in lower case: what two copies of a sentence share."""
    return re.sub(r"\W+", " ", text.lower()).strip()


def folds(texts: list[str], count: int, seed: int) -> np.ndarray:
    """A fold for every sentence; copies are in the same one."""
    kinds = {text: at for at, text in enumerate(dict.fromkeys(map(plain, texts)))}
    fold = np.random.default_rng(seed).permutation(len(kinds)) % count
    return np.array([fold[kinds[plain(text)]] for text in texts])


def repeated(split: Split, others: Split, size: int = 3, alike: float = 0.5) -> tuple[int, int]:
    """How many sentences of a split are in others, word for word and nearly (Jaccard index of runs of words)."""
    known = {plain(t) for t in others.texts}
    runs = [_runs(t, size) for t in others.texts]
    places: dict[str, list[int]] = {}
    for at, some in enumerate(runs):
        for run in some:
            places.setdefault(run, []).append(at)
    near = 0
    for text in split.texts:
        own = _runs(text, size)
        shared: dict[int, int] = {}
        for run in own:
            for at in places.get(run, ()):
                shared[at] = shared.get(at, 0) + 1
        near += any(n / (len(own) + len(runs[at]) - n) >= alike for at, n in shared.items())
    return sum(plain(t) in known for t in split.texts), near


def _runs(text: str, size: int) -> set[str]:
    words = plain(text).split()
    return {" ".join(words[at : at + size]) for at in range(max(1, len(words) - size + 1))}
