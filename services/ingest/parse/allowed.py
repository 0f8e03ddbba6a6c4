"""Which HTML may be shown. Every list names what is allowed; what is in none is left out."""

from __future__ import annotations

import re
from typing import Final

TAGS: Final = frozenset(
    "a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn div dl dt "
    "em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main map mark nav ol p pre q rp rt ruby s samp section "
    "small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
# Whole elements that are never content. What is in no list loses its tag and keeps its text.
DROPPED: Final = frozenset("script style title template iframe object applet noembed noframes svg math select textarea".split())
VOID: Final = frozenset("br hr img wbr col".split())
# Elements whose end tag HTML lets a writer leave out.
OPEN_ENDED: Final = frozenset("p li td th tr dd dt tbody thead tfoot colgroup caption rp rt".split())

EVERYWHERE: Final = frozenset("style class id dir lang title align valign width height bgcolor name data-marker".split())
ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": set(EVERYWHERE),
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
STYLES: Final = frozenset(
    "color background background-color font font-family font-size font-style font-weight font-variant line-height letter-spacing word-spacing "
    "text-align text-decoration text-indent text-transform vertical-align white-space word-break word-wrap overflow-wrap direction margin "
    "margin-top margin-right margin-bottom margin-left padding padding-top padding-right padding-bottom padding-left border border-top "
    "border-right border-bottom border-left border-color border-style border-width border-radius border-collapse border-spacing "
    "border-top-color border-top-style border-top-width border-left-color border-left-style border-left-width width max-width min-width "
    "height max-height display visibility opacity table-layout".split()
)
SCHEMES: Final = frozenset("http https mailto tel cid callto sip".split())
BITMAP: Final = re.compile(r"data:image/(?:png|jpe?g|gif|webp|bmp);base64,[A-Za-z0-9+/=\s]*$", re.IGNORECASE)
LOADING: Final = re.compile(r"(?:url|image|src|element|expression)\s*\(|image-set|cross-fade|@import|\\", re.IGNORECASE)
