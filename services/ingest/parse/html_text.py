"""HTML to text, in linear time and without losing any.

Sanitised HTML is well formed (every `<` of a text is escaped, every attribute quoted), so one pass of expressions is exact there and
several times faster than walking a tree. HTML too deep to sanitise only loses its tags.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from services.ingest.parse import limits

_LINES: Final = (
    "address article aside blockquote caption center dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr main nav"
    " pre section summary table tr"
).split()
_BREAKS: Final[dict[str, str]] = {
    **{slash + name: "\n" for name in _LINES for slash in ("", "/")},
    **{slash + name: "\n\n" for name in ("p", "ul", "ol") for slash in ("", "/")},
    "br": "\n", "li": "\n- ", "/li": "\n", "/td": " ", "/th": " ",
}  # fmt: skip
_TAG: Final = re.compile(r'<(/?[a-z][a-z0-9]*)(?: [^>"]*(?:"[^"]*"[^>"]*)*)?/?>')
_LOOSE_TAG: Final = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_PRE: Final = re.compile(r"(<pre(?: [^>]*)?>)(.*?)(?=</pre>)", re.S)
_MANY: Final = re.compile(r"\n\n\n+")
_OPEN: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID: Final = frozenset("area base br col embed hr img input link meta param source track wbr p li td tr th dd dt option".split())


def text_of_clean(html: str) -> str:
    """Text of sanitised HTML; blocks become lines, paragraphs are set apart by an empty one."""
    if "<pre" in html:
        html = _PRE.sub(lambda found: found[1] + found[2].replace("\n", "<br>").replace(" ", "\x1f"), html)
    pieces = _TAG.split(" ".join(html.split(None)) if html else "")
    breaks = _BREAKS
    pieces[1::2] = [breaks.get(tag, "") for tag in pieces[1::2]]
    text = "".join(pieces).replace("\x1f", " ")
    if "&" in text:
        text = unescape(text).replace("\xa0", " ")
    text = "\n".join([line.strip(" \t\u200b\u200c\ufeff") for line in text.split("\n")])
    return _MANY.sub("\n\n", text).strip()


def text_of_deep(html: str) -> str:
    """Text of HTML that nests too deeply for any tree (lexbor takes minutes for 200,000 levels): its tags go, nothing else."""
    for name in ("script", "style"):
        html = _without(html, f"<{name}", f"</{name}>")
    pieces = _LOOSE_TAG.split(" ".join(_without(html, "<!--", "-->").split(None)))
    pieces[1::2] = [_BREAKS.get(tag.lower(), "") for tag in pieces[1::2]]
    text = unescape("".join(pieces)).replace("\xa0", " ")
    return _MANY.sub("\n\n", "\n".join([line.strip() for line in text.split("\n")])).strip()


def _without(html: str, start: str, end: str) -> str:
    """Without everything between two marks; an element that is never closed stays, as its text may be the mail."""
    lower = html.lower() if start[1].isalpha() else html
    kept: list[str] = []
    at = 0
    while (begin := lower.find(start, at)) >= 0 and (stop := lower.find(end, begin)) >= 0:
        kept.append(html[at:begin])
        at = stop + len(end)
    return "".join([*kept, html[at:]])


def too_deep(html: str) -> bool:
    """Whether elements nest deeper than `limits.HTML_DEPTH` (an upper bound: unclosed tags count)."""
    if html.count("<") <= limits.HTML_DEPTH or html.count("<") - html.count("</") <= limits.HTML_DEPTH:
        return False
    depth = 0
    for closing, name in _OPEN.findall(html):
        if name in _VOID or name.lower() in _VOID:
            continue
        depth += -1 if closing else 1
        if depth > limits.HTML_DEPTH:
            return True
        depth = max(depth, 0)
    return False
