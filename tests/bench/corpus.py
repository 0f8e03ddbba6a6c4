"""The mails that all measurements read: what a desk gets in a day, made anew with the same seed each time."""

from __future__ import annotations

import random
from email import policy
from email.message import EmailMessage

_WORDS = (
    "order lamp desk invoice refund broken delivery account password printer export team payment address cancel plan urgent thanks please "
    "monday tracking parcel charged twice error screen login update colour warranty return question manual battery cable shipping late"
).split()
_WIRE = policy.SMTP.clone(max_line_length=998)


def make_mails(count: int, *, to: str, seed: int = 7, replies: float = 0.25, plain: bool = False) -> list[bytes]:
    """`count` mails: about a quarter answers with a quote, a third with an HTML part, one in twelve with a file; `plain`: text only."""
    chance = random.Random(seed)
    threads: list[tuple[str, str, str]] = []
    made = []
    for number in range(count):
        answers = threads and chance.random() < replies
        sender, subject, parent = (
            chance.choice(threads) if answers else (f"customer{chance.randrange(count)}@customers.example", _line(chance, 6), "")
        )
        identity = f"<bench-{seed}-{number}@customers.example>"
        if not answers:
            threads.append((sender, subject, identity))
        made.append(
            _mail(chance, number, sender, to, subject=subject, identity=identity, parent=parent, plain=plain).as_bytes(policy=_WIRE)
        )
    return made


def _mail(
    chance: random.Random, number: int, sender: str, to: str, *, subject: str, identity: str, parent: str, plain: bool
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = f"Customer Größe {number} <{sender}>", to, identity
    mail["Date"] = f"Mon, 02 Nov 2026 {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02} +0100"
    mail["Received"] = f"from mx.customers.example by desk.example with ESMTPS id {number:08x}; Mon, 02 Nov 2026 10:00:00 +0100"
    mail["Subject"] = f"Re: {subject}" if parent else subject
    if parent:
        mail["In-Reply-To"] = mail["References"] = parent
    text = "\n\n".join(_line(chance, chance.randrange(12, 60)) for _ in range(chance.randrange(1, 5)))
    quote = "\n\nOn Mon, 2 Nov 2026, Helpdesk wrote:\n" + "\n".join("> " + _line(chance, 10) for _ in range(6)) if parent else ""
    mail.set_content(f"Hello,\n\n{text}\n\nBest regards\nCustomer {number}{quote}\n")
    if not plain and number % 3 == 0:
        body = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
        mail.add_alternative(f"<html><body><p>Hello,</p>{body}<p>Best regards</p></body></html>", subtype="html")
    if not plain and number % 12 == 0:
        mail.add_attachment(chance.randbytes(6_000), maintype="image", subtype="png", filename=f"photo {number}.png")
    return mail


def _line(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words)).capitalize() + "."
