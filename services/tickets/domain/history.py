"""What was said before, below a reply. Pure. Notes and third parties' private mails are never quoted."""

import html
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.ticket import Message

MOST_MESSAGES = 5
MOST_CHARACTERS = 20_000
_PUBLIC = {"customer", "agent"}
_UNSENT = {"undo", "scheduled", "held", "failed"}
_SAID = {"en": "On {at}, {who} wrote:", "de": "Am {at} schrieb {who}:", "fr": "Le {at}, {who} a écrit :", "es": "El {at}, {who} escribió:"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """The same words twice; both '' where there is nothing to quote."""

    text: str = ""
    html: str = ""


def quoted(thread: list[Message], *, language: str, zone: str) -> Quoted:
    """The newest public messages of a thread (oldest first), newest first, as mail programs quote and every reply trimmer recognises."""
    said = [m for m in thread if m.kind in _PUBLIC and not m.taken_back and m.delivery.state not in _UNSENT and m.body_text.strip()]
    texts: list[str] = []
    blocks: list[str] = []
    left = MOST_CHARACTERS
    for message in said[: -MOST_MESSAGES - 1 : -1]:
        words = message.body_text.strip().replace("\r\n", "\n")[:left]
        left -= len(words)
        if not words:
            break
        line = _attribution(message, language, zone)
        texts.append(line + "\n" + "\n".join(f"> {each}".rstrip() for each in words.split("\n")))
        inner = html.escape(words).replace("\n", "<br>\n")
        blocks.append(
            f'<div class="gmail_quote"><div class="gmail_attr">{html.escape(line)}</div>\n<blockquote class="gmail_quote" type="cite">{inner}</blockquote></div>'
        )
    return Quoted(text="\n\n".join(texts), html="\n".join(blocks))


def _attribution(message: Message, language: str, zone: str) -> str:
    at: datetime = message.created_at.astimezone(ZoneInfo(zone))
    who = (message.author.name if message.author else "") or (message.from_.name if message.from_ else "") or "?"
    return _SAID.get(language, _SAID["en"]).format(at=at.strftime("%Y-%m-%d %H:%M"), who=" ".join(who.split()))
