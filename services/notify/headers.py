"""Header lines of an outgoing mail, written by ourselves: pure, deterministic, injection-proof (email.md 5).

The standard library either turns long Message-IDs into encoded words (default line length) or writes encoded words longer than
RFC 2047 allows (line length 998), so ids are folded one a line, and only text that is not ASCII is encoded, 75 characters a word.
"""

import re
from collections.abc import Iterable, Sequence
from email.header import Header

from schemas.base import Address
from services.notify.errors import AddressRefusedError, HeaderRefusedError

CRLF = "\r\n"
_FOLD_AT = 76
_LONGEST_WORD = 900  # a line may be 998 bytes (RFC 5322 2.1.1)
_FORBIDDEN = re.compile(r"[\r\n\x00]")
_OTHER_CONTROLS = re.compile(r"[\x01-\x1f\x7f-\x9f\u2028\u2029]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_URI = re.compile(r"(mailto|https):[\x21-\x3b\x3d\x3f-\x7e]{1,900}")
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>")


def clean(name: str, value: str) -> str:
    """The value fit for a header: HeaderRefusedError for CR, LF and NUL; other control characters become spaces."""
    if _FORBIDDEN.search(value):
        raise HeaderRefusedError(name)
    return _OTHER_CONTROLS.sub(" ", value).encode("utf-8", "replace").decode()


def text_line(name: str, value: str) -> str:
    """An unstructured header, e.g. Subject."""
    value = clean(name, value).strip()
    plain = value.isascii() and "=?" not in value and all(len(word) <= _LONGEST_WORD for word in value.split(" "))
    return f"{name}: {_fold(value, len(name) + 2) if plain else _encoded(value, len(name) + 2)}{CRLF}"


def ids_line(name: str, ids: Iterable[str]) -> str:
    """In-Reply-To and References, one id a line. What is no Message-ID is left out, '' when nothing is left."""
    good = [i for i in (clean(name, i).strip() for i in ids) if _MESSAGE_ID.fullmatch(i)]
    return f"{name}: {(CRLF + ' ').join(good)}{CRLF}" if good else ""


def address_line(name: str, addresses: Sequence[Address]) -> str:
    """From, To, Cc, Reply-To: one address a line, '' without addresses."""
    shown = [_shown(name, a) for a in addresses]
    return f"{name}: {(',' + CRLF + ' ').join(shown)}{CRLF}" if shown else ""


def uri(value: str) -> str:
    """A URI in angle brackets (RFC 2369), '' refused like any other header value that is not clean ASCII."""
    cleaned = clean("List-Unsubscribe", value).strip()
    if not _URI.fullmatch(cleaned):
        raise HeaderRefusedError("List-Unsubscribe")
    return f"<{cleaned}>"


def mail_address(address: str) -> str:
    """The address as SMTP carries it: an ASCII local part, the domain in its IDNA form. AddressRefusedError otherwise."""
    address = clean("An address", address).strip()
    local, at, domain = address.rpartition("@")
    if not at:
        raise AddressRefusedError(address, "it has no @")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError as error:
            raise AddressRefusedError(address, "its domain is not valid") from error
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain) or len(local) > 64 or len(domain) > 255:
        raise AddressRefusedError(address, "it is not a valid mail address")
    return f"{local}@{domain}"


def _shown(header: str, who: Address) -> str:
    address = mail_address(who.address)
    name = clean(header, who.name).strip()
    if not name:
        return address
    if not name.isascii() or "=?" in name or len(name) > _FOLD_AT:
        return f"{_encoded(name, len(header) + 2)}{CRLF} <{address}>"
    if _ATOMS.fullmatch(name):
        return f"{name} <{address}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def _encoded(value: str, taken: int) -> str:
    """Encoded words of at most 75 characters; the first line leaves `taken` characters to the header's name."""
    return Header(value, "utf-8", maxlinelen=75, header_name="x" * (taken - 2)).encode(linesep=CRLF)


def _fold(value: str, taken: int) -> str:
    """Break long lines before single spaces; removing the breaks gives the value again (RFC 5322 2.2.3)."""
    lines: list[str] = []
    line = ""
    for piece in re.split(r"(?<=\S)(?= )", value):
        if line and len(line) + len(piece) + taken > _FOLD_AT and piece.strip():
            lines.append(line)
            line, taken = piece, 0
        else:
            line += piece
    return CRLF.join([*lines, line])
