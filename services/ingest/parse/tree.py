"""The parts of a mail.

Read by the rules of the standard library's compat32 parser, which the tests hold this against, but not by its line loop: that one
costs more than all our other work together and recurses (1,000 nested parts raise RecursionError). As there, a header value keeps
its raw bytes as lone surrogates, an outer boundary ends every part inside it, and a missing end boundary ends with the data.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.ingest.parse import limits
from services.ingest.parse.params import split_value

_BLANK: Final = re.compile(rb"\r?\n\r?\n")
_TAIL: Final = re.compile(rb"(--)?[ \t]*(?=[\r\n]|\Z)")
_NAME: Final = re.compile(r"[!-9;-~]+")
# The possessive repetition keeps a block of a thousand headers linear.
_ORDERLY: Final = re.compile(r"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*+)*+(?:[!-9;-~]+:[^\n]*(?:\n[ \t][^\n]*)*+)?")
_FIELD: Final = re.compile(r"([!-9;-~]+):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)\n?")
_WHITE: Final = (" ", "\t")
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]")
_AS_IS: Final = frozenset(("", "7bit", "8bit", "binary"))


@dataclass(slots=True)
class Part:
    """One MIME part: its headers (lower-case name to raw values), its type, and either its bytes as sent or its children."""

    headers: dict[str, list[str]]
    content_type: str
    params: Mapping[str, str]
    body: bytes
    children: list[Part] = field(default_factory=list)

    def header(self, name: str) -> str:
        values = self.headers.get(name)
        return values[0] if values else ""

    def content(self) -> bytes:
        """The body without its transfer encoding; what is broken decodes as far as it goes."""
        encoding = self.header("content-transfer-encoding").strip().lower()
        if encoding in _AS_IS:
            return self.body
        if encoding == "base64":
            return _base64(self.body)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.body)
        return self.body


@dataclass(slots=True)
class _Budget:
    parts: int
    flags: set[str]


def read_tree(raw: bytes, flags: set[str]) -> Part:
    """The tree of a mail. Adds to `flags` what was cut: mail-too-large, headers-cut, too-deep, too-many-parts, broken-multipart."""
    if len(raw) > limits.MAIL_BYTES:
        flags.add("mail-too-large")
        raw = raw[: limits.MAIL_BYTES]
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    if raw[:5] == b"From ":
        raw = raw.partition(b"\n")[2]
    return _read(raw, 0, _Budget(limits.PARTS, flags), "text/plain")


def read_headers(raw: bytes) -> Part:
    """Only the headers of a mail, for one that is enclosed in another (a bounce's original)."""
    headers, body = _split_headers(raw, set())
    return Part(headers, "text/plain", {}, body)


def _read(raw: bytes, depth: int, budget: _Budget, default: str) -> Part:
    headers, body = _split_headers(raw, budget.flags)
    declared = headers.get("content-type")
    content_type, params = split_value(declared[0]) if declared else (default, {})
    if content_type.count("/") != 1 or content_type[0] == "/":
        content_type = "text/plain"
    part = Part(headers, content_type, params, body)
    if not content_type.startswith("multipart/"):
        return part
    boundary = params.get("boundary", "").rstrip()
    if not boundary:
        budget.flags.add("broken-multipart")
        part.content_type = "text/plain"
        return part
    if depth >= limits.DEPTH:
        budget.flags.add("too-deep")
        part.content_type = "application/octet-stream"
        return part
    inner = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
    for piece in _pieces(body, boundary, budget):
        part.children.append(_read(piece, depth + 1, budget, inner))
    if not part.children:
        budget.flags.add("broken-multipart")
        part.content_type = "text/plain"
    return part


def _pieces(body: bytes, boundary: str, budget: _Budget) -> list[bytes]:
    mark = b"--" + boundary.encode("utf-8", "surrogateescape")
    pieces: list[bytes] = []
    start, at = -1, body.find(mark)
    while at >= 0:
        tail = _TAIL.match(body, at + len(mark))
        if tail and (at == 0 or body[at - 1] in b"\r\n"):
            if start >= 0:
                pieces.append(_without_line_ends(body, start, at))
                budget.parts -= 1
                if budget.parts <= 0:
                    budget.flags.add("too-many-parts")
                    return pieces
            start = tail.end()
            if tail[1]:
                return pieces
        at = body.find(mark, at + len(mark))
    if start >= 0:
        pieces.append(_without_line_ends(body, start, len(body) + 2))
        budget.parts -= 1
    return pieces


def _without_line_ends(body: bytes, start: int, end: int) -> bytes:
    # The line end after a boundary, and the one before the next, belong to the boundaries and not to the part.
    if body[start : start + 2] == b"\r\n":
        start += 2
    elif body[start : start + 1] in (b"\n", b"\r"):
        start += 1
    if end <= len(body):
        if body[end - 2 : end] == b"\r\n":
            end -= 2
        elif end > 0 and body[end - 1] in b"\r\n":
            end -= 1
    return body[start : max(start, end)]


def _split_headers(raw: bytes, flags: set[str]) -> tuple[dict[str, list[str]], bytes]:
    if raw[:1] == b"\n":
        return {}, raw[1:]
    if raw[:2] == b"\r\n":
        return {}, raw[2:]
    found = _BLANK.search(raw, 0, limits.HEADER_BLOCK_BYTES)
    if found:
        block, body = raw[: found.start() + 1], raw[found.end() :]
    elif len(raw) > limits.HEADER_BLOCK_BYTES:
        flags.add("headers-cut")
        found = _BLANK.search(raw, limits.HEADER_BLOCK_BYTES)
        block, body = raw[: limits.HEADER_BLOCK_BYTES], raw[found.end() :] if found else b""
    else:
        block, body = raw, b""
    items, rest = _fields(block)
    headers: dict[str, list[str]] = {}
    if len(items) > limits.HEADERS:
        flags.add("headers-cut")
        del items[limits.HEADERS :]
    if len(block) > limits.HEADER_BYTES:
        if any(len(value) > limits.HEADER_BYTES for _, value in items):
            flags.add("headers-cut")
        items = [(name, value[: limits.HEADER_BYTES]) for name, value in items]
    for name, value in items:
        headers.setdefault(name.lower(), []).append(value)
    if rest:
        # The block ended early, at a line that is no header: from there on it is body.
        body = rest + (b"\n" + body if body else b"")
    return headers, body


def _fields(block: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """(name, value) of each header, and what of the block is none: from the first line that cannot be a header on, all is body."""
    text = block.decode("ascii", "surrogateescape")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _ORDERLY.fullmatch(text):
        return _FIELD.findall(text), b""
    items: list[tuple[str, str]] = []
    pieces: list[str] = []
    lines = text.removesuffix("\n").split("\n")
    for index, line in enumerate(lines):
        if line[:1] in _WHITE and line:
            pieces.append(line)
            continue
        name, colon, value = line.partition(":")
        if not colon or not (name == "" or _NAME.fullmatch(name)):
            if line[:5] == "From ":
                continue  # an mbox separator that strayed in
            rest = lines[index + 1 :] if not line else lines[index:]
            return _with_last(items, pieces), "\n".join(rest).encode("ascii", "surrogateescape")
        if pieces:
            items = _with_last(items, pieces)
        items.append((name, value.lstrip(" \t")))
        pieces = []
    return _with_last(items, pieces), b""


def _with_last(items: list[tuple[str, str]], pieces: list[str]) -> list[tuple[str, str]]:
    """Its continuation lines joined to the last header; those before any header belong to none."""
    if items and pieces:
        name, value = items[-1]
        items[-1] = (name, "\n".join([value, *pieces]))
    return items


def _base64(body: bytes) -> bytes:
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        clean = _NOT_BASE64.sub(b"", body)
        clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
