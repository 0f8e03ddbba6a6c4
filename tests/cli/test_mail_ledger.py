"""The account of a mailbox: every difference is listed, and none is invented."""

from __future__ import annotations

from services.cli.mail_ledger import Account, balance
from services.ingest.parse.inbound import inbound_id
from services.runtime.codec import Record

_BOX = "s@desk.example"


def _mail(key: str, *, value: bytes | None = b"x") -> Record:
    return Record(
        topic="mail.raw", partition=0, offset=7, key=key, value=value, headers={"ce_subject": f"{_BOX}/INBOX;uidvalidity=1;uid=2"}
    )


def _balance(**more: object) -> Account:
    given = {"seen": {_BOX: 1}, "mails": {"a": _mail("a")}, "outcomes": {}, "dead": set(), "unreadable": {}} | more
    return balance(given["seen"], given["mails"], given["outcomes"], dead=given["dead"], unreadable=given["unreadable"])[0]  # type: ignore[arg-type]


def test_a_settled_mail_makes_no_difference() -> None:
    account = _balance(outcomes={inbound_id("a"): "ticketed"})
    assert (account.stored, account.ticketed, account.differences) == (1, 1, [])


def test_a_mail_that_nothing_came_of_is_named_with_its_offset() -> None:
    account = _balance()
    assert account.waiting == 1
    assert len(account.differences) == 1 and "mail.raw[0]@7" in account.differences[0]


def test_a_dead_letter_of_either_topic_counts_as_dead() -> None:
    assert _balance(dead={"a"}).dead == 1
    assert _balance(dead={inbound_id("a")}).dead == 1


def test_a_mail_seen_and_not_stored_is_a_difference() -> None:
    assert "1 mails were seen" in _balance(seen={_BOX: 2}, outcomes={inbound_id("a"): "parked"}).differences[0]


def test_a_mail_the_server_does_not_give_out_is_accounted_for() -> None:
    account = _balance(seen={_BOX: 2}, outcomes={inbound_id("a"): "parked"}, unreadable={"b": f"{_BOX}/INBOX;uidvalidity=1;uid=3"})
    assert (account.unreadable, account.differences) == (1, [])


def test_an_erased_mail_is_erased() -> None:
    account = _balance(mails={"a": _mail("a", value=None)})
    assert (account.erased, account.differences) == (1, [])
