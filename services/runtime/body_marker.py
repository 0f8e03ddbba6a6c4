"""The marker in our mails' HTML by which an answer finds home whose program kept neither In-Reply-To nor References (email.md 4, 5e).

It is our signed Message-ID, so it proves no more and no less. People do not see it; what comes back of it is taken out of the words.
"""

import html
import re
from typing import Final

PREFIX: Final = "helpdesk-ref:"
_ID: Final = r"[0-9a-f]{32}\.[0-9a-f]{32}\.[0-9a-z]{20}@[0-9a-z.-]{1,253}"
_MARKER: Final = re.compile(rf"{PREFIX}\s?({_ID})", re.IGNORECASE)


def marker_html(message_id: str) -> str:
    """The element to put at the end of a mail's HTML."""
    text = html.escape(PREFIX + message_id.strip("<>"))
    return f'<div aria-hidden="true" style="display:none;font-size:1px;line-height:0;max-height:0;overflow:hidden">{text}</div>'


def take_markers(text: str) -> tuple[str, list[str]]:
    """The text without its markers, and the Message-IDs they name, in their order."""
    if PREFIX not in text:
        return text, []
    return _MARKER.sub("", text), [f"<{found}>" for found in _MARKER.findall(text)]
