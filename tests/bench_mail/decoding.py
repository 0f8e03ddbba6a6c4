"""Decoding of headers and bodies: what was written in many charsets and encodings must be read; real mails as two readers agree."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import Header
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from importlib import resources

from services.ingest.parse.mail import parse_mail
from tests.bench_mail.bounces import ordinary
from tests.bench_mail.tally import Row, share

_TEXTS = {
    "Größe über Straße €": "utf-8 iso-8859-15 windows-1252", "Déjà vu, où ça ?": "utf-8 iso-8859-1 windows-1252 mac-roman",
    "¿Dónde está mañana?": "utf-8 iso-8859-1", "Zażółć gęślą jaźń": "utf-8 iso-8859-2 windows-1250", "Příliš žluťoučký kůň": "utf-8 iso-8859-2 windows-1250",
    "Съешь ещё этих булок": "utf-8 koi8-r windows-1251 iso-8859-5", "Їжак з'їв грушу": "utf-8 koi8-u windows-1251", "Ξεσκεπάζω ψυχοφθόρα": "utf-8 iso-8859-7 windows-1253",
    "Pijamalı hasta yağız şoföre": "utf-8 iso-8859-9 windows-1254", "דג סקרן שט בים": "utf-8 iso-8859-8 windows-1255", "نص حكيم له سر": "utf-8 iso-8859-6 windows-1256",
    "いろはにほへと 日本語": "utf-8 iso-2022-jp shift_jis euc-jp", "①番の髙橋さん": "utf-8 shift_jis", "視野無限廣 窗外有藍天": "utf-8 big5", "你好世界 简体中文": "utf-8 gb2312 gb18030",
    "다람쥐 헌 쳇바퀴": "utf-8 euc-kr", "เป็นมนุษย์สุดประเสริฐ": "utf-8 tis-620 windows-874", "Tiếng Việt đẹp lắm": "utf-8", "हिन्दी में लिखा": "utf-8",
    "👩‍👩‍👧 emoji 🇩🇪 ok": "utf-8", "Glāžšķūņa rūķīši": "utf-8 iso-8859-13 windows-1257", "Õhtu jääb": "utf-8 iso-8859-15",
}  # fmt: skip
_CODECS = {"shift_jis": "cp932", "windows-874": "cp874", "gb2312": "gb18030"}


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    raw: bytes
    what: str
    truth: str


def measure() -> list[Row]:
    """Shares of checks that hold, ours and the standard library's modern policy's."""
    written = list(_written())
    ours = {check.name: _ours(check.raw, check.what) == check.truth for check in written}
    theirs = [_standard(check.raw, check.what) == check.truth for check in written]
    agreed = list(_agreed())
    real = {check.name: _ours(check.raw, check.what) == check.truth for check in agreed}
    every = [(name, raw) for name, raw in _mails()]
    broken = [name for name, raw in every if parse_mail(raw).error]
    return [
        Row(
            "decoding",
            "written in 20 languages",
            len(written),
            share(list(ours.values())),
            share(theirs),
            "email.policy.default",
            0.95,
            _wrong(ours),
        ),
        Row("decoding", "real mails, undisputed", len(agreed), share(list(real.values())), None, "", 0.95, _wrong(real)),
        Row("no exception", "all mails", len(every), 1 - len(broken) / len(every), None, "", 1.0, broken),
    ]


def _written() -> Iterator[_Check]:
    for text, charsets in _TEXTS.items():
        for charset in charsets.split():
            codec = _CODECS.get(charset, charset)
            data = text.encode(codec)
            for encoding, body in (("base64", base64.encodebytes(data)), ("quoted-printable", quopri.encodestring(data)), ("8bit", data)):
                head = f"From: a@b.c\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
                yield _Check(f"{charset} {encoding} {text[:8]}", head.encode() + body, "text", text)
            q = "".join(f"={byte:02X}" for byte in data)
            b = base64.b64encode(data).decode()
            yield _Check(f"{charset} Q {text[:8]}", f"From: a@b.c\nSubject: =?{charset}?Q?{q}?=\n\nx".encode(), "subject", text)
            yield _Check(f"{charset} B {text[:8]}", f"From: a@b.c\nSubject: =?{charset}?B?{b}?=\n\nx".encode(), "subject", text)
            yield _Check(f"{charset} name {text[:8]}", f"From: =?{charset}?B?{b}?= <a@b.c>\n\nx".encode(), "name", text)
            percent = "".join(f"%{byte:02X}" for byte in data)
            half = len(data) // 2 * 3
            for number, disposition in enumerate(
                (
                    f"filename*={charset}''{percent}.txt",
                    f"filename*0*={charset}''{percent[:half]};\n filename*1*={percent[half:]};\n filename*2=.txt",
                )
            ):
                raw = f"From: a@b.c\nContent-Type: application/octet-stream\nContent-Disposition: attachment;\n {disposition}\n\nx"
                yield _Check(f"{charset} 2231 {number} {text[:8]}", raw.encode(), "file", f"{text}.txt")
        folded = Header(text * 6, "utf-8", maxlinelen=60, header_name="Subject").encode()
        yield _Check(f"folded {text[:8]}", f"From: a@b.c\nSubject: {folded}\n\nx".encode(), "subject", text * 6)
        yield _Check(f"raw {text[:8]}", f"From: {text} <a@b.c>\nSubject: {text}\n\nx".encode(), "subject", text)


def _agreed() -> Iterator[_Check]:
    """Subjects, addresses, dates and texts of real mails, where both of the standard library's policies say the same."""
    for name, raw in _mails():
        if name.startswith("made ") and not name.endswith("00"):
            continue
        for what in ("subject", "address", "date"):
            modern, old = _standard(raw, what), _compat(raw, what)
            if modern and modern == old and "\ufffd" not in modern and "=?" not in modern:
                yield _Check(f"{name} {what}", raw, what, modern)


def _mails() -> Iterator[tuple[str, bytes]]:
    yield from ordinary()
    try:
        data = resources.files("test.test_email") / "data"
    except ModuleNotFoundError:  # some distributions leave the tests of Python out
        return
    for file in sorted(data.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".txt"):
            yield f"cpython {file.name}", file.read_bytes()


def _ours(raw: bytes, what: str) -> str:
    mail = parse_mail(raw)
    if what == "file":
        return mail.attachments[0].name if mail.attachments else ""
    if what == "date":
        return mail.date.isoformat() if mail.date else ""
    sender = mail.sender[0] if mail.sender else None
    found = {
        "subject": mail.subject,
        "text": mail.text.rstrip("\n"),
        "name": sender.name if sender else "",
        "address": sender.address if sender else "",
    }
    return found[what] if what == "text" else " ".join(found[what].split())


def _standard(raw: bytes, what: str) -> str:
    try:
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        if what == "text":
            return str(message.get_content()).rstrip("\n")
        if what == "file":
            return message.get_filename() or ""
        if what == "subject":
            return " ".join(str(message["subject"] or "").split())
        if what == "date":
            return _utc(str(message["date"]))
        first = message["from"].addresses[0]
        return str(first.display_name if what == "name" else first.addr_spec)
    except Exception:  # what it cannot read it has not read
        return ""


def _compat(raw: bytes, what: str) -> str:
    from email.header import decode_header, make_header
    from email.utils import getaddresses

    message = message_from_bytes(raw)
    try:
        if what == "subject":
            return " ".join(str(make_header(decode_header(str(message["subject"] or "")))).split())
        if what == "date":
            return _utc(str(message["date"]))
        return getaddresses([str(message["from"] or "")])[0][1]
    except Exception:
        return ""


def _utc(value: str) -> str:
    from datetime import UTC

    at = parsedate_to_datetime(value)
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).isoformat()


def _wrong(results: dict[str, bool]) -> list[str]:
    return [name for name, right in results.items() if not right]
