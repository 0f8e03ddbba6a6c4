"""What a file really is, by its first bytes. The sender's word is only taken where the bytes say nothing."""

from __future__ import annotations

import re
from typing import Final

_SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x7fELF", "application/x-executable"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
    (b"BEGIN:VCARD", "text/vcard"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"%!PS", "application/postscript"),
)
_BY_FIRST: Final[dict[int, list[tuple[bytes, str]]]] = {}
for _mark, _type in _SIGNATURES:
    _BY_FIRST.setdefault(_mark[0], []).append((_mark, _type))

_OFFICE: Final = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
_ODF: Final = re.compile(rb"mimetype(application/[a-z0-9.+-]+)")
_BRANDS: Final = {b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif", b"avif": "image/avif", b"qt  ": "video/quicktime"}
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_OLE_TYPES: Final = frozenset(
    ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook")
)
_HTML: Final = re.compile(rb"\s*(?:<!doctype\s+html|<html|<head|<body|<script)", re.IGNORECASE)
_SVG: Final = re.compile(rb"(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?<svg[\s>]", re.IGNORECASE | re.DOTALL)
_MIME: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


def type_of(data: bytes, declared: str) -> str:
    """The MIME type of `data`; `declared` when no signature is known (octet-stream when that is no type either)."""
    head = data[:4096]
    for mark, kind in _BY_FIRST.get(head[0], ()) if head else ():
        if head.startswith(mark):
            if kind == "application/x-ole-storage" and declared in _OLE_TYPES:
                return declared
            return kind
    found = _container(head, data) or _markup(head)
    if found:
        return found
    return declared if _MIME.fullmatch(declared) else "application/octet-stream"


def _container(head: bytes, data: bytes) -> str:
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        odf = _ODF.search(head[:200])
        if odf:
            return odf[1].partition(b"PK")[0].decode("ascii")
        if b"[Content_Types].xml" in head or b"_rels/" in head:
            return next((kind for mark, kind in _OFFICE if mark in head or mark in data[-65536:]), "application/zip")
        return "application/zip"
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[:2] == b"MZ" and len(data) > 64:
        return "application/vnd.microsoft.portable-executable"
    if head[:2] == b"BM" and len(head) > 18 and head[6:10] == b"\x00\x00\x00\x00":
        return "image/bmp"
    return ""


def _markup(head: bytes) -> str:
    # A page or a drawing that runs scripts must not hide behind a harmless declared type.
    if b"<" not in head[:512]:
        return ""
    if _SVG.match(head.lstrip()):
        return "image/svg+xml"
    return "text/html" if _HTML.match(head) else ""
