from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

from mcscreen.document import Document
from mcscreen.extractors import read_document


def read(tmp_path: Path, message: EmailMessage) -> Document:
    message["From"], message["To"], message["Message-ID"] = "a@example.org", "b@example.org", "<1@example.org>"
    (tmp_path / "a.eml").write_bytes(message.as_bytes())
    return read_document(tmp_path / "a.eml", "a.eml")


def test_plain_body_and_attachments(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "Thank you – for the tutoring"
    message.set_content("Dear principal,\n\nmy son reads now. Don’t stop.\n")
    message.add_alternative("<p>other</p>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="private name.pdf")
    document = read(tmp_path, message)
    assert document.text.split("\n") == ["Thank you – for the tutoring", "Dear principal,", "my son reads now. Don’t stop."]
    assert document.blocks[0].kind == "heading"
    assert document.warnings == ("1 attachment(s) of the mail were not read: upload them as files of their own",)


def test_html_body(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "Hello"
    message.set_content("<style>p {}</style><p>One café</p><ul><li>two</li></ul>", subtype="html", charset="iso-8859-1")
    document = read(tmp_path, message)
    assert [(b.kind, document.text_of(b)) for b in document.blocks] == [
        ("heading", "Hello"),
        ("paragraph", "One café"),
        ("list_item", "two"),
    ]


def test_a_mail_without_text_is_empty(tmp_path: Path) -> None:
    message = EmailMessage()
    message.add_attachment(b"x", maintype="image", subtype="png", filename="a.png")
    assert read(tmp_path, message).status == "empty"
