"""DOCX packages for the tests, put together part by part."""

import io
import zipfile
from pathlib import Path

from mcscreen.document import Document, Draft
from mcscreen.extractors.docx import extract
from mcscreen.limits import DEFAULT_LIMITS, Limits

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SPACES = (
    f'xmlns:w="{W}" xmlns:r="{R}" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
)
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
PICTURE = '<w:r><w:drawing><a:blip r:embed="p"/></w:drawing></w:r>'


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def para(content: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{content if content.startswith('<') else run(content)}</w:p>"


def table(*rows: list[str]) -> str:
    cell = "<w:tc><w:tcPr/>{}</w:tc>"
    return (
        "<w:tbl>"
        + "".join("<w:tr>" + "".join(c if c.startswith("<w:tc>") else cell.format(para(c)) for c in r) + "</w:tr>" for r in rows)
        + "</w:tbl>"
    )


def package(body: str, parts: dict[str, str | bytes] | None = None, links: str = "", background: str = "") -> bytes:
    """A DOCX whose parts other than the main one are given with the relationship's type as key's first word."""
    rels, extra = links, {}
    for number, (name, content) in enumerate((parts or {}).items()):
        kind, _, target = name.partition(" ")
        extra[f"word/{target}"] = content
        rels += f'<Relationship Id="part{number}" Type="{R}/{kind}" Target="{target}"/>'
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types><Override PartName="/word/document.xml" ContentType="{MAIN}"/></Types>',
        "_rels/.rels": f'<Relationships><Relationship Id="r" Type="{R}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f"<w:document {SPACES}>{background}<w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": f"<Relationships>{rels}</Relationships>",
        **extra,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read_bytes(data: bytes, folder: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    path = folder / "file.docx"
    path.write_bytes(data)
    draft = Draft(limits)
    extract(path, draft, limits)
    return draft.finish(name="file.docx", format="docx", sha256="", size=len(data))


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, document.text_of(block)) for block in document.blocks]


def part(tag: str, content: str) -> str:
    return f"<w:{tag} {SPACES}>{content}</w:{tag}>"


STYLES = part(
    "styles",
    """<w:style w:type="paragraph" w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>
    <w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="District Head"/><w:basedOn w:val="berschrift2"/></w:style>
    <w:style w:type="paragraph" w:styleId="Outlined"><w:name w:val="Section line"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
    <w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop2"/></w:style>
    <w:style w:type="paragraph" w:styleId="Loop2"><w:name w:val="Loop2"/><w:basedOn w:val="Loop"/></w:style>
    <w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>
    <w:style w:type="paragraph" w:styleId="T1"><w:name w:val="toc 1"/></w:style>
    <w:style w:type="paragraph" w:styleId="Bullets"><w:name w:val="List Bullet"/>
    <w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>
    <w:style w:type="character" w:styleId="Secret"><w:name w:val="Secret"/><w:rPr><w:vanish/></w:rPr></w:style>
    <w:style w:type="character" w:styleId="Strong"><w:name w:val="Strong"/><w:rPr><w:b/></w:rPr></w:style>""",
)


def style(name: str) -> str:
    return f'<w:pStyle w:val="{name}"/>'
