"""A mail that costs too much costs two seconds and nothing else."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from services.ingest.parse.guarded import GuardedParser
from services.ingest.parse.mail import parse_mail
from tests.ingest.parse.mails import html, message

_COSTLY = html("<table>" + "<tr><td><b>x</td></tr>" * 80_000, Subject="costly")


@pytest.fixture
def hasty() -> Iterator[GuardedParser]:
    """A parser that gives a mail a hundredth of a second."""
    with GuardedParser(seconds=0.01) as parser:
        yield parser


def test_a_mail_that_takes_too_long_keeps_its_headers(hasty: GuardedParser) -> None:
    mail = hasty.parse(_COSTLY)
    assert (mail.subject, mail.sender[0].address) == ("costly", "mia@customers.example")
    assert "too-slow" in mail.flags and "not read within" in mail.error


def test_the_next_mail_is_read_by_a_new_process(hasty: GuardedParser) -> None:
    hasty.parse(_COSTLY)
    assert hasty.parse(html("<p>quick</p>")).text == "quick"


def test_without_the_limit_the_same_mail_is_read() -> None:
    with GuardedParser(seconds=30) as patient:
        assert "too-slow" not in patient.parse(_COSTLY).flags


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel limits a process's memory only there")
def test_a_mail_that_takes_too_much_memory_keeps_its_headers_and_stops_nobody() -> None:
    bloated = message("x" * 1_000_000, files=tuple((f"{number}.bin", bytes(3_000_000)) for number in range(10)))
    with GuardedParser(seconds=60, memory=150_000_000) as parser:
        mail = parser.parse(bloated)
        assert mail.subject == "Größe" and mail.error and not {"too-slow", "unparsable"}.isdisjoint(mail.flags)
        assert parser.parse(html("<p>small</p>")).text == "small"


def test_a_killed_child_is_noticed_and_replaced() -> None:
    with GuardedParser() as parser:
        assert parser._process is not None
        os.kill(parser._process.pid, signal.SIGKILL)
        parser._process.wait(10)
        assert parser.parse(html("<p>y</p>")).text == "y"


def test_it_says_the_same_as_without_a_process_and_takes_little_longer() -> None:
    raw = message("text", markup="<p>text</p>", files=(("a.bin", b"x" * 500_000),))
    with GuardedParser() as parser:
        assert parser.parse(raw) == parse_mail(raw)
        took = []
        for _ in range(20):
            start = time.perf_counter()
            parser.parse(message("quick"))
            took.append(time.perf_counter() - start)
    assert sorted(took)[10] < 0.05
