from __future__ import annotations

import textwrap
import time

import pytest

from mcscreen.document import Document, Draft
from mcscreen.prose import write_prose

PROSE = (
    "In my first year I listened to every teacher for half an hour, and I wrote down what each of them needed from me. "
    "Then we chose three goals together, gave each one a person and a month, and looked at the numbers every six weeks."
)


def written(text: str, **options: bool) -> Document:
    draft = Draft()
    write_prose(text, draft, **options)
    return draft.finish(name="a", format="txt", sha256="", size=0)


def kinds(document: Document) -> list[tuple[str, str]]:
    return [(b.kind, document.text_of(b)) for b in document.blocks]


def test_one_line_is_one_paragraph() -> None:
    assert kinds(written("First line.\nSecond line.\n\nThird.")) == [("paragraph", t) for t in ("First line.", "Second line.", "Third.")]


@pytest.mark.parametrize("width", [50, 66, 72, 80, 100])
def test_wrapped_lines_are_joined(width: int) -> None:
    text = "\n\n".join("\n".join(textwrap.wrap(PROSE, width)) for _ in range(3))
    assert kinds(written(text)) == [("paragraph", PROSE)] * 3


def test_wrapped_lines_are_joined_without_breaking_compounds() -> None:
    wrapped = textwrap.wrap(PROSE, 60)
    wrapped[0] += " student-"
    wrapped[1] = "centered " + wrapped[1]
    assert "student-centered" in written("\n".join(wrapped)).text


def test_short_lines_stay_apart() -> None:
    lines = ["Monday: greet at the door", "Tuesday: lunch group", "Wednesday: visit six classrooms", "Thursday: call three families"]
    assert [t for _, t in kinds(written("\n".join(lines)))] == lines


def test_headings_need_prose_below() -> None:
    document = written(f"Who I am\n\n{PROSE}\n\nWith kind regards\n\nJane Doe\n\nWhat did not work?\n\n{PROSE}")
    assert [t for k, t in kinds(document) if k == "heading"] == ["Who I am", "What did not work?"]
    assert document.blocks[1].place.heading == "Who I am"


@pytest.mark.parametrize(
    "line", ["I stopped.", "This is a plain sentence, short;", "and then", "A line with more words than any heading would ever have in it"]
)
def test_sentences_are_no_headings(line: str) -> None:
    assert ("heading", line) not in kinds(written(f"{line}\n\n{PROSE}"))


def test_marked_and_underlined_headings() -> None:
    document = written(f"Part 1\n======\n{PROSE}\n\nSupport\n-------\n{PROSE}\n\n### Plan ###\n{PROSE}")
    assert [(document.text_of(b), b.level) for b in document.blocks if b.kind == "heading"] == [("Part 1", 1), ("Support", 2), ("Plan", 3)]


def test_list_items_with_their_continuations() -> None:
    wrapped = textwrap.wrap(PROSE, 70)
    document = written("\n".join(wrapped) + "\n\n- " + "\n  ".join(textwrap.wrap(PROSE, 68)) + "\n- second item\n3) third item\n")
    assert kinds(document) == [
        ("paragraph", PROSE),
        ("list_item", f"- {PROSE}"),
        ("list_item", "- second item"),
        ("list_item", "3) third item"),
    ]


def test_form_feeds_begin_pages() -> None:
    document = written("one\ftwo\n\nstill two\fthree\f")
    assert [b.place.page for b in document.blocks] == [1, 2, 2, 3]
    assert (document.pages, document.page_kind) == (3, "page")
    assert written("one\ftwo", page_breaks=False).pages is None


@pytest.mark.parametrize(
    "text", ["x" * 300_000, "a. " * 100_000, " " * 300_000 + "x", "-" * 300_000, "#" * 300_000, "\n \n" * 100_000, "(1) " * 70_000]
)
def test_hostile_runs_take_linear_time(text: str) -> None:
    began = time.process_time()
    written(text)
    assert time.process_time() - began < 3
