"""Report pages on their way from the folder to the browser.

A page on the disk may connect to nothing; its policy says so, and it holds no code that would. What a served page needs is
added while it is served: the name of the assessor's seat, `connect.js`, and a policy that names that script by its hash and
allows connections back to where the page came from. Everything else of the page's policy stays, and moves to a header.

Files are looked up among the names that the folder has, so no address can lead out of it.
"""

from __future__ import annotations

import html
import json
import os
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from mcscreen.errors import InputError
from mcscreen.results import RubricRecord
from mcscreen.review.store import ReviewKey, Seat

__all__ = ["Batch", "NotServable", "find_page", "prepare", "read_batch"]

_POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_FACTS = re.compile(rb'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
_SEAM = b'meta[name="mcscreen-review"]'
_HASHES = re.compile(r"(?:'sha256-[A-Za-z0-9+/=]{44}'\s*)+")


class NotServable(Exception):
    """A page that was not written by this version, or not by mcscreen."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What the index says about the report: its rubric, its readings, and whether findings are folded at first."""

    rubric: RubricRecord
    keys: tuple[ReviewKey, ...]
    blind: bool


def read_batch(folder: Path) -> Batch:
    """Read what index.html knows.

    Raises:
        InputError: There is none, or it cannot be reviewed through this server.
    """
    index = folder / "index.html"
    try:
        content = index.read_bytes()
    except OSError:
        raise InputError(f"{folder}: has no index.html; give a folder that `mcscreen screen … --format html` wrote") from None
    found = _FACTS.search(content)
    try:
        _check(content)
        facts = json.loads(found.group(1)) if found else {}
        rubric = RubricRecord(**{name: facts["rubric"][name] for name in ("id", "sha256", "title")})
        keys = tuple(ReviewKey(str(r["submission"]), str(r["fingerprint"]), str(r["files"])) for r in facts["rows"])
        return Batch(rubric, keys, facts.get("blind") is True)
    except (NotServable, ValueError, KeyError, TypeError):
        raise InputError(f"{index}: not written by this version of mcscreen; screen again into this folder") from None


def find_page(folder: Path, name: str) -> Path | None:
    """The page of that name: index.html, or one in submissions/; None for anything else, a link among them."""
    place, file = folder, name
    if name != "index.html":
        inside, _, file = name.partition("/")
        place = folder / "submissions"
        if inside != "submissions" or not file.endswith(".html") or place.is_symlink():
            return None
    try:
        with os.scandir(place) as entries:
            return next((Path(e.path) for e in entries if e.name == file and e.is_file(follow_symlinks=False)), None)
    except OSError:
        return None


def prepare(content: bytes, seat: Seat) -> tuple[bytes, str]:
    """A page for one assessor, and the policy that goes with it.

    Raises:
        NotServable: The page has no policy of the kind that report pages have, or does not know of servers.
    """
    directives = _check(content)
    script = _script()
    directives["script-src"] += f" '{_hash(script)}'"
    directives["connect-src"] = "'self'"
    directives["frame-ancestors"] = "'none'"
    named = (
        f'<meta name="mcscreen-review" content="{seat.id}">\n<meta name="mcscreen-assessor" content="{html.escape(seat.assessor)}">'
    ).encode()
    served = _POLICY.sub(lambda _: named, content, count=1)
    before, end, after = served.rpartition(b"</body>")
    return before + b"<script>" + script + b"</script>\n" + end + after, "; ".join(f"{k} {v}" for k, v in directives.items())


def _check(content: bytes) -> dict[str, str]:
    found = _POLICY.search(content)
    if found is None or _SEAM not in content or b"</body>" not in content:
        raise NotServable
    parts = (part.strip().partition(" ") for part in html.unescape(found.group(1).decode("ascii", "replace")).split(";"))
    directives = {name: value.strip() for name, _, value in parts if name}
    if directives.get("default-src") != "'none'" or not _HASHES.fullmatch(directives.get("script-src", "")):
        raise NotServable
    return directives


@cache
def _script() -> bytes:
    return (Path(__file__).parent / "connect.js").read_text(encoding="utf-8").encode()


def _hash(content: bytes) -> str:
    return "sha256-" + b64encode(sha256(content).digest()).decode("ascii")
