"""Every value of a TOML file has its line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from mcscreen.toml_lines import line_of, toml_lines

TEXT = '''\
# a comment with [brackets] and "quotes"
title = "one"   # 2
"quoted key" = 'two'
text = """
[[not.a.table]]
key = "no"  \\""" still inside
"""
raw = \'\'\'
x = 1\'\'\'
numbers = [1, 2,
  3]  # 11
a.b.c = true
empty = []
[table]
day = 2024-01-01
[[rows]]
id = "r0"
[[rows.cells]]
id = "c00"
[[rows.cells]]
id = "c01"
inline = {x = 1, y = [{z = 2}]}
[[rows]]
id = "r1"
[[rows.cells]]
id = "c10"
list = [
  # a comment, with ] in it
  {id = "l0"},
  {id = "l1"}
]
'''


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from paths(inner, (*path, step))


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_every_path_of_the_content_has_a_line(ends: str) -> None:
    text = TEXT.replace("\n", ends)
    lines = toml_lines(text)
    assert [p for p in paths(tomllib.loads(text)) if p not in lines] == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("quoted key",), 3),
        (("text",), 4),
        (("raw",), 8),
        (("numbers",), 10),
        (("numbers", 1), 10),
        (("numbers", 2), 11),
        (("a", "b", "c"), 12),
        (("table",), 14),
        (("table", "day"), 15),
        (("rows", 0), 16),
        (("rows", 0, "cells", 1, "id"), 21),
        (("rows", 0, "cells", 1, "inline", "y", 0, "z"), 22),
        (("rows", 1, "cells", 0), 25),
        (("rows", 1, "cells", 0, "list", 1, "id"), 30),
    ],
)
def test_the_line_is_the_one_that_a_person_would_look_at(path: tuple[str | int, ...], line: int) -> None:
    assert toml_lines(TEXT)[path] == line


def test_a_missing_key_is_put_on_the_line_of_what_should_hold_it() -> None:
    lines = toml_lines(TEXT)
    assert line_of(lines, ("rows", 1, "cells", 0, "text")) == 25
    assert line_of(lines, ("nowhere",)) == 1
    assert line_of(lines, ()) == 1
