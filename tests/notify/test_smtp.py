"""What is said about a mail, for each answer a server can give."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from deploy.embedded.ports import choose_port
from schemas.config import Mailbox
from services.gateway.mail_check import MailboxRefusedError, check_smtp
from services.notify.compose import Mail
from services.notify.mailboxes import Account
from services.notify.smtp import Courier, Limits, Outcome
from services.runtime.mail_tokens import TokenRefusedError, Tokens
from tests.notify.scripted import DROP, HANG, Script, smtp_server

MAIL = Mail(sender="support@helpdesk.example", recipients=("a@c.example", "b@c.example"), data=b"Subject: hi\r\n\r\n.dot\r\n..two\r\n")
QUICK = Limits(prepare=1.0, command=0.5, answer=0.5, keep=5)


def account(port: int, *, password: str = "") -> Account:
    return Account(
        address="support@helpdesk.example", host="127.0.0.1", port=port, security="none", user="support@helpdesk.example", password=password
    )


def send(
    port: int, *, mails: int = 1, seconds: float = 30.0, password: str = "", limits: Limits = QUICK, tokens: Tokens | None = None
) -> list[Outcome]:
    async def work() -> list[Outcome]:
        courier = Courier(limits=limits, tokens=tokens)
        try:
            return [
                await courier.send(MAIL, account=account(port, password=password), deadline=datetime.now(UTC) + timedelta(seconds=seconds))
                for _ in range(mails)
            ]
        finally:
            await courier.close()

    return asyncio.run(work())


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def port(script: Script) -> Iterator[int]:
    with smtp_server(script) as number:
        yield number


def test_a_taken_mail_is_sent_to_everyone_unchanged(script: Script, port: int) -> None:
    assert send(port) == [Outcome(result="sent", code=250)]
    assert script.mails[0].content == MAIL.data
    assert (script.mails[0].mail_from, tuple(script.mails[0].rcpt_tos)) == (MAIL.sender, MAIL.recipients)


def test_a_connection_serves_several_mails(script: Script, port: int) -> None:
    assert [o.result for o in send(port, mails=3)] == ["sent"] * 3
    assert script.connections == 1


@pytest.mark.parametrize(
    ("answer", "result", "code"),
    [("451 try later", "delayed", 451), ("452 full", "delayed", 452), ("550 no", "failed", 550), ("554 spam", "failed", 554)],
)
@pytest.mark.parametrize("step", ["mail", "begin", "data"])
def test_refusals_keep_their_code_and_reason(script: Script, port: int, step: str, answer: str, result: str, code: int) -> None:
    getattr(script, step).append(answer)
    outcome = send(port)[0]
    assert (outcome.result, outcome.code) == (result, code)
    assert answer.split(" ", 1)[1] in (outcome.reason or "")


def test_nobody_gets_a_mail_that_one_recipient_cannot_get(script: Script, port: int) -> None:
    script.rcpt = {"b@c.example": "550 unknown user"}
    outcome = send(port)[0]
    assert (outcome.result, outcome.code, outcome.reason) == ("failed", 550, "b@c.example refused: 550 unknown user")
    assert script.mails == []


def test_a_recipient_for_later_delays_the_mail(script: Script, port: int) -> None:
    script.rcpt = {"a@c.example": "450 greylisted"}
    assert send(port)[0].result == "delayed"
    assert script.mails == []


@pytest.mark.parametrize("answer", ["421 idle too long", "452 too many mails here", DROP])
def test_a_used_connection_that_is_refused_is_replaced_once(script: Script, port: int, answer: str) -> None:
    script.mail = ["250 OK", answer]
    assert [o.result for o in send(port, mails=2)] == ["sent", "sent"]
    assert script.connections == 2


def test_a_fresh_connection_is_not_replaced(script: Script, port: int) -> None:
    script.mail = ["421 go away", "250 OK"]
    assert send(port)[0].result == "delayed"
    assert script.connections == 1


@pytest.mark.parametrize("answer", [HANG, DROP])
def test_silence_after_the_mail_is_unknown(script: Script, port: int, answer: str) -> None:
    script.data = [answer]
    assert send(port)[0].result == "unknown"
    assert len(script.mails) == 1


@pytest.mark.parametrize("answer", [HANG, DROP])
def test_silence_before_the_mail_is_a_delay(script: Script, port: int, answer: str) -> None:
    script.mail = [answer]
    assert send(port)[0].result == "delayed"


def test_a_line_cut_at_data_is_a_delay(script: Script, port: int) -> None:
    script.begin = [DROP]
    assert send(port)[0].result == "delayed"


def test_a_server_that_is_away_is_a_delay() -> None:
    outcome = send(choose_port())[0]
    assert outcome.result == "delayed"
    assert "127.0.0.1" in (outcome.reason or "")


def test_nothing_is_sent_after_the_deadline(script: Script, port: int) -> None:
    assert send(port, seconds=-1)[0].result == "expired"
    assert script.connections == 0


def test_the_deadline_is_looked_at_again_just_before_data(script: Script, port: int) -> None:
    now = datetime.now(UTC)
    times = iter([now, now + timedelta(seconds=31)])

    async def work() -> Outcome:
        return await Courier(limits=QUICK, clock=lambda: next(times, now + timedelta(seconds=31))).send(
            MAIL, account=account(port), deadline=now + timedelta(seconds=30)
        )

    assert asyncio.run(work()).result == "expired"
    assert script.connections == 1
    assert script.mails == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_login_where_the_server_offers_it() -> None:
    script = Script()
    with smtp_server(script, password="secret") as port:
        assert send(port, password="secret")[0].result == "sent"
        assert script.logins == [("support@helpdesk.example", "secret")]
        refused = send(port, password="wrong")[0]
        assert (refused.result, refused.code) == ("delayed", 535)
        assert "refuses our login" in (refused.reason or "")


def test_the_null_sender(script: Script, port: int) -> None:
    async def work() -> Outcome:
        mail = Mail(sender="", recipients=("a@c.example",), data=MAIL.data)
        return await Courier().send(mail, account=account(port), deadline=datetime.now(UTC) + timedelta(seconds=30))

    assert asyncio.run(work()).result == "sent"
    assert script.mails[0].mail_from == "<>"


class Kept:
    """A mailbox's tokens: the one at hand, and those that renewing gives."""

    def __init__(self, first: str, *renewed: str) -> None:
        self.now, self.renewed = first, list(renewed)

    def has(self, account: str) -> bool:
        return account == "support@helpdesk.example"

    def access(self, account: str, *, renew: bool = False) -> str:
        if renew:
            if not self.renewed:
                raise TokenRefusedError(f"{account} has no OAuth token: sign in again")
            self.now = self.renewed.pop(0)
        return self.now


def test_a_mailbox_with_a_token_signs_in_by_xoauth2() -> None:
    script = Script(good_bearer="good")
    with smtp_server(script) as port:
        assert send(port, tokens=Kept("good")) == [Outcome(result="sent", code=250)]
    assert script.bearers == ["user=support@helpdesk.example\x01auth=Bearer good\x01\x01"]


def test_a_mailbox_without_password_sends_nothing_before_it_is_signed_in() -> None:
    script = Script(good_bearer="good")
    with smtp_server(script) as port:
        courier = Courier(limits=QUICK, tokens=Kept("good"))
        unsigned = replace(account(port), address="second@helpdesk.example", by_token=True)
        outcome = asyncio.run(courier.send(MAIL, account=unsigned, deadline=datetime.now(UTC) + timedelta(seconds=9)))
    assert outcome.result == "delayed" and "helpdesk mail authorize second@helpdesk.example" in (outcome.reason or "")
    assert script.mails == []


def test_a_mailbox_without_password_is_kept_where_tokens_are_taken(port: int) -> None:
    def box(at: int) -> Mailbox:
        return Mailbox(
            address="s@desk.example", imap_host="127.0.0.1", imap_port=1, smtp_host="127.0.0.1", smtp_port=at, smtp_security="none",
            user="s@desk.example", sign_in="oauth",
        )  # fmt: skip

    with smtp_server(Script(good_bearer="good")) as willing:
        asyncio.run(check_smtp(box(willing), ""))
    with pytest.raises(MailboxRefusedError, match="takes no OAuth2 tokens"):
        asyncio.run(check_smtp(box(port), ""))


def test_a_refused_token_is_renewed_once() -> None:
    script = Script(good_bearer="good")
    with smtp_server(script) as port:
        assert send(port, tokens=Kept("old", "good")) == [Outcome(result="sent", code=250)]
        assert [o.result for o in send(port, tokens=Kept("old", "old", "good"))] == ["delayed"]


def test_a_token_that_cannot_be_renewed_delays_and_says_what_to_do() -> None:
    script = Script(good_bearer="good")
    with smtp_server(script) as port:
        (outcome,) = send(port, tokens=Kept("old"))
    assert outcome.result == "delayed"
    assert "sign in again" in (outcome.reason or "")
    assert script.mails == []
