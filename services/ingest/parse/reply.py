"""The sender's own words: the HTML client's marks first, then the lines of the text."""

from __future__ import annotations

from dataclasses import dataclass

from services.ingest.parse.body import Body
from services.ingest.parse.html_text import text_of_clean
from services.ingest.parse.quote_html import cut_blockquotes, cut_marked, find_marks
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
    marks = find_marks(body.html) if body.html else None
    if marks is not None:
        cut = cut_marked(body.html, marks)
        if cut is not None:
            own = text_of_clean(cut.kept)
            lines = cut_text(own)
            quoted = text_of_clean(cut.quoted) if cut.quoted else lines.quoted
            signature = text_of_clean(cut.signature) if cut.signature else lines.signature
            if own:
                return Reply(lines.reply, cut.kept, quoted, cut.quoted, signature)
    lines = cut_text(body.text)
    if body.html and lines.quoted and "<blockquote" in body.html:
        trimmed = cut_blockquotes(body.html)
        if trimmed is not None:
            return Reply(lines.reply, trimmed.kept, lines.quoted, trimmed.quoted, lines.signature)
    return Reply(lines.reply, body.html, lines.quoted, "", lines.signature)
