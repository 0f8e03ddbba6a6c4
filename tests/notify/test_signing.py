"""DKIM: what we sign, a receiver verifies (RFC 6376)."""

from __future__ import annotations

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from services.notify.compose import Mail, compose
from services.notify.errors import MailboxUnusableError
from services.notify.mailboxes import Account, Signing
from services.notify.signing import signed
from tests.notify.messages import outgoing

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PEM = _KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def record(name: bytes, timeout: int = 5) -> bytes | None:
    """The DNS, as far as this test goes."""
    if name != b"helpdesk._domainkey.helpdesk.example.":
        return None
    public = _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return ("v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1])).encode()


def account(key: str = _PEM) -> Account:
    signing = Signing(domain="helpdesk.example", selector="helpdesk", key=key)
    return Account(address="support@helpdesk.example", host="h", port=25, security="none", user="", password="", dkim=signing)


def sent(subject: str = "Re: Printer") -> Mail:
    return compose(outgoing(text="Hello\n.dot\n\n", subject=subject), blob=lambda _: b"")


def test_a_receiver_verifies_our_signature() -> None:
    mail = signed(sent(subject="Re: Größe und mehr"), account())
    assert dkim.verify(mail.data, dnsfunc=record)


def test_a_changed_subject_or_word_breaks_it() -> None:
    mail = signed(sent(subject="Pay 10"), account())
    assert not dkim.verify(mail.data.replace(b"Pay 10", b"Pay 99"), dnsfunc=record)
    assert not dkim.verify(mail.data.replace(b"Hello", b"Hullo"), dnsfunc=record)


def test_a_second_from_header_breaks_it() -> None:
    mail = signed(sent(), account())
    assert not dkim.verify(b"From: ceo@helpdesk.example\r\n" + mail.data, dnsfunc=record)


def test_a_mailbox_without_a_key_signs_nothing() -> None:
    mail = sent()
    assert signed(mail, Account(address="a@b.c", host="h", port=25, security="none", user="", password="")) is mail


def test_a_key_that_does_not_work_is_told_and_delays() -> None:
    with pytest.raises(MailboxUnusableError, match="DKIM"):
        signed(sent(), account("-----BEGIN RSA PRIVATE KEY-----\nbm90IGEga2V5\n-----END RSA PRIVATE KEY-----\n"))
