"""Ids of our own that come back in customers' mail: signed Message-IDs, the loop header, reply addresses (email.md 5)."""

import re
import uuid

from services.runtime.signing import Keys

_OURS = re.compile(r"^<?([0-9a-f]{32})\.([0-9a-f]{32})\.([0-9a-z]{20})@", re.IGNORECASE)
_REPLY = re.compile(r"\+([0-9a-f]{32})\.([0-9a-z]{20})@", re.IGNORECASE)


def message_id(keys: Keys, *, ticket_id: str, message_id: str, domain: str) -> str:
    """`<ticket.message.kid+mac@domain>`: the same for every attempt to send the message."""
    ticket, message = uuid.UUID(ticket_id).hex, uuid.UUID(message_id).hex
    return f"<{ticket}.{message}.{keys.sign('message-id', ticket, message)}@{domain}>"


def read_message_id(keys: Keys, text: str) -> tuple[str, str] | None:
    """(ticket id, message id) of one of our Message-IDs whose signature holds, else None. One flipped bit is a stranger's id."""
    found = _OURS.match(text.strip())
    if not found:
        return None
    ticket, message, tag = (g.lower() for g in found.groups())
    if not keys.verify("message-id", tag, ticket, message):
        return None
    return str(uuid.UUID(ticket)), str(uuid.UUID(message))


def loop_value(keys: Keys, message_id: str) -> str:
    """Value of our loop header for a message."""
    return f"{uuid.UUID(message_id).hex}.{keys.sign('message-id', 'loop', message_id)}"


def is_own_loop(keys: Keys, value: str | None) -> bool:
    """Whether a loop header was made by us."""
    hexed, _, tag = (value or "").strip().partition(".")
    try:
        message = str(uuid.UUID(hexed))
    except ValueError:
        return False
    return keys.verify("message-id", tag, "loop", message)


def reply_address(keys: Keys, *, mailbox: str, ticket_id: str, recipient: str) -> str:
    """`support+ticket.mac@domain`, bound to the ticket and to this recipient."""
    local, _, domain = mailbox.partition("@")
    ticket = uuid.UUID(ticket_id).hex
    return f"{local}+{ticket}.{keys.sign('reply-address', ticket, recipient.lower())}@{domain}"


def read_reply_address(keys: Keys, address: str, *, sender: str) -> str | None:
    """The ticket id of a reply address whose token is bound to this sender, else None."""
    found = _REPLY.search(address)
    if not found or not keys.verify("reply-address", found[2].lower(), found[1].lower(), sender.lower()):
        return None
    return str(uuid.UUID(found[1]))
