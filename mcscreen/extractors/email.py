"""Mail saved as a file (.eml), and pages saved as .mht, which are mail with an HTML body.

The subject becomes a heading and the body prose. Attachments are named in a warning and not opened: what is evidence
should be uploaded as a file of its own, where it can be cited.
"""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from mcscreen.decoding import decode
from mcscreen.document import Draft, UnreadableDocument
from mcscreen.limits import Limits
from mcscreen.markup import write_markup
from mcscreen.prose import write_prose

__all__ = ["extract"]

_ATTACHED = 8


def extract(path: Path, draft: Draft, limits: Limits) -> None:
    """Read subject and body of a mail into the draft.

    Raises:
        UnreadableDocument: `corrupt` when it cannot be parsed as mail.
    """
    with path.open("rb") as stream:
        data = stream.read(limits.characters * _ATTACHED)
    if len(data) == limits.characters * _ATTACHED:
        draft.unread("the mail is very long; its end was not read")
    draft.reader = "mail"
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not isinstance(message, EmailMessage):
        raise UnreadableDocument("corrupt", "the mail cannot be parsed")
    draft.heading(str(message.get("subject", "")))
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None:
        payload = body.get_payload(decode=True)
        text = _text(payload, body.get_content_charset()) if isinstance(payload, bytes) else str(body.get_payload())
        if body.get_content_type() == "text/html":
            write_markup(text, draft)
        else:
            write_prose(text, draft, page_breaks=False)
    names = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
    if names:
        draft.warn(f"{len(names)} attachment(s) of the mail were not read: upload them as files of their own")


def _text(payload: bytes, charset: str | None) -> str:
    text, name = decode(payload)
    if name.startswith("utf") or charset is None:
        return text
    try:
        return payload.decode("cp1252" if charset.lower() in ("iso-8859-1", "us-ascii") else charset, "replace")
    except LookupError:
        return text
