"""Reviewing a report in a browser, with decisions kept in a file beside it instead of in the browser alone.

The pages of a report work from the disk, but a browser forgets, and two assessors on one report need a place that keeps
them apart until both are done. `serve` is that place: it listens on 127.0.0.1 and nowhere else, gives every assessor an
address with a secret in it, and keeps each decision in `decisions.sqlite` in the moment it is made (see `store.py`). What
was decided without a connection waits in the browser and is sent when there is one again (see `connect.js`).

The address stays the same from one time to the next as far as the port is free, so that a page that was left open goes on.
The web server is uvicorn, the application Starlette's: both come with the extra `review`.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mcscreen.errors import InputError, MissingExtra
from mcscreen.private_files import put
from mcscreen.review.pages import Batch, read_batch
from mcscreen.review.store import Store

__all__ = ["DECISIONS", "Address", "export_decisions", "serve"]

DECISIONS = "decisions.sqlite"
"""Name of the file of decisions in a report's folder."""

_log = logging.getLogger("mcscreen.review")
_LONGEST_NAME = 80
_NOBODY = "1"


@dataclass(frozen=True, slots=True)
class Address:
    """Where an assessor reviews; who has the address is taken for the assessor."""

    assessor: str
    url: str


def serve(
    folder: str | Path,
    *,
    port: int = 0,
    assessors: Sequence[str] = (),
    blind_first: bool = False,
    ready: Callable[[list[Address]], None] | None = None,
    running: Callable[[Callable[[], None]], None] | None = None,
) -> None:
    """Serve a report for review until it is interrupted.

    Args:
        folder: A report with HTML pages.
        port: Of 127.0.0.1; 0 for the one of the last time, or a free one.
        assessors: Initials or numbers, at most 80 characters each; those of the last time, or "1", when none are given.
        blind_first: Insist on pages whose findings are folded until the assessor has decided.
        ready: Called once with the addresses, when they can be opened.
        running: Called with a function that ends the serving; for a caller that does so itself.

    Raises:
        InputError: The folder holds no report of this version, the file of decisions cannot be used, an assessor's name is
            empty or too long, or the port is taken.
        MissingExtra: Starlette or uvicorn is not installed.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn
    except ImportError:
        raise MissingExtra("reviewing on a server", "review") from None
    from mcscreen.review.server import application

    report = Path(folder)
    names = _names(assessors)
    batch = _batch(report, blind_first)
    with Store(report / DECISIONS) as store, _listen(port, store.setting("port")) as listener:
        store.register(batch.rubric, batch.keys)
        seats = [store.seat(name) for name in names or store.assessors() or (_NOBODY,)]
        bound: int = listener.getsockname()[1]
        store.remember("port", str(bound))
        config = uvicorn.Config(
            application(report, store, seats, bound),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=64,
            timeout_graceful_shutdown=5,
        )
        server = uvicorn.Server(config)
        if running:
            running(lambda: setattr(server, "should_exit", True))
        if ready:
            ready([Address(seat.assessor, f"http://127.0.0.1:{bound}/{seat.token}/") for seat in seats])
        _log.info("%d submissions are open for review by %d assessors", len(batch.keys), len(seats))
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


def export_decisions(folder: str | Path, out: str | Path) -> list[Path]:
    """Write what each assessor decided alone, one file an assessor and rubric, as `read_decisions` reads them.

    Args:
        folder: A report that was reviewed.
        out: Folder for the files; made when it does not exist.

    Raises:
        InputError: There are no decisions, or the file of decisions cannot be used.
    """
    from mcscreen.inert import file_stem

    path = Path(folder) / DECISIONS
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; nothing was decided with `mcscreen review` on this report")
    taken: set[str] = set()
    written: list[Path] = []
    with Store(path) as store:
        for assessor in store.assessors():
            for decisions in store.export(assessor):
                content = decisions.model_dump_json(indent=1) + "\n"
                written.append(put(Path(out) / f"{file_stem(assessor, taken)}.decisions.json", content.encode("utf-8")))
    if not written:
        raise InputError(f"{path}: holds no decision yet")
    return written


def _names(assessors: Sequence[str]) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in assessors))
    for name in names:
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise InputError(
                f"{name[:_LONGEST_NAME]!r} is no name of an assessor: initials or a number, at most {_LONGEST_NAME} characters"
            )
    return names


def _batch(report: Path, blind_first: bool) -> Batch:
    batch = read_batch(report)
    if blind_first and not batch.blind:
        raise InputError(f"{report}: its pages show the findings from the start; screen again with --blind-first")
    return batch


def _listen(port: int, last: str | None) -> socket.socket:
    wanted = [port] if port else [int(last), 0] if last and last.isdigit() else [0]
    for number in wanted:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where SO_REUSEADDR would let others share the port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", number))
            listener.listen(64)
        except (OSError, OverflowError):
            listener.close()
            continue
        return listener
    raise InputError(f"port {port} of this computer is taken or not allowed; leave --port out for a free one")
