r"""RTF: read token by token.

The small library that turns RTF into plain text drops footnotes and text boxes, keeps deleted and hidden text, loses page
breaks, turns tables into lines with bars, and raises on hostile counts. All of these matter here, and the format is a plain
stream: groups, control words, characters. So the stream is read directly, with a stack of states instead of recursion; a
file of a million open braces costs memory, not a crash.

What is kept from the format: paragraphs, headings (by outline level or style name), list items with the number that the
writer's program printed, tables with merged cells, notes, text boxes, page breaks. Nested tables become lines of their cell.
"""

from __future__ import annotations

import codecs
import copy
import re
from dataclasses import dataclass, field
from pathlib import Path

from mcscreen.document import Covered, Draft, UnreadableDocument
from mcscreen.limits import Limits
from mcscreen.manuscript import GridRow, Item, Line, flat_text, is_white, table_items, write

__all__ = ["extract"]

_TOKEN = re.compile(rb"\\([A-Za-z]{1,32})(-?\d{1,20})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)|(\\)", re.DOTALL)
_SKIPPED = frozenset((
    "colortbl", "info", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf", "listtable",
    "listoverridetable", "revtbl", "rsidtbl", "filetbl", "fldinst", "sp", "nonesttables", "nonshppict", "tc", "tcn", "xe", "rxe", "txe",
    "pn", "ftnsep", "ftnsepc", "ftncn",
    "aftnsep", "aftnsepc", "aftncn", "template", "themedata", "datastore", "xmlnstbl", "private", "bkmkstart",
    "bkmkend", "pgdsctbl", "objdata", "objclass", "objname", "mmathPict", "upr", "generator", "userprops",
))  # fmt: skip
_FOLLOWED = frozenset(("shpinst", "shppict", "shptxt", "do", "dptxbxtext", "ud", "moMath", "moMathPara", "footnote", "listtext"))
_CHARACTERS = {
    "tab": " ", "line": "\n", "lbr": "\n", "column": "\n", "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " ",
    "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
}  # fmt: skip
_SYMBOLS = {b"~": "\u00a0", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\"}
_CHARSETS = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "cp936", 136: "cp950", 161: "cp1253", 162: "cp1254", 163: "cp1258",
    177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
_ENCODINGS = {"ansi": "cp1252", "mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
_HEADING = re.compile(r"heading\s*([1-9])\b", re.IGNORECASE)
_CONTENTS = re.compile(r"toc\s*\d", re.IGNORECASE)
_UNSEEN = "text that cannot be seen was left out"
_TINY = 4  # half points
_MOST = 1 << 31


def extract(path: Path, draft: Draft, limits: Limits) -> None:
    """Read an RTF into the draft.

    Args:
        path: The file.
        draft: Where the text goes.
        limits: Bounds for reading.

    Raises:
        UnreadableDocument: `corrupt`, `too_large` or `needs_ocr`.
    """
    draft.reader = "rtf-tokens"
    try:
        with path.open("rb") as file:
            data = file.read(limits.file_bytes + 1)
    except OSError as error:
        raise UnreadableDocument("corrupt", f"the file cannot be opened ({type(error).__name__})") from None
    if len(data) > limits.file_bytes:
        raise UnreadableDocument("too_large", f"the file is larger than {limits.file_bytes // 1_000_000} MB")
    start = data.find(b"{\\rtf", 0, 1024)
    if start < 0:
        raise UnreadableDocument("corrupt", "the file does not begin as RTF does")
    reading = _Reading(data[start:] if start else data, draft)
    items = reading.items()
    if reading.pictures and not flat_text(items + reading.notes).strip():
        raise UnreadableDocument("needs_ocr", "the document holds only pictures; their text has to be recognised first")
    paged = reading.page > 1
    write(items, draft, limits, paged=paged)
    draft.move()
    write(reading.notes, draft, limits)
    if paged:
        draft.pages, draft.page_kind = reading.page, "page"
        draft.warn("page numbers are estimated from page breaks")
    if reading.pictures:
        draft.warn(
            f"the text in {reading.pictures} pictures was not read" if reading.pictures > 1 else "the text in 1 picture was not read"
        )
    if reading.comments:
        draft.warn(f"{reading.comments} comments were left out" if reading.comments > 1 else "1 comment was left out")


@dataclass(slots=True)
class _Flow:
    """A stream of paragraphs: the body, a note, a text box, the number of a list item."""

    kind: str
    pieces: list[tuple[str, bool]] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    after: list[Item] = field(default_factory=list)
    page: int | None = None
    label: str = ""


@dataclass(slots=True)
class _State:
    """What a group inherits and its end restores."""

    flow: _Flow
    codec: str
    destination: str = ""
    skip: bool = False
    skip_outside: bool = False
    bold: bool = False
    hidden: bool = False
    deleted: bool = False
    shaded: bool = False
    colour: int = 0
    size: int = 24
    fallback: int = 1
    in_table: bool = False
    style: int = 0
    outline: int | None = None
    list_id: int = 0
    list_level: int = 0
    break_before: bool = False


@dataclass(slots=True)
class _StyleEntry:
    number: int = 0
    outline: int | None = None
    name: str = ""


class _Reading:
    """One pass over the tokens."""

    def __init__(self, data: bytes, draft: Draft) -> None:
        self.page = 1
        self.pictures = self.comments = 0
        self.notes: list[Item] = []
        self._data = data
        self._draft = draft
        self._body = _Flow("body")
        self._default = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = self._default_font = 0
        self._colours: list[str] = []
        self._mix = [0, 0, 0]
        self._styles: dict[int, tuple[int | None, str]] = {}
        self._entry = _StyleEntry()
        self._state = _State(self._body, self._default)
        self._stack: list[_State] = []
        self._raw = bytearray()
        self._to_skip = 0
        self._starred = False
        self._section = False
        self._fresh = True
        self._in_row = False
        self._cell: list[Item] = []
        self._row: list[list[Item]] = []
        self._rows: list[GridRow] = []
        self._covers: list[Covered | None] = []
        self._cover: Covered | None = None

    def items(self) -> list[Item]:
        """Everything in the body, in order."""
        position, end = 0, len(self._data)
        while position < end and (match := _TOKEN.match(self._data, position)):
            position = match.end()
            word, argument, code, symbol, brace, text, _ = match.groups()
            if text is not None:
                self._text(text)
            elif code is not None:
                self._text(bytes([int(code, 16)]))
            elif brace == b"{":
                self._open()
            elif brace == b"}":
                self._close()
                # Some writers close the outermost group too early; what follows is read if it looks like text.
                if not self._stack and b"\\par" not in self._data[position:]:
                    break
            elif word is not None:
                name, number = word.decode("ascii"), None if argument is None else max(-_MOST, min(_MOST, int(argument)))
                if name == "bin":
                    length = number or 0
                    position += length if 0 < length <= end - position else 0
                else:
                    self._flush()
                    self._word(name, number)
            elif symbol is not None:
                self._symbol(symbol)
        if self._stack:
            self._draft.unread("the file ends in the middle")
        self._flush()
        self._end_paragraph()
        self._end_table()
        return self._body.items

    def _open(self) -> None:
        self._flush()
        self._to_skip, self._starred = 0, False
        self._stack.append(copy.copy(self._state))
        if self._state.destination == "stylesheet":
            self._entry = _StyleEntry()

    def _close(self) -> None:
        self._flush()
        self._to_skip, self._starred = 0, False
        if not self._stack:
            return
        inner, self._state = self._state, self._stack.pop()
        if inner.destination == "stylesheet" and self._entry.name:
            self._register_style()
        if inner.flow is not self._state.flow:
            self._end_flow(inner, self._state)

    def _end_flow(self, inner: _State, outer: _State) -> None:
        flow = inner.flow
        if flow.kind == "label":
            label = "".join(piece for piece, _ in flow.pieces).strip()
            outer.flow.label = label if any(c.isalnum() for c in label) and label != "o" else ""
            return
        flow.items += self._finished(flow, inner)
        if flow.kind == "note":
            self.notes.append(Line(flat_text(flow.items), "note"))
        else:
            outer.flow.after += flow.items

    def _symbol(self, symbol: bytes) -> None:
        self._flush()
        if symbol == b"*":
            self._starred = True
        elif symbol in b"\r\n":
            self._word("par", None)
        elif symbol in _SYMBOLS:
            self._put(_SYMBOLS[symbol])

    def _text(self, text: bytes) -> None:
        if self._to_skip:
            skipped = min(self._to_skip, len(text))
            self._to_skip -= skipped
            text = text[skipped:]
        destination = self._state.destination
        if destination == "stylesheet":
            self._entry.name += text.decode("latin-1").partition(";")[0]
        elif destination == "colortbl":
            for _ in range(min(text.count(b";"), 1000)):
                self._colours.append(bytes(self._mix).hex())
                self._mix = [0, 0, 0]
        elif not self._state.skip:
            self._raw += text

    def _flush(self) -> None:
        if self._raw:
            # Bytes of one character may come as codes and as plain letters, so they are decoded together.
            text = self._raw.decode(self._state.codec, "replace")
            self._raw.clear()
            self._put(text)

    def _put(self, text: str) -> None:
        state = self._state
        if state.skip or state.deleted:
            return
        if text.strip():
            if self._is_unseen(state):
                self._draft.warn(_UNSEEN)
                return
            if state.flow is self._body:
                if self._section or (state.break_before and not self._fresh and not state.flow.pieces):
                    self.page += 1
                self._section = self._fresh = False
            if state.flow.page is None:
                state.flow.page = self.page
        state.flow.pieces.append((text, state.bold))

    def _is_unseen(self, state: _State) -> bool:
        if state.hidden or state.size < _TINY:
            return True
        colour = self._colours[state.colour] if 0 < state.colour < len(self._colours) else ""
        return is_white(colour) and not (state.shaded or state.in_table or self._in_row or state.flow.kind == "box")

    def _word(self, name: str, number: int | None) -> None:
        starred, self._starred = self._starred, False
        state = self._state
        if name == "u" and number is not None:
            if not state.skip:
                self._put(chr(number % 0x10000))
            self._to_skip = state.fallback
            return
        self._to_skip = 0
        if self._destination(name, starred):
            return
        if state.destination in ("fonttbl", "stylesheet", "colortbl"):
            self._table_word(name, number)
        elif name in _CHARACTERS:
            self._put(_CHARACTERS[name])
        elif not state.skip and not self._layout(name):
            self._property(name, number)
        if name in ("ansicpg", *_ENCODINGS):
            self._default = state.codec = _codec(f"cp{number}") if name == "ansicpg" else _ENCODINGS[name]
        elif name == "deff":
            self._default_font = number or 0

    def _destination(self, name: str, starred: bool) -> bool:
        """Whether the word says where the group's text goes."""
        state = self._state
        if name in ("fonttbl", "stylesheet", "colortbl"):
            state.destination, state.skip = name, True
        elif name == "upr":
            state.skip_outside, state.skip = state.skip, True
        elif name == "ud":
            state.skip = state.skip_outside
        elif name == "pict":
            self.pictures += not state.skip
            state.skip = True
        elif name == "annotation":
            self.comments += not state.skip
            state.skip = True
        elif name in _SKIPPED or (starred and name not in _FOLLOWED):
            state.destination, state.skip = "", True
        elif name in ("footnote", "shptxt", "dptxbxtext", "listtext", "pntext") and not state.skip:
            kind = {"footnote": "note", "listtext": "label", "pntext": "label"}.get(name, "box")
            state.flow, state.in_table = _Flow(kind), False
        elif not starred:
            return False
        return True

    def _table_word(self, name: str, number: int | None) -> None:
        """A word inside the tables of fonts, styles and colours at the head of the file."""
        value = number or 0
        if name in ("red", "green", "blue"):
            self._mix[("red", "green", "blue").index(name)] = max(0, min(255, value))
        elif name == "f":
            self._font = value
        elif name == "fcharset" and value in _CHARSETS:
            self._fonts[self._font] = _codec(_CHARSETS[value])
        elif name == "cpg" and value:
            self._fonts[self._font] = _codec(f"cp{value}")
        elif name == "s":
            self._entry.number = value
        elif name == "outlinelevel":
            self._entry.outline = value

    def _layout(self, name: str) -> bool:
        """Whether the word ends a paragraph, cell, row, page or section, or describes a row."""
        body = self._state.flow is self._body
        if name == "par":
            self._end_paragraph()
        elif name == "page":
            self._put("\n")
            self.page += body
            self._fresh = self._fresh or body
        elif name == "sect":
            self._end_paragraph()
            self._section = body
        elif name in ("sbknone", "sbkcol"):
            self._section = False
        elif name == "objemb":
            self._draft.unread("a file embedded in the document was not read")
        elif not body:
            if name in ("cell", "nestcell", "row"):
                self._end_paragraph()
        elif name in ("cell", "nestcell", "nestrow"):
            self._end_paragraph(in_cell=True)
            if name == "cell":
                self._row.append(self._cell)
                self._cell = []
        elif name == "row":
            self._end_row()
        elif name == "trowd":
            self._in_row, self._covers, self._cover = True, [], None
        elif name == "cellx":
            self._covers.append(self._cover)
            self._cover = None
        elif name in ("clmrg", "clvmrg"):
            self._cover = Covered.LEFT if name == "clmrg" else Covered.ABOVE
        else:
            return False
        return True

    def _property(self, name: str, number: int | None) -> None:
        state = self._state
        on = number != 0
        if name == "b":
            state.bold = on
        elif name == "v":
            state.hidden = on
        elif name == "deleted":
            state.deleted = on
        elif name == "cf":
            state.colour = number or 0
        elif name == "fs":
            state.size = 24 if number is None else number
        elif name in ("highlight", "cb", "chcbpat", "cbpat", "chshdng", "shading"):
            state.shaded = bool(number)
        elif name == "f":
            state.codec = self._fonts.get(number or 0, self._default)
        elif name == "uc":
            state.fallback = number if number is not None and 0 <= number <= 8 else 1
        elif name == "plain":
            state.bold = state.hidden = state.deleted = state.shaded = False
            state.colour, state.size = 0, 24
            state.codec = self._fonts.get(self._default_font, self._default)
        elif name == "pard":
            state.in_table = state.break_before = False
            state.style = state.list_id = state.list_level = 0
            state.outline = None
        elif name == "intbl":
            state.in_table = on
        elif name == "itap":
            state.in_table = bool(number)
        elif name == "s":
            state.style = number or 0
        elif name == "outlinelevel":
            state.outline = number
        elif name == "ls":
            state.list_id = number or 0
        elif name == "ilvl":
            state.list_level = max(0, min(8, number or 0))
        elif name == "pagebb":
            state.break_before = on

    def _register_style(self) -> None:
        name = self._entry.name.strip()
        heading = _HEADING.match(name)
        level = int(heading[1]) if heading else 1 if name.lower() == "title" else None
        outline = self._entry.outline
        if level is None and outline is not None and 0 <= outline < 9:
            level = outline + 1
        self._styles[self._entry.number] = (level, name)
        self._entry = _StyleEntry()

    def _end_paragraph(self, *, in_cell: bool = False) -> None:
        flow = self._state.flow
        inside = in_cell or self._state.in_table or self._in_row
        if flow is self._body and not inside:
            self._end_table()
        found = self._finished(flow, self._state)
        if flow is self._body and inside:
            self._cell += found
        else:
            flow.items += found

    def _finished(self, flow: _Flow, state: _State) -> list[Item]:
        """The paragraph read so far, and the text boxes that hang on it."""
        # Characters beyond the basic plane arrive as two halves.
        text = "".join(piece for piece, _ in flow.pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        bold = all(strong for piece, strong in flow.pieces if piece.strip())
        page, label, after = flow.page, flow.label, flow.after
        flow.pieces, flow.page, flow.label, flow.after = [], None, "", []
        if not text.strip():
            return after
        level, name = self._styles.get(state.style, (None, ""))
        if state.outline is not None:
            level = state.outline + 1 if 0 <= state.outline < 9 else None
        text = f"{label} {text}" if label else text
        if level:
            return [Line(text, "heading", level, page), *after]
        if label or state.list_id > 0:
            return [Line(text, "list_item", state.list_level + 1, page, bold), *after]
        return [Line(text, page=page, bold=bold, template=bool(_CONTENTS.match(name))), *after]

    def _end_row(self) -> None:
        self._end_paragraph(in_cell=True)
        if self._cell:
            self._row.append(self._cell)
        cells: list[list[Item] | Covered] = []
        for column, content in enumerate(self._row):
            cover = self._covers[column] if column < len(self._covers) else None
            cells.append(cover if cover is not None and not flat_text(content).strip() else content)
        if cells:
            page = next((item.page for content in self._row for item in content if item.page is not None), self.page)
            self._rows.append(GridRow(cells, page))
        self._row, self._cell, self._in_row = [], [], False

    def _end_table(self) -> None:
        loose = [item for content in (*self._row, self._cell) for item in content]
        if self._rows:
            self._body.items += table_items(self._rows, self._rows[0].page)
        self._body.items += loose
        self._rows, self._row, self._cell = [], [], []


def _codec(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        return "utf-8" if name == "cp65001" else "cp1252"
    return name
