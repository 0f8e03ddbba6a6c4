"""The sender's own words: the HTML client's marks first, then the lines of the text."""

from __future__ import annotations

from dataclasses import dataclass

from services.ingest.parse.body import Body
from services.ingest.parse.quote_html import cut_blockquotes, cut_marked
from services.ingest.parse.quote_text import cut_text


@dataclass(frozen=True, slots=True)
class Reply:
    """As in `ParsedMail`; `html` and `quoted_html` are '' without HTML."""

    text: str
    html: str
    quoted: str
    quoted_html: str
    signature: str


def find_reply(body: Body) -> Reply:
    """Divide a body; the reply is never empty unless the body is."""
    cut = cut_marked(body.markup) if body.markup else None
    if cut is not None and cut.kept_text:
        lines = cut_text(cut.kept_text)
        return Reply(lines.reply, cut.kept, cut.quoted_text or lines.quoted, cut.quoted, cut.signature or lines.signature)
    lines = cut_text(body.text)
    trimmed = cut_blockquotes(body.markup) if body.markup and lines.quoted else None
    if trimmed is not None and trimmed.kept_text:
        return Reply(lines.reply, trimmed.kept, lines.quoted, trimmed.quoted, lines.signature)
    return Reply(lines.reply, body.html, lines.quoted, "", lines.signature)
