"""Links in automatic mail that work without a login: each says what it may do, and for whom, under our signature.

They stand in mail, so they end up in archives and with link scanners: whoever has one can rate this ticket once, or end automatic mail to
this one address, and nothing else.
"""

import base64
import binascii
import re
import uuid

from services.runtime.signing import Keys

_RATING = re.compile(r"([0-9a-f]{32})\.([0-9]{1,6})\.([0-9a-z]{20})")
_UNSUBSCRIBE = re.compile(r"([A-Za-z0-9_-]{1,500})\.([0-9a-z]{20})")


def rating_path(keys: Keys, *, ticket_id: str, cycle: int) -> str:
    """The path of the page where the customer of a ticket says how its resolution number `cycle` (from 0) went."""
    ticket = uuid.UUID(ticket_id).hex
    return f"/rate/{ticket}.{cycle}.{keys.sign('link', 'rating', ticket, str(cycle))}"


def read_rating(keys: Keys, token: str) -> tuple[str, int] | None:
    """(ticket id, cycle) of the last part of such a path, None for what we did not sign."""
    found = _RATING.fullmatch(token)
    if not found or not keys.verify("link", found[3], "rating", found[1], found[2]):
        return None
    return str(uuid.UUID(found[1])), int(found[2])


def unsubscribe_path(keys: Keys, *, address: str) -> str:
    """The path that ends automatic mail to an address (RFC 8058)."""
    wanted = address.strip().lower()
    text = base64.urlsafe_b64encode(wanted.encode()).decode().rstrip("=")
    return f"/unsubscribe/{text}.{keys.sign('link', 'unsubscribe', wanted)}"


def read_unsubscribe(keys: Keys, token: str) -> str | None:
    """The address of the last part of such a path, None for what we did not sign."""
    found = _UNSUBSCRIBE.fullmatch(token)
    if not found:
        return None
    try:
        address = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return address if keys.verify("link", found[2], "unsubscribe", address) else None
