"""The line on which each value of a TOML file stands.

`tomllib` forgets positions, and "parts[0].criteria[2].facets[1].id is too long" sends the owner of a 400-line rubric
counting brackets. This scanner reads a text that `tomllib` has already accepted and notes a line for every path, so it need
not tell good from bad: it only has to know where strings, arrays and tables begin and end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["line_of", "toml_lines"]

Path = tuple[str | int, ...]

_SKIPPED = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]\}#\r\n]*")
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})', re.DOTALL),
    re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)


def toml_lines(text: str) -> dict[Path, int]:
    """Line numbers, from 1, of all keys, tables and array elements of a valid TOML text.

    Args:
        text: Content that `tomllib.loads` accepts.

    Returns:
        Path to line; the elements of `[[a]]` and of arrays have their number in the path: ("a", 0, "b").
    """
    return _Scanner(text).scan()


def line_of(lines: Mapping[Path, int], place: Path) -> int:
    """Line of a place, or of the nearest thing around it that has one; 1 for the file itself."""
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}
        self._counted = 0
        self._line = 1

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while True:
            self._skip()
            if self.at >= len(self.text):
                return self.lines
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _skip(self) -> None:
        match = _SKIPPED.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _here(self) -> int:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def _header(self) -> Path:
        line = self._here()
        repeated = self.text.startswith("[[", self.at)
        self.at += 2 if repeated else 1
        keys = self._keys()
        self.at += 2 if repeated else 1
        path: Path = ()
        for key in keys[:-1]:
            path = self._into((*path, key))
        path = (*path, keys[-1])
        if repeated:
            number = self.counts.get(path, 0)
            self.counts[path] = number + 1
            self.lines.setdefault(path, line)
            path = (*path, number)
        self.lines.setdefault(path, line)
        return path

    def _into(self, path: Path) -> Path:
        return (*path, self.counts[path] - 1) if path in self.counts else path

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip()
            if self.text[self.at] in "\"'":
                keys.append(self._string()[1:-1])
            else:
                match = _BARE_KEY.match(self.text, self.at)
                keys.append(match.group() if match else "")
                self.at = match.end() if match else self.at + 1
            self._skip()
            if self.text[self.at : self.at + 1] != ".":
                return keys
            self.at += 1

    def _pair(self, table: Path) -> None:
        line = self._here()
        path = table
        for key in self._keys():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self.at += 1  # "="
        self._skip()
        self._value(path)

    def _value(self, path: Path) -> None:
        first = self.text[self.at : self.at + 1]
        if first == "[":
            self._elements(path, "]")
        elif first == "{":
            self._elements(path, "}")
        elif first in ('"', "'"):
            self._string()
        else:
            match = _BARE_VALUE.match(self.text, self.at)
            self.at = match.end() if match else self.at + 1

    def _elements(self, path: Path, end: str) -> None:
        self.at += 1
        number = 0
        while True:
            self._skip()
            if self.at >= len(self.text):
                return
            if self.text[self.at] == end:
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
            elif end == "}":
                self._pair(path)
            else:
                self.lines[(*path, number)] = self._here()
                self._value((*path, number))
                number += 1

    def _string(self) -> str:
        for pattern in _STRINGS:
            match = pattern.match(self.text, self.at)
            if match:
                self.at = match.end()
                return match.group()
        self.at += 1
        return '""'
