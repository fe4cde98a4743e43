"""Every limit on what is read from one file, and on what reading it may cost, in one place.

The defaults pass each of several hundred real office documents with room to spare and stop the files that are built to
exhaust a reader: decompression bombs, hundred-thousand-page PDFs, endless lines. What a limit cuts off is reported: the
document becomes `too_large` when nothing was read and `partial` when the beginning was. The last three are not kept by the readers
but by the process around them (`mcscreen.isolation`), because a file can exhaust a reader in a single native call.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for reading one file.

    Attributes:
        file_bytes: Largest file that is read, in bytes. Video is exempt: only its header is read.
        archive_bytes: Largest expanded size of a ZIP container, in bytes.
        archive_ratio: Largest ratio of expanded to packed size, for members above one megabyte (parts of a document: above ten).
        archive_members: Largest number of members of a ZIP container.
        pages: Pages, slides or sheets that are read; the rest makes the document `partial`.
        characters: Characters that are kept; the rest makes the document `partial`.
        table_cells: Cells that are kept of one document's tables.
        nesting: Depth of nested tables, groups or lists that is followed.
        ocr_pages: Pages that are given to OCR when OCR is on.
        ocr_seconds: Time that OCR may take for one page, in seconds.
        memory_bytes: Memory of the process that reads, in bytes. The most that the usual libraries took for any of 630 real
            documents is 335 MB.
        cpu_seconds: Processor time that reading one file may take, in seconds. 300 densely printed PDF pages take about 18 on
            a busy machine; a PDF that would take longer is read from the beginning, as far as the time allows.
        wall_seconds: Time that reading one file may take by the clock, in seconds; OCR's time comes on top.
    """

    file_bytes: int = 100_000_000
    archive_bytes: int = 300_000_000
    archive_ratio: float = 150.0
    archive_members: int = 5_000
    pages: int = 1_000
    characters: int = 5_000_000
    table_cells: int = 100_000
    nesting: int = 40
    ocr_pages: int = 50
    ocr_seconds: float = 60.0
    memory_bytes: int = 1_500_000_000
    cpu_seconds: float = 60.0
    wall_seconds: float = 110.0


DEFAULT_LIMITS = Limits()
