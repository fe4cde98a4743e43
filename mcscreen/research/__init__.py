"""For those who study reflection: tables, estimators, comparisons and coding over many texts.

Everything that a researcher imports is here; names are resolved when they are first used, so that importing this package
loads no heavy package. It stands above the rest because it puts sentences, labels, indicators and screenings together.

    from mcscreen.research import compare_groups, profile_corpus

    corpus = profile_corpus(table_of_texts)
    print(compare_groups(corpus.documents, by="cohort").differences)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcscreen.research.corpus import Corpus, label_sentences, profile_corpus, summarise
    from mcscreen.research.correction import Confusion, Corrected, correct_shares, estimate_confusion, said_at, shipped_confusion
    from mcscreen.research.estimators import ReflectionClassifier, ReflectionTransformer
    from mcscreen.research.groups import Comparison, compare_groups
    from mcscreen.research.plots import plot_differences, plot_positions, plot_profile
    from mcscreen.research.surface import invariance

__all__ = [
    "Comparison",
    "Confusion",
    "Corpus",
    "Corrected",
    "ReflectionClassifier",
    "ReflectionTransformer",
    "compare_groups",
    "correct_shares",
    "estimate_confusion",
    "invariance",
    "label_sentences",
    "plot_differences",
    "plot_positions",
    "plot_profile",
    "profile_corpus",
    "said_at",
    "shipped_confusion",
    "summarise",
]

_HOMES = {
    "Comparison": "groups",
    "Confusion": "correction",
    "Corpus": "corpus",
    "Corrected": "correction",
    "ReflectionClassifier": "estimators",
    "ReflectionTransformer": "estimators",
    "compare_groups": "groups",
    "correct_shares": "correction",
    "estimate_confusion": "correction",
    "invariance": "surface",
    "label_sentences": "corpus",
    "plot_differences": "plots",
    "plot_positions": "plots",
    "plot_profile": "plots",
    "profile_corpus": "corpus",
    "said_at": "correction",
    "shipped_confusion": "correction",
    "summarise": "corpus",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"mcscreen.research.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'mcscreen.research' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
