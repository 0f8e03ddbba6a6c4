"""One tag of HTML as a safe tag, or nothing.

Safe by construction: what is written is an allowed name and allowed attributes, each value decoded, judged and escaped again. Whatever
a browser would have made of the original does not matter, as it never sees it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from typing import Final, NamedTuple

from services.ingest.parse.allowed import ATTRIBUTES, BITMAP, EVERYWHERE, LOADING, SCHEMES, STYLES, TAGS, VOID
from services.ingest.parse.html_text import BREAKS
from services.ingest.parse.marks import Mark, mark_of


class Tag(NamedTuple):
    """`html` is what may be shown ('' for a tag without its element); `name` has a leading slash when it closes, '' when neither opens nor
    closes anything. `gap` stands for it in a text. `mark`: what a mail program says by it. `remote`: an image from elsewhere was blocked.
    """

    html: str
    name: str
    gap: str
    mark: Mark | None
    remote: bool


_NAME: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)(?=[\s/>])")
_ATTRIBUTE: Final = re.compile(r"""[\s/]+([^\s=>/"'<]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>`]+)))?""")
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_RELATIVE: Final = re.compile(r"[^:]*(?:[/?#]|$)")
_BLANK: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028\u2029\ufeff]")
# Their tags go, their content stays, and no mail program means anything by them.
_UNWRAPPED: Final = frozenset(
    "html head body meta link base o:p u:p form label nobr button input w:wrap v:imagedata v:shape v:rect v:fill".split()
)
_URLS: Final = frozenset(("href", "src", "cite"))
NOTHING: Final = Tag("", "", "", None, remote=False)
_SHORT: Final = 300


def read_tag(raw: str) -> Tag | None:
    """The safe form of `<…>`; None for an element that takes a whole parser to judge."""
    return _remembered(raw) if len(raw) < _SHORT else _read(raw)


# A mail repeats its tags, and so do all mails of one program: most are known.
@lru_cache(maxsize=8192)
def _remembered(raw: str) -> Tag | None:
    return _read(raw)


def _read(raw: str) -> Tag | None:
    if raw[1] in "!?":
        return NOTHING
    found = _NAME.match(raw)
    if found is None:
        return None
    slash, name = found[1], found[2].lower()
    gap = BREAKS.get(slash + name, "")
    if name not in TAGS:
        return Tag("", "", gap, None, remote=False) if name in _UNWRAPPED else None
    if slash:
        return Tag("", "", gap, None, remote=False) if name in VOID else Tag(f"</{name}>", "/" + name, gap, None, remote=False)
    values: dict[str, str] = {}
    remote = False
    allowed = ATTRIBUTES.get(name, ())
    for written_key, double, single, bare in _ATTRIBUTE.findall(raw, found.end(), len(raw) - 1):
        key = written_key.lower()
        if key in values or not (key in EVERYWHERE or key in allowed):
            continue
        value = _judged(name, key, double or single or bare)
        if value is None:
            continue
        blocked = key == "src" and value[:4].lower() != "cid:" and value[:11].lower() != "data:image/"
        values["data-src" if blocked else key] = value
        remote = remote or blocked
    if name == "a":
        values |= {"target": "_blank", "rel": "noopener noreferrer"}
    written = "".join([f' {key}="{escape(value)}"' for key, value in values.items()])
    return Tag(f"<{name}{written}>", "" if name in VOID else name, gap, mark_of(name, values), remote)


def _judged(tag: str, key: str, raw: str) -> str | None:
    value = unescape(raw) if "&" in raw else raw
    if key == "style":
        return _style(value) or None
    return value if key not in _URLS or _is_safe_url(value, image=tag == "img") else None


def _is_safe_url(value: str, *, image: bool) -> bool:
    # Browsers drop control characters inside a scheme; what is left once they are gone is what must be allowed.
    bare = _BLANK.sub("", value)
    scheme = _SCHEME.match(bare)
    if scheme:
        return scheme[1].lower() in SCHEMES or (image and BITMAP.match(value) is not None)
    return _RELATIVE.match(bare) is not None


@lru_cache(maxsize=4096)
def _style(value: str) -> str:
    kept = []
    for piece in value.split(";"):
        name, _, words = piece.partition(":")
        if (
            name.strip().lower() in STYLES
            and words
            and not LOADING.search(words)
            and "/*" not in words
            and not any(c in words for c in "{}<>")
        ):
            kept.append(f"{name.strip().lower()}:{words.strip()}")
    return ";".join(kept)
