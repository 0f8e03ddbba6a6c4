"""Mails made to break the parser become messages all the same, each within two seconds."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import orjson
import pytest

from services.ingest.parse.guarded import GuardedParser
from services.ingest.parse.inbound import to_inbound
from services.runtime.ids import event_id
from tests.ingest.parse.hostile import FAMILIES, file_names

_VARIANTS = 16
_AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def parser() -> Iterator[GuardedParser]:
    """As `ingest-parse` runs it: a process of its own with the limits of the service."""
    with GuardedParser() as guarded:
        yield guarded


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_hostile_mails_are_read_without_error_in_time(parser: GuardedParser, family: Callable[[random.Random], bytes]) -> None:
    for seed in range(_VARIANTS):
        raw = family(random.Random(f"{family.__name__} {seed}"))
        mail = parser.parse(raw)
        assert mail.error == "" and not {"unparsable", "too-slow"} & set(mail.flags), (seed, mail.error, mail.flags)
        key = event_id("hostile", family.__name__, seed)
        inbound = to_inbound(mail, raw, raw_id=key, mailbox="support@desk.example", received_at=_AT, place=(0, seed))
        stored = inbound.to_json()
        assert orjson.loads(stored)["subject"] == mail.subject and b"\\u0000" not in stored


def test_names_of_files_cannot_turn_round_or_climb(parser: GuardedParser) -> None:
    names = [file.name for seed in range(60) for file in parser.parse(file_names(random.Random(seed))).attachments]
    assert len(names) > 100
    for name in names:
        assert not set(name) & set("/\\\r\n\x00\u202e\u202d") and name not in {".", ".."} and 0 < len(name) <= 255
