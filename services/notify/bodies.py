"""The text and HTML of an outgoing mail. Pure."""

import html
import re

from selectolax.lexbor import LexborHTMLParser

from schemas.ticket import Message

_URL = re.compile(r"https?://[^\s<>\"'\x00-\x1f]{1,2000}")
_TRAILING = ".,;:!?)]}'\""
_SHELL = '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{}\n</body></html>\n'


def html_of_text(text: str) -> str:
    """The text as HTML: escaped, web addresses as links, line breaks kept."""
    out: list[str] = []
    at = 0
    for found in _URL.finditer(text):
        url = found.group().rstrip(_TRAILING)
        out.append(html.escape(text[at : found.start()]))
        out.append(f'<a href="{html.escape(url)}">{html.escape(url)}</a>')
        at = found.start() + len(url)
    out.append(html.escape(text[at:]))
    return "<div>" + "".join(out).replace("\n", "<br>\n") + "</div>"


def html_document(fragment: str) -> str:
    """A whole document around what the agent wrote."""
    return fragment if re.match(r"\s*(<!doctype|<html)", fragment, re.IGNORECASE) else _SHELL.format(fragment)


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
