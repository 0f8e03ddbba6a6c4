"""One folder of one account: search, fetch, `mail.raw`, `mail.position`, and only then forget.

The order is the promise: a mail is acknowledged before its position is written, the position before the server's copy is touched. A
crash anywhere in between publishes the mail again under the same id, which readers drop.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from services.ingest.fetch.accounts import Account
from services.ingest.fetch.after_storing import put_away
from services.ingest.fetch.behind import Behind
from services.ingest.fetch.imap import Connection, Fetched, MailboxUnavailableError, explain
from services.ingest.fetch.position import ATTEMPTS, RESCAN, Progress
from services.ingest.fetch.publish import mail_record, poison_record, position_record
from services.ingest.fetch.reconcile import Reconciler
from services.ingest.fetch.spool import Spool
from services.ingest.fetch.state import State
from services.runtime.blobs import Shelf
from services.runtime.crash import crash_at
from services.runtime.errors import NotAcknowledgedError
from services.runtime.mail_tokens import Tokens
from services.runtime.producer import Producer
from services.runtime.telemetry import log

BATCH: Final = 50
_HAUL: Final = 4 * BATCH
_HAUL_BYTES: Final = 8 * 1024 * 1024
# With linger 0 the mails of a haul go out in several requests, each with a flush of the broker's log to wait for. A full haul does not
# wait for the linger.
BULK: Final = {"linger.ms": 5, "batch.num.messages": _HAUL}
_FEW: Final = 4
_IDLE_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 5.0
_BACKOFF_FIRST: Final = 0.5
_BACKOFF_LAST: Final = 30.0
_REMOVE_AT: Final = 50


@dataclass(slots=True)
class _Haul:
    """What was fetched and is not published yet: the batches that came in while the haul before was on its way to Kafka."""

    mails: list[Fetched] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether it has to wait for the haul before it: two of them stand in memory at most."""
        return len(self.mails) + len(self.gone) >= _HAUL or sum(len(mail.raw) for mail in self.mails) >= _HAUL_BYTES


class FolderWorker:
    """Runs in a thread of its own; its failures end in its `state` and touch no other mailbox.

    With `bulk`, a producer with the settings BULK, batches go through it; single mails, which someone may be waiting for, never do.
    """

    def __init__(
        self,
        account: Account,
        folder: str,
        *,
        progress: Progress | None,
        producer: Producer,
        bulk: Producer | None = None,
        spool: Spool | None = None,
        tokens: Tokens | None = None,
        listings: Shelf | None = None,
        reconcile_seconds: float = 86_400.0,
    ) -> None:
        self.account, self.folder = account, folder
        self.state = State(account.name if folder == "INBOX" else f"{account.name}/{folder}")
        self._progress = progress or Progress(account.name, folder, 0)
        self._producer, self._bulk, self._spool, self._tokens = producer, bulk or producer, spool, tokens
        self._listings, self._reconcile_seconds = listings, reconcile_seconds
        self._reconciler: Reconciler | None = None
        self._reconcile_at = 0.0
        self._behind = Behind(f"publish {self.state.name}")
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._batch = BATCH
        self._haul = _Haul()
        self._worked = False
        self._settled_on_server: list[int] = []
        self._thread = threading.Thread(target=self.run, name=f"fetch {self.state.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; it does so within one IDLE slice, and what it has not settled is read again by the next worker."""
        self._stop.set()
        self._hurry.set()
        self.state.state = "stopped"

    def hurry(self) -> None:
        """Do not wait any longer before the next attempt."""
        self._hurry.set()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def run(self) -> None:
        """Connect, read, wait; after any failure connect again, later each time."""
        pause = _BACKOFF_FIRST
        while not self._stop.is_set():
            try:
                with self._connect() as connection:
                    self._serve(connection)
            except NotAcknowledgedError as error:
                self._failed(f"Kafka does not take mail: {error}")
            except Exception as error:
                reason = explain(self.account, error)
                self._failed(str(reason))
                pause = max(pause, 5.0) if reason.permanent else pause
            # A connection that only failed does not shorten the pause: five attempts at a mail must outlast a short outage.
            pause = _BACKOFF_FIRST if self._worked else pause
            self._worked = False
            self._hurry.wait(pause)
            self._hurry.clear()
            if self._stop.is_set():
                break
            pause = min(pause * 2, _BACKOFF_LAST)

    def _connect(self) -> Connection:
        tokens, name = self._tokens, self.account.name
        if tokens is None or not tokens.has(name):
            if self.account.by_token:
                raise MailboxUnavailableError(f"not signed in yet: helpdesk mail authorize {name}", permanent=True)
            return Connection(self.account, spool=self._spool)
        try:
            return Connection(self.account, spool=self._spool, bearer=tokens.access(name))
        except LoginError:
            # Revoked before its time, or renewed elsewhere: one new token is worth one more try.
            return Connection(self.account, spool=self._spool, bearer=tokens.access(name, renew=True))

    def _failed(self, reason: str) -> None:
        if self._stop.is_set():
            return
        if self.state.error != reason:
            log.warning("mailbox unavailable", mailbox=self.state.name, error=reason)
        self.state.error, self.state.state = reason, "error"

    def _serve(self, connection: Connection) -> None:
        selected = connection.select(self.folder)
        before = self._progress
        self._progress = before.epoch(selected.uidvalidity)
        if self._progress is not before and before.uidvalidity:
            log.warning("mailbox began anew", mailbox=self.state.name, uidvalidity=selected.uidvalidity, before=before.uidvalidity)
        above = max(0, self._progress.low - RESCAN)
        uids = connection.search(above, selected.uidnext)
        # The end of the connection before, or of the process, may have come between a position and the removal of its mails.
        # Marks are not made good: a person may have called a mail unread again.
        self._settled_on_server = [] if self.account.after_storing == "mark_read" else self._progress.published_among(uids)
        if self._listings is not None and (self._reconciler is None or self._progress is not before):
            self._reconciler, self._reconcile_at = Reconciler(self._listings, self._progress), 0.0
        self.state.state, self.state.error = "running", ""
        log.info("mailbox open", mailbox=self.state.name, uidvalidity=selected.uidvalidity, low=self._progress.low)
        while not self._stop.is_set():
            self._take(connection, uids)
            self._tidy(connection, at_least=_REMOVE_AT)
            # Bells that ring while a command runs are easily missed, so nobody waits before a search has shown nothing new.
            uids = connection.search(self._progress.low, 0)
            if self._progress.open_among(uids):
                continue
            self._tidy(connection, at_least=1)
            if self._reconcile(connection):  # which took a while, and may have heard a bell
                uids = connection.search(self._progress.low, 0)
                continue
            self._worked = True
            rung = connection.wait(_IDLE_SECONDS, poll_seconds=_POLL_SECONDS, stop=self._stop)
            uids = connection.search(self._progress.low if rung else max(0, self._progress.low - RESCAN), 0)

    def _reconcile(self, connection: Connection) -> bool:
        """List the whole folder once a day, at the start too, and fetch what turned up in a place long read. Whether it was time."""
        if self._reconciler is None or time.monotonic() < self._reconcile_at:
            return False
        uids = connection.search(0, self._progress.low + 1)
        late = self._reconciler.late(uids, self._progress)
        if late:
            log.warning("late mails found", mailbox=self.state.name, count=len(late), first=late[0])
            self._take(connection, late, whatever=True)
        if not self._stop.is_set():
            self._reconciler.keep(uids, self._progress)
            self._reconcile_at = time.monotonic() + self._reconcile_seconds
        return True

    def _take(self, connection: Connection, uids: Sequence[int], *, whatever: bool = False) -> None:
        """Fetch and publish those that are not settled, or all of them `whatever` the position says."""
        todo = list(uids) if whatever else self._progress.open_among(uids)
        self.state.behind, self.state.stored = len(todo), 0
        self._haul = _Haul()
        while todo and not self._stop.is_set():
            batch, todo = todo[: self._batch], todo[self._batch :]
            try:
                withheld = self._fetch(connection, batch)
            except Exception as error:
                self._settle_haul()
                self._blame(batch, error)
                raise
            if withheld:
                self._behind.join()  # which is at the same bookkeeping
            for uid in withheld:
                self._count_failure(uid, "the server lists it but does not give it out")
            if todo and (self._haul.full or not self._behind.busy):
                haul, self._haul = self._haul, _Haul()
                self._behind.start(partial(self._publish, haul.mails, haul.gone))
        self._settle_haul()
        if not todo:
            self.state.behind = 0
            self._batch = BATCH
            self._progress.advance(max(uids, default=0))

    def _fetch(self, connection: Connection, batch: Sequence[int]) -> list[int]:
        """Take a batch into the haul; the UIDs that the server has but leaves out of its answer."""
        mails = connection.fetch(batch)
        if left_out := set(batch) - {mail.uid for mail in mails}:
            # Asked for again at once: a server that is busy removing others may leave a mail out, and mails are to keep their order.
            mails = sorted([*mails, *connection.fetch(sorted(left_out))], key=lambda mail: batch.index(mail.uid))
        missing = set(batch) - {mail.uid for mail in mails}
        gone = [uid for uid in missing if not connection.exists(uid)]
        self._haul.mails += mails
        self._haul.gone += gone
        return sorted(missing.difference(gone))

    def _settle_haul(self) -> None:
        """Wait for the haul on its way, then publish the one in hand."""
        self._behind.join()
        haul, self._haul = self._haul, _Haul()
        if haul.mails or haul.gone:
            self._publish(haul.mails, haul.gone)

    def _publish(self, mails: Sequence[Fetched], gone: Sequence[int]) -> None:
        progress = self._progress
        place = {"account": progress.account, "folder": progress.folder}
        crash_at("fetch.raw.before")
        producer = self._bulk if len(mails) > _FEW else self._producer
        producer.send_all([mail_record(mail, **place, uidvalidity=progress.uidvalidity) for mail in mails])
        crash_at("fetch.raw.acked")
        progress.settle(mail.uid for mail in mails)
        progress.settle(gone, mails=False)
        if not progress.waiting and mails:
            # Batches go up in order, so without failures everything up to the last one is settled.
            progress.advance(max([*(mail.uid for mail in mails), *gone]))
        self._write_position()
        crash_at("fetch.position.acked")
        if self._reconciler is not None:
            self._reconciler.note([*(mail.uid for mail in mails), *gone])
        self._settled_on_server += [mail.uid for mail in mails]
        self._worked = True
        self.state.stored += len(mails) + len(gone)
        for mail in mails:
            log.info("mail stored", mailbox=self.state.name, uid=mail.uid, size=mail.size)

    def _write_position(self) -> None:
        self._producer.send_all([position_record(self._progress.record())])
        self.state.seen = self._progress.seen

    def _blame(self, batch: Sequence[int], error: Exception) -> None:
        """A batch failed: try its mails one at a time from now on; one that fails alone is counted."""
        if len(batch) > 1:
            self._batch = 1
        elif batch and not isinstance(error, (OSError, MailboxUnavailableError)):
            self._count_failure(batch[0], f"{type(error).__name__}: {error}")

    def _count_failure(self, uid: int, reason: str) -> None:
        attempts = self._progress.failed(uid)
        log.warning("mail not fetched", mailbox=self.state.name, uid=uid, attempts=attempts, error=reason[:200])
        if attempts >= ATTEMPTS:
            place = {"account": self._progress.account, "folder": self._progress.folder}
            self._producer.send_all([poison_record(uid, reason, **place, uidvalidity=self._progress.uidvalidity)])
            log.error("mail given up", mailbox=self.state.name, uid=uid, error=reason[:200])
            self._progress.give_up(uid)
            if self._reconciler is not None:
                self._reconciler.note([uid])
        self._write_position()

    def _tidy(self, connection: Connection, *, at_least: int) -> None:
        """Do with what Kafka has what the mailbox asks for. Best effort: the log is the record."""
        if self.account.after_storing == "leave":
            self._settled_on_server.clear()
        elif len(self._settled_on_server) >= at_least:
            uids, self._settled_on_server = self._settled_on_server, []
            try:
                for start in range(0, len(uids), _REMOVE_AT):
                    put_away(connection, uids[start : start + _REMOVE_AT], self.account)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:  # refused; the connection is as good as before
                log.warning("mail not put away", mailbox=self.state.name, mails=len(uids), error=str(error)[:200])
