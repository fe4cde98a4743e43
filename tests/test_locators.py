"""Places: the cases are data, in cases/locators.toml; here stand the rules that hold for every text."""

from __future__ import annotations

import math
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mcscreen.locators import LAST, Locator, find_locators, parse_locator

_CASES = tomllib.loads((Path(__file__).parent / "cases" / "locators.toml").read_text("utf-8"))["case"]
_FIELDS = ("pages", "slides", "rows", "paragraphs", "numbers", "sheets", "cells", "seconds", "headings", "whole")


def _expected(case: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: () for name in _FIELDS} | {"whole": case.get("whole", False)}
    for name in _FIELDS[:-1]:
        fields[name] = tuple(tuple(math.inf if v == "end" else v for v in x) if isinstance(x, list) else x for x in case.get(name, ()))
    return fields


@pytest.mark.parametrize(
    "case",
    [pytest.param(c, id=c["text"] or "empty", marks=[pytest.mark.xfail(strict=True)] if c.get("known_failure") else []) for c in _CASES],
)
def test_case(case: dict[str, Any]) -> None:
    found = parse_locator(case["text"])
    assert {name: getattr(found, name) for name in _FIELDS} == _expected(case)


def test_understood_says_whether_there_is_a_place() -> None:
    assert parse_locator("p. 3").understood
    assert parse_locator("throughout").understood
    assert not parse_locator("see the folder").understood
    assert not Locator("").understood


def test_what_is_not_understood_is_kept() -> None:
    assert parse_locator("page 12 bottom half").leftover == "bottom half"
    assert parse_locator("p. 2").leftover == ""


def test_last_counts_from_the_end() -> None:
    assert parse_locator("last two pages").pages == ((-2, LAST),)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("see the Staff Handbook p. 14, which shows the roster", ["p. 14"]),
        ("Handbook.pdf, Section 2, pp. 3-4", ["pp. 3-4"]),
        ("Attendance.xlsx, sheet Fall, cells B2:C9", ["sheet Fall, cells B2:C9"]),
        ("the clip from 0:40 to 1:10 and slide 3 of the deck", ["0:40 to 1:10 and slide 3"]),
        ("we read for 30 minutes a day with 4 pages of notes", []),
        ("school starts at 8:15 a.m. for all 300 children", []),
        ('the "Calm Corner" rules apply throughout', []),
        ("p. 2 for the list; page 5 for the dates", ["p. 2", "page 5"]),
    ],
)
def test_find_locators_in_prose(text: str, pieces: list[str]) -> None:
    assert [text[start:end] for start, end in find_locators(text)] == pieces


@pytest.mark.parametrize("text", ["p. 1-1-1-", "1:00-", "first ", "sheet Ab ", '"', "1h ", "a'", "p. 1 and "])
def test_hostile_length_is_cheap(text: str) -> None:
    started = time.process_time()
    parse_locator(text * 20_000)
    find_locators(text * 20_000)
    assert time.process_time() - started < 3
