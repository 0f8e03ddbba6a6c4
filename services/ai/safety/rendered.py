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
_FAINT = 0.1
"""Letters that differ less than this in lightness from what is behind them are not seen."""
_CLEAR = -1.0
_NAMED = {
    "transparent": _CLEAR, "black": 0.0, "navy": 0.17, "maroon": 0.17, "darkblue": 0.18, "green": 0.17, "purple": 0.33, "teal": 0.33,
    "olive": 0.33, "red": 0.33, "blue": 0.33, "lime": 0.33, "darkred": 0.18, "darkgreen": 0.13, "brown": 0.32, "indigo": 0.27, "crimson": 0.34,
    "gray": 0.5, "grey": 0.5, "dimgray": 0.41, "dimgrey": 0.41, "darkgray": 0.66, "darkgrey": 0.66, "orange": 0.55, "yellow": 0.67, "aqua": 0.67,
    "cyan": 0.67, "fuchsia": 0.67, "magenta": 0.67, "gold": 0.63, "pink": 0.85, "silver": 0.75, "lightgray": 0.83, "lightgrey": 0.83,
    "gainsboro": 0.86, "beige": 0.93, "lightyellow": 0.96, "linen": 0.95, "seashell": 0.97, "honeydew": 0.96, "aliceblue": 0.97,
    "lavender": 0.92, "cornsilk": 0.95, "mintcream": 0.98, "oldlace": 0.96, "white": 1.0, "snow": 0.98, "ivory": 0.98, "whitesmoke": 0.96,
    "ghostwhite": 0.98, "floralwhite": 0.98, "azure": 0.98,
}  # fmt: skip
_TOKEN = re.compile(r"#[0-9a-f]+|(?:rgb|hsl)a?\([^)]*\)|[a-z]+")
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
        _walk(body, seen, hidden, hiding=False, ground=_Ground(), depth=0)
    return Rendered(_tidy(seen), _tidy(hidden))


def differs(plain: str, seen: str) -> bool:
    """Whether the text/plain part says much that the rendered mail does not: an old way of talking past the reader."""
    shown = set(words(seen))
    said = words(_URL.sub(" ", plain))
    strange = sum(word not in shown for word in said)
    return strange >= _FEWEST_STRANGE and strange >= _STRANGE_SHARE * len(said)


@dataclass(frozen=True, slots=True)
class _Ground:
    """Lightness of the letters and of what is behind them, 0 black to 1 white."""

    ink: float = 0.0
    paper: float = 1.0

    @property
    def hides(self) -> bool:
        return self.ink == _CLEAR or abs(self.ink - self.paper) < _FAINT


def _walk(node: LexborNode, seen: list[str], hidden: list[str], *, hiding: bool, ground: _Ground, depth: int) -> None:
    child = node.child
    while child is not None:
        if child.tag == "-text":
            (hidden if hiding or ground.hides else seen).append(child.text_content or "")
        elif child.is_element_node and child.tag not in _UNSEEN and depth < _DEEPEST:
            style = _style(child)
            below = _ground(child, style, ground)
            edge = "\n" if child.tag in _BLOCKS else ""
            seen.append(edge)
            _walk(child, seen, hidden, hiding=hiding or _hides(child, style), ground=below, depth=depth + 1)
            seen.append(edge if child.tag != "br" else "")
        child = child.next


def _style(node: LexborNode) -> dict[str, str]:
    pairs = (part.partition(":") for part in (node.attributes.get("style") or "").lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs if name.strip()}


def _hides(node: LexborNode, style: dict[str, str]) -> bool:
    if "hidden" in node.attributes or style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse"):
        return True
    if _number(style.get("opacity"), 1.0) < 0.15 or _pixels(style.get("text-indent"), 0.0) < -100:
        return True
    if _pixels(style.get("font-size") or style.get("font"), 16.0) < _SMALLEST or _pixels(style.get("line-height"), 16.0) < 0.1:
        return True
    return any(_pixels(style.get(name), 99.0) < 1 for name in ("width", "height", "max-width", "max-height"))


def _ground(node: LexborNode, style: dict[str, str], inherited: _Ground) -> _Ground:
    ink = _lightness(style.get("color") or node.attributes.get("color"))
    paper = _lightness(style.get("background-color") or style.get("background") or node.attributes.get("bgcolor"))
    if ink is None and paper is None:
        return inherited
    return _Ground(inherited.ink if ink is None else ink, inherited.paper if paper is None or paper == _CLEAR else paper)


def _lightness(colour: str | None) -> float | None:
    """0 black to 1 white, _CLEAR for none; None for what says no plain colour. Of a shorthand the first colour in it."""
    found = (_of_token(token) for token in _TOKEN.findall((colour or "").lower()))
    return next((light for light in found if light is not None), None)


def _of_token(token: str) -> float | None:
    if token[0] == "#":
        digits = token[1:] if len(token) >= 7 else "".join(c * 2 for c in token[1:4])
        return sum(int(digits[i : i + 2], 16) for i in (0, 2, 4)) / 765 if len(digits) >= 6 else None
    if "(" not in token:
        return _NAMED.get(token)
    parts = [float(p) for p in re.findall(r"\d*\.?\d+", token)]
    if len(parts) < 3:
        return None
    if len(parts) == 4 and parts[3] < 0.1:
        return _CLEAR
    return parts[2] / 100 if token.startswith("hsl") else sum(parts[:3]) / 765


def _pixels(value: str | None, otherwise: float) -> float:
    found = _SIZE.search(value or "")
    return float(found[1]) * _IN_PIXELS[found[2] or ""] if found else otherwise


def _number(value: str | None, otherwise: float) -> float:
    found = _SIZE.search(value or "")
    return float(found[1]) if found else otherwise


def _tidy(pieces: list[str]) -> str:
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
