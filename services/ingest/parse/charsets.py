"""Bytes to text by a ladder of charsets (email.md 2): declared, UTF-8, windows-1252, a guess, replacement."""

from __future__ import annotations

import codecs
from functools import lru_cache
from typing import Final

from charset_normalizer import from_bytes

from services.ingest.parse import east_asian

# WHATWG: what a label means in practice, where that is not what Python's codec of that name does.
_LABELS: Final[dict[str, str]] = {
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "l1": "cp1252",
    "us-ascii": "cp1252", "ascii": "cp1252", "ansi_x3.4-1968": "cp1252", "x-cp1252": "cp1252", "windows-1252": "cp1252",
    "iso-8859-9": "cp1254", "iso8859-9": "cp1254", "latin5": "cp1254", "iso-8859-11": "cp874", "windows-874": "cp874", "x-windows-874": "cp874", "dos-874": "cp874", "cp936": "gb18030", "windows-936": "gb18030",
    "ms936": "gb18030", "cswindows31j": "cp932", "x-ms-cp932": "cp932", "ms932": "cp932", "tis-620": "cp874", "x-unknown": "",
    "unknown-8bit": "", "8bit": "", "binary": "", "default": "", "unicode-1-1-utf-8": "utf-8", "utf8": "utf-8", "x-utf-8": "utf-8",
    "utf-8-sig": "utf-8-sig", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "chinese": "gb18030",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "euc-kr": "cp949", "korean": "cp949", "shift_jis": "cp932", "shift-jis": "cp932",
    "sjis": "cp932", "x-sjis": "cp932", "ms_kanji": "cp932", "windows-31j": "cp932", "big5": "big5hkscs", "x-x-big5": "big5hkscs",
    "iso-2022-jp": "iso2022_jp_ext", "iso-2022-jp-ms": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext", "cp50221": "iso2022_jp_ext",
    "cp51932": "euc_jp", "eucjp-ms": "euc_jp", "x-windows-949": "cp949", "windows-949": "cp949", "x-windows-950": "big5hkscs", "big5-hkscs": "big5hkscs",
    "csiso2022jp": "iso2022_jp_ext", "iso-8859-8-i": "iso8859-8", "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman", "x-mac-cyrillic": "mac_cyrillic", "koi8": "koi8_r", "x-euc-jp": "euc_jp", "unicode": "utf-16",
}  # fmt: skip

# A label is the sender's choice: codecs that are no charsets (unicode_escape, punycode, idna, zlib) must be out of reach.
_CHARSETS: Final = frozenset(
    (
        *"utf-8 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 utf-7 cp1252 cp874 gb18030 gb2312 gbk hz cp949 johab euc_kr iso2022_kr".split(),
        *"cp932 shift_jis shift_jis_2004 shift_jisx0213 euc_jp euc_jis_2004 euc_jisx0213 iso2022_jp iso2022_jp_1 iso2022_jp_2".split(),
        *"iso2022_jp_3 iso2022_jp_2004 iso2022_jp_ext big5 big5hkscs cp950 koi8-r koi8-u koi8-t ptcp154 kz1048 tis-620".split(),
        *"mac-roman mac-cyrillic mac-greek mac-turkish mac-latin2 cp437 cp737 cp775 cp850 cp852 cp855 cp857 cp858".split(),
        *(f"cp{n}" for n in (*range(860, 867), 869, *range(1250, 1259))),
        *(f"iso8859-{n}" for n in (*range(1, 12), 13, 14, 15, 16)),
    )
)
# What vendors write under a label beyond its standard (NEC row 13 as in ①, half-width kana, Big5's euro), tried when the codec fails.
_VENDORS: Final = {
    "iso2022_jp_ext": east_asian.from_iso2022_jp, "iso2022_jp": east_asian.from_iso2022_jp, "euc_jp": east_asian.from_euc_jp,
    "big5hkscs": east_asian.from_big5, "cp950": east_asian.from_big5,
}  # fmt: skip
_GUESS_ABOVE: Final = 64
_GUESS_SAMPLE: Final = 8 * 1024
_ASCII_BYTES: Final = bytes(range(128))


@lru_cache(maxsize=512)
def codec_for(label: str) -> str:
    """The Python codec that a declared charset stands for, or '' when it is unknown or not a charset at all."""
    name = label.strip().strip("\"'").lower()
    known = _LABELS.get(name)
    if known is not None:
        return known
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return found if found in _CHARSETS or found.replace("-", "_") in _CHARSETS else ""


def storable(text: str) -> str:
    """Without what neither JSON in UTF-8 nor Postgres can hold: NUL and lone surrogates."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def decode_text(data: bytes, declared: str | None = None) -> str:
    """Text of `data`; never raises and never loses a byte silently (what nothing can read becomes U+FFFD)."""
    codec = codec_for(declared) if declared else ""
    if data.isascii() and (codec in ("", "utf-8", "cp1252", "cp1254") or codec.startswith(("iso8859", "cp125"))):
        return storable(data.decode("ascii"))
    if codec == "cp1252" and declared and "ascii" in declared.lower():
        codec = ""  # 8-bit bytes in declared ASCII: the label is false, UTF-8 is the better bet
    for name in (codec, "utf-8"):
        if name:
            try:
                return storable(data.decode(name))
            except (UnicodeError, LookupError):
                if (vendor := _VENDORS.get(name)) and (text := vendor(data)):
                    return storable(text)
    return storable(_unlabelled(data))


def decode_raw_header(value: str) -> str:
    """A header value as the compat32 parser gives it: raw 8-bit bytes stand in it as lone surrogates."""
    if value.isascii():
        return value
    return decode_text(value.encode("utf-8", "surrogateescape"))


def _unlabelled(data: bytes) -> str:
    foreign = len(data.translate(None, _ASCII_BYTES))
    western = foreign * 5 < len(data)  # western European text has far less than one accented letter in five
    if foreign > _GUESS_ABOVE and not western:
        best = from_bytes(data[:_GUESS_SAMPLE], steps=3, chunk_size=256).best()
        if best is not None and codec_for(best.encoding):
            return data.decode(best.encoding, "replace")
    return data.decode("cp1252", "replace")
