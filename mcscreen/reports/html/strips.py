"""A strip of small marks, one a facet, drawn as one picture: full, half, hollow or a dash, low where optional.

The shape says the status, the colour only repeats it. A strip is a handful of paths whatever the number of facets, because
an index with three hundred submissions draws three hundred of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from mcscreen.results import Coverage

__all__ = ["strip_paths"]

_WIDTH, _GAP, _BETWEEN = 7.0, 2.0, 7.0
_HEIGHT, _LOW = 14.0, 9.0


def strip_paths(coverage: Sequence[Coverage]) -> tuple[float, list[tuple[str, str]]]:
    """A strip, left to right, with a gap between parts.

    Returns:
        The width in pixels (the height is 14), and pairs of the classes of a path (status, and `filled` or `drawn`) and its data.
    """
    paths: dict[str, list[str]] = {}
    x = 0.0
    for _, facets in groupby(coverage, lambda c: c.part):
        for fact in facets:
            top = 0.0 if fact.required else _HEIGHT - _LOW
            tone = f"is-{fact.status}" + ("" if fact.required else " optional")
            if fact.status == "unread":
                paths.setdefault(f"{tone} drawn", []).append(f"M{x:g} {(top + _HEIGHT) / 2:g}h{_WIDTH:g}")
            else:
                box = f"M{x + 0.75:g} {top + 0.75:g}h{_WIDTH - 1.5:g}V{_HEIGHT - 0.75:g}h{1.5 - _WIDTH:g}z"
                paths.setdefault(f"{tone} drawn", []).append(box)
            if fact.status in ("covered", "thin"):
                level = top if fact.status == "covered" else (top + _HEIGHT) / 2
                paths.setdefault(f"{tone} filled", []).append(f"M{x:g} {level:g}h{_WIDTH:g}V{_HEIGHT:g}h{-_WIDTH:g}z")
            x += _WIDTH + _GAP
        x += _BETWEEN
    return max(x - _GAP - _BETWEEN, 1.0), [(classes, "".join(data)) for classes, data in paths.items()]
