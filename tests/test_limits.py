"""Limits from a file: what is written is what is used, and what is not a limit is named with its line."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from mcscreen.errors import InputError
from mcscreen.limits import DEFAULT_LIMITS, Limits, limits_toml, read_limits


@pytest.fixture
def write(tmp_path: Path):
    def make(text: str | bytes) -> Path:
        path = tmp_path / "limits.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return make


def test_what_is_not_named_stays_as_it_is(write):
    assert read_limits(write("")) == DEFAULT_LIMITS
    assert read_limits(write("\ufeffpages = 300\nwall_seconds = 60\n")) == replace(DEFAULT_LIMITS, pages=300, wall_seconds=60.0)


def test_a_whole_number_of_seconds_is_the_same_limit(write):
    # The limits are part of a run's fingerprint, where 60 and 60.0 must not differ.
    assert repr(read_limits(write("wall_seconds = 60")).wall_seconds) == "60.0"


def test_the_written_limits_are_read_back_and_every_one_is_explained(write):
    limits = Limits(pages=12, archive_ratio=20.5)
    text = limits_toml(limits)
    assert read_limits(write(text)) == limits
    assert tomllib.loads(text) == asdict(limits)
    for entry in text.strip().split("\n\n"):
        comment = entry.rpartition("\n")[0]
        assert comment.startswith("# ") and comment.endswith("."), entry


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("page = 3", "line 1: there is no limit 'page'; did you mean 'pages'?"),
        ("# mine\n\nspeed = 3", "line 3: there is no limit 'speed'; there are file_bytes"),
        ("[limits]\npages = 3", "line 1: there is no limit 'limits'"),
        ('pages = "all"', "pages is a whole number, not 'all'; the default is 1_000"),
        ("pages = 2.5", "pages is a whole number, not 2.5"),
        ("pages = true", "pages is a whole number, not True"),
        ("wall_seconds = inf", "wall_seconds is a number, not inf"),
        ("pages = 0", "pages is at least 1, not 0"),
        ("memory_bytes = 1_000_000", "memory_bytes is at least 200_000_000, not 1_000_000"),
        ("nesting = 5000", "nesting is at most 100, not 5_000"),
        ("pages = ", "not valid TOML"),
        (b"pages = 3 # \xff", "not valid TOML"),
    ],
)
def test_what_is_no_limit_is_named_with_the_way_out(write, text, told):
    with pytest.raises(InputError) as error:
        read_limits(write(text))
    assert told in str(error.value) and "limits.toml" in str(error.value)


def test_every_wrong_line_is_named_at_once(write):
    with pytest.raises(InputError, match=r"line 1: .*; line 2: "):
        read_limits(write("page = 3\npages = -1\n"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml: cannot be read"):
        read_limits(tmp_path / "none.toml")
