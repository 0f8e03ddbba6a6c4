"""HTML to text, in linear time and without losing any.

The text is made of the pieces between the tags, so that it costs no tree. HTML too deep to sanitise only loses its tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from typing import Final

from services.ingest.parse import limits

# Stand in the source for what its tags mean until the white space has collapsed. LINE is the edge of a block, and edges that meet are one;
# BREAK always breaks, except at the end of a block; SPACE is kept. ASCII, so that most texts stay as narrow as they are.
LINE: Final = "\x01"
SPACE: Final = "\x02"
BREAK: Final = "\x03"
_BLOCKS: Final = (
    "address article aside caption center dd details div dl dt figcaption figure footer header hr main nav section summary table tr"
).split()
_APART: Final = "p ul ol pre blockquote h1 h2 h3 h4 h5 h6".split()
BREAKS: Final[dict[str, str]] = {
    **{slash + name: LINE for name in _BLOCKS for slash in ("", "/")},
    **{slash + name: LINE + BREAK + LINE for name in _APART for slash in ("", "/")},
    "br": BREAK, "li": LINE + "- ", "/li": LINE, "/td": " ", "/th": " ",
}  # fmt: skip
_LOOSE_TAG: Final = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_OPEN: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_HIDDEN: Final = re.compile(r"<(?:!--|([sS][tT][yY][lL][eE]|[sS][cC][rR][iI][pP][tT]|[tT][iI][tT][lL][eE])\b)")
_HIDDEN_END: Final = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("style", "script", "title")}
# Fillers of newsletters' previews. The joiner \u200d stays: emoji and Persian need it.
_INVISIBLE: Final = "\u200b\ufeff\u034f\xad"
_SPACES: Final = re.compile(r"   *")
_AROUND: Final = re.compile(r" *\n *")
_MANY: Final = re.compile(r"\n\n\n+")
_VOID: Final = frozenset("area base br col embed hr img input link meta param source track wbr p li td tr th dd dt option".split())


def text_of_pieces(pieces: Iterable[str]) -> str:
    """Text of source pieces with LINE, BREAK and SPACE in place of tags. White space collapses only here: most of HTML is attributes."""
    text = "".join(pieces)
    for white in "\n\t\r\f":
        if white in text:
            text = text.replace(white, " ")
    if "&" in text:
        text = _unescape(text)
    if not text.isascii():
        text = _without_fillers(text)
    # From here on a space is a space, whether it was written as one or as an entity.
    text = "\n".join([line for line in map(str.strip, text.split(LINE)) if line])
    if BREAK in text:
        text = text.replace(BREAK + "\n", "\n").replace(BREAK, "\n")
        if " \n" in text or "\n " in text:
            text = _AROUND.sub("\n", text)
        if "\n\n\n" in text:
            text = _MANY.sub("\n\n", text)
    if "  " in text:
        text = _SPACES.sub(" ", text)
    return text.replace(SPACE, " ").strip()


def _without_fillers(text: str) -> str:
    for invisible in _INVISIBLE:
        if invisible in text:
            text = text.replace(invisible, "")
    return text.replace("\xa0", " ")


def _unescape(text: str) -> str:
    """`html.unescape` for the common few at a tenth of its price."""
    text = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&#39;", "'")
    return text.replace("&amp;", "&") if text.count("&") == text.count("&amp;") else unescape(text)


def text_of_deep(html: str) -> str:
    """Text of HTML that nests too deeply for any tree (lexbor takes minutes for 200,000 levels): its tags go, nothing else."""
    pieces = _LOOSE_TAG.split(without_hidden(html))
    pieces[1::2] = [BREAKS.get(tag.lower(), "") for tag in pieces[1::2]]
    return text_of_pieces(pieces)


def without_hidden(html: str) -> str:
    """Without comments, scripts, styles and titles; from one on that is never closed all stays, as its text may be the mail."""
    kept: list[str] = []
    at = 0
    while found := _HIDDEN.search(html, at):
        end = html.find("-->", found.start() + 4) + 3 if found[1] is None else _end_of(html, found[1].lower(), found.end())
        if end <= found.start():
            break
        kept.append(html[at : found.start()])
        at = end
    return "".join([*kept, html[at:]]) if at else html


def _end_of(html: str, name: str, start: int) -> int:
    end = _HIDDEN_END[name].search(html, start)
    return end.end() if end else 0


def too_deep(html: str) -> bool:
    """Whether elements nest deeper than `limits.HTML_DEPTH` (an upper bound: unclosed tags count)."""
    if html.count("<") - html.count("</") <= limits.HTML_DEPTH:
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
