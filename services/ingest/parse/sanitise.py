"""HTML that is safe to show: an allow-list, no scripts, no style that loads, and nothing remote before the agent consents.

Remote `src` becomes `data-src` (the console puts it back on request); `cid:` stays, attachments are found by it. Class and id stay
because the reply trimmer reads the clients' marks from them; the console shows all of it in a frame without scripts of its own.
"""

from __future__ import annotations

import re
from typing import Final

import nh3

_TAGS: Final = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "address",
        "article",
        "aside",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "main",
        "map",
        "mark",
        "nav",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
# Whole elements that are never content. What is in no list loses its tag and keeps its text.
_DROPPED: Final = frozenset(
    ["script", "style", "title", "template", "iframe", "object", "applet", "noembed", "noframes", "svg", "math", "select", "textarea"]
)
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"style", "class", "id", "dir", "lang", "title", "align", "valign", "width", "height", "bgcolor", "name", "data-marker"},
    "a": {"href"},
    "img": {"src", "alt", "border"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap"},
    "ol": {"start", "type"},
    "font": {"color", "face", "size"},
    "blockquote": {"type", "cite"},
    "hr": {"size", "color", "noshade"},
}
# None of these takes a url(); whatever positions, layers or animates is out as well.
_STYLES: Final = frozenset(
    [
        "color",
        "background-color",
        "font",
        "font-family",
        "font-size",
        "font-style",
        "font-weight",
        "font-variant",
        "line-height",
        "letter-spacing",
        "word-spacing",
        "text-align",
        "text-decoration",
        "text-indent",
        "text-transform",
        "vertical-align",
        "white-space",
        "word-break",
        "word-wrap",
        "overflow-wrap",
        "direction",
        "margin",
        "margin-top",
        "margin-right",
        "margin-bottom",
        "margin-left",
        "padding",
        "padding-top",
        "padding-right",
        "padding-bottom",
        "padding-left",
        "border",
        "border-top",
        "border-right",
        "border-bottom",
        "border-left",
        "border-color",
        "border-style",
        "border-width",
        "border-radius",
        "border-collapse",
        "border-spacing",
        "border-top-color",
        "border-top-style",
        "border-top-width",
        "border-left-color",
        "border-left-style",
        "border-left-width",
        "width",
        "max-width",
        "min-width",
        "height",
        "max-height",
        "display",
        "table-layout",
    ]
)
_SCHEMES: Final = {"http", "https", "mailto", "tel", "cid", "callto", "sip"}
_BITMAP: Final = re.compile(r"data:image/(?:png|jpe?g|gif|webp|bmp);base64,[A-Za-z0-9+/=\s]*$", re.IGNORECASE)
_LOADING: Final = re.compile(r"url\s*\(|expression\s*\(|@import|\\", re.IGNORECASE)
# nh3 writes every attribute in double quotes with quotes inside escaped, so a literal ` src="` is an attribute of this tag.
_REMOTE: Final = re.compile(r'(<img(?: [a-z-]+="[^"]*")*?) src="(?!cid:|data:image/)', re.IGNORECASE)


def _filter(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "style" and _LOADING.search(value):
        return ";".join(piece for piece in value.split(";") if not _LOADING.search(piece)) or None
    if value[:5].lower().strip() == "data:" and (tag != "img" or not _BITMAP.match(value)):
        return None
    return value


def _cleaner(schemes: set[str], *, strict: bool) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes=_ATTRIBUTES,
        attribute_filter=_filter if strict else None,
        filter_style_properties=set(_STYLES),
        url_schemes=schemes,
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


# A Python callback for every attribute is a third slower, so only mails that hold what it looks for pay for it.
_FAST: Final = _cleaner(_SCHEMES, strict=False)
_STRICT: Final = _cleaner(_SCHEMES | {"data"}, strict=True)


def sanitise_html(html: str, flags: set[str]) -> str:
    """Safe HTML for `html`; adds `remote-images` to `flags` when something was blocked."""
    suspicious = "url(" in html or "URL(" in html or "data:" in html or "\\" in html
    clean = (_STRICT if suspicious else _FAST).clean(html)
    if "<img" in clean:
        clean, blocked = _REMOTE.subn(r'\1 data-src="', clean)
        if blocked:
            flags.add("remote-images")
    return clean
