"""Files that came with a mail."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from dataclasses import dataclass
from typing import Final

from services.ingest.parse import limits
from services.ingest.parse.magic import type_of
from services.ingest.parse.params import param_text, split_value
from services.ingest.parse.tree import Part, read_headers
from services.ingest.parse.words import decode_words


@dataclass(frozen=True, slots=True)
class Attachment:
    """`name` may stand on several attachments of one mail; `sha256` names the content; `inline` = the HTML shows it by `content_id`."""

    name: str
    type: str
    size: int
    sha256: str
    inline: bool
    content_id: str
    content: bytes


_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def read_attachment(part: Part, *, html: str, number: int) -> Attachment:
    """The file in a leaf. `html` is the mail's sanitised HTML, which decides what is inline; `number` names a nameless one."""
    content = part.content()
    kind = type_of(content, part.content_type) if part.content_type != "message/rfc822" else part.content_type
    content_id = decode_words(part.header("content-id")).strip("<>")
    inline = bool(content_id) and f"cid:{content_id}" in html
    name = file_name(part) or _invented(part, content, kind=kind, number=number)
    return Attachment(name, kind, len(content), hashlib.sha256(content).hexdigest(), inline, content_id, content)


def file_name(part: Part) -> str:
    """The name its sender gave a part, without folders, control and text-direction characters; '' when it has none."""
    name = ""
    disposition = part.header("content-disposition")
    if disposition:
        name = param_text(split_value(disposition)[1], "filename")
    name = name or param_text(part.params, "name")
    if not name:
        return ""
    name = _CONTROL.sub("", name).replace("\\", "/").rsplit("/", 1)[-1].strip()
    if len(name) > limits.NAME_CHARS:
        stem, dot, ending = name.rpartition(".")
        name = stem[: limits.NAME_CHARS - len(ending) - 1] + dot + ending if dot and len(ending) < 16 else name[: limits.NAME_CHARS]
    return "" if name in (".", "..") else name


def _invented(part: Part, content: bytes, *, kind: str, number: int) -> str:
    if part.content_type == "message/rfc822":
        subject = decode_words(read_headers(content).header("subject"))
        subject = _CONTROL.sub("", subject).replace("/", "-").replace("\\", "-").strip()[:100]
        return (subject or "message") + ".eml"
    return f"attachment-{number}{mimetypes.guess_extension(kind, strict=False) or '.bin'}"
