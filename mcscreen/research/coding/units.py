"""The sentences to be coded: their keys, which of them are drawn, and the file that stays behind when the sheets go out.

A coder's sheet comes back sorted, cut, typed over and saved by programs that change what looks like a number. So a sentence is
known by a key alone, a hash of the text's id, its place and its words, in letters that no spreadsheet takes for a number or a
date. What the sheet must not show (which text it is, what the machine said, how many sentences one stands for) stays in
units.json and meets the labels again by the key.

A drawn sample takes equally many sentences of each machine label as far as they reach, because at random the rare labels would
hardly be there; the inverse of the share that was drawn is kept as a weight (Horvitz & Thompson 1952), so that figures for all
sentences can be told from those for the sample. Which sentences are drawn follows from seed and keys, not from their order.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcscreen.errors import InputError
from mcscreen.inert import plain, shorten, single_line
from mcscreen.private_files import put
from mcscreen.reflection.labels import LABELS, UNCERTAIN, Labeller
from mcscreen.research.sources import Source, Unread, sentences_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["UNITS", "CodingUnits", "Unit", "key_of", "labelled_by", "read_units", "sampled", "units_of", "units_of_source", "write_units"]

UNITS = "units.json"
"""Name of the file that stays with whoever sends the sheets out."""


class Unit(BaseModel):
    """One sentence to be coded.

    Attributes:
        key: As in the sheets.
        text: Id of the text that it stands in.
        document: The text's file that holds it; "" where the text is one string.
        index: Its number in the text, from 0.
        start: Offset of its first character in the text or document, where that is known; `end` likewise, past its last.
        sentence: Its words, safe to put out.
        weight: How many sentences of the whole it stands for; 1 where nothing was drawn.
        machine: The machine's likeliest label, whether or not it was withheld; "" where the machine was not asked.
        given: Whether the machine gave that label, and did not withhold it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^s[a-z2-7]{12}$")
    text: str
    document: str = ""
    index: int = Field(ge=0)
    start: int | None = None
    end: int | None = None
    sentence: str
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    machine: str = Field(default="", pattern="^(?:" + "|".join(LABELS) + ")?$")
    given: bool = False


class CodingUnits(BaseModel):
    """Contents of units.json.

    Attributes:
        whole: How many sentences there were before any were drawn.
        seed: Of the drawing; None where nothing was drawn.
        labeller: Id of the model whose labels stand in the units; "" for none.
        units: In the order of the texts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_version: Literal[1] = Field(default=1, alias="schema")
    whole: int = Field(ge=0)
    seed: int | None = None
    labeller: str = ""
    units: tuple[Unit, ...]


def key_of(text: str, document: str, start: int, end: int, sentence: str) -> str:
    """Key of a sentence: "s" and twelve letters or digits (60 bits of a SHA-256).

    Args:
        text: Id of its text.
        document: The text's file that holds it; "" where the text is one string.
        start: Where it begins; its number in the text, if offsets are not known.
        end: Where it ends; -1, if offsets are not known.
        sentence: Its words.
    """
    told = json.dumps([plain(text), plain(document), start, end, plain(sentence)]).encode("ascii")
    return "s" + base64.b32encode(hashlib.sha256(told).digest())[:12].decode("ascii").lower()


def units_of(texts: Mapping[str, str] | pd.DataFrame) -> tuple[Unit, ...]:
    """All sentences of some texts, text by text.

    Args:
        texts: Either texts by id, which are cut into sentences here; or a table with a row a sentence and the columns `text` (id),
            `index` (number in the text) and `sentence`, such as the `sentences` of `profile_corpus`. If there, the columns
            `start`, `end` and `document` are kept, and so are the machine's labels (`label` and a `p_<label>` for each).

    Raises:
        InputError: There is no sentence, a column or a sentence is missing, or a place occurs twice.
    """
    return _checked(_of_texts(texts) if isinstance(texts, Mapping) else _of_frame(texts))


def units_of_source(source: Source) -> tuple[tuple[Unit, ...], tuple[Unread, ...]]:
    """All sentences of the texts of files, as `open_source` reads them, and what could not be read.

    Raises:
        InputError: There is no sentence in any of them.
    """
    units: list[Unit] = []
    unread: list[Unread] = []
    for text, lost in source.texts:
        unread += lost
        if text is not None:
            # Where a text is one file, its name is the id already.
            several = len({p.document for p in text.passages}) > 1
            for index, p in enumerate(text.passages):
                units.append(_unit(text.id, text.documents[p.document] if several else "", index, p.start, p.end, p.text))
    return _checked(units), tuple(unread)


def _checked(units: Sequence[Unit]) -> tuple[Unit, ...]:
    seen: dict[str, Unit] = {}
    for unit in units:
        before = seen.setdefault(unit.key, unit)
        if before is not unit:
            raise InputError(
                f"text {shorten(single_line(unit.text), 60)!r}: sentence {unit.index} is there twice; give every sentence a row of its own"
            )
    if not units:
        raise InputError("there is no sentence in the texts; give texts with words in them")
    return tuple(units)


def _of_texts(texts: Mapping[str, str]) -> list[Unit]:
    return [_unit(i, "", n, p.start, p.end, p.text) for i, text in texts.items() for n, p in enumerate(sentences_of(text))]


def _of_frame(frame: pd.DataFrame) -> list[Unit]:
    missing = [c for c in ("text", "index", "sentence") if c not in frame.columns]
    if missing:
        raise InputError(f"the table of sentences has no column {', '.join(missing)}; it needs text, index and sentence")
    columns = set(frame.columns)
    chances = [f"p_{label}" for label in LABELS]
    labelled = {"label", *chances} <= columns
    units: list[Unit] = []
    for number, row in enumerate(frame.to_dict("records")):
        if not isinstance(row["sentence"], str) or not row["sentence"].strip():
            raise InputError(f"row {number} of the table of sentences holds no sentence; leave such rows out")
        try:
            index = _whole(row["index"])
            start, end = (_whole(row["start"]), _whole(row["end"])) if {"start", "end"} <= columns else (None, None)
        except (TypeError, ValueError):
            raise InputError(f"row {number} of the table of sentences: index, start and end must be whole numbers from 0") from None
        document = row.get("document")
        unit = _unit(str(row["text"]), document if isinstance(document, str) else "", index, start, end, row["sentence"])
        if labelled:
            likeliest = max(LABELS, key=lambda label: row[f"p_{label}"])
            unit = unit.model_copy(update={"machine": likeliest, "given": row["label"] != UNCERTAIN})
        units.append(unit)
    ranks = {text: rank for rank, text in enumerate(dict.fromkeys(u.text for u in units))}
    return sorted(units, key=lambda u: (ranks[u.text], u.index))


def _whole(value: Any) -> int:
    if value != int(value) or value < 0:
        raise ValueError("not a whole number from 0")
    return int(value)


def _unit(text: str, document: str, index: int, start: int | None, end: int | None, sentence: str) -> Unit:
    key = key_of(text, document, *((index, -1) if start is None or end is None else (start, end)), sentence)
    return Unit(key=key, text=plain(text), document=plain(document), index=index, start=start, end=end, sentence=plain(sentence))


def labelled_by(labeller: Labeller, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The units with the machine's labels."""
    found = []
    for unit, label in zip(units, labeller.predict([u.sentence for u in units]), strict=True):
        likeliest = LABELS[max(range(len(LABELS)), key=lambda i: label.probabilities[i])]
        found.append(unit.model_copy(update={"machine": likeliest, "given": label.label != UNCERTAIN}))
    return tuple(found)


def sampled(units: Sequence[Unit], size: int, seed: int = 0) -> tuple[Unit, ...]:
    """Units drawn from each machine label, as equally as they reach, with the weights that make up for it.

    Units that the machine did not label are one stratum, which is a simple random sample.

    Args:
        units: All of them.
        size: How many to draw; all are kept, with weight 1, where there are no more.
        seed: Of the drawing.

    Returns:
        In the order of `units`.

    Raises:
        InputError: `size` is below 1, or below the number of labels that are to be in the sample.
    """
    strata: dict[str, list[Unit]] = {}
    for unit in units:
        strata.setdefault(unit.machine, []).append(unit)
    if size < max(1, len(strata)):
        raise InputError(
            f"a sample of {size} cannot hold a sentence of each of {len(strata)} labels; give a size of {max(1, len(strata))} or more"
        )
    if size >= len(units):
        return tuple(units)
    weights: dict[str, float] = {}
    for name, number in _shared_out(size, {n: len(members) for n, members in strata.items()}).items():
        drawn = sorted(strata[name], key=lambda u: hashlib.sha256(f"{seed} {u.key}".encode("ascii")).digest())[:number]
        weights.update((u.key, len(strata[name]) / number) for u in drawn)
    return tuple(u.model_copy(update={"weight": weights[u.key]}) for u in units if u.key in weights)


def _shared_out(size: int, room: Mapping[str, int]) -> dict[str, int]:
    """As equal numbers as the room allows; the smallest stratum is served first, what it leaves goes to the others."""
    shares: dict[str, int] = {}
    left = size
    for served, name in enumerate(sorted(room, key=lambda n: (room[n], n))):
        shares[name] = min(room[name], left // (len(room) - served))
        left -= shares[name]
    return shares


def write_units(folder: Path, kept: CodingUnits) -> Path:
    """Write units.json for its owner only."""
    return put(folder / UNITS, (json.dumps(kept.model_dump(by_alias=True), ensure_ascii=True, indent=1) + "\n").encode("ascii"))


def read_units(folder: Path) -> CodingUnits:
    """What `write_units` wrote.

    Args:
        folder: Where the sheets were exported to, or its units.json.

    Raises:
        InputError: The file is missing, was changed by hand into something else, or names a sentence twice.
    """
    path = folder / UNITS if folder.is_dir() else folder
    try:
        kept = CodingUnits.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({type(error).__name__}); give the folder that the sheets were exported to") from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(f"{path}: {place}: {first['msg']}; take the file as it was written by the export") from None
    if len({u.key for u in kept.units}) != len(kept.units):
        raise InputError(f"{path}: a key is there twice; take the file as it was written by the export")
    return kept
