"""Parsing: mails/s of `parse_mail` beside the standard library's compat32 parser on the same mails."""

from __future__ import annotations

import time
from collections.abc import Callable
from email import policy
from email.parser import BytesParser
from statistics import median

from services.ingest.parse.mail import parse_mail
from tests.bench.corpus import make_mails
from tests.bench.figure import Figure, scaled
from tests.bench.running import Running

_ROUNDS = 5


def measure(_: Running) -> list[Figure]:
    """One process, one core. Both parsers take turns, so that a busy moment hits both."""
    mails = make_mails(scaled(1_000, least=20), to="support@desk.example")
    bare = BytesParser(policy=policy.compat32)
    ours, floor = [], []
    for _round in range(_ROUNDS):
        floor.append(_rate(mails, bare.parsebytes))
        ours.append(_rate(mails, parse_mail))
    size = sum(map(len, mails)) / len(mails)
    return [
        Figure(
            name="parse",
            value=median(ours),
            unit="mails/s",
            floor=median(floor),
            bar=0.4,
            note=f"{len(mails)} mails of {size:,.0f} bytes on average",
        )
    ]


def _rate(mails: list[bytes], parse: Callable[[bytes], object]) -> float:
    start = time.process_time()
    for mail in mails:
        parse(mail)
    return len(mails) / (time.process_time() - start)
