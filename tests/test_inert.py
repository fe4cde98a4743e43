"""Text from uploads becomes harmless for each medium, and stays readable."""

from __future__ import annotations

import time

import pytest
from markdown_it import MarkdownIt

from mcscreen import inert


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", "  =1", "\u00a0@x", "\ufeff=1", "\u200b-2"]
)
def test_cell_guards_what_a_spreadsheet_takes_for_a_formula(text: str) -> None:
    assert inert.starts_formula(text)
    assert inert.cell(text).startswith("'")


@pytest.mark.parametrize("text", ["", "a=b", "page 3", "1-2", "'quoted", "Straße – 5", "👩🏽‍🏫 liest"])
def test_cell_leaves_other_text_alone(text: str) -> None:
    assert inert.cell(text) == text


def test_cell_guards_after_a_semicolon() -> None:
    assert inert.cell('yes;=cmd|"/c calc"!A1') == 'yes;\'=cmd|"/c calc"!A1'
    assert inert.cell('x;"  @y') == "x;\"  '@y"


def test_plain_replaces_what_cannot_be_stored_and_shows_reordering() -> None:
    text = inert.plain("a\x00b\x1bc\x85d\r\ne\ud800f\u202eg\uffffh\ti")
    assert text == "a�b�c\nd\ne�f⟨U+202E⟩g�h\ti"
    text.encode("utf-8")


def test_plain_keeps_joined_emoji_and_right_to_left_words() -> None:
    text = "👩🏽‍🏫 שלום\u200f مرحبا 読書"
    assert inert.plain(text) == text


def test_terminal_is_one_line_without_escapes() -> None:
    text = inert.terminal("\x1b[31mred\x1b[0m\x1b]8;;http://evil.example\x07link\x1b]8;;\x07\x9b2J\nnext\x07\x08 \u202eoff\udc80")
    assert text == "redlink next ⟨U+202E⟩off�"


def test_terminal_does_not_swallow_text_after_an_unfinished_sequence() -> None:
    assert inert.terminal("\x1b]0;the rest") == "]0;the rest"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1)) ![y](http://e.example/z.png)",
        "**b** _i_ `c` ~~d~~ # h",
        "# heading",
        "1. list",
        "- list",
        "+ list",
        "===",
        "a\n\n    code",
        "https://evil.example www.evil.example <http://x.example>",
        "a | b",
        "&lt;b&gt; \\",
    ],
)
def test_markdown_shows_the_text_as_it_is(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse("x " * (text == "===") + inert.markdown(text))
    inline = [token for token in tokens if token.type == "inline"]
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert all(child.type in ("text", "text_special") for child in inline[0].children or [])
    shown = "".join(child.content for child in inline[0].children or [])
    assert shown.removeprefix("x ") == " ".join(text.split())


@pytest.mark.parametrize("identifier", ["a", "2024-031_Okonkwo", "x.y", "A" * 80])
def test_file_stem_keeps_safe_names(identifier: str) -> None:
    assert inert.file_stem(identifier, set()) == identifier


HARD = [
    "../x",
    "..",
    "",
    ".",
    "CON",
    "con.txt",
    "nul",
    "LPT1.a.b",
    "a/b",
    "a\\b",
    "a:b",
    "x" * 300,
    "Žofie Nováková",
    "読書",
    "-rf",
    "a\x00b",
    "\ud800",
    "tail. ",
    "\u202egnp",
]


@pytest.mark.parametrize("identifier", HARD)
def test_file_stem_makes_hard_names_safe(identifier: str) -> None:
    stem = inert.file_stem(identifier, set())
    assert stem == inert.file_stem(identifier, set())
    assert 1 <= len(stem) <= 95
    assert stem.isascii() and all(c.isalnum() or c in "._-" for c in stem)
    assert stem[0] not in ".-" and stem[-1] not in ".- "
    assert stem.split(".")[0].lower() not in {"con", "nul", "lpt1"}


def test_file_stems_are_unique_also_without_regard_to_case() -> None:
    taken = {"index"}
    stems = [inert.file_stem(identifier, taken) for identifier in [*HARD, "abc", "ABC", "abc", "Index", "a/b"]]
    assert len({stem.lower() for stem in stems} | {"index"}) == len(stems) + 1


def test_no_function_is_slow_on_long_text() -> None:
    start = time.process_time()
    for text in ("w" * 100_000, "a." * 50_000, ";" * 100_000, " " * 100_000, "\x1b]" * 50_000, "\x9d" * 100_000, "=" * 100_000):
        for function in (inert.cell, inert.plain, inert.terminal, inert.markdown, inert.single_line):
            function(text)
        inert.file_stem(text, set())
    assert time.process_time() - start < 3
