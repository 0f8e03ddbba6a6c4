"""HTML that is safe to show: an allow-list, no scripts, no style that loads, and nothing remote before the agent consents.

Remote `src` becomes `data-src` (the console puts it back on request); `cid:` stays, attachments are found by it. Class and id stay
because the reply trimmer reads the clients' marks from them; the console shows all of it in a frame without scripts of its own.

Nearly all mail is made of ordinary, closed tags: those are rewritten one by one (`tag`), three times faster than any tree. Everything
else goes through nh3 first.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import accumulate
from typing import Final

import nh3

from services.ingest.parse import limits
from services.ingest.parse.allowed import ATTRIBUTES, BITMAP, DROPPED, LOADING, OPEN_ENDED, SCHEMES, STYLES, TAGS
from services.ingest.parse.html_text import without_hidden
from services.ingest.parse.markup import Markup
from services.ingest.parse.tag import NOTHING, Tag, read_tag

# A quoted value with `<` in it fails to match on purpose: every attempt ends at the next `<`, so hostile quotes stay linear.
_TAG: Final = re.compile(r"""(</?[a-zA-Z][^<>"']*(?:"[^"<]*"[^<>"']*|'[^'<]*'[^<>"']*)*>|<[!?][^<>]*>)""")

# nh3 writes every attribute in double quotes with quotes inside escaped, and every `<` of a text as an entity.
_CLEAN_TAG: Final = re.compile(r'(</?[a-z][a-z0-9]*(?: [^<>"]*(?:"[^"]*"[^<>"]*)*)?>)')


def _filter(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "style" and LOADING.search(value):
        return ";".join(piece for piece in value.split(";") if not LOADING.search(piece)) or None
    if value[:5].lower().strip() == "data:" and (tag != "img" or not BITMAP.match(value)):
        return None
    return value


_TREE: Final = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(DROPPED),
    attributes=ATTRIBUTES,
    attribute_filter=_filter,
    filter_style_properties=set(STYLES),
    url_schemes=set(SCHEMES | {"data"}),
)


def read_markup(html: str) -> Markup | None:
    """HTML of ordinary, closed tags, made safe; None when it takes a whole parser."""
    html = without_hidden(html)
    texts = _TAG.split(html)
    raw = texts[1::2]
    del texts[1::2]
    if html.count("<") != len(raw):
        return None
    tags = [read_tag(tag) for tag in raw]
    if None in tags:
        return None
    found: list[Tag] = tags  # type: ignore[assignment]  # None was ruled out above, at the speed of C
    return Markup(texts, found) if _is_closed([tag.name for tag in found]) else None


def sanitise_by_tree(html: str) -> Markup:
    """Safe markup of any HTML. Slow for deep nesting: `too_deep` first."""
    texts = _CLEAN_TAG.split(_TREE.clean(html))
    tags = [read_tag(tag) or NOTHING for tag in texts[1::2]]
    return Markup([text.replace("<", "&lt;") for text in texts[::2]], tags)


def has_remote(markup: Markup) -> bool:
    """Whether an image from elsewhere was blocked."""
    return any(tag.remote for tag in markup.tags)


def _is_closed(names: list[str]) -> bool:
    """Whether every element is closed as often as opened, and none lies deeper than a tree may grow."""
    counts = Counter(names)
    for name, count in counts.items():
        if name[:1] == "/" and counts.get(name[1:], 0) < count:
            return False
        if name and name[0] != "/" and name not in OPEN_ENDED and counts.get("/" + name, 0) != count:
            return False
    if len(names) <= limits.HTML_DEPTH:
        return True
    return max(accumulate([0 if not name else -1 if name[0] == "/" else 1 for name in names])) <= limits.HTML_DEPTH
