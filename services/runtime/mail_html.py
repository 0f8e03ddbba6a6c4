"""The HTML of a mail of ours, made from its text. Pure, the same for what is sent and for a preview of it.

Style stands at the elements, where mail programs leave it. Each paragraph finds its own direction, so that Hebrew or Arabic words below
a line in English read from the right; words that are longer than a line break anywhere.
"""

import html
import re
from typing import Final

_URL = re.compile(r"https?://[^\s<>\"'\x00-\x1f]{1,2000}")
_TRAILING = ".,;:!?)]}'\""
_BREAK = re.compile(r"\n[ \t]*\n\s*")
_BODY: Final = (
    "margin:0;padding:16px;max-width:42em;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5;"
    "overflow-wrap:anywhere;word-break:break-word"
)
_SHELL: Final = '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>\n<body style="{}">\n{}\n</body></html>\n'


def html_of_text(text: str) -> str:
    """The text as HTML: escaped, paragraphs and line breaks kept, web addresses as links."""
    paragraphs = [each for each in _BREAK.split(text.replace("\r\n", "\n").strip("\n")) if each.strip()]
    return "<div>" + "\n".join(f'<p dir="auto" style="margin:0 0 1em">{_linked(each)}</p>' for each in paragraphs) + "</div>"


def _linked(text: str) -> str:
    out: list[str] = []
    at = 0
    for found in _URL.finditer(text):
        url = found.group().rstrip(_TRAILING)
        out.append(html.escape(text[at : found.start()]))
        out.append(f'<a href="{html.escape(url)}">{html.escape(url)}</a>')
        at = found.start() + len(url)
    out.append(html.escape(text[at:]))
    return "".join(out).replace("\n", "<br>\n")


def html_document(fragment: str) -> str:
    """A whole document around it, unless it is one."""
    return fragment if re.match(r"\s*(<!doctype|<html)", fragment, re.IGNORECASE) else _SHELL.format(_BODY, fragment)
