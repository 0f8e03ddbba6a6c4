"""The text and HTML of an outgoing mail. Pure."""

import re

from selectolax.lexbor import LexborHTMLParser

from schemas.ticket import Message
from services.runtime.mail_html import html_of_text


def text_of_html(fragment: str) -> str:
    """Words of an HTML body that came without text."""
    tree = LexborHTMLParser(re.sub(r"(?i)<br\s*/?>|</(p|div|li|tr|h[1-6])>", "\\g<0>\n", fragment))
    tree.strip_tags(["script", "style", "head"])
    return (tree.body.text() if tree.body else "").strip()


def letter(message: Message) -> tuple[str, str]:
    """(text, HTML) of the whole mail: the words, the signature below the line that mail programs know it by, what was said before."""
    html_words = message.body_html or ""
    words = message.body_text or (text_of_html(html_words) if html_words else "")
    page = html_words or html_of_text(words)
    out = message.outbound
    if out is None or not (out.signature or out.quoted_text):
        return words, page
    if out.signature:
        words = f"{words.rstrip()}\n\n-- \n{out.signature}\n"
        page += f'\n<div class="gmail_signature"><div>-- </div>\n{html_of_text(out.signature)}</div>'
    if out.quoted_text:
        words = f"{words.rstrip(chr(10))}\n\n{out.quoted_text}\n"
        page += f"\n<br>\n{out.quoted_html or html_of_text(out.quoted_text)}"
    return words, page
