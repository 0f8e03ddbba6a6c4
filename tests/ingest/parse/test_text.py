"""Bodies and names in the encodings that people's programs send them in."""

from __future__ import annotations

import pytest

from services.ingest.parse.mail import parse_mail
from tests.ingest.parse.mails import plain


def _body(content_type: str, data: bytes) -> str:
    return parse_mail(b"From: a@b.example\r\nContent-Type: " + content_type.encode() + b"\r\n\r\n" + data).text


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("iso-2022-jp", "日本語のテキスト".encode("iso2022_jp"), "日本語のテキスト"),
        ("iso-2022-jp", b"\x1b$B\x2d\x21\x1b(B \x1b(I\x31\x32\x1b(B", "① ｱｲ"),
        ("shift_jis", "①髙﨑".encode("cp932"), "①髙﨑"),
        ("euc-jp", "日本".encode("euc_jp") + b"\xad\xa1", "日本①"),
        ("gb2312", "你好镕".encode("gbk"), "你好镕"),
        ("gb18030", "𠀀你好".encode("gb18030"), "𠀀你好"),
        ("big5", "台灣".encode("big5") + b"\xa3\xe1", "台灣€"),
        ("euc-kr", "똠방각하".encode("cp949"), "똠방각하"),
        ("ks_c_5601-1987", "안녕".encode("cp949"), "안녕"),
        ("iso-2022-kr", "한국".encode("iso2022_kr"), "한국"),
        ("hz-gb-2312", "你好".encode("hz"), "你好"),
    ],
)
def test_east_asian_charsets_with_vendor_variants(label: str, data: bytes, text: str) -> None:
    assert _body(f"text/plain; charset={label}", data) == text


def test_emoji_and_right_to_left_text_survive_whole() -> None:
    text = "👩‍👩‍👧 שלום عالم 🇩🇪"
    mail = parse_mail(plain(text, Subject=text))
    assert (mail.text, mail.subject) == (text, text)


def test_split_emoji_in_encoded_words_are_joined() -> None:
    assert parse_mail(plain("x", Subject="=?utf-8?b?8J+R?=\r\n =?utf-8?b?qQ==?= ok")).subject == "👩 ok"


def test_cr_only_line_ends_are_read() -> None:
    mail = parse_mail(b"From: a@b.example\rSubject: Old Mac\rContent-Type: multipart/mixed; boundary=b\r\r--b\r\rone\rtwo\r--b--\r")
    assert (mail.subject, mail.text) == ("Old Mac", "one\ntwo")


def test_mixed_line_ends_are_read() -> None:
    mail = parse_mail(b"From: a@b.example\r\nSubject: Mixed\n\r\none\rtwo\nthree\r\n")
    assert (mail.subject, mail.text) == ("Mixed", "one\ntwo\nthree\n")


@pytest.mark.parametrize(
    ("params", "data", "text"),
    [
        ("format=flowed", b"one \r\ntwo\r\nthree", "one two\nthree"),
        ("format=flowed; delsp=yes", b"on \r\ne", "one"),
        ("format=flowed", b"> quoted \r\n> more\r\nanswer", "> quoted more\nanswer"),
        ("format=flowed", b"> a \r\n>> b\r\nc", "> a \n>> b\nc"),
        ("format=flowed", b"bye \r\n-- \r\nMia", "bye \n-- \nMia"),
        ("format=flowed", b" From here \r\non", "From here on"),
        ("charset=utf-8", b"one \r\ntwo", "one \ntwo"),
    ],
)
def test_format_flowed(params: str, data: bytes, text: str) -> None:
    assert _body(f"text/plain; {params}", data) == text


@pytest.mark.parametrize("encoded", ["utf-8", "iso-8859-1"])
def test_raw_8_bit_headers_are_read(encoded: str) -> None:
    raw = "From: Jörg <j@x.example>\r\nSubject: Größe\r\n\r\nx".encode(encoded)
    mail = parse_mail(raw)
    assert (mail.subject, mail.sender[0].name) == ("Größe", "Jörg")


def test_rfc_2231_names_in_pieces_and_charsets() -> None:
    raw = (
        b"From: a@b.c\r\nContent-Type: application/octet-stream;\r\n name*0*=iso-2022-jp''%1B%24B%46%7C;\r\n name*1*=%4B%5C%1B%28B;\r\n"
        b" name*2=.bin\r\nContent-Disposition: attachment\r\n\r\nx"
    )
    assert parse_mail(raw).attachments[0].name == "日本.bin"


def test_a_digest_holds_mails() -> None:
    raw = b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: one\r\n\r\nx\r\n--b\r\n\r\nSubject: two\r\n\r\ny\r\n--b--\r\n"
    assert [a.name for a in parse_mail(raw).attachments] == ["one.eml", "two.eml"]


def test_mails_nested_in_mails_are_one_file_each() -> None:
    inner = b"Content-Type: message/rfc822\r\n\r\n" * 200 + b"Subject: core\r\n\r\nx"
    mail = parse_mail(b"Subject: outer\r\n" + inner)
    assert len(mail.attachments) == 1 and mail.attachments[0].type == "message/rfc822"
