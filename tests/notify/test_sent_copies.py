"""The copy in the Sent folder: there, whole, and never twice. A server that is away costs nothing but the copy."""

from __future__ import annotations

import smtplib

import imapclient
from structlog.testing import capture_logs

from deploy.embedded.ports import choose_port
from services.notify.compose import compose
from services.notify.mailboxes import Account, Copies
from services.notify.sent_copies import Copy, SentCopies
from services.runtime.ids import new_object_id
from tests.notify.messages import outgoing
from tests.servers import Servers


def account(address: str, port: int) -> Account:
    to = Copies(host="127.0.0.1", port=port, security="none", folder="")
    return Account(address=address, host="127.0.0.1", port=1, security="none", user=address, password=address, copies=to)


def copy_for(account: Account) -> Copy:
    message = outgoing(subject="Re: Größe")
    assert message.outbound is not None
    return Copy(account=account, message_id=message.outbound.message_id, data=compose(message, blob=lambda _: b"").data)


def keep(*copies: Copy) -> None:
    kept = SentCopies()
    for copy in copies:
        kept.put(copy)
    kept.stop()
    kept.run()


def stored(servers: Servers, address: str) -> list[bytes]:
    with imapclient.IMAPClient(*servers.imap, ssl=False, timeout=10) as imap:
        imap.login(address, address)
        imap.select_folder("Sent")
        return [found[b"BODY[]"] for found in imap.fetch(imap.search(), ["BODY.PEEK[]"]).values()]


def test_a_copy_is_kept_once_however_often_it_is_asked_for(servers: Servers) -> None:
    address = f"{new_object_id()}@helpdesk.example"
    with smtplib.SMTP(*servers.smtp, timeout=10) as server:  # the sample server knows a mailbox from its first mail on
        server.sendmail("mia@customers.example", [address], b"Subject: first\r\n\r\nhello\r\n")
    box = account(address, servers.imap[1])
    first, second = copy_for(box), copy_for(box)
    keep(first, second, first)
    keep(first)
    assert sorted(data.strip() for data in stored(servers, address)) == sorted(c.data.strip() for c in (first, second))


def test_a_mailbox_that_wants_no_copies_gets_none() -> None:
    box = Account(address="a@b.example", host="127.0.0.1", port=1, security="none", user="u", password="p")
    with capture_logs() as said:
        keep(copy_for(box))
    assert said == []  # neither kept nor tried


def test_a_server_that_is_away_costs_only_the_copy(servers: Servers) -> None:
    address = f"{new_object_id()}@helpdesk.example"
    with smtplib.SMTP(*servers.smtp, timeout=10) as server:
        server.sendmail("mia@customers.example", [address], b"Subject: first\r\n\r\nhello\r\n")
    there = copy_for(account(address, servers.imap[1]))
    with capture_logs() as said:
        keep(copy_for(account("a@b.example", choose_port())), there)
    assert [line["mailbox"] for line in said if line["event"] == "no copy kept"] == ["a@b.example"]
    assert [data.strip() for data in stored(servers, address)] == [there.data.strip()]
