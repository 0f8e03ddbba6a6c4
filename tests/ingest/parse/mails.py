"""Mails to parse, written as short as they can be."""

from __future__ import annotations

import email.policy
from email.message import EmailMessage


def plain(body: str, **headers: str) -> bytes:
    """A text mail; underscores in header names stand for dashes."""
    lines = {"From": "Mia <mia@customers.example>", "To": "support@desk.example", "Subject": "Hello", "Message-ID": "<1@customers.example>"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return (head + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + body.replace("\n", "\r\n")).encode()


def html(body: str, **headers: str) -> bytes:
    """An HTML mail without a text."""
    return plain(body, **headers).replace(b"text/plain", b"text/html", 1)


def message(text: str, *, markup: str | None = None, files: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """A mail as Python's own writer makes it."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Ünal <u@x.example>", "s@y.example", "Größe"
    made["Message-ID"] = "<9@x.example>"
    made.set_content(text)
    if markup is not None:
        made.add_alternative(markup, subtype="html")
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes(policy=email.policy.SMTP)
