"""`submission.toml`: what a candidate or a platform declares about an upload, so that nothing has to be guessed.

    id = "S01"

    [parts]
    part1 = ["Essay.docx"]
    part2 = ["Evidence.xlsx"]
    artifacts = ["artifacts/*"]

The file is strict: an unknown key or a pattern without a match is said, with its line. It is an input file all the same,
so what is wrong becomes a sentence among the upload's problems and what is right is used.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from fnmatch import fnmatchcase

from mcscreen.submission import ARTIFACT

__all__ = ["MANIFEST", "MANIFEST_BYTES", "declared_id", "declared_parts"]

MANIFEST = "submission.toml"
MANIFEST_BYTES = 65_536
"""Bytes that are read of a manifest."""


def declared_id(data: bytes) -> str | None:
    """The id that a manifest gives, or None; a manifest that cannot be parsed gives none."""
    try:
        given = tomllib.loads(data.decode("utf-8-sig")).get("id")
    except (ValueError, RecursionError):
        return None
    return given.strip() or None if isinstance(given, str) else None


def declared_parts(data: bytes, names: Sequence[str]) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """What a manifest says about the parts.

    Args:
        data: The file's bytes.
        names: Names of the upload's files, which its patterns are compared with (case does not matter).

    Returns:
        Pairs of file name and part id (or "artifact"), and one sentence for each thing that is wrong.
    """
    try:
        text = data.decode("utf-8-sig")
        manifest = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return (), [f"{MANIFEST} cannot be used: {str(error)[:200]}"]
    problems: list[str] = []

    def wrong(key: str, what: str) -> None:
        pattern = re.compile(rf"\s*\[?\s*[\"']?{re.escape(key)}[\"']?\s*[=\]]")
        line = next((i for i, t in enumerate(text.splitlines(), 1) if pattern.match(t)), None)
        problems.append(f"{MANIFEST}{f', line {line}' if line else ''}: {what}")

    for key in manifest:
        if key not in ("id", "parts"):
            wrong(key, f"the key {key!r} is not known; there are id and parts")
    if "id" in manifest and declared_id(data) is None:
        wrong("id", "id must be a text in quotes")
    parts = manifest.get("parts", {})
    if not isinstance(parts, dict):
        wrong("parts", 'parts must be a table: [parts], and below it lines such as part1 = ["file.docx"]')
        parts = {}
    declared: dict[str, str] = {}
    for key, patterns in parts.items():
        if not isinstance(patterns, list) or not all(isinstance(p, str) for p in patterns):
            wrong(key, f'{key} must be a list of file names: {key} = ["file.docx"]')
            continue
        part = ARTIFACT if key in ("artifact", "artifacts") else key
        for pattern in patterns:
            wanted = pattern.replace("\\", "/").removeprefix("./")
            hits = [n for n in names if n == wanted] or [n for n in names if fnmatchcase(n.casefold(), wanted.casefold())]
            if not hits:
                wrong(key, f"no file matches {pattern!r}")
            for name in hits:
                first = declared.setdefault(name, part)
                if first != part:
                    wrong(key, f"{name} is already declared as {first}")
    return tuple(sorted(declared.items())), problems
