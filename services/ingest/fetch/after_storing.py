"""What becomes of a mail on the server once Kafka has it."""

from __future__ import annotations

from collections.abc import Sequence

from services.ingest.fetch.accounts import Account
from services.ingest.fetch.imap import Connection


def put_away(connection: Connection, uids: Sequence[int], account: Account) -> None:
    """Mark, move or delete stored mails, as the mailbox asks."""
    match account.after_storing:
        case "mark_read":
            connection.mark_read(uids)
        case "move":
            connection.move(uids, account.move_to)
        case _:
            connection.remove(uids)
