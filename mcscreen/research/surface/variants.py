"""The ways of rewriting, by name, and how strongly each is made by default.

A share of three in ten is a writer who slips at every third place; of errors of typing one word in twenty is already much.
Nobody slips everywhere: `FULL` is the edge of what could happen, not a kind of writer. `learner_mix` has several kinds of
slip at once, which is how they come; the shares in it are a guess and stand here to be seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mcscreen.research.surface.grammar import (
    agreement_errors,
    dropped_articles,
    plural_missing,
    swapped_prepositions,
    tense_slips,
    wrong_articles,
)
from mcscreen.research.surface.plain import office_words, plain_words
from mcscreen.research.surface.rewriting import Variant
from mcscreen.research.surface.spelling import contractions_made, contractions_undone, double_spaces, run_on_sentences, typing_errors

__all__ = ["CONTROLS", "FULL", "VARIANTS"]

_SHARE = 0.3

_ALL = (
    Variant("dropped_articles", ((dropped_articles, _SHARE),)),
    Variant("wrong_articles", ((wrong_articles, _SHARE),)),
    Variant("agreement_errors", ((agreement_errors, _SHARE),)),
    Variant("tense_slips", ((tense_slips, _SHARE),)),
    Variant("plural_missing", ((plural_missing, _SHARE),)),
    Variant("swapped_prepositions", ((swapped_prepositions, _SHARE),)),
    Variant("plain_words", ((plain_words, _SHARE),)),
    Variant("office_words", ((office_words, _SHARE),)),
    Variant("typing_errors", ((typing_errors, 0.05),)),
    Variant("contractions_made", ((contractions_made, _SHARE),)),
    Variant("contractions_undone", ((contractions_undone, _SHARE),)),
    Variant(
        "learner_mix",
        (
            (dropped_articles, 0.2),
            (wrong_articles, 0.1),
            (agreement_errors, 0.2),
            (tense_slips, 0.2),
            (plural_missing, 0.2),
            (swapped_prepositions, 0.1),
            (typing_errors, 0.02),
        ),
    ),
    Variant("run_on_sentences", ((run_on_sentences, _SHARE),), cuts=True),
)

VARIANTS: Mapping[str, Variant] = MappingProxyType({v.name: v for v in _ALL})
"""At a share that people might reach."""

FULL: Mapping[str, Variant] = MappingProxyType(
    {f"{v.name}_full": v.at(0.2 if v.name == "typing_errors" else 1.0, f"{v.name}_full") for v in _ALL if v.name != "learner_mix"}
)
"""At every place; errors of typing in every fifth word."""

CONTROLS: Mapping[str, Variant] = MappingProxyType({"double_spaces": Variant("double_spaces", ((double_spaces, 1.0),), neutral=True)})
"""Nothing changes but what reading throws away. `invariance` adds a change in the order of the documents."""
