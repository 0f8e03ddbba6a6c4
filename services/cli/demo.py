"""The mail that `helpdesk up --demo` keeps sending: varied customers, troubles and tones, and now and then a reply.

A process of its own: `python -m services.cli.demo`, addresses from the environment.
"""

from __future__ import annotations

import os
import random
import signal
import smtplib
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid

import imapclient
import structlog

_SECONDS_BETWEEN = (3.0, 12.0)
_REPLY_SHARE = 0.3

_PEOPLE = (
    ("Ann Becker", "ann.becker@customers.example"),
    ("José Álvarez", "jose.alvarez@customers.example"),
    ("Mei Lin", "mei.lin@customers.example"),
    ("Tom O'Hara", "tom.ohara@customers.example"),
    ("Fatima Zahra", "fatima.zahra@customers.example"),
    ("Jürgen Groß", "juergen.gross@customers.example"),
    ("Priya Nair", "priya.nair@customers.example"),
    ("Liam Walsh", "liam.walsh@customers.example"),
)
_THINGS = (
    "the blue desk lamp",
    "my standing desk",
    "order {number}",
    "the annual plan",
    "invoice {number}",
    "the mobile app",
    "my team's workspace",
)
_TROUBLES = (
    ("Where is {thing}?", "it was due last {day} and tracking has not moved since. Could you find out where it is?"),
    ("{thing} arrived broken", "the box was open and one part is cracked. Can I get a replacement, or my money back?"),
    ("Charged twice for {thing}", "my card shows two payments on {day}. Please refund one of them."),
    ("Cannot sign in", "since {day} the password reset mail never arrives. I need {thing} today!"),
    ("Question about {thing}", "is there a way to change the delivery address after paying? No hurry."),
    ("Please cancel {thing}", "I do not need it any more. What happens with what I have paid?"),
    ("{thing} stops with error {number}", "it happens each time I export. Nobody in our office can work: this is urgent."),
    ("Invoice for {thing}", "our accountants need the VAT number on it. Could you send a corrected one?"),
    ("Thank you!", "{thing} came a day early and works perfectly. Just wanted to say so."),
    ("How do I connect {thing} to our single sign-on?", "we use SAML. The help pages mention it but not where to put the certificate."),
)
_OPENINGS = ("Hello", "Hi there", "Good morning", "Dear team", "Hey")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_ANSWERS = (
    "Thanks for the quick answer! It still does not work, though.",
    "That helped, thank you.",
    "I tried that already. Is there anything else?",
    "Perfect, please go ahead.",
    "When can I expect it?",
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where the demo sends, and where its customers read answers."""

    smtp: tuple[str, int]
    imap: tuple[str, int]
    support: str


def write_new(chance: random.Random, support: str) -> tuple[str, EmailMessage]:
    """A fresh mail from a random customer about a random trouble: (sender, mail)."""
    name, address = chance.choice(_PEOPLE)
    subject, body = chance.choice(_TROUBLES)
    values = {"number": str(chance.randrange(10_000, 99_999)), "day": chance.choice(_DAYS)}
    values["thing"] = chance.choice(_THINGS).format(**values)
    title = subject.format(**values)
    text = f"{chance.choice(_OPENINGS)},\n\n{body.format(**values)}\n\n{name}\n"
    return address, _mail(name, address, support, subject=title[:1].upper() + title[1:], text=text)


def write_reply(chance: random.Random, support: str, answered: EmailMessage, *, name: str, address: str) -> EmailMessage:
    """A customer's answer to a mail of ours, threaded as mail programs do it."""
    subject = str(answered["Subject"] or "")
    text = chance.choice(_ANSWERS)
    mail = _mail(name, address, str(answered["Reply-To"] or answered["From"] or support), subject=_re(subject), text=f"{text}\n\n{name}\n")
    if identity := str(answered["Message-ID"] or ""):
        mail["In-Reply-To"] = identity
        mail["References"] = f"{answered['References'] or ''} {identity}".strip()
    return mail


def _re(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _mail(name: str, address: str, to: str, *, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = formataddr((name, address)), to, subject
    mail["Date"], mail["Message-ID"] = formatdate(localtime=True), make_msgid(domain="customers.example")
    mail.set_content(text)
    return mail


def _find_answer(mailbox: Mailbox, address: str) -> EmailMessage | None:
    """The newest unread mail from an agent in a customer's mailbox, marked read; None if there is none."""
    from email import message_from_bytes, policy

    with imapclient.IMAPClient(*mailbox.imap, ssl=False, timeout=10) as imap:
        try:
            imap.login(address, address)
        except imapclient.exceptions.LoginError:
            return None  # a mailbox exists from its first mail on
        imap.select_folder("INBOX")
        for uid in reversed(imap.search(["UNSEEN"])):
            found = message_from_bytes(imap.fetch([uid], ["BODY[]"])[uid][b"BODY[]"], policy=policy.default)
            if found.get("Auto-Submitted", "no").lower() == "no":
                return found
    return None


def _send_one(mailbox: Mailbox, chance: random.Random) -> None:
    sender, mail = write_new(chance, mailbox.support)
    if chance.random() < _REPLY_SHARE:
        name, address = chance.choice(_PEOPLE)
        if answered := _find_answer(mailbox, address):
            sender, mail = address, write_reply(chance, mailbox.support, answered, name=name, address=address)
    with smtplib.SMTP(*mailbox.smtp, timeout=20) as smtp:
        smtp.send_message(mail, from_addr=sender, to_addrs=[mailbox.support])
    log.info("demo mail sent", message_id=mail["Message-ID"])


def main(env: Mapping[str, str] = os.environ) -> int:
    """Send until told to stop. A mail server that is away is tried again with the next mail."""
    mailbox = Mailbox(
        smtp=(env["SAMPLE_SMTP_HOST"], int(env["SAMPLE_SMTP_PORT"])),
        imap=(env["SAMPLE_IMAP_HOST"], int(env["SAMPLE_IMAP_PORT"])),
        support=env["SUPPORT_ADDRESS"],
    )
    stop, chance = threading.Event(), random.Random()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    while not stop.is_set():
        try:
            _send_one(mailbox, chance)
        except (OSError, smtplib.SMTPException, imapclient.exceptions.IMAPClientError) as error:
            log.warning("demo mail not sent", error=str(error))
        stop.wait(chance.uniform(*_SECONDS_BETWEEN))
    return 0


if __name__ == "__main__":
    sys.exit(main())
