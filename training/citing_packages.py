"""Invented Part 2 packages (training/citations/*.toml) as the files that a candidate would upload.

A package lists artifacts with the text of each place, and the rows of a self-analysis with their true labels. Rendering
them to PDF, DOCX, PPTX, XLSX and video, and the rows in one of nine layouts, lets the whole reading be fitted and measured
as it is used: a place that is read wrongly costs what it costs in use.
"""

from __future__ import annotations

import csv
import io
import struct
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcscreen.rubric import Rubric
from mcscreen.rubric_files import RubricFolder, load_rubric_folder

__all__ = ["PACKAGES", "Package", "load_packages"]

PACKAGES = Path(__file__).resolve().parent / "citations"
SEED = Path(__file__).resolve().parent.parent / "rubrics" / "student-centeredness"
HEADS = (
    ("EO detail", "Artifact", "Where to look", "How it demonstrates the outcome"),
    ("Essential outcome detail", "File name", "Page / slide / time", "Explanation"),
    ("Standard", "Evidence uploaded", "Location of evidence", "Rationale"),
)


@dataclass(frozen=True)
class Package:
    """One package: `rows` as in the TOML, each with detail, facet, artifact, locator, explanation, label and perhaps better."""

    id: str
    layout: str
    rubric: RubricFolder
    artifacts: list[dict[str, Any]]
    rows: list[dict[str, Any]]

    def write(self, folder: Path) -> Path:
        """Write the submission into a folder of its own and return it."""
        submission = folder / f"package-{self.id}"
        (submission / "artifacts").mkdir(parents=True)
        for artifact in self.artifacts:
            path = submission / "artifacts" / artifact["name"]
            _WRITERS[path.suffix](path, artifact)
        head = HEADS[int(self.id) % len(HEADS)]
        cells = [[r["detail"], r["artifact"], r["locator"], r["explanation"]] for r in self.rows]
        suffix = {"prose": self.layout.partition("-")[2]}.get(self.layout.partition("-")[0], self.layout.partition("-")[0])
        _LAYOUTS[self.layout](submission / f"Part 2 Self-Analysis.{suffix}", head, cells)
        return submission


def load_packages(folder: Path = PACKAGES) -> list[Package]:
    """All packages, by name."""
    found = []
    for path in sorted(folder.glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        rubric = load_rubric_folder(SEED) if content["rubric"] == "seed" else _rubric(content, path)
        found.append(Package(content["id"], content["layout"], rubric, content["artifacts"], content["rows"]))
    return found


def _rubric(content: dict[str, Any], path: Path) -> RubricFolder:
    outcomes: dict[str, list[dict[str, str]]] = {}
    for detail in content["details"]:
        outcomes.setdefault(detail["id"].partition(".")[0], []).append(detail)
    rubric = Rubric.model_validate(
        {
            "schema": 1,
            "id": f"package-{content['id']}",
            "title": f"Invented rubric of package {content['id']}",
            "source": {"title": "invented"},
            "outcomes": [{"id": o, "text": f"Essential outcome {o[2:]}", "details": details} for o, details in outcomes.items()],
            "parts": [{"id": "part2", "title": "Evidence self-analysis", "kind": "portfolio"}],
        }
    )
    return RubricFolder(rubric, (), f"{int(content['id']):064d}", path)


# --- artifacts


def _pdf(path: Path, artifact: dict[str, Any]) -> None:
    _pdf_of(path, [place["text"].split("\n") for place in artifact["places"]])


def _pdf_of(path: Path, pages: list[list[str]]) -> None:
    from xml.sax.saxutils import escape

    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

    body = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=14, spaceAfter=4)
    story: list[Any] = []
    for n, lines in enumerate(pages):
        story += [PageBreak()] if n else []
        story += [Paragraph(escape(line), body) for line in lines if line.strip()]
    SimpleDocTemplate(str(path), pagesize=(612, 792), invariant=1).build(story)


def _docx(path: Path, artifact: dict[str, Any]) -> None:
    from docx import Document

    document = Document()
    for n, place in enumerate(artifact["places"]):
        if "heading" in place:
            document.add_heading(place["heading"], 1)
        elif n:
            document.add_page_break()
        for line in place["text"].split("\n"):
            if line.strip():
                document.add_paragraph(line)
    document.save(str(path))


def _pptx(path: Path, artifact: dict[str, Any]) -> None:
    from pptx import Presentation

    deck = Presentation()
    for place in artifact["places"]:
        title, _, rest = place["text"].partition("\n")
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "\n".join(line.lstrip("- ") for line in rest.split("\n"))
    deck.save(str(path))


def _xlsx(path: Path, artifact: dict[str, Any]) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for place in artifact["places"]:
        sheet = book.create_sheet(place["sheet"])
        for line in place["text"].split("\n"):
            sheet.append([_value(cell.strip()) for cell in line.split("|")])
    book.save(str(path))


def _value(cell: str) -> str | float:
    try:
        return float(cell)
    except ValueError:
        return cell


def _mp4(path: Path, artifact: dict[str, Any]) -> None:
    path.write_bytes(_movie(int(artifact["seconds"])))
    cues = ["WEBVTT\n"]
    for place in artifact["places"]:
        first, last = place["seconds"]
        sentences = [s.strip() for s in place["text"].replace("\n", " ").replace("? ", "?\0").replace(". ", ".\0").split("\0") if s.strip()]
        step = (last - first) / len(sentences)
        cues += [f"{_clock(first + n * step)} --> {_clock(first + (n + 1) * step - 0.1)}\n{s}\n" for n, s in enumerate(sentences)]
    path.with_suffix(".vtt").write_text("\n".join(cues), encoding="utf-8")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"00:{int(minutes):02}:{rest:06.3f}"


def _box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", len(data) + 8) + kind + data


def _movie(seconds: int) -> bytes:
    """An MP4 of headers only: one empty video track of the given length."""
    length = seconds * 1000
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    header = _box(b"mvhd", struct.pack(">5IIH", 0, 0, 0, 1000, length, 0x10000, 0x100), bytes(10), matrix, bytes(24), struct.pack(">I", 2))
    track = _box(b"tkhd", struct.pack(">6I", 3, 0, 0, 1, 0, length), bytes(16), matrix, struct.pack(">II", 320 << 16, 240 << 16))
    media = _box(
        b"mdia",
        _box(b"mdhd", struct.pack(">5IHH", 0, 0, 0, 1000, length, 0x55C4, 0)),
        _box(b"hdlr", bytes(8), b"vide", bytes(12), b"v\0"),
        _box(b"minf", _box(b"vmhd", struct.pack(">IQ", 1, 0)), _box(b"stbl", _box(b"stsd", bytes(8)))),
    )
    return _box(b"ftyp", b"isom", bytes(4), b"isom") + _box(b"moov", header, _box(b"trak", track, media))


def _text(path: Path, artifact: dict[str, Any]) -> None:
    path.write_text("\n\n".join(place["text"] for place in artifact["places"]), encoding="utf-8")


_WRITERS = {".pdf": _pdf, ".docx": _docx, ".pptx": _pptx, ".xlsx": _xlsx, ".mp4": _mp4, ".txt": _text, ".csv": _text}


# --- the self-analysis

_Head = tuple[str, str, str, str]
_Cells = list[list[str]]


def _docx_table(path: Path, head: _Head, cells: _Cells) -> None:
    from docx import Document

    document = Document()
    document.add_heading("Part 2: Evidence Self-Analysis", 1)
    table = document.add_table(rows=0, cols=4)
    for row in [head, *cells]:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.save(str(path))


def _odt_table(path: Path, head: _Head, cells: _Cells) -> None:
    from odf.opendocument import OpenDocumentText
    from odf.table import Table, TableCell, TableRow
    from odf.text import H, P

    document = OpenDocumentText()
    document.text.addElement(H(outlinelevel=1, text="Part 2: Evidence Self-Analysis"))
    table = Table()
    for row in [head, *cells]:
        line = TableRow()
        for text in row:
            cell = TableCell()
            cell.addElement(P(text=text))
            line.addElement(cell)
        table.addElement(line)
    document.text.addElement(table)
    document.save(str(path))


def _pdf_table(path: Path, head: _Head, cells: _Cells) -> None:
    from xml.sax.saxutils import escape

    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    body = ParagraphStyle("body", fontName="Helvetica", fontSize=9, leading=11)
    rows = [[Paragraph(escape(text), body) for text in row] for row in [head, *cells]]
    table = Table(rows, colWidths=(120, 105, 75, 200), repeatRows=1, style=[("GRID", (0, 0), (-1, -1), 0.5, "black")])
    title = Paragraph("Part 2: Evidence Self-Analysis", ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=14, spaceAfter=10))
    SimpleDocTemplate(str(path), pagesize=(612, 792), invariant=1).build([title, table])


def _xlsx_table(path: Path, head: _Head, cells: _Cells) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Self-analysis"
    for row in [head, *cells]:
        sheet.append(row)
    book.save(str(path))


def _csv_table(path: Path, head: _Head, cells: _Cells) -> None:
    data = io.StringIO()
    csv.writer(data).writerows([head, *cells])
    path.write_text(data.getvalue(), encoding="utf-8")


def _prose_docx(path: Path, head: _Head, cells: _Cells) -> None:
    """A heading a detail, a line with file and place, a paragraph."""
    from docx import Document

    document = Document()
    document.add_heading("Part 2: Evidence Self-Analysis", 1)
    for detail, artifact, place, why in cells:
        document.add_heading(detail, 2)
        document.add_paragraph(f"Evidence: {artifact}" + (f", {place}" if place else ""))
        if why:
            document.add_paragraph(why)
    document.save(str(path))


def _labelled(cells: _Cells) -> list[list[str]]:
    return [[f"Detail: {d}", f"Artifact: {a}", f"Location: {p}", f"Explanation: {w}"] for d, a, p, w in cells]


def _prose_pdf(path: Path, head: _Head, cells: _Cells) -> None:
    """Four labelled lines a row, three rows a page."""
    groups = _labelled(cells)
    pages = [[line for group in groups[n : n + 3] for line in group] for n in range(0, len(groups), 3)]
    pages[0].insert(0, "Part 2: Evidence Self-Analysis")
    _pdf_of(path, pages)


def _prose_txt(path: Path, head: _Head, cells: _Cells) -> None:
    path.write_text("\n\n".join(["PART 2: EVIDENCE SELF-ANALYSIS", *("\n".join(g) for g in _labelled(cells))]) + "\n", encoding="utf-8")


def _prose_md(path: Path, head: _Head, cells: _Cells) -> None:
    """A heading a detail, then a list of what it rests on."""
    pieces = ["# Part 2: Evidence Self-Analysis"]
    for detail, artifact, place, why in cells:
        pieces.append(f"## {detail}\n\n- **Artifact:** {artifact}\n- **Where:** {place}\n- **Explanation:** {why}")
    path.write_text("\n\n".join(pieces) + "\n", encoding="utf-8")


_LAYOUTS = {
    "docx-table": _docx_table,
    "odt-table": _odt_table,
    "pdf-table": _pdf_table,
    "xlsx": _xlsx_table,
    "csv": _csv_table,
    "prose-docx": _prose_docx,
    "prose-pdf": _prose_pdf,
    "prose-txt": _prose_txt,
    "prose-md": _prose_md,
}
