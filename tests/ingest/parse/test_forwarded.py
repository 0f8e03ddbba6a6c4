"""The first sender of a forwarded mail, in the formats of many programs and languages."""

from __future__ import annotations

import pytest

from services.ingest.parse.forwarded import find_forwarded

_BLOCKS = {
    "Gmail": "---------- Forwarded message ---------\nFrom: Bo <bo@x.example>\nDate: Mon\nSubject: Broken\nTo: m@x.example\n\nHi",
    "Apple Mail, Croatian": "> Započni proslijeđenu poruku:\n> \n> Šalje: Bo <bo@x.example>\n> Predmet: Broken\n> Datum: Mon\n> \n> Hi",
    "Yahoo, all in one line": "   ----- Forwarded Message ----- From: Bo <bo@x.example>To: m@x.example <m@x.example>Sent: MonSubject: Broken\n\nHi",
    "Yahoo, a bare address": "----- Forwarded Message -----\nFrom: bo@x.exampleTo: m@x.exampleSent: MonSubject: Broken\n\nHi",
    "Outlook for the Mac": 'On Mon, "Bo" <bo@x.example> wrote:\n\n    Hi',
    "Outlook for the Mac, Turkish": '"Bo" <bo@x.example>, Mon tarihinde şunu yazdı:\n\n    Hi',
    "ProtonMail": "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nFrom: Bo <bo@x.example>\nDate: Mon\nSubject: Broken\n\nHi",
    "Zoho": "============ Forwarded message ============\nFrom: Bo <bo@x.example>\nDate: Mon\nSubject: Broken\n=====",
    "IONOS": "---------- Original Message ----------\nFrom:\xa0Bo <bo@x.example>\nTo:\xa0m@x.example\nDate:\xa0Mon\nSubject:\xa0Broken\n\nHi",
    "NetEase": "-------- 转发邮件信息 --------\n发件人：Bo <bo@x.example>\n发送日期：Mon\n主题：Broken\nHi",
    "Gmail, Korean": "---------- Forwarded message ---------\n보낸사람: Bo <bo@x.example>\nDate: Mon\nSubject: Broken\n\nHi",
    "an address on a line of its own": "---------- Forwarded message ---------\nFrom: Bo\n<bo@x.example>\nDate: Mon\nSubject: Broken\n\nHi",
    "Outlook's doubled address": "________________________________\nFrom: Bo <bo@x.example<mailto:bo@x.example>>\nSent: Mon\nSubject: Broken\n\nHi",
}


@pytest.mark.parametrize("program", _BLOCKS)
def test_the_first_sender_is_found(program: str) -> None:
    found = find_forwarded(f"See below.\n\n{_BLOCKS[program]}", "Fwd: Broken")
    assert found is not None and found.sender is not None
    assert found.sender.address == "bo@x.example"


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Yes.\n\nOn Mon, Bo <bo@x.example> wrote:\n> Hi", "Re: Broken"),
        ("Yes.\n\n-----Original Message-----\nFrom: Bo <bo@x.example>\nSent: Mon\nSubject: Broken\n\nHi", "Re: Broken"),
        ("Please find the forwarded message: it was from: me", "Question"),
    ],
)
def test_answers_are_not_forwards(text: str, subject: str) -> None:
    assert find_forwarded(text, subject) is None
