"""Headers as they are found in the wild, held against the standard library where it knows better than we do."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import compat32

import pytest
from hypothesis import example, given, strategies as st

from services.ingest.parse.addresses import Address, parse_addresses
from services.ingest.parse.mail import parse_mail
from services.ingest.parse.params import param_text, split_value
from services.ingest.parse.tree import read_tree
from services.ingest.parse.words import decode_words
from tests.ingest.parse.mails import plain


@pytest.mark.parametrize(
    ("raw", "readable"),
    [
        ("=?utf-8?q?Gr=C3=B6=C3=9Fe?=", "Größe"),
        ("=?utf-8?B?R3I=?=\n =?utf-8?B?w7bDn2U=?=", "Größe"),
        ("=?utf-8?q?Gr=C3?= =?utf-8?q?=B6=C3=9Fe?=", "Größe"),
        ("=?iso-8859-1?q?caf=E9?= au lait", "café au lait"),
        ("plain =?utf-8?q?and_word?= end", "plain and word end"),
        ("=?utf-8?b?R3LDtsOfZQ?=", "Größe"),
        ("=?utf-8?Q?Are_you_sure??=", "Are you sure?"),
        ("=?klingon?q?x=E9?=", "xé"),
        ("Gr\udcc3\udcb6\udcc3\udc9fe", "Größe"),
        ("a\n\tb", "a b"),
        ("=?utf-8?q?line=0Abreak?=", "line break"),
    ],
)
def test_encoded_words(raw: str, readable: str) -> None:
    assert decode_words(raw) == readable


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("a@b.c", [("", "a@b.c")]),
        ("Mia <a@b.c>", [("Mia", "a@b.c")]),
        ('"Doe, John" <a@b.c>, b@c.d', [("Doe, John", "a@b.c"), ("", "b@c.d")]),
        ("Doe, John <a@b.c>", [("Doe, John", "a@b.c")]),
        ("a@b.c (Mia)", [("Mia", "a@b.c")]),
        ("=?utf-8?q?M=C3=BCller=2C_Eva?= <a@b.c>", [("Müller, Eva", "a@b.c")]),
        ("undisclosed-recipients:;", []),
        ("friends: a@b.c, Bo <b@c.d>;", [("", "a@b.c"), ("Bo", "b@c.d")]),
        ("nobody", []),
    ],
)
def test_address_lists(raw: str, found: list[tuple[str, str]]) -> None:
    assert parse_addresses(raw) == tuple(Address(name, address) for name, address in found)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.bin", "Größe.bin"),
        ("attachment; filename*0*=utf-8''Gr%C3%B6; filename*1*=%C3%9Fe; filename*2=.bin", "Größe.bin"),
        ('attachment; filename="=?utf-8?q?Gr=C3=B6=C3=9Fe.bin?="', "Größe.bin"),
        ('attachment; filename="a \\"b\\"; c.txt"', 'a "b"; c.txt'),
        ("attachment; filename=two words.pdf", "two words.pdf"),
        ("attachment; filename=Gr\udcc3\udcb6\udcc3\udc9fe.bin", "Größe.bin"),
    ],
)
def test_file_names(raw: str, name: str) -> None:
    assert param_text(split_value(raw)[1], "filename") == name


@given(st.binary(max_size=400))
@example(b"\r ")
def test_header_blocks_are_read_as_by_the_standard_library(noise: bytes) -> None:
    raw = b"Subject: x\nX-Noise: " + noise.replace(b"\n\n", b"\n") + b"\nTo: a@b.c\n\nbody"
    theirs = BytesParser(policy=compat32).parsebytes(raw)
    ours = read_tree(raw, set())
    first = {name.lower(): str(value) for name, value in reversed(list(theirs.raw_items()))}
    # They keep the line ends inside a folded value as sent, we write them all as \n.
    assert {name: value.replace("\r\n", "\n").replace("\r", "\n") for name, value in first.items()} == {
        n: v[0] for n, v in ours.headers.items()
    }


def test_long_ids_that_became_encoded_words_are_read() -> None:
    mail = parse_mail(plain("x", References="<a@b.c>\r\n =?utf-8?q?=3Clong=40id=2Eexample=3E?=", In_Reply_To="<p@b.c>"))
    assert mail.references == ("<a@b.c>", "<long@id.example>")
    assert mail.evidence.parents == ("<p@b.c>", "<long@id.example>", "<a@b.c>")


def test_suspicious_senders_are_flagged() -> None:
    raw = plain("x", Reply_To="other@evil.example").replace(b"To:", b"From: second@evil.example\r\nTo:", 1)
    assert {"two-from", "reply-to-differs"} <= set(parse_mail(raw).flags)
