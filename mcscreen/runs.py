"""What a run was made with: `run.json` beside the screenings.

A fingerprint tells that two runs differ and not in what. So the facts that it is a hash of lie beside it, in plain words and
numbers, and `differences` says which of them changed. The file is an explanation and nothing more: a report without it, or
with one that cannot be read, is as good as any other, and a run is believed only where its fingerprint is that of the
screening in question, because a folder may be written to twice.

The facts are those that the pipeline hashes: versions, checksums, numbers and switches. The file lies in the report that
assessors get, so of names that were masked it holds a checksum only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mcscreen.private_files import put

__all__ = [
    "RUN",
    "DifferenceKind",
    "Run",
    "RunDifference",
    "ThresholdChange",
    "differences",
    "differences_in_words",
    "read_run",
    "thresholds_moved_past",
    "write_run",
]

RUN = "run.json"
"""Name of the file in a report folder."""

DifferenceKind = Literal["model", "calibration", "thresholds", "versions", "settings"]
"""What a fact belongs to. The rubric is left out: each screening records its checksum itself."""

_MOST_BYTES = 1_000_000
_KINDS: dict[str, DifferenceKind] = {
    "encoder": "model",
    "citing": "model",
    "knowledge": "model",
    "reflection": "model",
    "calibration": "calibration",
    "calibrations": "calibration",
    "thresholds": "thresholds",
    "versions": "versions",
    "language": "versions",
    "tesseract": "versions",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        fingerprint: That of its screenings.
        facts: What the fingerprint is a hash of, as JSON has it.
    """

    fingerprint: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RunDifference:
    """One fact that two runs do not share.

    Attributes:
        name: Its path in the facts, such as "versions.pypdfium2" or "limits.pages"; "language" is name and version in one.
        before: As JSON has it; None where the earlier run has no such fact.
        after: Of the later run; likewise.
    """

    kind: DifferenceKind
    name: str
    before: str | int | float | bool | None
    after: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ThresholdChange:
    """A threshold that moved past a score that stayed.

    Attributes:
        cut: "covered" from it on, or "not_found" below it.
    """

    cut: Literal["not_found", "covered"]
    before: float
    after: float


def write_run(folder: Path, fingerprint: str, facts: Mapping[str, object]) -> Path:
    """Write run.json, whole and for its owner only.

    Args:
        folder: A report folder.
        fingerprint: That of the screenings in it.
        facts: What the fingerprint is a hash of; anything that JSON can hold, and nothing that assessors must not see.

    Raises:
        OSError: When the file cannot be written.
    """
    content = json.dumps({"schema": 1, "fingerprint": fingerprint, "facts": facts}, ensure_ascii=True, indent=1, sort_keys=True)
    return put(folder / RUN, content.encode("ascii"))


def read_run(folder: Path) -> Run | None:
    """The run of a report.

    Args:
        folder: A report folder, or a file in it.

    Returns:
        None where there is no run.json, or none of this version that can be read.
    """
    try:
        with ((folder if folder.is_dir() else folder.parent) / RUN).open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        read = json.loads(content) if len(content) <= _MOST_BYTES else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(read, dict) or read.get("schema") != 1:
        return None
    fingerprint, facts = read.get("fingerprint"), read.get("facts")
    return Run(fingerprint, facts) if isinstance(fingerprint, str) and isinstance(facts, dict) else None


def differences(old: Run, new: Run) -> tuple[RunDifference, ...]:
    """Facts that differ, by kind and name; the rubric's checksum is left out."""
    before, after = dict(_facts(old.facts)), dict(_facts(new.facts))
    found = [
        RunDifference(_KINDS.get(name.partition(".")[0], "settings"), name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    order: list[DifferenceKind] = ["model", "calibration", "thresholds", "versions", "settings"]
    return tuple(sorted(found, key=lambda d: (order.index(d.kind), d.name)))


def _facts(facts: Mapping[str, object]) -> Iterator[tuple[str, str | int | float | bool | None]]:
    """Every single fact with its path."""
    for name, value in facts.items():
        if name == "rubric":
            continue
        if name == "calibrations" and isinstance(value, Mapping):
            # The model's thresholds lie in its calibrations; those in use stand by themselves, which may be a rubric's own.
            value = {basis: {k: v for k, v in c.items() if k != "thresholds"} for basis, c in value.items() if isinstance(c, Mapping)}
        if name == "language" and isinstance(value, Mapping):
            # A pipeline is known by both, so both are told where one of the two stayed.
            value = " ".join(dict.fromkeys(str(value[key]) for key in ("name", "version") if value.get(key)))
        yield from _leaves(name, value)


def _leaves(path: str, value: object) -> Iterator[tuple[str, str | int | float | bool | None]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}", inner)
    elif value is None or isinstance(value, str | int | float | bool):
        yield path, value
    else:
        yield path, json.dumps(value, sort_keys=True)


def thresholds_moved_past(
    score: float, before: str, after: str, old: Run, new: Run, basis: str | None = None
) -> tuple[ThresholdChange, ...]:
    """Thresholds that explain why a score that stayed has another status.

    Args:
        score: Between 0 and 1, of both screenings.
        before: The facet's earlier status; "unread" counts as below not_found, which it is wherever there is a score.
        after: Its later one; likewise.
        old: The earlier run.
        new: The later run.
        basis: What the score rests on in both; None where that is not known.

    Returns:
        Those of the basis, or of every basis where it is not known, if both statuses follow from them; nothing where there is none.
    """
    found: list[ThresholdChange] = []
    wanted = tuple("not_found" if status == "unread" else status for status in (before, after))
    earlier, later = (_thresholds(run) for run in (old, new))
    for each in earlier.keys() & later.keys() & ({basis} if basis else earlier.keys()):
        was, now = earlier[each], later[each]
        if (_status(score, was), _status(score, now)) == wanted:
            cuts: tuple[Literal["not_found", "covered"], ...] = ("not_found", "covered")
            found += [ThresholdChange(c, was[c], now[c]) for c in cuts if (score >= was[c]) != (score >= now[c])]
    return tuple(sorted(dict.fromkeys(found), key=lambda t: (t.cut, t.after, t.before)))


def _thresholds(run: Run) -> dict[str, dict[str, float]]:
    """Thresholds by basis, those that are whole."""
    stored = run.facts.get("thresholds")
    bases = stored.items() if isinstance(stored, dict) else ()
    return {
        basis: cuts
        for basis, cuts in bases
        if isinstance(cuts, dict) and all(isinstance(cuts.get(cut), int | float) for cut in ("not_found", "covered"))
    }


def _status(score: float, cuts: Mapping[str, float]) -> str:
    """Where a score lies, whatever could be read."""
    return "covered" if score >= cuts["covered"] else "not_found" if score < cuts["not_found"] else "thin"


_MOST_NAMED = 8
_MOST_CHARACTERS = 80
_HASH = re.compile(r"\b[0-9a-f]{16,}\b", re.IGNORECASE)


def differences_in_words(found: Sequence[RunDifference]) -> dict[DifferenceKind, str]:
    """What differs, one line a kind: "pypdfium2 4.30.0 to 5.0.0, lxml 5.3.0 to 6.0.0"; hashes and long texts are cut."""
    labeller = _labels_in_words([one for one in found if _head(one) == "reflection"])
    words: dict[DifferenceKind, list[str]] = {}
    for one in found:
        told = words.setdefault(one.kind, [])
        told += [line for line in (labeller if _head(one) == "reflection" else [_in_words(one)]) if line not in told]
    return {
        kind: ", ".join(lines[:_MOST_NAMED]) + (f" and {len(lines) - _MOST_NAMED} more" if len(lines) > _MOST_NAMED else "")
        for kind, lines in words.items()
    }


def _head(one: RunDifference) -> str:
    return one.name.partition(".")[0]


def _in_words(one: RunDifference) -> str:
    rest = one.name.partition(".")[2]
    match _head(one):
        case "encoder":
            before, after = (_name_of(str(value)) if value else "none" for value in (one.before, one.after))
            return f"encoder: {f'other weights of {after}' if before == after else f'{before} to {after}'}"
        case "citing":
            return f"comparison of cited places: {_citing_in_words(one.before, one.after)}"
        case "knowledge":
            told = "other weights" if one.before and one.after else "none before" if one.after else "none now"
            return f"knowledge of the model: {told}"
        case "calibration":
            return f"what the scores rest on: {_stamp_in_words(str(one.before or ''), str(one.after or ''))}"
        case "calibrations":
            return f"calibration of scores that rest on {rest.partition('.')[0]}"
        case "masked":
            return "names masked or not, or other names given" if rest == "names" else "recogniser of names"
        case "language":
            return f"spaCy pipeline {_fact(one.before)} to {_fact(one.after)}"
        case "versions" | "thresholds" | "limits":
            return f"{rest} {_fact(one.before)} to {_fact(one.after)}"
    return f"{one.name} {_fact(one.before)} to {_fact(one.after)}"


def _citing_in_words(before: object, after: object) -> str:
    was, now = _fitted_for(before), _fitted_for(after)
    if was is None or now is None:
        return "other weights or thresholds"
    return f"other weights or thresholds, fitted for {now}" if was == now else f"{was} to {now}"


def _fitted_for(citing: object) -> str | None:
    """Name of the encoder that a comparison of places was fitted for, "none" without a comparison; None where it is not told."""
    if citing is None:
        return "none"
    try:
        read = json.loads(citing) if isinstance(citing, str) else None
    except (ValueError, RecursionError):
        return None
    encoder = read.get("encoder") if isinstance(read, dict) else None
    return _name_of(encoder) if isinstance(encoder, str) and encoder else None


def _name_of(encoder: str) -> str:
    """An encoder's name, from its fingerprint."""
    return _fact(encoder.removeprefix("sentence-transformers:").partition(":")[0])


def _labels_in_words(found: Sequence[RunDifference]) -> list[str]:
    """Lines for all that differs in the labeller of a reflection's sentences."""
    rest = {one.name.partition(".")[2]: one for one in found}
    named, lines = rest.pop("id", None), []
    if named is not None:
        lines.append(f"labels of reflection: {_fact(named.before)} to {_fact(named.after)}")
        if named.before is None or named.after is None:
            return lines
    cuts = {"abstain_below": "labels of reflection", "abstain_group_below": "groups of labels of reflection"}
    if named is None and rest.keys() - cuts:
        lines.append("labels of reflection: other weights")
    lines += [f"threshold for {what} {_fact(rest[cut].before)} to {_fact(rest[cut].after)}" for cut, what in cuts.items() if cut in rest]
    return lines


def _stamp_in_words(before: str, after: str) -> str:
    """What two stamps do not share: the rest of both is mostly the same."""
    old, new = (stamp.split("; ") if stamp else [] for stamp in (before, after))
    gone, added = "; ".join(p for p in old if p not in new), "; ".join(p for p in new if p not in old)
    if gone and added:
        return f"“{_fact(added)}” instead of “{_fact(gone)}”"
    return f"no longer “{_fact(gone)}”" if gone else f"now also “{_fact(added)}”" if old else f"“{_fact(added)}”"


def _fact(value: str | int | float | bool | None) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        told = _HASH.sub(lambda found: f"{found[0][:8]}…", value)
        return told if len(told) <= _MOST_CHARACTERS else f"{told[: _MOST_CHARACTERS - 1].rstrip()}…"
    return ("on" if value else "off") if isinstance(value, bool) else str(value)
