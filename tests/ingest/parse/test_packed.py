"""Files inside files: winmail.dat, uuencode, enclosed mails, opaque signatures, calendars."""

from __future__ import annotations

import binascii
import datetime as dt
import struct
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from services.ingest.parse.mail import parse_mail
from tests.ingest.parse.mails import plain


def _uuencoded(name: str, content: bytes) -> str:
    lines = [binascii.b2a_uu(content[at : at + 45]).decode() for at in range(0, len(content), 45)]
    return f"begin 644 {name}\n{''.join(lines)}`\nend\n"


def _tnef_object(level: int, name: int, kind: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _tnef(*files: tuple[bytes, bytes], body: bytes = b"") -> bytes:
    objects = [_tnef_object(1, 0x9006, 8, struct.pack("<I", 0x10000)), _tnef_object(1, 0x9007, 6, struct.pack("<II", 1252, 0))]
    if body:
        objects.append(_tnef_object(1, 0x800C, 2, body))
    for name, content in files:
        objects += [_tnef_object(2, 0x9002, 6, bytes(14)), _tnef_object(2, 0x8010, 1, name + b"\x00"), _tnef_object(2, 0x800F, 6, content)]
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(objects)


def _with_file(content_type: str, content: bytes, *, text: str = "See the file.") -> bytes:
    encoded = binascii.b2a_base64(content).decode()
    head = "From: a@b.example\r\nMessage-ID: <1@b.example>\r\nSubject: Fwd: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return (
        head + f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--b\r\nContent-Type: {content_type}\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n--b--\r\n"
    ).encode()


def test_uuencoded_files_leave_the_text() -> None:
    content = bytes(range(256)) * 3
    mail = parse_mail(plain(f"See below.\n\n{_uuencoded('data.bin', content)}\nThanks"))
    assert [(a.name, a.content) for a in mail.attachments] == [("data.bin", content)]
    assert mail.text == "See below.\n\n\n\nThanks"
    assert "uuencoded" in mail.flags


@pytest.mark.parametrize("body", ["begin 644 the day\nwith a smile\nend", "begin 644 x\nend", "begin 644 x\nno end", "we begin 644 x"])
def test_words_that_look_like_uuencode_stay_text(body: str) -> None:
    mail = parse_mail(plain(body))
    assert (mail.text, mail.attachments) == (body, ())


def test_hostile_uuencode_costs_little() -> None:
    start = time.process_time()
    parse_mail(plain("begin 644 x\n" * 60_000 + "end\n"))
    assert time.process_time() - start < 2


def test_winmail_dat_is_opened() -> None:
    mail = parse_mail(_with_file("application/ms-tnef; name=winmail.dat", _tnef((b"a.pdf", b"%PDF-1 x"), (b"\xfcml.txt", b"text"))))
    assert [(a.name, a.type) for a in mail.attachments] == [("a.pdf", "application/pdf"), ("üml.txt", "application/octet-stream")]
    assert mail.text == "See the file."
    assert "winmail" in mail.flags


def test_winmail_dat_by_its_name_alone_is_opened() -> None:
    mail = parse_mail(_with_file('application/octet-stream; name="WinMail.dat"', _tnef((b"a.txt", b"x"))))
    assert [a.name for a in mail.attachments] == ["a.txt"]


def test_the_text_of_winmail_dat_is_shown_when_there_is_no_other() -> None:
    assert parse_mail(_with_file("application/ms-tnef", _tnef(body=b"Only here"), text="")).text == "Only here"
    assert parse_mail(_with_file("application/ms-tnef", _tnef(body=b"Only here"))).text == "See the file."


@pytest.mark.parametrize("data", [b"", b"\x78\x9f\x3e\x22", b"\x78\x9f\x3e\x22\x01\x00" + b"\x01" * 400, _tnef((b"a", b"x" * 100))[:-60]])
def test_a_broken_winmail_dat_stays_a_file(data: bytes) -> None:
    mail = parse_mail(_with_file("application/ms-tnef; name=winmail.dat", data))
    assert mail.error == ""
    assert all(a.content == data for a in mail.attachments if a.name == "winmail.dat")


def test_a_winmail_dat_of_a_million_pieces_costs_little() -> None:
    start = time.process_time()
    mail = parse_mail(_with_file("application/ms-tnef; name=winmail.dat", struct.pack("<IH", 0x223E9F78, 1) + bytes(11) * 1_000_000))
    assert time.process_time() - start < 2
    assert [a.name for a in mail.attachments] == ["winmail.dat"]


def test_an_enclosed_mail_is_a_file_named_by_its_subject_and_names_the_first_sender() -> None:
    enclosed = b"From: Bo <bo@x.example>\r\nDate: Mon, 5 Jan 2026 10:00:00 +0100\r\nSubject: Broken lamp\r\n\r\nIt broke."
    mail = parse_mail(_with_file("message/rfc822", enclosed))
    assert [(a.name, a.type, a.content) for a in mail.attachments] == [("Broken lamp.eml", "message/rfc822", enclosed)]
    assert "It broke" not in mail.text
    assert mail.forwarded is not None and mail.forwarded.sender is not None
    assert (mail.forwarded.sender.address, mail.forwarded.subject) == ("bo@x.example", "Broken lamp")


def _signed(content: bytes) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    now = dt.datetime(2026, 1, 1)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + dt.timedelta(days=9)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256()).sign(
        Encoding.DER, [pkcs7.PKCS7Options.Binary]
    )  # fmt: skip


@pytest.mark.parametrize("params", ["; smime-type=signed-data; name=smime.p7m", ""])
def test_opaque_smime_signatures_show_what_was_signed(params: str) -> None:
    mail = parse_mail(_with_file("application/pkcs7-mime" + params, _signed(b"Content-Type: text/plain\r\n\r\nSigned words"), text=""))
    assert "Signed words" in mail.text
    assert "signed" in mail.flags and "encrypted" not in mail.flags


def test_encrypted_smime_stays_a_file() -> None:
    mail = parse_mail(_with_file("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", b"\x30\x80secret"))
    assert [a.name for a in mail.attachments] == ["smime.p7m"]
    assert "encrypted" in mail.flags


def test_encrypted_pgp_stays_a_file() -> None:
    raw = (
        b'From: a@b.c\r\nContent-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n\r\n'
        b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        b"--b\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nx\r\n--b--\r\n"
    )
    mail = parse_mail(raw)
    assert "encrypted.asc" in [a.name for a in mail.attachments]
    assert "encrypted" in mail.flags


def test_clear_signed_pgp_shows_its_words_only() -> None:
    armoured = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n- -- \nMia\n-----BEGIN PGP SIGNATURE-----\n\nabc=\n-----END PGP SIGNATURE-----"
    mail = parse_mail(plain(armoured))
    assert (mail.text, mail.reply) == ("Hello\n-- \nMia", "Hello")
    assert "signed" in mail.flags


_INVITE = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/Berlin:20260106T100000
DTEND;TZID=Europe/Berlin:20260106T110000
SUMMARY:Besprechung über Größe
LOCATION:Raum 7
ORGANIZER;CN=Eve:mailto:eve@desk.example
ATTENDEE;CN=Mia;PARTSTAT=NEEDS-ACTION:mailto:mia@x.example
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n").encode()


def test_calendar_invites_are_readable() -> None:
    mail = parse_mail(_with_file("text/calendar; method=REQUEST; charset=utf-8; name=invite.ics", _INVITE))
    for line in ("Invitation: Besprechung über Größe", "When: Tuesday 2026-01-06 10:00 to 11:00 (Europe/Berlin)", "Where: Raum 7",
                 "Organizer: Eve <eve@desk.example>", "Invited: Mia <mia@x.example>"):  # fmt: skip
        assert line in mail.text.split("\n")
    assert [a.name for a in mail.attachments] == ["invite.ics"]
    assert "invite" in mail.flags


def test_an_invitation_that_the_text_already_tells_is_not_said_twice() -> None:
    mail = parse_mail(
        _with_file("text/calendar", _INVITE, text="Besprechung um 10: Raum 7 =)").replace(
            b"Besprechung um", "Besprechung über Größe um".encode()
        )
    )
    assert "When:" not in mail.text


@pytest.mark.parametrize(
    "data", [b"BEGIN:VEVENT", _INVITE[:90], _INVITE.replace(b"20260106T100000", b"yesterday"), b"BEGIN:VEVENT\r\n" * 5_000]
)
def test_a_broken_calendar_stays_a_file(data: bytes) -> None:
    mail = parse_mail(_with_file("text/calendar", data))
    assert mail.error == "" and mail.text.startswith("See the file.")
    assert len(mail.attachments) == 1
