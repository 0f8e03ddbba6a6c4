"""Mails made to break a parser: families of malice, each in many seeded variants."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable

_HEAD = b"From: Mallory <m@evil.example>\r\nTo: support@desk.example\r\nSubject: hostile\r\nMessage-ID: <h@evil.example>\r\n"
_TEXT = b"Please help me, my order never came."


def _garbage(dice: random.Random, size: int) -> bytes:
    return dice.randbytes(size)


def _part(kind: bytes, body: bytes, *more: bytes) -> bytes:
    return b"\r\n".join([b"Content-Type: " + kind, *more, b"", body])


def _multipart(boundary: bytes, *parts: bytes, kind: bytes = b"mixed", closed: bool = True) -> bytes:
    inner = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return (
        b"Content-Type: multipart/"
        + kind
        + b'; boundary="'
        + boundary
        + b'"\r\n\r\n'
        + inner
        + (b"--" + boundary + b"--\r\n" if closed else b"")
    )


def broken_boundaries(dice: random.Random) -> bytes:
    boundary = dice.choice([b"a" * 70, b"--", b"=_x y", b'b"c', b"", b"\xff\xfe", b"b"])
    parts = [_part(b"text/plain", _TEXT), _part(b"text/html", b"<p>" + _TEXT)]
    mail = _HEAD + _multipart(boundary, *parts, closed=dice.random() < 0.5)
    at = dice.randrange(len(_HEAD), len(mail))
    return mail[:at] + dice.choice([b"", b"--" + boundary, b"\r\n--" + boundary[:-1], b"\n"]) + mail[at + dice.randrange(9) :]


def nested(dice: random.Random) -> bytes:
    mail = _part(b"text/plain", _TEXT)
    for depth in range(dice.choice([10, 60, 300, 900])):
        boundary = b"n%d" % (depth if dice.random() < 0.9 else 0)
        mail = _multipart(boundary, mail) if dice.random() < 0.8 else _part(b"message/rfc822", _HEAD + mail)
    return _HEAD + mail


def huge_headers(dice: random.Random) -> bytes:
    line = dice.choice(
        [b"X-Long: " + b"a" * 400_000, b"X-Fold:" + b"\r\n " * 100_000 + b"x", b"".join(b"X-%d: y\r\n" % n for n in range(20_000))[:-2]]
    )
    return _HEAD + line + b"\r\n" + _part(b"text/plain", _TEXT)


def many_recipients(dice: random.Random) -> bytes:
    people = b", ".join(b'"P%d, (c) \\"q\\"" <p%d@x.example>' % (n, n) for n in range(dice.choice([500, 10_000])))
    return _HEAD + b"Cc: " + people + b"\r\n" + _part(b"text/plain", _TEXT)


def control_bytes(dice: random.Random) -> bytes:
    mail = bytearray(_HEAD + _part(b"text/plain; charset=utf-8", _TEXT * 20))
    for _ in range(dice.randrange(1, 60)):
        mail[dice.randrange(len(mail))] = dice.choice(b"\x00\x01\x02\x03\x0b\x0c\x1b\x7f\x85\xa0\xff")
    return bytes(mail)


def line_ends(dice: random.Random) -> bytes:
    ends = dice.choice([[b"\r"], [b"\n"], [b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n", b"\x0b", b"\x0c", b"\xc2\x85"]])
    return b"".join(line + dice.choice(ends) for line in (_HEAD + _multipart(b"b", _part(b"text/plain", _TEXT * 3))).split(b"\r\n"))


def mislabelled(dice: random.Random) -> bytes:
    charset = dice.choice(
        [
            b"utf-7",
            b"utf-16",
            b"utf-32",
            b"x-unknown",
            b"iso-2022-jp",
            b"hz-gb-2312",
            b"rot13",
            b"hex",
            b"idna",
            b"undefined",
            b"unicode_escape",
            b"\xff",
            b"",
        ]
    )
    text = dice.choice(["Größe 🎈", "日本語", "\u202eלום", "ÿþ"]).encode(dice.choice(["utf-8", "utf-16", "utf-32-be"]))
    encoding = dice.choice([b"7bit", b"8bit", b"base64", b"quoted-printable", b"uuencode", b"x-none", b"binary"])
    return _HEAD + b"Subject: =?" + charset + b"?B?" + base64.b64encode(text) + b"?=\r\n" + _part(
        b"text/plain; charset=" + charset, text * 30, b"Content-Transfer-Encoding: " + encoding
    )  # fmt: skip


def file_names(dice: random.Random) -> bytes:
    name = dice.choice([
        "report\u202efdp.exe", "../../etc/passwd", "C:\\windows\\x.bat", "a" * 5_000, "\x00.pdf", "CON", ".", "..", "naïve\r\nX-Evil: 1.txt", "%2e%2e/x", "🎈" * 300,
    ]).encode()  # fmt: skip
    marks = [
        b'filename="' + name + b'"',
        b"filename*=utf-8''" + b"%ff" * 40,
        b"filename*0*=utf-8''a; filename*2=c; filename*1=b",
        b"filename*999999999=x",
    ]
    parts = [_part(b"application/x; name=" + name, _garbage(dice, 50), b"Content-Disposition: attachment; " + mark) for mark in marks]
    return _HEAD + _multipart(b"f", _part(b"text/plain", _TEXT), *parts)


def transfer_garbage(dice: random.Random) -> bytes:
    encoding = dice.choice([b"base64", b"quoted-printable", b"x-uuencode", b"yenc"])
    body = dice.choice(
        [_garbage(dice, 3_000), b"=" * 5_000, b"A" * 4_001, b"begin 644 x\n" + b"M" * 2_000, b"=3D=\r\n" * 3_000, b"begin 644\nend\n" * 500]
    )
    return _HEAD + _part(
        dice.choice([b"text/html", b"text/plain", b"application/ms-tnef", b"image/png"]), body, b"Content-Transfer-Encoding: " + encoding
    )


def absurd_headers(dice: random.Random) -> bytes:
    date = dice.choice(
        [b"Mon, 99 Foo 99999 99:99:99 +9999", b"0", b"Thu, 1 Jan 1970 00:00:00 -0000 (" + b"(" * 500, b"\xff", b"31 Feb 2026 25:61 EST"]
    )
    sender = dice.choice(
        [
            b"<<<<>>>>@@",
            b'"' * 3_000,
            b"a@b@c",
            b"(((" * 900,
            b"=?utf-8?Q?=00=0A?= <x@y.example>",
            b"group: a@x.example, b@y.example;",
            b",,,,;;;",
            b"",
        ]
    )
    ids = b"<" + b"x" * dice.choice([10, 5_000]) + b"@y> " * dice.choice([1, 3_000])
    return b"From: %b\r\nFrom: second@x.example\r\nDate: %b\r\nReferences: %b\r\nIn-Reply-To: %b\r\nSubject: %b\r\n%b" % (
        sender, date, ids, ids[:50], b"=?utf-8?Q?" + b"=" * dice.choice([3, 3_000]), _part(b"text/plain", _TEXT),
    )  # fmt: skip


def hard_html(dice: random.Random) -> bytes:
    body = dice.choice([
        b"<div>" * 100_000, b"<b><i>" * 30_000 + _TEXT, b"<table><tr><td>" * 4_000, b"<!--" * 50_000, b"<" * 200_000, b"&" * 200_000, b"&#x110000;&#0;&#xd800;" * 5_000,
        b"<style>" + b"a{b:c}" * 100_000 + b"</style>" + _TEXT, b"<a href='" + b"x" * 300_000, b'<p style="' + b"a:b;" * 60_000 + b'">' + _TEXT,
        b"<svg><script>" * 3_000, b"<p " + b"a=b " * 60_000 + b">", b"<blockquote>" * 5_000 + _TEXT, b"<![CDATA[" * 9_000, b"<title>" + _TEXT, b"<plaintext>" + _TEXT,
    ])  # fmt: skip
    return _HEAD + _part(b"text/html; charset=utf-8", body)


def hard_text(dice: random.Random) -> bytes:
    body = dice.choice([
        b"> " * 100_000, b">" * 200_000 + b"\r\n", b"On Mon, A wrote:\r\n" * 10_000, b"-----Original Message-----\r\n" * 5_000, b"-- \r\n" * 30_000, b"\r\n" * 300_000,
        b" " * 400_000, b"From: a\r\nSent: b\r\nTo: c\r\nSubject: d\r\n" * 4_000, b"http://x.example/" * 20_000, b"\t>\t>" * 40_000, b"_" * 300_000, b"a@b.example wrote: " * 20_000,
    ])  # fmt: skip
    return _HEAD + _part(b"text/plain; charset=utf-8; format=flowed; delsp=yes", body)


def false_reports(dice: random.Random) -> bytes:
    status = dice.choice(
        [
            b"Final-Recipient: ;;;\r\nStatus: 9.9.9\r\nAction: \xff\r\n" * 500,
            _garbage(dice, 2_000),
            b"",
            b"Final-Recipient: rfc822; x@y.example",
        ]
    )
    parts = [_part(b"text/plain", _TEXT), _part(b"message/delivery-status", status), _part(b"message/rfc822", _garbage(dice, 500))]
    return _HEAD + _multipart(b"r", *parts, kind=dice.choice([b"report; report-type=delivery-status", b"report"]))


def invitations(dice: random.Random) -> bytes:
    events = (
        b"BEGIN:VEVENT\r\nDTSTART:99999999T999999Z\r\nRRULE:FREQ=SECONDLY;COUNT=999999999\r\nSUMMARY:"
        + b"x" * 20_000
        + b"\r\nEND:VEVENT\r\n"
    )
    calendar = b"BEGIN:VCALENDAR\r\n" + events * dice.choice([1, 400]) + dice.choice([b"", b"END:VCALENDAR\r\n"])
    return _HEAD + _multipart(b"c", _part(b"text/calendar; method=REQUEST", calendar), kind=b"alternative")


def many_parts(dice: random.Random) -> bytes:
    return _HEAD + _multipart(
        b"m", *(_part(dice.choice([b"text/plain", b"image/gif", b"text/html"]), b"x") for _ in range(dice.choice([200, 5_000])))
    )


def noise(dice: random.Random) -> bytes:
    return _garbage(dice, dice.choice([0, 1, 100, 50_000]))


FAMILIES: tuple[Callable[[random.Random], bytes], ...] = (
    broken_boundaries, nested, huge_headers, many_recipients, control_bytes, line_ends, mislabelled, file_names, transfer_garbage, absurd_headers, hard_html,
    hard_text, false_reports, invitations, many_parts, noise,
)  # fmt: skip
