"""Where submissions are screened: in this process, in several, or on a cluster.

An engine is one module with `run(uploads, settings, jobs=…, scheduler=…)`, which takes uploads as they come and yields a
screening for each, in their order. It takes new ones only as it gets rid of old ones, so that a batch of any length needs
the memory of a few. What happens to a screening, and which uploads need none, is `mcscreen.batches`' business: the result is
the same to the byte whichever engine made it.

To add an engine: one module with `run`, one row in `ENGINES`. For engines of other libraries, `mcscreen.screen_one` takes
and returns what pickles; docs/engines.md shows how.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from mcscreen.engines import dask, local
from mcscreen.intake import Upload
from mcscreen.pipeline import Settings
from mcscreen.results import Screening

__all__ = ["ENGINES", "Engine"]


class Engine(Protocol):
    """Screens uploads and yields the screenings in the same order."""

    def __call__(self, uploads: Iterable[Upload], settings: Settings, *, jobs: int, scheduler: str | None) -> Iterator[Screening]:
        """Screen uploads; closing the iterator ends the work."""
        ...


ENGINES: dict[str, Engine] = {"local": local.run, "dask": dask.run}
