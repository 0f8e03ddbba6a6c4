"""Header lines: what is written is what a reader gets back, whatever the text."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import given, strategies as st

from schemas.base import Address
from services.notify.errors import AddressRefusedError, HeaderRefusedError
from services.notify.headers import address_line, ids_line, mail_address, text_line

_TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\u2028\u2029"), max_size=400)
_WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126, blacklist_characters="<>"), min_size=1, max_size=300)


def read(line: str, name: str) -> str:
    mail = message_from_bytes(line.encode("ascii") + b"\r\n")
    assert mail.keys() == [name]
    return re.sub(r"\r\n(?=[ \t])", "", mail[name])


@given(_TEXT)
def test_subject_survives(text: str) -> None:
    line = text_line("Subject", text)
    assert str(make_header(decode_header(read(line, "Subject")))) == text.strip()
    assert all(len(part) <= 998 for part in line.split("\r\n"))


@given(_TEXT, st.booleans())
def test_names_survive_beside_their_address(name: str, twice: bool) -> None:
    line = address_line("To", [Address(name=name, address="a@b.example")] * (2 if twice else 1))
    found = getaddresses([read(line, "To")])
    assert [address for _, address in found] == ["a@b.example"] * (2 if twice else 1)
    assert str(make_header(decode_header(found[0][0]))).split() == name.split()


@given(st.lists(_WORDS, min_size=1, max_size=21))
def test_ids_are_never_encoded(ids: list[str]) -> None:
    written = [f"<{i}>" for i in ids]
    assert read(ids_line("References", written), "References").split() == written


def test_encoded_words_are_at_most_75_long() -> None:
    words = re.findall(r"=\?\S+\?=", text_line("Subject", "Größe und Maß " * 50))
    assert len(words) > 5
    assert max(map(len, words)) <= 75


@pytest.mark.parametrize("bad", ["a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\x00b"])
def test_line_breaks_are_refused(bad: str) -> None:
    with pytest.raises(HeaderRefusedError):
        text_line("Subject", bad)
    with pytest.raises(HeaderRefusedError):
        address_line("To", [Address(name=bad, address="a@b.example")])
    with pytest.raises(HeaderRefusedError):
        ids_line("References", [f"<{bad}>"])
    with pytest.raises(HeaderRefusedError):
        mail_address(f"{bad}@b.example")


def test_encoded_words_of_a_stranger_are_not_decoded_by_readers() -> None:
    text = "=?utf-8?q?From_the_bank?="
    assert str(make_header(decode_header(read(text_line("Subject", text), "Subject")))) == text


@pytest.mark.parametrize(
    "bad", ["", "nobody", "a b@c.example", "a@b c", "a@", "@b.example", "ü@b.example", "a@b.example>", "a@-b", "a" * 65 + "@b.example"]
)
def test_addresses_that_smtp_cannot_carry_are_refused(bad: str) -> None:
    with pytest.raises(AddressRefusedError):
        mail_address(bad)


def test_international_domains_travel_in_ascii() -> None:
    assert mail_address("bob@müller.example") == "bob@xn--mller-kva.example"
