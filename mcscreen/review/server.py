"""The application behind `mcscreen review`: report pages and decisions, for this computer only.

Who may ask is settled before anything else happens, in `_guarded`: the Host header must be the address that was printed
(a name that somebody points at this computer is refused), the first step of the path must be an assessor's token, and what
comes from a page must come from one of ours (Origin, Sec-Fetch-Site). There is no CORS answer, so other origins can
neither read nor write. What an assessor may see is settled in the store.

Nothing of a request is logged but the kind of an exception.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from mcscreen.decisions import Decision, Review
from mcscreen.errors import InputError
from mcscreen.review.pages import NotServable, find_page, prepare, read_batch
from mcscreen.review.store import ReviewKey, Seat, Standing, Store, UnknownReview

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["MOST_BYTES", "application"]

MOST_BYTES = 2_000_000
"""Largest body of a request, in bytes: the page sends 25 decisions at a time, some 10,000 bytes."""

_log = logging.getLogger("mcscreen.review")
_CLOSED = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


class _Done(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    submission: str
    fingerprint: str
    files: str
    done: bool


class _TooLarge(Exception):
    """More was sent than is read."""


def application(folder: Path, store: Store, seats: Sequence[Seat], port: int) -> ASGIApp:
    """The application, for uvicorn or any other ASGI server.

    Args:
        folder: The report. Only its index.html and submissions/*.html are served.
        store: Holds the decisions.
        seats: Who may come in. Below `/TOKEN/` each finds the pages and `api/`: `GET` and `PUT decisions`, `POST done`,
            `GET others`.
        port: Where it will listen on 127.0.0.1; requests for any other host are refused.
    """
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse, PlainTextResponse, Response
    from starlette.routing import Route

    seen: set[int] = set()

    def look_again() -> None:
        # Whoever screens into the folder while it is reviewed brings new readings.
        with suppress(OSError, InputError):
            version = (folder / "index.html").stat().st_mtime_ns
            if version not in seen:
                batch = read_batch(folder)
                store.register(batch.rubric, batch.keys)
                seen.add(version)

    def page(request: Request) -> Response:
        look_again()
        found = find_page(folder, request.path_params.get("name") or "index.html")
        if found is None:
            return PlainTextResponse("There is no such page.\n", 404)
        try:
            content, policy = prepare(found.read_bytes(), _seat(request))
        except (NotServable, OSError):
            return PlainTextResponse("This page was written by another version of mcscreen; screen again into this folder.\n", 409)
        return Response(content, media_type="text/html", headers={"Content-Security-Policy": policy})

    def decisions(request: Request) -> Response:
        seat, key = _seat(request), _key(request.query_params)
        standings = store.standings(seat.assessor, key)
        return JSONResponse({"assessor": seat.assessor, "reviews": [_as_json(s) for s in standings]})

    async def save(request: Request) -> Response:
        try:
            review = Review.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"refused": _problems(error)}, 400)
        new, standing = await run_in_threadpool(store.save, _seat(request).assessor, review)
        return JSONResponse({"saved": new} | _as_json(standing))

    async def done(request: Request) -> Response:
        try:
            said = _Done.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"refused": _problems(error)}, 400)
        key = ReviewKey(said.submission, said.fingerprint, said.files)
        standing = await run_in_threadpool(store.finish, _seat(request).assessor, key, said.done)
        return JSONResponse(_as_json(standing))

    def others(request: Request) -> Response:
        key = _key(request.query_params)
        if key is None:
            return JSONResponse({"refused": ["submission, fingerprint and files are needed"]}, 400)
        found = store.others(_seat(request).assessor, key)
        if not found.decisions:
            return JSONResponse({"waiting": found.waiting}, 409 if found.waiting else 200)
        told = {name: [_decision(d) for d in own] for name, own in found.decisions.items()}
        return JSONResponse({"waiting": found.waiting, "others": told})

    def unknown(request: Request, error: Exception) -> Response:
        return JSONResponse({"refused": ["this submission, these files or these settings were never in this report"]}, 409)

    def too_large(request: Request, error: Exception) -> Response:
        return PlainTextResponse("Too large.\n", 413)

    inner = Starlette(
        routes=[
            Route("/", page),
            Route("/api/decisions", decisions, methods=["GET"]),
            Route("/api/decisions", save, methods=["PUT"]),
            Route("/api/done", done, methods=["POST"]),
            Route("/api/others", others, methods=["GET"]),
            Route("/{name:path}", page, methods=["GET"]),
        ],
        exception_handlers={UnknownReview: unknown, _TooLarge: too_large},
    )
    inner.router.redirect_slashes = False
    return _guarded(inner, seats, port)


def _guarded(inner: ASGIApp, seats: Sequence[Seat], port: int) -> ASGIApp:
    from starlette.datastructures import Headers, MutableHeaders
    from starlette.responses import PlainTextResponse, RedirectResponse

    host = f"127.0.0.1:{port}"

    def refusal(scope: Scope, headers: Headers) -> Response | Seat:
        if headers.getlist("host") != [host]:
            return PlainTextResponse("Wrong host.\n", 421)
        token, slash, rest = scope["path"].removeprefix("/").partition("/")
        seat = _seat_of(token, seats)
        if seat is None:
            return PlainTextResponse("Not found.\n", 404)
        reads, origins = scope["method"] in ("GET", "HEAD"), headers.getlist("origin")
        site = headers.get("sec-fetch-site", "same-origin")
        to_page = headers.get("sec-fetch-mode") == "navigate" and reads and not rest.startswith("api/")
        if origins != [f"http://{host}"] and not (reads and not origins):
            return PlainTextResponse("Another origin.\n", 403)
        if site not in ("same-origin", "none") and not to_page:
            return PlainTextResponse("Another site.\n", 403)
        if not reads and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return PlainTextResponse("JSON is expected.\n", 415)
        if not slash:
            return RedirectResponse(f"/{seat.token}/")
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit() and len(length) < 12) or int(length) > MOST_BYTES:
            return PlainTextResponse("Too large.\n", 413)
        return seat

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("only HTTP is served")
        begun = False
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES:
                raise _TooLarge
            return message

        async def with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                out = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    out[name] = value
                out.setdefault("Content-Security-Policy", _CLOSED)
            await send(message)

        try:
            found = refusal(scope, Headers(scope=scope))
            if isinstance(found, Seat):
                rest = "/" + scope["path"].removeprefix("/").partition("/")[2]
                below = {**scope, "path": rest, "raw_path": rest.encode(), "root_path": "", "seat": found}
                await inner(below, counted, with_headers)
            else:
                await found(scope, receive, with_headers)
        except Exception as error:
            # Neither the message nor the trace: both may hold what somebody wrote.
            _log.error("a request ended with %s", type(error).__name__)
            if not begun:
                await PlainTextResponse("Something went wrong; nothing was saved.\n", 500)(scope, receive, with_headers)

    return guard


def _seat_of(token: str, seats: Sequence[Seat]) -> Seat | None:
    # All of them are compared, each in constant time, so that the time tells nothing about any.
    given = token.encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(given, seat.token.encode("ascii")) for seat in seats]
    return seats[matches.index(True)] if any(matches) else None


def _seat(request: Request) -> Seat:
    seat = request.scope["seat"]
    assert isinstance(seat, Seat)
    return seat


def _key(query: Mapping[str, str]) -> ReviewKey | None:
    names = ("submission", "fingerprint", "files")
    return ReviewKey(*(query[name] for name in names)) if all(name in query for name in names) else None


def _as_json(standing: Standing) -> dict[str, Any]:
    return {
        "submission": standing.key.submission,
        "fingerprint": standing.key.fingerprint,
        "files": standing.key.files,
        "decisions": [_decision(d) for d in standing.decisions],
        "done": standing.done,
        "others": standing.others,
        "waiting": standing.waiting,
    }


def _decision(decision: Decision) -> dict[str, Any]:
    # As in an exported file: times with the precision that they were given in.
    content: dict[str, Any] = json.loads(decision.model_dump_json())
    return content


def _problems(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [f"{'.'.join(str(step) for step in e['loc']) or 'the body'}: {e['type']}" for e in found[:20]]
