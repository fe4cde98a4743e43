"""The parts of a DOCX package and the relationships between them.

Part names are matched without regard to case and with either slash, because some writers use backslashes. Nothing is
inflated unless it is asked for by name: the media of a document are never touched.
"""

from __future__ import annotations

import posixpath
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mcscreen.containers import parse_xml, read_member
from mcscreen.document import UnreadableDocument
from mcscreen.extractors.docx.markup import local
from mcscreen.limits import Limits

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Package", "Relationship"]

_MAIN_TYPES = ("document.main+xml", "template.main+xml", "macroenabled.main+xml", "macroenabledtemplate.main+xml")


@dataclass(frozen=True, slots=True)
class Relationship:
    """A link from one part to another.

    Attributes:
        type: Last word of the relationship's type ("footnotes").
        target: Name of the part, or an address where `external`.
        external: Whether the target lies outside the file; it is never fetched.
    """

    type: str
    target: str
    external: bool


class Package:
    """An open DOCX package.

    Args:
        archive: The ZIP file.
        limits: Bounds on each part and on all that is read.

    Attributes:
        doubled: Whether two parts have the same name, which no word processor writes; the last one counts.
    """

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        self._inflated = 0
        names = archive.namelist()
        self._names = {_key(name): name for name in names}
        self.doubled = len(self._names) < len(names)

    def read(self, part: str) -> bytes | None:
        """Bytes of a part, or None when there is no such part.

        Raises:
            UnreadableDocument: `corrupt` when it does not inflate, `too_large` when the limits are exceeded.
        """
        name = self._names.get(_key(part))
        data = None if name is None else read_member(self._archive, name, self._limits)
        self._inflated += len(data or b"")
        if self._inflated > self._limits.archive_bytes:
            raise UnreadableDocument("too_large", f"the parts read expand to more than {self._limits.archive_bytes // 1_000_000:,} MB")
        return data

    def xml(self, part: str) -> _Element | None:
        """Root element of a part, or None when there is no such part.

        Raises:
            UnreadableDocument: `corrupt` or `too_large`.
        """
        data = self.read(part)
        return None if data is None else parse_xml(data)

    def main_part(self) -> str:
        """Name of the part that holds the body.

        Raises:
            UnreadableDocument: `corrupt` when the package has none.
        """
        candidates = [link.target for link in self.relationships("").values() if link.type == "officeDocument" and not link.external]
        candidates += self._declared_main()
        candidates.append("word/document.xml")
        for candidate in candidates:
            if _key(candidate) in self._names:
                return candidate
        raise UnreadableDocument("corrupt", "the file is damaged: the package has no document part")

    def relationships(self, part: str) -> dict[str, Relationship]:
        """Relationships of a part by id; of the package itself for an empty name. A damaged list counts as none."""
        folder, name = posixpath.split(part)
        try:
            root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        except UnreadableDocument:
            return {}
        found: dict[str, Relationship] = {}
        for link in () if root is None else root:
            target, kind = link.get("Target"), link.get("Type")
            if local(link) != "Relationship" or not target or not kind:
                continue
            external = link.get("TargetMode") == "External"
            if not external:
                target = posixpath.normpath(posixpath.join("/", folder, unquote(target.replace("\\", "/")))).lstrip("/")
            found[link.get("Id") or ""] = Relationship(kind.rpartition("/")[2], target, external)
        return found

    def _declared_main(self) -> list[str]:
        try:
            root = self.xml("[Content_Types].xml")
        except UnreadableDocument:
            return []
        overrides = [] if root is None else [entry for entry in root if local(entry) == "Override"]
        return [(o.get("PartName") or "").lstrip("/") for o in overrides if (o.get("ContentType") or "").lower().endswith(_MAIN_TYPES)]


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()
