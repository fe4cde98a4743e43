"""Makes text from uploads safe to put out: the one place for it.

Text that a candidate controls (quotes, file names, ids) reaches spreadsheets, terminals, Markdown viewers and file
systems, and each has characters that it obeys instead of showing. Every writer calls the function for its medium, on
every piece of text, so that no writer has rules of its own to forget. HTML needs no function here: the templates escape
everything, and run `plain` on it first.

Nothing is hidden: what cannot be shown becomes U+FFFD, and marks that reorder text are spelled out ("⟨U+202E⟩"), because
a file name that reads backwards is something an assessor should see.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

__all__ = ["cell", "file_stem", "markdown", "plain", "shorten", "single_line", "starts_formula", "terminal"]

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Surrogates cannot be encoded; controls and the two non-characters are forbidden in XML, so a workbook with them will not open.
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")

# Spaces and invisible marks do not save a reader from what follows them: spreadsheets strip them on import.
_INVISIBLE = "\\s\u200b-\u200f\u2060\ufeff"
_TRIGGERS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(f"[\t\r\n]|[{_INVISIBLE}]*[{_TRIGGERS}]")
# Where the list separator is a semicolon, a spreadsheet splits a comma-separated line there, quoted or not.
_FORMULA_INSIDE = re.compile(f'(;["{_INVISIBLE}]*)([{_TRIGGERS}])')

_ESCAPE_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\\\|\x9c)"  # window titles, links, clipboard
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~$@&])")
_MARKDOWN_START = re.compile(r"^(?:([#+=-])|(\d{1,9})([.)]))")
_MARKDOWN_LINK = re.compile(r"(?i)\b(www)\.|\b([a-z][a-z0-9+.-]{0,30}):(?=//)")

_STEM_LENGTH = 80
_NOT_IN_STEM = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9]|lpt[0-9])(?:\..*)?")


def plain(text: str) -> str:
    r"""Text that every encoder and every XML file accepts and that stands in the order in which it is stored.

    Line breaks become `\n`, tabs stay. Lone surrogates and control characters become U+FFFD; marks that override the
    direction of text are spelled out.
    """
    if text.isprintable():  # nothing of all this is, and most texts of a table are
        return text
    text = _FORBIDDEN.sub("\ufffd", _BREAKS.sub("\n", text))
    return _REORDERING.sub(lambda m: f"⟨U+{ord(m[0]):04X}⟩", text)


def single_line(text: str) -> str:
    """`plain` text with every run of white space as one space."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _SPACES.sub(" ", plain(text)).strip()


def shorten(text: str, limit: int) -> str:
    """The text, or its first `limit - 1` characters and "…" when it is longer than `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def starts_formula(text: str) -> bool:
    """Whether a spreadsheet may take the text for a formula (CWE-1236, OWASP ASVS 1.2.10)."""
    return _FORMULA.match(text) is not None


def cell(text: str) -> str:
    """Text for a cell of a CSV file: `plain`, with a "'" before what a spreadsheet would take for a formula.

    That is a text that begins with = + - @, their full-width forms, a tab or a line break, also after spaces, and the same
    after a semicolon inside. Do not give it numbers: the tool's own stay numbers.
    """
    guarded = plain(text)
    if ";" in guarded:
        guarded = _FORMULA_INSIDE.sub(r"\1'\2", guarded)
    return "'" + guarded if starts_formula(text) or starts_formula(guarded) else guarded


def terminal(text: str) -> str:
    """One line for a terminal: escape sequences and control characters removed, direction marks spelled out."""
    text = _SPACES.sub(" ", _ESCAPE_SEQUENCE.sub("", text))
    return plain(_CONTROL.sub("", text))


def markdown(text: str) -> str:
    """One line that Markdown (CommonMark and GitHub's tables and links) shows as it is."""
    text = _MARKDOWN.sub(r"\\\1", single_line(text))
    text = _MARKDOWN_LINK.sub(lambda m: f"{m[1]}\\." if m[1] else f"{m[2]}\\:", text)
    return _MARKDOWN_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", text)


def file_stem(identifier: str, taken: set[str]) -> str:
    """A file name without suffix that is safe on every system and belongs to this identifier only.

    An identifier of at most 80 ASCII letters, digits, dots, dashes and underscores stays as it is. Any other is reduced to
    those and gets eight hexadecimal digits of its SHA-256, so the name does not depend on what else is in the batch.

    Args:
        identifier: Any text, such as a submission's id.
        taken: Names in use, in lower case, because some file systems do not tell upper case from lower; the new one is added.
    """
    letters = unicodedata.normalize("NFKD", identifier).encode("ascii", "ignore").decode("ascii")
    stem = _NOT_IN_STEM.sub("-", letters).strip("-. ")[:_STEM_LENGTH].rstrip("-. ")
    if stem != identifier or not stem or _RESERVED.fullmatch(stem):
        digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        stem = "-".join(piece for piece in (stem[: _STEM_LENGTH - 9].rstrip("-. "), digest) if piece)
        if _RESERVED.fullmatch(stem):
            stem = "submission-" + stem
    name, number = stem, 2
    while name.lower() in taken:
        name, number = f"{stem}-{number}", number + 1
    taken.add(name.lower())
    return name
