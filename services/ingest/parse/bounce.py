"""What a bounce or a complaint says: RFC 3464 first, then X-Failed-Recipients, then the words of the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from services.ingest.parse.addresses import parse_addresses
from services.ingest.parse.charsets import decode_raw_header, decode_text, storable
from services.ingest.parse.tree import Part, read_headers
from services.ingest.parse.words import decode_words, unfold


@dataclass(frozen=True, slots=True)
class Failed:
    """One recipient that was not reached. `action` is failed, delayed, relayed, …; `status` an enhanced code such as 5.1.1 or ''."""

    recipient: str
    action: str
    status: str
    diagnostic: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """`original_message_id` is of the mail that came back, if it says so."""

    recipients: tuple[Failed, ...]
    original_message_id: str


_STATUS: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY: Final = re.compile(r"(?<![\d.@-])([45])(\d)(\d)[ -](?:#?\d\.\d\.\d|<|[A-Za-z])")
_ADDRESS: Final = re.compile(r"(?<![\w.+=~'%#/-])[\w.+=~'%#/&-]{1,64}@(?:[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})", re.ASCII)
_ID: Final = re.compile(r"^[ >]*message-id:\s*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
# From here on the notice shows the mail that came back, or speaks of something else.
_COPY: Final = re.compile(
    r"^[ \t]*(?:-+ *(?:below this line is a copy|this is a copy|here is a copy|original message|returned message|returned mail follows|"
    r"transcript of session follows -+\n.*data\n|message header|header|the header|the body|message follows|unsent message|"
    r"message text|begin message|the original|included is|copy of message)|(?:received|return-path|x-mailer|message-id): |"
    r"(?:the )?(?:original|following) (?:message|mail) (?:follows|is|was|headers|details)|your (?:original )?message (?:follows|was:|reads)|"
    r"the (?:message )?headers? (?:of|follow)|(?:first|the following) .{0,30}lines of (?:the )?(?:original|message))",
    re.IGNORECASE | re.MULTILINE,
)
_DELAYED: Final = re.compile(
    r"still (?:being )?(?:retried|trying)|will (?:continue|keep) (?:to )?(?:try|retry)|delayed|warning message only|4\.\d\.\d",
    re.IGNORECASE,
)
_PARTS: Final = frozenset(("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"))
_STATUS_PARTS: Final = frozenset(("message/delivery-status", "message/global-delivery-status", "message/disposition-notification"))
# The recipients stand behind it; what stands before may name the lists that the mail went to.
_NAMED_BELOW: Final = re.compile(
    r"did not reach the following recipient|following (?:recipient|address|destination)|these recipients|failed recipients?\b|not (?:be )?delivered to|"
    r"n'a pas pu (?:e|ê)tre|nicht zugestellt werden|no se pudo entregar|per i seguenti destinatari",
    re.IGNORECASE,
)
# What a notice of failure says, in the words of many servers: for those that no header gives away.
FAILURE: Final = re.compile(
    r"could not be delivered|couldn.t be delivered|cannot be delivered|can not be delivered|could not deliver|unable to deliver|undeliverable|not able to deliver|"
    r"(?:delivery|message|mail)[^.\n]{0,60}\bfailed\b|did not reach the following|failed recipient|user (?:is )?unknown|unknown user|no such user|mailbox unavailable|"
    r"has been postponed|delivery has been delayed|not delivered\b|fatal delivery error|did not receive a copy|recipient rejected|address rejected|mailbox (?:is )?full|quota exceeded|n'a pas pu (?:e|ê)tre|"
    r"konnte nicht zugestellt|nicht zugestellt werden|no se pudo entregar|impossibile recapitare|non (?:è|e') stato possibile|nie może zostać dostarczona|не может быть доставлено",
    re.IGNORECASE,
)
_DAEMONS: Final = ("mailer-daemon", "postmaster", "postoffice", "mail-daemon", "mdaemon", "listserv", "mailmaster", "abuse", "helpdesk")
_TEXT_CHARS: Final = 20_000
_RECIPIENTS: Final = 100


def read_bounce(root: Part, leaves: list[Part], text: str) -> Bounce:
    """Every field may be empty: the tickets service decides what a bounce proves."""
    failed: list[Failed] = []
    original = ""
    for part in leaves:
        if part.content_type in _STATUS_PARTS:
            failed += _delivery_status(part.content())
        elif part.content_type in _PARTS and not original:
            found = read_headers(part.content().lstrip(b"\r\n")).header("message-id")
            original = storable(decode_raw_header(unfold(found)))
    # A relay that took the mail over reports it as well: that is no failure, unless it is all that is reported.
    failed = [item for item in failed if item.action in ("failed", "delayed")] or failed
    if not failed:
        failed = [item for part in leaves if part.content_type == "message/rfc822" for item in _enclosed(part.content())]
    if not failed:
        failed = _spoken(root, text[:_TEXT_CHARS])
    if not original and (found_id := _ID.search(text[: 5 * _TEXT_CHARS])):
        original = found_id[1]
    once = {item.recipient.lower(): item for item in reversed(failed)}
    return Bounce(tuple(reversed(once.values()))[:_RECIPIENTS], original)


def _delivery_status(data: bytes) -> Iterable[Failed]:
    # Some put the fields of all recipients into one block, or an empty line into the middle of one.
    for block in re.split(r"\r?\n\s*\r?\n", decode_text(data[: 5 * _TEXT_CHARS])):
        fields = read_headers(block.strip().encode("utf-8") + b"\n\n")
        named = fields.header("original-recipient")
        recipient = _address(named) or _address(fields.header("final-recipient"))
        if not recipient:
            continue
        diagnostic = decode_words(fields.header("diagnostic-code"))
        status = _STATUS.search(fields.header("status")) or _STATUS.search(diagnostic)
        action = decode_words(fields.header("action")).lower().split(" ")[0].strip(";,.")
        yield Failed(recipient, action or "failed", status[1] if status else "", diagnostic[:500])


def _enclosed(content: bytes) -> Iterable[Failed]:
    """A report that a filter wrapped into a mail of its own."""
    return _delivery_status(content) if b"delivery-status" in content[:8_192] else ()


def is_failure_notice(text: str) -> bool:
    """Whether a text speaks of mail that could not be delivered, and to whom."""
    head = text[:_TEXT_CHARS]
    return FAILURE.search(head) is not None and _ADDRESS.search(head) is not None


def _address(value: str) -> str:
    found = _ADDRESS.search(storable(decode_raw_header(unfold(value.partition(";")[2] or value))))
    return _plain(found[0]) if found else ""


def _plain(address: str) -> str:
    """Without the quotes around it; '' for one shortened to dots."""
    bare = address.lstrip("'=").removeprefix("mailto:").removeprefix("smtp=").removeprefix("SMTP=")
    return "" if ".." in bare or bare[:1] == "." or ".@" in bare else bare


def _spoken(root: Part, text: str) -> list[Failed]:
    """Recipients by X-Failed-Recipients, else every address in the notice that is neither ours nor a daemon's."""
    named = _ADDRESS.findall(root.header("x-failed-recipients"))
    copy = _COPY.search(text)
    notice = text[: copy.start()] if copy and _ADDRESS.search(text[: copy.start()]) else text
    if below := _NAMED_BELOW.search(notice):
        rest = notice[below.start() :]
        notice = rest if _ADDRESS.search(rest) else notice
    own = {
        a.address.lower()
        for name in ("to", "from", "cc", "delivered-to")
        for value in root.headers.get(name, ())
        for a in parse_addresses(value)
    }
    if not named:
        named = [a for a in map(_plain, _ADDRESS.findall(notice)) if a and a.lower() not in own and not a.lower().startswith(_DAEMONS)]
    status = _STATUS.search(notice)
    code = status[1] if status else ""
    if not code and (reply := _REPLY.search(notice)):
        code = f"{reply[1]}.0.0"
    delayed = code.startswith("4") or (not code and _DELAYED.search(notice))
    return [Failed(address, "delayed" if delayed else "failed", code, "") for address in dict.fromkeys(named)]
