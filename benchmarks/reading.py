"""How much of what other readers find does mcscreen find, and does every file end with the right status?

    python -m benchmarks.reading CORPUS [--json FILE]

CORPUS holds `files/` and `INDEX.csv` (file, ext, expected, acceptable). For every file that both sides read, the share is
the number of words that mcscreen has in common with the best other reader, divided by that reader's words (multisets,
lower case). Words that another reader finds and no person sees (menus, hidden text, running page numbers) count against
mcscreen here; the misses are listed so that they can be looked at.
"""

from __future__ import annotations

import argparse
import csv
import html
import json
import re
import statistics
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

from mcscreen.extractors import read_document

WORD = re.compile(r"[^\W_]+")


def words(text: str) -> Counter[str]:
    return Counter(WORD.findall(text.lower()))


def pdfium(path: Path) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def pdfplumber(path: Path) -> str:
    import pdfplumber

    with pdfplumber.open(path) as document:
        return "\n".join(page.extract_text(x_tolerance=1.5) or "" for page in document.pages[:60])


def python_docx(path: Path) -> str:
    import docx

    document = docx.Document(str(path))
    cells = [c.text for t in document.tables for r in t.rows for c in {id(c._tc): c for c in r.cells}.values()]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def docx_xml(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("word/document.xml").decode("utf-8", "replace")
    xml = re.sub(
        r"<mc:Fallback>.*?</mc:Fallback>|<w:del [^>]*>.*?</w:del>|<w:instrText.*?</w:instrText>|<!DOCTYPE.*?\]>", "", xml, flags=re.S
    )
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"</w:p>|<w:tab/>|<w:br[^>]*/>", " ", xml)))


def odfpy(path: Path) -> str:
    from odf import teletype
    from odf.opendocument import load
    from odf.text import H, P

    document = load(str(path))
    return "\n".join(teletype.extractText(e) for kind in (H, P) for e in document.getElementsByType(kind))


def python_pptx(path: Path) -> str:
    from pptx import Presentation

    texts = []
    for slide in Presentation(str(path)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                texts.append(shape.text_frame.text)
            if shape.has_table:
                texts.extend(c.text for r in shape.table.rows for c in r.cells)
        if slide.has_notes_slide:
            texts.append(slide.notes_slide.notes_text_frame.text)
    return "\n".join(texts)


def lxml_html(path: Path) -> str:
    from lxml import html as lxml

    tree = lxml.parse(str(path)).getroot()
    for element in tree.xpath("//script|//style|//noscript|//head"):
        element.drop_tree()
    return " ".join(tree.itertext())


def charset_normalizer(path: Path) -> str:
    from charset_normalizer import from_path

    best = from_path(path).best()
    return str(best) if best else ""


OTHERS: dict[str, list[Callable[[Path], str]]] = {
    "pdf": [pdfium, pdfplumber],
    "docx": [python_docx, docx_xml],
    "odt": [odfpy],
    "pptx": [python_pptx],
    "html": [lxml_html],
    "txt": [charset_normalizer],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    shares: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    misses, total = [], 0
    with (options.corpus / "INDEX.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            path = options.corpus / "files" / row["file"]
            if not path.exists():
                continue
            document = read_document(path, row["file"])
            total += 1
            accepted = set(row["acceptable"].split("|")) | {row["expected"]}
            if "container" in accepted:
                accepted.add("unsupported")
            if document.status not in accepted:
                misses.append((row["file"], document.status, row["acceptable"], document.reason))
            if not document.readable:
                continue
            ours, best, name = words(document.text), Counter[str](), ""
            for other in OTHERS.get(document.format, []):
                try:
                    found = words(other(path))
                except Exception as error:  # another reader's failure is its own
                    print(f"  {other.__name__} on {row['file']}: {type(error).__name__}", file=sys.stderr)
                    continue
                if found.total() > best.total():
                    best, name = found, other.__name__
            if best.total():
                shares[document.format].append(((ours & best).total() / best.total(), row["file"], name))
    print(f"status acceptable: {total - len(misses)} of {total} ({(total - len(misses)) / max(1, total):.1%})")
    for miss in misses:
        print("  miss:", *miss)
    print(f"\n{'format':8}{'files':>6}{'median':>8}{'mean':>8}{'lowest':>8}")
    for kind, rows in sorted(shares.items()):
        values = [r[0] for r in rows]
        print(f"{kind:8}{len(rows):6}{statistics.median(values):8.3f}{statistics.mean(values):8.3f}{min(values):8.3f}")
    print("\nbelow 0.97:")
    for kind, rows in sorted(shares.items()):
        for share, name, reader in sorted(rows):
            if share < 0.97:
                print(f"  {share:.3f} {kind} {name} (best other: {reader})")
    if options.json:
        options.json.write_text(json.dumps({"total": total, "misses": misses, "shares": shares}, indent=1))


if __name__ == "__main__":
    main()
