"""mcscreen screens micro-credential submissions: what is there, what is thin, what was not found. It never grades.

    from mcscreen import Screener, load_submission

    screener = Screener("student-centeredness")
    screening = screener.screen(load_submission("uploads/rivera"))
    for line in screening.coverage:
        print(line.facet, line.status, line.evidence[0].quote if line.evidence else "")

Everything public is here. Names are resolved when they are first used, so that `import mcscreen` loads no heavy package.
"""

from __future__ import annotations

import logging
import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcscreen.batches import screen_batch
    from mcscreen.document import Document
    from mcscreen.errors import InputError, McscreenError, MissingExtra, ModelError, RubricError
    from mcscreen.frames import to_frame
    from mcscreen.intake import find_uploads
    from mcscreen.limits import Limits
    from mcscreen.note import write_note
    from mcscreen.pipeline import Screener, Settings, load_rubric, load_submission, screen_one
    from mcscreen.reports import write_reports
    from mcscreen.results import Screening
    from mcscreen.rubric import Rubric
    from mcscreen.submission import Submission

__all__ = [
    "Document",
    "InputError",
    "Limits",
    "McscreenError",
    "MissingExtra",
    "ModelError",
    "Rubric",
    "RubricError",
    "Screener",
    "Screening",
    "Settings",
    "Submission",
    "find_uploads",
    "load_rubric",
    "load_submission",
    "screen_batch",
    "screen_one",
    "to_frame",
    "write_note",
    "write_reports",
]

_HOMES = {
    "Document": "document",
    "InputError": "errors",
    "Limits": "limits",
    "McscreenError": "errors",
    "MissingExtra": "errors",
    "ModelError": "errors",
    "Rubric": "rubric",
    "RubricError": "errors",
    "Screener": "pipeline",
    "Screening": "results",
    "Settings": "pipeline",
    "Submission": "submission",
    "find_uploads": "intake",
    "load_rubric": "pipeline",
    "load_submission": "pipeline",
    "screen_batch": "batches",
    "screen_one": "pipeline",
    "to_frame": "frames",
    "write_note": "note",
    "write_reports": "reports",
}

# ONNX Runtime's official builds send usage data to their maker unless this is set before they are loaded (its Privacy.md).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

logging.getLogger("mcscreen").addHandler(logging.NullHandler())


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"mcscreen.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'mcscreen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
