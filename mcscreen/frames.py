"""Screenings as data frames, for notebooks and figures: tidy, one row a line, values untouched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcscreen.results import Screening

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["to_frame"]


def to_frame(screenings: Sequence[Screening], table: str = "coverage") -> pd.DataFrame:
    """Screenings as a tidy table, one row a line.

    Args:
        screenings: Any number of screenings.
        table: "coverage", "citations", "requirements", "completion", "trace", "notices", "words", "documents",
            "indicators" or "reflection" (one row a label).

    Returns:
        A data frame with the column `submission` first. Evidence is kept as the best quote, its document and its score.

    Raises:
        ValueError: When there is no such table.
    """
    tables = {
        "coverage": lambda s: s.coverage,
        "citations": lambda s: s.citations,
        "requirements": lambda s: s.requirements,
        "completion": lambda s: s.completion.items,
        "trace": lambda s: s.trace,
        "notices": lambda s: s.notices,
        "words": lambda s: s.words,
        "documents": lambda s: s.submission.documents,
        "indicators": lambda s: s.reflection.indicators,
        "reflection": lambda s: s.reflection.labels,
    }
    if table not in tables:
        raise ValueError(f"no table {table!r}; there are {', '.join(tables)}")
    import pandas as pd

    rows = []
    for screening in screenings:
        for line in tables[table](screening):
            fields = line.model_dump(mode="python")
            evidence = fields.pop("evidence", None)
            if evidence is not None:
                best = evidence[0] if evidence else {}
                fields |= {"quote": best.get("quote"), "quote_document": best.get("document"), "quote_score": best.get("score")}
            fields.pop("sections", None)
            fields = {name: value["status"] if isinstance(value, dict) else value for name, value in fields.items()}  # cells of a trace
            rows.append({"submission": screening.submission.id, **fields})
    return pd.DataFrame(rows)
