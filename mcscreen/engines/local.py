"""On this machine: in this process, or in as many as are asked for.

In one process a thread reads the next submissions while the present one is screened: reading happens in a child process
(`mcscreen.isolation`), so the two overlap. The child is started when there is something to read, and gets ready while the encoder
is loaded. Several processes each load the encoder and read for themselves.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from mcscreen.errors import McscreenError
from mcscreen.intake import Upload
from mcscreen.pipeline import Settings, load_rubric, read_upload, screen_one, screener_of, start_reading, stop_reading
from mcscreen.results import Screening
from mcscreen.submission import Submission

__all__ = ["run"]

_AHEAD = 2
"""Submissions that are read before they are needed."""

_WAITING = 4
"""Submissions a process that wait for it or for their turn to be told."""


def run(
    uploads: Iterable[Upload],
    settings: Settings,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    read: Callable[[Upload, Settings], Submission] = read_upload,
) -> Iterator[Screening]:
    """Screen uploads on this machine; see `mcscreen.engines`.

    Args:
        uploads: Taken as they are needed.
        settings: What to screen with.
        jobs: Processes, at most two a core.
        scheduler: Of no use here.
        read: Reads an upload in this process, where it is the only one.

    Raises:
        McscreenError: When the rubric or the encoder cannot be used or changed meanwhile, or a process was ended from outside.
    """
    workers = min(jobs, 2 * (os.cpu_count() or 1))
    return _alone(uploads, settings, read) if workers <= 1 else _together(uploads, settings, workers)


def _alone(uploads: Iterable[Upload], settings: Settings, read: Callable[[Upload, Settings], Submission]) -> Iterator[Screening]:
    reader = ThreadPoolExecutor(1, thread_name_prefix="mcscreen-read")
    waiting: deque[tuple[Upload, Future[Submission]]] = deque()

    def following() -> Screening:
        upload, submission = waiting[0]
        screening = screen_one(upload, settings, submission.result)
        waiting.popleft()
        return screening

    try:
        for upload in uploads:
            start_reading(settings)
            waiting.append((upload, reader.submit(read, upload, settings)))
            if len(waiting) > _AHEAD:
                yield following()
        while waiting:
            yield following()
        reader.shutdown()
    except BaseException:
        # Otherwise the end of this process would wait for a file that takes long to read.
        reader.shutdown(wait=False, cancel_futures=True)
        if waiting:
            stop_reading(settings)
        raise


def _together(uploads: Iterable[Upload], settings: Settings, workers: int) -> Iterator[Screening]:
    load_rubric(settings.rubric)  # what is wrong with it is told here, not by a process
    expected = screener_of(settings).fingerprint
    running: deque[Future[Screening]] = deque()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            for upload in uploads:
                running.append(pool.submit(screen_one, upload, settings))
                if len(running) > _WAITING * workers:
                    yield _awaited(running.popleft(), expected)
            while running:
                yield _awaited(running.popleft(), expected)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _awaited(waiting: Future[Screening], expected: str) -> Screening:
    try:
        screening = waiting.result()
        if screening.fingerprint != expected:
            raise McscreenError("the rubric or a model changed while the batch began; run again, what is done is kept")
        return screening
    except BrokenProcessPool:
        raise McscreenError(
            "a process that screens was ended from outside, perhaps for want of memory; run again with fewer --jobs, what is done is kept"
        ) from None
