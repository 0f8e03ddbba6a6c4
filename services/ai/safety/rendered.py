"""The words that a person sees of an HTML mail, and whether somebody hid others for machines (ai.md 9)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.ai.knowledge.sentences import words

_BLOCKS = frozenset(
    "address article aside blockquote br caption center dd details div dl dt figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p "
    "pre section table tbody td tfoot th thead tr ul".split()
)
_UNSEEN = frozenset("head script style title template noscript iframe object svg math select textarea".split())
_SIZE = re.compile(r"(-?\d*\.?\d+)\s*(px|pt|em|rem|ex|%|cm|mm|in)?")
_IN_PIXELS = {"": 1.0, "px": 1.0, "pt": 1.33, "em": 16.0, "rem": 16.0, "ex": 8.0, "%": 0.16, "cm": 37.8, "mm": 3.78, "in": 96.0}
_SMALLEST = 5.0
"""Pixels; nobody reads smaller letters."""
_LIGHT = 0.9
_NAMED = {
    "white": 1.0,
    "snow": 0.98,
    "ivory": 0.99,
    "whitesmoke": 0.96,
    "ghostwhite": 0.97,
    "transparent": 1.0,
    "floralwhite": 0.98,
    "azure": 0.97,
}
_URL = re.compile(r"(?:https?://|www\.|mailto:)\S+")
_FEWEST_STRANGE, _STRANGE_SHARE = 6, 0.2
_DEEPEST = 300


@dataclass(frozen=True, slots=True)
class Rendered:
    """`text` as seen, `hidden` what only machines read."""

    text: str
    hidden: str


def render(html: str) -> Rendered:
    """Comments and elements without a picture of their own are dropped, hidden text is kept apart."""
    body = LexborHTMLParser(html).body
    seen: list[str] = []
    hidden: list[str] = []
    if body is not None:
        _walk(body, seen, hidden, hiding=False, dark=False, depth=0)
    return Rendered(_tidy(seen), _tidy(hidden))


def differs(plain: str, seen: str) -> bool:
    """Whether the text/plain part says much that the rendered mail does not: an old way of talking past the reader."""
    shown = set(words(seen))
    said = words(_URL.sub(" ", plain))
    strange = sum(word not in shown for word in said)
    return strange >= _FEWEST_STRANGE and strange >= _STRANGE_SHARE * len(said)


def _walk(node: LexborNode, seen: list[str], hidden: list[str], *, hiding: bool, dark: bool, depth: int) -> None:
    child = node.child
    while child is not None:
        if child.tag == "-text":
            (hidden if hiding else seen).append(child.text_content or "")
        elif child.is_element_node and child.tag not in _UNSEEN and depth < _DEEPEST:
            style = _style(child)
            darker = _dark(child, style, dark)
            edge = "\n" if child.tag in _BLOCKS else ""
            seen.append(edge)
            _walk(child, seen, hidden, hiding=hiding or _hides(child, style, dark=darker), dark=darker, depth=depth + 1)
            seen.append(edge if child.tag != "br" else "")
        child = child.next


def _style(node: LexborNode) -> dict[str, str]:
    pairs = (part.partition(":") for part in (node.attributes.get("style") or "").lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs if name.strip()}


def _hides(node: LexborNode, style: dict[str, str], *, dark: bool) -> bool:
    if "hidden" in node.attributes or style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse"):
        return True
    if _number(style.get("opacity"), 1.0) < 0.15 or _pixels(style.get("text-indent"), 0.0) < -100:
        return True
    if _pixels(style.get("font-size") or style.get("font"), 16.0) < _SMALLEST or _pixels(style.get("line-height"), 16.0) < 0.1:
        return True
    if any(_pixels(style.get(name), 99.0) < 1 for name in ("width", "height", "max-width", "max-height")):
        return True
    colour = _lightness(style.get("color") or node.attributes.get("color"))
    return colour is not None and ((colour >= _LIGHT and not dark) or style.get("color") == style.get("background-color"))


def _dark(node: LexborNode, style: dict[str, str], inherited: bool) -> bool:
    given = _lightness(style.get("background-color") or style.get("background") or node.attributes.get("bgcolor"))
    return inherited if given is None else given < _LIGHT


def _lightness(colour: str | None) -> float | None:
    """0 black to 1 white; None for what is no plain colour."""
    value = (colour or "").strip().lower()
    if value in _NAMED:
        return _NAMED[value]
    if found := re.match(r"#([0-9a-f]{3,8})", value):
        digits = found[1] if len(found[1]) >= 6 else "".join(c * 2 for c in found[1][:3])
        return sum(int(digits[i : i + 2], 16) for i in (0, 2, 4)) / 765
    if value.startswith("rgb"):
        parts = [float(p) for p in re.findall(r"\d*\.?\d+", value)]
        if len(parts) == 4 and parts[3] < 0.1:
            return 1.0
        return sum(parts[:3]) / 765 if len(parts) >= 3 else None
    return 0.0 if value.isalpha() else None


def _pixels(value: str | None, otherwise: float) -> float:
    found = _SIZE.search(value or "")
    return float(found[1]) * _IN_PIXELS[found[2] or ""] if found else otherwise


def _number(value: str | None, otherwise: float) -> float:
    found = _SIZE.search(value or "")
    return float(found[1]) if found else otherwise


def _tidy(pieces: list[str]) -> str:
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
