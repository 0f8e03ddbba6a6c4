"""Ids of our own that come back in customers' mail: signed Message-IDs, the loop header, reply addresses (email.md 5)."""

import base64
import binascii
import re
import uuid

from services.runtime.signing import Keys

_OURS = re.compile(r"^<?([0-9a-f]{32})\.([0-9a-f]{32})\.([0-9a-z]{20})@", re.IGNORECASE)
_REPLY = re.compile(r"\+([0-9a-f]{32}|[a-z2-7]{26})\.([0-9a-z]{20})@", re.IGNORECASE)
_BOUNCE = re.compile(r"\+b([a-z2-7]{26})\.([0-9a-z]{20})@", re.IGNORECASE)
_UNSUBSCRIBE = re.compile(r"\+u([0-9a-z]{20})@", re.IGNORECASE)
_LONGEST_LOCAL = 64  # RFC 5321 4.5.3.1.1


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


def reply_address(keys: Keys, *, mailbox: str, ticket_id: str, recipient: str) -> str | None:
    """`support+ticket.mac@domain`, bound to the ticket and to this recipient. None where the mailbox's name leaves no room for it."""
    ticket = uuid.UUID(ticket_id).hex
    tag = keys.sign("reply-address", ticket, recipient.lower())
    return _plus(mailbox, f"{ticket}.{tag}") or _plus(mailbox, f"{_short(ticket)}.{tag}")


def read_reply_address(keys: Keys, address: str, *, sender: str) -> str | None:
    """The ticket id of a reply address whose token is bound to this sender, else None."""
    found = _REPLY.search(address)
    ticket = _long(found[1]) if found else None
    if not found or not ticket or not keys.verify("reply-address", found[2].lower(), ticket, sender.lower()):
        return None
    return str(uuid.UUID(ticket))


def bounce_address(keys: Keys, *, mailbox: str, message_id: str) -> str | None:
    """The envelope sender of one message (VERP): what comes back to it proves which. None where the mailbox's name leaves no room."""
    message = uuid.UUID(message_id).hex
    return _plus(mailbox, f"b{_short(message)}.{keys.sign('reply-address', 'bounce', message)}")


def read_bounce_address(keys: Keys, address: str) -> str | None:
    """The message id of an envelope sender of ours, else None."""
    found = _BOUNCE.search(address)
    message = _long(found[1]) if found else None
    if not found or not message or not keys.verify("reply-address", found[2].lower(), "bounce", message):
        return None
    return str(uuid.UUID(message))


def unsubscribe_address(keys: Keys, *, mailbox: str, recipient: str) -> str | None:
    """Where this recipient writes to get no more automatic mail. None where the mailbox's name leaves no room."""
    return _plus(mailbox, f"u{keys.sign('reply-address', 'unsubscribe', recipient.lower())}")


def is_unsubscribe_address(keys: Keys, address: str, *, sender: str) -> bool:
    """Whether it was given to this sender: nobody ends another's mail."""
    found = _UNSUBSCRIBE.search(address)
    return bool(found and keys.verify("reply-address", found[1].lower(), "unsubscribe", sender.lower()))


def _plus(mailbox: str, token: str) -> str | None:
    local, _, domain = mailbox.partition("@")
    return f"{local}+{token}@{domain}" if len(local) + 1 + len(token) <= _LONGEST_LOCAL else None


def _short(hexed: str) -> str:
    return base64.b32encode(bytes.fromhex(hexed)).decode().rstrip("=").lower()


def _long(text: str) -> str | None:
    if len(text) == 32:
        return text.lower()
    try:
        return base64.b32decode(text.upper() + "======").hex()
    except binascii.Error:
        return None
