"""Surface-English invariance: is a candidate who writes plain or non-native English screened like others?

The same texts are rewritten on their surface only (articles, endings, spelling, plain words), screened again, and what flips
is counted. `rewrite` shows what a variant does to a text; `invariance` gives rows and figures.

    from mcscreen import load_submission
    from mcscreen.research.surface import VARIANTS, invariance

    found = invariance([load_submission("examples/riverbend")], "student-centeredness", [VARIANTS["dropped_articles"]])
    for figure in found.figures():
        print(figure.variant, figure.name, figure.value, figure.low, figure.high, figure.n)
"""

from __future__ import annotations

from mcscreen.research.surface.invariance import FIGURES, REORDERED, FacetRow, Figure, Invariance, SentenceRow, TextRow, invariance
from mcscreen.research.surface.rewriting import Edit, Rewriting, Rewritten, Surface, Variant, rewrite, surface_of
from mcscreen.research.surface.variants import CONTROLS, FULL, VARIANTS

__all__ = [
    "CONTROLS",
    "FIGURES",
    "FULL",
    "REORDERED",
    "VARIANTS",
    "Edit",
    "FacetRow",
    "Figure",
    "Invariance",
    "Rewriting",
    "Rewritten",
    "SentenceRow",
    "Surface",
    "TextRow",
    "Variant",
    "invariance",
    "rewrite",
    "surface_of",
]
