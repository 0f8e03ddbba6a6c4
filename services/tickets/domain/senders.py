"""Whether a mail comes from where it says (email.md 4): only what the mailbox's own server vouches for counts."""

import re

from schemas.config import Mailbox
from schemas.inbound import InboundMessage

VERIFIED = "sender_verified"
_DMARC = re.compile(r"^\s*dmarc\s*=\s*(\w+)\b(.*)", re.IGNORECASE | re.DOTALL)
_FROM = re.compile(r"\bheader\.from\s*=\s*(\S+)", re.IGNORECASE)


def is_verified(mail: InboundMessage, mailbox: Mailbox | None) -> bool:
    """DMARC passed for the From domain, by the topmost result that the mailbox's server has signed; or the server lets nobody lie."""
    if mailbox is None or mail.from_count != 1 or not mail.from_.address:
        return False
    if mailbox.trusts_server:
        return True
    trusted = {name.lower() for name in mailbox.trusted_authserv_ids}
    for header in mail.authentication_results:
        server, *results = _without_comments(header).split(";")
        if (server.split() or [""])[0].lower() in trusted:
            return _passes(results, mail.from_.address.rpartition("@")[2].lower())
    return False


def _passes(results: list[str], domain: str) -> bool:
    verdicts = [found for found in map(_DMARC.match, results) if found]
    named = [name.group(1).lower().strip(".") for found in verdicts for name in _FROM.finditer(found.group(2))]
    return bool(verdicts) and all(found.group(1).lower() == "pass" for found in verdicts) and all(name == domain for name in named)


def _without_comments(header: str) -> str:
    """The header without comments and quoted strings (RFC 8601 2.2): both may hold what the sender chose."""
    kept, depth, quoted, escaped = [], 0, False, False
    for sign in header:
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif quoted:
            quoted = sign != '"'
        elif sign == '"' and not depth:
            quoted = True
        elif sign == "(":
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(sign)
    return "".join(kept)
