"""Markdown: markdown-it's tokens to headings, paragraphs, list items and tables.

The marks (asterisks, brackets, fences) are not the candidate's words and would stand in every quote, so the text is
parsed instead of read as it is. Lines inside a paragraph are joined as a renderer would join them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen.decoding import read_text
from mcscreen.document import Draft
from mcscreen.limits import Limits
from mcscreen.markup import write_markup
from mcscreen.prose import write_prose

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["extract"]

_FRONT_MATTER = re.compile(
    r"\A(?:---[ \t]*\n(?:[A-Za-z_][\w -]*:.*\n|[ \t#-].*\n|\n)*?(?:---|\.\.\.)|\+\+\+[ \t]*\n(?:.*\n)*?\+\+\+)[ \t]*(?:\n|\Z)"
)
_LONGEST = 1_000_000
"""Characters; beyond it the tokens take hundreds of megabytes, and the longest of candidates' texts is a tenth of it."""
# Below twenty levels markdown-it leaves text out without a word; nobody means such depth.
_DEEP = re.compile(r"^[ \t]*(?:(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))[ \t]*){16,}", re.M)
_BREAK_TAG = re.compile(r"<br\s*/?>", re.I)


def extract(path: Path, draft: Draft, limits: Limits) -> None:
    """Read a Markdown file into the draft; front matter is left out, HTML in it is read as HTML."""
    from importlib.metadata import version

    from markdown_it import MarkdownIt

    text, _ = read_text(path, draft, limits)
    draft.reader = f"markdown-it-py {version('markdown-it-py')}"
    text = _FRONT_MATTER.sub("", text.replace("\r\n", "\n").replace("\r", "\n"), count=1)
    if len(text) > _LONGEST:
        draft.warn("very long for Markdown; it was read as plain text")
        write_prose(text, draft)
        return
    text = _DEEP.sub("", text)
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.options["maxNesting"] = 60
    _write(parser.parse(text), draft)


def _write(tokens: Sequence[Token], draft: Draft) -> None:
    lists = 0
    position = 0
    while position < len(tokens) and not draft.full:
        token = tokens[position]
        if token.type == "table_open":
            end = next((i for i in range(position, len(tokens)) if tokens[i].type == "table_close"), len(tokens))
            draft.table(_rows(tokens[position:end]))
            position = end
        elif token.type == "heading_open":
            draft.heading(_plain(tokens[position + 1]), int(token.tag[1:]))
            position += 2
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            lists += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists -= 1
        elif token.type == "inline":
            draft.paragraph(_plain(token), kind="list_item" if lists else "paragraph", level=lists)
        elif token.type in ("fence", "code_block"):
            draft.paragraph(token.content)
        elif token.type == "html_block":
            write_markup(token.content, draft)
        position += 1


def _rows(tokens: Sequence[Token]) -> list[list[str]]:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_plain(token))
    return rows


def _plain(token: Token) -> str:
    pieces: list[str] = []
    for child in token.children or ():
        if child.type == "softbreak":
            pieces.append(" ")
        elif child.type == "hardbreak" or (child.type == "html_inline" and _BREAK_TAG.match(child.content)):
            pieces.append("\n")
        elif child.type != "html_inline":
            pieces.append(child.content)
    return "".join(pieces)
