"""HTML to text, in linear time and without losing any.

Sanitised HTML is well formed (every `<` of a text is escaped, every attribute quoted), so one pass of expressions is exact there and
several times faster than walking a tree. HTML too deep to sanitise only loses its tags.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from services.ingest.parse import limits

_LINES: Final = [
    "address",
    "article",
    "aside",
    "blockquote",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "main",
    "nav",
    "pre",
    "section",
    "summary",
    "table",
    "tr",
]
# Stand for a line break and a kept space until the white space of the source has collapsed.
_LINE: Final = "\ue000"
_SPACE: Final = "\ue001"
_BREAKS: Final[dict[str, str]] = {
    **{slash + name: _LINE for name in _LINES for slash in ("", "/")},
    **{slash + name: _LINE + _LINE for name in ("p", "ul", "ol") for slash in ("", "/")},
    "br": _LINE, "li": _LINE + "- ", "/li": _LINE, "/td": " ", "/th": " ",
}  # fmt: skip
_TAG: Final = re.compile(r'<(/?[a-z][a-z0-9]*)(?: [^>"]*(?:"[^"]*"[^>"]*)*)?/?>')
_LOOSE_TAG: Final = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_PRE: Final = re.compile(r"(<pre(?: [^>]*)?>)(.*?)(?=</pre>)", re.DOTALL)
_MANY: Final = re.compile(r"\n\n\n+")
_OPEN: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID: Final = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "td",
        "tr",
        "th",
        "dd",
        "dt",
        "option",
    ]
)


def text_of_clean(html: str) -> str:
    """Text of sanitised HTML; blocks become lines, paragraphs are set apart by an empty one."""
    if "<pre" in html:
        html = _PRE.sub(lambda found: found[1] + found[2].replace("\n", "<br>").replace(" ", _SPACE), html)
    return _text(_TAG.split(html))


def _text(pieces: list[str]) -> str:
    """`pieces` are text and tag name by turns. White space collapses only after the tags are gone: most of HTML is attributes."""
    breaks = _BREAKS
    pieces[1::2] = [breaks.get(tag, "") for tag in pieces[1::2]]
    text = " ".join("".join(pieces).split()).replace(_LINE, "\n").replace(_SPACE, " ")
    if "&" in text:
        text = unescape(text).replace("\xa0", " ")
    text = "\n".join([line.strip(" \t\u200b\u200c\ufeff") for line in text.split("\n")])
    return _MANY.sub("\n\n", text).strip()


def text_of_deep(html: str) -> str:
    """Text of HTML that nests too deeply for any tree (lexbor takes minutes for 200,000 levels): its tags go, nothing else."""
    for name in ("script", "style"):
        html = _without(html, f"<{name}", f"</{name}>")
    pieces = _LOOSE_TAG.split(_without(html, "<!--", "-->"))
    pieces[1::2] = [tag.lower() for tag in pieces[1::2]]
    return _text(pieces)


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
