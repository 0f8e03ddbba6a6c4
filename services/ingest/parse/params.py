"""Parameters of Content-Type and Content-Disposition: RFC 2231 continuations and charsets, RFC 2047 and raw bytes in names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from services.ingest.parse.charsets import decode_text
from services.ingest.parse.words import decode_words, unfold

_PARAM: Final = re.compile(r";\s*([^\s=;\"]+)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)", re.DOTALL)
_SHORT: Final = 60
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_SECTION: Final = re.compile(r"^([^*]+)(?:\*(\d{1,3}))?(\*)?$")


def split_value(raw: str) -> tuple[str, Mapping[str, str]]:
    """`text/plain; charset="x"` as its lower-case value and its parameters, continuations joined; values still undecoded words."""
    return _remembered(raw) if len(raw) < _SHORT else _split(raw)


# A mailbox sees the same few types all day. Long values carry boundaries and names, which never come back.
@lru_cache(maxsize=1024)
def _remembered(raw: str) -> tuple[str, Mapping[str, str]]:
    return _split(raw)


def _split(raw: str) -> tuple[str, Mapping[str, str]]:
    value, semicolon, _ = raw.partition(";")
    value = unfold(value).lower()
    if not semicolon:
        return value, {}
    params: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in _PARAM.finditer(raw):
        name, text = found[1].lower(), unfold(found[2])
        if text[:1] == '"':
            text = _ESCAPED.sub(r"\1", text[1:-1]) if len(text) > 1 and text[-1] == '"' else text[1:]
        if "*" not in name:
            params.setdefault(name, text)
        elif section := _SECTION.match(name):
            sections.setdefault(section[1], {})[int(section[2] or 0)] = (text, section[3] is not None)
    for name, pieces in sections.items():
        params[name] = _joined(pieces)
    return value, params


def param_text(params: Mapping[str, str], name: str) -> str:
    """A parameter as people read it."""
    value = params.get(name, "")
    return decode_words(value) if value else ""


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    first, encoded = pieces[min(pieces)]
    charset = ""
    if encoded and first.count("'") >= 2:
        charset, _, first = first.split("'", 2)
    data = b""
    for index in sorted(pieces):
        text, percent = pieces[index]
        if index == min(pieces):
            text = first
        data += unquote_to_bytes(text.encode("utf-8", "surrogateescape")) if percent else text.encode("utf-8", "surrogateescape")
    return decode_text(data, charset or None)
