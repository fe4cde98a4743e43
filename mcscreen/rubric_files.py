"""Reading a rubric folder: rubric.toml, and exemplars.jsonl, marked.jsonl and reliability.toml where there are any.

A rubric is written by hand, by people who write rubrics and not programs. So a broken file is answered with everything
that is wrong with it at once, each as `FILE:LINE: where: what`, and an unknown key with the known one that it resembles.
A file is also somebody else's data: sizes are bounded, and JSON is read without the liberties that Python takes.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError

from mcscreen.errors import RubricError
from mcscreen.reliability import RELIABILITY, Reliability, parse_reliability
from mcscreen.rubric import Exemplar, MarkedSubmission, Rubric, contradictions
from mcscreen.toml_lines import line_of, toml_lines

__all__ = [
    "EXEMPLARS",
    "MOST_BYTES",
    "RUBRIC",
    "RubricFolder",
    "MARKED",
    "load_rubric_folder",
    "parse_exemplars",
    "parse_marked",
    "parse_rubric",
]

RUBRIC = "rubric.toml"
EXEMPLARS = "exemplars.jsonl"
MARKED = "marked.jsonl"

MOST_BYTES = 8_000_000
"""Largest rubric file that is read, in bytes: a rubric with a thousand exemplars has about half a million."""

_MOST_PROBLEMS = 50

_Line = TypeVar("_Line", bound=BaseModel)

_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is not a key of a rubric",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number without quotes",
    "int_parsing": "must be a whole number without quotes",
    "bool_type": "must be true or false, without quotes",
    "bool_parsing": "must be true or false, without quotes",
    "tuple_type": "must be a list in [brackets]",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}


@dataclass(frozen=True, slots=True)
class RubricFolder:
    """A rubric as loaded.

    Attributes:
        marked: Marked submissions, from marked.jsonl.
        sha256: Of the bytes of rubric.toml, exemplars.jsonl and marked.jsonl (nothing where there is none), in this order.
        path: The rubric.toml.
        reliability: What assessors' decisions say of the findings, from reliability.toml. It is not part of the checksum: it
            names the checksum that it holds for.
    """

    rubric: Rubric
    exemplars: tuple[Exemplar, ...]
    sha256: str
    path: Path
    marked: tuple[MarkedSubmission, ...] = ()
    reliability: Reliability | None = None


def load_rubric_folder(path: Path) -> RubricFolder:
    """Read a rubric.

    Args:
        path: A folder that holds a rubric.toml, or a rubric's TOML file. Exemplars, marked submissions and what is known of its
            reliability are read from the exemplars.jsonl, marked.jsonl and reliability.toml beside it, if there are any.

    Raises:
        RubricError: When a file is missing, too large or broken; the message has one line a problem.
    """
    file = path / RUBRIC if path.is_dir() else path
    if not file.is_file():
        beside = sorted(p.parent.name for p in path.glob(f"*/{RUBRIC}")) if path.is_dir() else []
        hint = f"; the folder holds the rubrics {', '.join(beside)}: name one of them" if beside else ""
        raise RubricError(f"{file}: there is no such file{hint}")
    content = _bytes(file)
    rubric = parse_rubric(content, str(file))
    listed = file.with_name(EXEMPLARS)
    lines = _bytes(listed) if listed.is_file() else b""
    exemplars = parse_exemplars(lines, rubric, str(listed))
    texts = file.with_name(MARKED)
    more = _bytes(texts) if texts.is_file() else b""
    marked = parse_marked(more, rubric, str(texts))
    card = file.with_name(RELIABILITY)
    reliability = parse_reliability(_bytes(card), str(card)) if card.is_file() else None
    return RubricFolder(rubric, exemplars, hashlib.sha256(content + lines + more).hexdigest(), file, marked, reliability)


def parse_rubric(content: bytes, name: str = RUBRIC) -> Rubric:
    """A rubric from the bytes of its TOML file.

    Args:
        content: UTF-8, with or without a byte order mark, with any line ends.
        name: Name of the file, for messages.

    Raises:
        RubricError: With one line a problem, `name:line: where: what`.
    """
    text = _text(content, name)
    try:
        raw = tomllib.loads(text)
        lines = toml_lines(text)
    except tomllib.TOMLDecodeError as error:
        raise RubricError(_syntax(error, text, name)) from None
    except RecursionError:
        raise RubricError(f"{name}:1: brackets are nested too deeply for a rubric") from None
    try:
        return Rubric.model_validate(raw)
    except ValidationError as error:
        found = [(tuple(e["loc"]), _plain(e["type"], e["msg"], e.get("ctx")), e["type"]) for e in error.errors(include_url=False)]
    deeper = {where[:1] for where, _, _ in found if len(where) > 1}
    found = [f for f in found if not (f[2] == "too_short" and f[0] in deeper)]  # pydantic counts only the elements that are valid
    problems = [(where, what + _nearest(where, kind)) for where, what, kind in found]
    told = {where for where, _ in problems}
    problems += [(where, what) for where, what in contradictions(raw) if where not in told]
    problems.sort(key=lambda p: (line_of(lines, p[0]), [str(k) for k in p[0]]))
    raise RubricError(_listing(f"{name}:{line_of(lines, where)}: {_dotted(where)}: {what}" for where, what in problems))


def parse_exemplars(content: bytes, rubric: Rubric, name: str = EXEMPLARS) -> tuple[Exemplar, ...]:
    """A rubric's exemplars from the bytes of their file, one JSON object a line; blank lines are skipped.

    Raises:
        RubricError: With one line a problem, `name:line: where: what`; a facet that the rubric has not is a problem.
    """
    known = [f.id for f in rubric.facets] + [d.id for d in rubric.details]
    exemplars: list[Exemplar] = []
    problems: list[str] = []
    for number, exemplar in _json_lines(content, name, Exemplar, problems):
        problems += [f"{name}:{number}: {what}" for what in _strangers(exemplar, known)]
        exemplars.append(exemplar)
    if problems:
        raise RubricError(_listing(problems))
    return tuple(exemplars)


def parse_marked(content: bytes, rubric: Rubric, name: str = MARKED) -> tuple[MarkedSubmission, ...]:
    """A rubric's marked submissions from the bytes of their file, one JSON object a line; blank lines are skipped.

    Raises:
        RubricError: With one line a problem, `name:line: where: what`; a part or facet that the rubric has not is a problem.
    """
    parts = {p.id: {f.id for f in p.facets} for p in rubric.parts}
    marked: list[MarkedSubmission] = []
    problems: list[str] = []
    for number, submission in _json_lines(content, name, MarkedSubmission, problems):
        for place, sentence in enumerate(submission.sentences):
            where = f"{name}:{number}: sentences[{place}]"
            if sentence.part not in parts:
                problems.append(f"{where}.part: {sentence.part!r} is no part of the rubric{_did_you_mean(sentence.part, sorted(parts))}")
                continue
            for facet in (*sentence.met, *sentence.partial):
                if facet not in parts[sentence.part]:
                    problems.append(
                        f"{where}: {facet!r} is no facet of {sentence.part}{_did_you_mean(facet, sorted(parts[sentence.part]))}"
                    )
        marked.append(submission)
    if problems:
        raise RubricError(_listing(problems))
    return tuple(marked)


def _json_lines(content: bytes, name: str, model: type[_Line], problems: list[str]) -> Iterator[tuple[int, _Line]]:
    """Numbered objects of a JSON lines file that are valid; what is wrong with the others is added to `problems`."""
    for number, line in enumerate(_text(content, name).split("\n"), 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line, object_pairs_hook=_no_repeats, parse_constant=_no_constant, parse_float=_finite)
            yield number, model.model_validate(raw)
        except ValidationError as error:
            for e in error.errors(include_url=False):
                what = _plain(e["type"], e["msg"], e.get("ctx")) + _nearest(tuple(e["loc"]), e["type"], model)
                problems.append(f"{name}:{number}: {_dotted(tuple(e['loc']))}: {what}")
        except RecursionError:
            problems.append(f"{name}:{number}: brackets are nested too deeply")
        except ValueError as error:
            problems.append(f"{name}:{number}: not valid JSON: {error}")


def _strangers(exemplar: Exemplar, known: Sequence[str]) -> list[str]:
    found = [
        f"{key}: {facet!r} is no facet and no detail of the rubric{_did_you_mean(facet, known)}"
        for key, facet in (("facet", exemplar.facet), *(("also", also) for also in exemplar.also))
        if facet is not None and facet not in known
    ]
    if exemplar.facet is None and exemplar.label != "missing":
        found.append(f"label: must be 'missing' where facet is null, not {exemplar.label!r}")
    return found


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise RubricError(f"{file}: cannot be read ({error.strerror or type(error).__name__})") from None
    if len(content) > MOST_BYTES:
        raise RubricError(f"{file}: larger than {MOST_BYTES:,} bytes; this is not a rubric written by hand")
    return content


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RubricError(f"{name}:{line}: not UTF-8; save the file with the encoding UTF-8") from None


def _syntax(error: tomllib.TOMLDecodeError, text: str, name: str) -> str:
    message = str(error)
    before, _, place = message.rpartition(" (at ")
    words = place.rstrip(")").replace(",", "").split()
    line = int(words[1]) if len(words) > 1 and words[0] == "line" and words[1].isdigit() else text.count("\n") + 1
    return f"{name}:{line}: not valid TOML: {before or message}"


def _plain(kind: str, message: str, context: Mapping[str, object] | None) -> str:
    if kind == "string_pattern_mismatch":
        return f"has characters that are not allowed here; it must match {(context or {}).get('pattern')}"
    return _PLAIN.get(kind, message[:1].lower() + message[1:])


def _nearest(where: tuple[str | int, ...], kind: str, model: type[BaseModel] = Rubric) -> str:
    if kind != "extra_forbidden" or not where:
        return ""
    keys = _keys(model, where[:-1])
    return _did_you_mean(str(where[-1]), keys) or f"; known here: {', '.join(keys)}"


def _keys(model: type[BaseModel], where: tuple[str | int, ...]) -> list[str]:
    """The keys that the model at a place knows."""
    for step in where:
        if isinstance(step, int):
            continue
        field = next((f for n, f in model.model_fields.items() if step in (n, f.alias)), None)
        inner = (
            [a for a in (field.annotation, *get_args(field.annotation)) if isinstance(a, type) and issubclass(a, BaseModel)]
            if field
            else []
        )
        if not inner:
            return []
        model = inner[0]
    return [f.alias or n for n, f in model.model_fields.items()]


def _did_you_mean(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def _dotted(where: tuple[str | int, ...]) -> str:
    path = ""
    for step in where:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path or "the file"


def _listing(problems: Iterable[str]) -> str:
    told = list(problems)
    rest = len(told) - _MOST_PROBLEMS
    return "\n".join(told[:_MOST_PROBLEMS] + ([f"… and {rest} more"] if rest > 0 else []))


def _no_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = dict(pairs)
    if len(keys) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return keys


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is too large a number")
    return value
