"""Where the rubrics, models and the example that come with mcscreen are.

In an installed wheel they lie inside the package, in a checkout beside it. Nothing else in the package knows the
difference, and nothing is ever downloaded.
"""

from __future__ import annotations

from pathlib import Path

from mcscreen.errors import McscreenError

__all__ = ["shipped"]

_PACKAGE = Path(__file__).resolve().parent


def shipped(kind: str) -> Path:
    """Folder of shipped things: "rubrics", "models" or "examples".

    Raises:
        McscreenError: When the installation lacks them.
    """
    for folder in (_PACKAGE / "shipped_data" / kind, _PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    raise McscreenError(f"this installation of mcscreen has no {kind!r} folder; install it again (pip install --force-reinstall mcscreen)")
