"""On a Dask cluster: one submission a task, the model loaded once a worker.

The cluster is one that runs already (its scheduler's address is given), or one of this machine that is started for the run.
Workers need mcscreen in the same version and the uploads under the same paths, such as on a shared disk. A task takes an
upload and the settings and gives back the screening as JSON; whatever a worker that dies was doing is done by another one.

Nothing that a submission says is sent but to the scheduler that was named; between machines that is the cluster's own
traffic, which should be encrypted (`tls://`).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from mcscreen.errors import InputError, McscreenError, MissingExtra
from mcscreen.intake import Upload
from mcscreen.pipeline import Settings, load_rubric, screen_one, screener_of
from mcscreen.results import Screening

__all__ = ["run"]

_PATIENCE = 20.0
"""Seconds in which a scheduler must answer."""

_WAITING = 4
"""Tasks a worker that wait for it or for their turn to be told."""


def run(uploads: Iterable[Upload], settings: Settings, *, jobs: int = 1, scheduler: str | None = None) -> Iterator[Screening]:
    """Screen uploads on a cluster; see `mcscreen.engines`.

    Args:
        uploads: Taken as they are needed; the workers must reach the files under the same paths.
        settings: What to screen with; a rubric or a model that is given by a path must be there for the workers too.
        jobs: Worker processes of the cluster that is started where no scheduler is given.
        scheduler: Address of a running scheduler, such as `tls://host:8786`.

    Raises:
        MissingExtra: When dask.distributed is not installed.
        InputError: When the scheduler cannot be reached.
        McscreenError: When a worker has another rubric, model or version, or a task's workers died again and again.
    """
    try:
        import distributed  # noqa: F401  asked for here, so that its absence is told before any work
    except ImportError:
        raise MissingExtra("the engine 'dask'", "dask") from None
    load_rubric(settings.rubric)  # what is wrong with it is told here, not by a worker
    expected = screener_of(settings).fingerprint
    with ExitStack() as stack:
        client = _client(stack, jobs, scheduler)
        running: deque[Any] = deque()
        for upload in uploads:
            running.append(client.submit(_screened, upload, settings, expected, pure=False))
            if len(running) > _WAITING * max(1, len(client.nthreads())):
                yield _awaited(running.popleft())
        while running:
            yield _awaited(running.popleft())


def _client(stack: ExitStack, jobs: int, scheduler: str | None) -> Any:
    import distributed

    client: Any = distributed.Client
    local: Any = distributed.LocalCluster
    if scheduler is None:
        cluster = local(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            memory_limit=0,
            silence_logs=logging.ERROR,
        )
        return stack.enter_context(client(stack.enter_context(cluster), set_as_default=False))
    try:
        return stack.enter_context(client(scheduler, timeout=_PATIENCE, set_as_default=False))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{scheduler}: no Dask scheduler can be reached there ({type(error).__name__}); start one with 'dask scheduler', "
            "or leave the address out for a cluster of this machine"
        ) from None


def _screened(upload: Upload, settings: Settings, expected: str) -> str:
    """What a worker does: a screening as JSON, by a screener whose results equal those of the caller's."""
    if screener_of(settings).fingerprint != expected and screener_of(settings, current=True).fingerprint != expected:
        raise McscreenError(
            "a worker has another version of mcscreen or of its libraries, another rubric or another model than this machine; "
            "install the same on all of them"
        )
    return screen_one(upload, settings).model_dump_json(by_alias=True)


def _awaited(future: Any) -> Screening:
    from distributed import KilledWorker

    try:
        return Screening.model_validate_json(future.result())
    except KilledWorker:
        raise McscreenError(
            "several workers ended, one after the other, while they screened the same submission, perhaps for want of memory; "
            "run again with fewer workers, what is done is kept"
        ) from None
    finally:
        future.release()
