"""How much of one mail is looked at. What exceeds a limit is cut and flagged, never refused: the raw mail stays attached."""

from __future__ import annotations

from typing import Final

MAIL_BYTES: Final = 50 * 1024 * 1024
HEADER_BLOCK_BYTES: Final = 256 * 1024
HEADER_BYTES: Final = 64 * 1024
HEADERS: Final = 1_000
DEPTH: Final = 50
PARTS: Final = 1_000
TEXT_CHARS: Final = 1_000_000
HTML_CHARS: Final = 2_000_000
# html5ever's tree builder walks its stack of open elements: 20,000 nested tags cost it 0.7 s, 256 cost nothing.
HTML_DEPTH: Final = 256
REFERENCES: Final = 50
ADDRESSES: Final = 500
ATTACHMENTS: Final = 1_000
NAME_CHARS: Final = 255
SUBJECT_CHARS: Final = 2_000
