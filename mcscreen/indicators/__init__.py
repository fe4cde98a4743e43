"""Signs of reflection that can be pointed at: sentences in, a count and its places out.

Each module is one indicator with one function, `measure(sentences)`, and says in its docstring why it is worth counting
and what it misses. All are rules, so that a count can be checked by reading; none needs training. They are written for
English prose of educators. None is a measure of quality, and a low count is no finding: many good reflections show few.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mcscreen.indicators import (
    alternatives,
    contrast,
    equity,
    evaluation,
    impact,
    intention,
    readability,
    specificity,
    theory,
)
from mcscreen.measurement import Measurement
from mcscreen.submission import Passage

__all__ = ["INDICATORS", "Measure"]

Measure = Callable[[Sequence[Passage]], Measurement]

INDICATORS: dict[str, Measure] = {
    "evaluation": evaluation.measure,
    "alternatives": alternatives.measure,
    "intention": intention.measure,
    "impact": impact.measure,
    "equity": equity.measure,
    "contrast": contrast.measure,
    "specificity": specificity.measure,
    "theory": theory.measure,
    "readability": readability.measure,
}
"""Name -> function; the names are those of the measurements."""
