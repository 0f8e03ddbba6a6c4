"""All mailboxes of the desk: starts, changes and stops a worker per folder as the configuration says."""

from __future__ import annotations

import threading
from typing import Any

from pydantic import ValidationError

from schemas.config import Mailbox
from schemas.inbound import MailPosition
from schemas.ticket import ConfigState
from services.ingest.fetch.accounts import Account, from_config
from services.ingest.fetch.position import Progress
from services.ingest.fetch.positions import load_positions
from services.ingest.fetch.publish import route
from services.ingest.fetch.spool import Spool
from services.ingest.fetch.worker import FolderWorker
from services.runtime.blobs import Blobs, Shelf
from services.runtime.codec import Record
from services.runtime.errors import BrokerUnavailableError, MissingSecretError
from services.runtime.mail_tokens import Tokens
from services.runtime.producer import Producer
from services.runtime.settings import Settings
from services.runtime.signing import Keys, SealBrokenError
from services.runtime.telemetry import log

_PREFIX = "mailbox/"


class Mailboxes:
    """Thread-safe. An account of the environment stays whatever the configuration says of other addresses."""

    def __init__(
        self,
        settings: Settings,
        *,
        producer: Producer,
        bulk: Producer | None = None,
        positions: dict[str, MailPosition],
        tokens: Tokens | None = None,
    ) -> None:
        self._settings, self._producer, self._bulk, self._positions = settings, producer, bulk, positions
        self._tokens = tokens
        self._spool = Spool(Blobs(settings))
        self._listings = Shelf(settings, "listings")
        self._accounts: dict[str, Account] = {}
        self._workers: dict[str, list[FolderWorker]] = {}
        self._broken: dict[str, str] = {}
        self._fixed: str | None = None
        self._lock = threading.Lock()

    def add(self, account: Account, *, fixed: bool = False) -> None:
        """Read an account from now on, in place of what was known under its name."""
        with self._lock:
            if fixed:
                self._fixed = account.name
            if self._accounts.get(account.name) == account:
                return
            changed = account.name in self._accounts
            self._remove(account.name)
            if changed:
                self._reload()
            self._accounts[account.name] = account
            self._workers[account.name] = [self._worker(account, folder) for folder in account.folders]
            for worker in self._workers[account.name]:
                worker.start()
            log.info("mailbox added", mailbox=account.name, host=account.host, port=account.port)

    def configure(self, record: Record) -> None:
        """Follow one record of `config.state`."""
        if not record.key or not record.key.startswith(_PREFIX):
            return
        name = record.key.removeprefix(_PREFIX).lower()
        if name == self._fixed:
            return
        account: Account | None = None
        self._broken.pop(name, None)
        try:
            if record.value:
                state = ConfigState.model_validate_json(record.value)
                account = from_config(Mailbox.model_validate(state.value), Keys.of(self._settings), key=record.key)
        except (ValidationError, SealBrokenError, MissingSecretError) as error:
            self._broken[name] = str(error)[:300]
            log.error("mailbox unusable", mailbox=name, error=str(error)[:300])
        with self._lock:
            stale = [known for known in self._accounts if known == name and (account is None or account.name != known)]
            for known in stale:
                self._remove(known)
        if account is not None and account.name != self._fixed:
            self.add(account)

    def retry(self, name: str) -> None:
        """Connect a mailbox anew at once: how it signs in has changed."""
        with self._lock:
            for worker in self._workers.get(name, []):
                worker.hurry()

    def status(self) -> dict[str, Any]:
        """The `mailboxes` of `/status` and the heartbeat."""
        with self._lock:
            states = [worker.state for workers in self._workers.values() for worker in workers]
        rows = [{"name": s.name, "state": s.state, "error": s.error or None, "seen": s.seen, "progress": s.progress} for s in states]
        rows += [{"name": name, "state": "error", "error": error, "seen": 0, "progress": ""} for name, error in self._broken.items()]
        return {"mailboxes": sorted(rows, key=lambda row: str(row["name"]))}

    def stop(self) -> None:
        """End every worker."""
        with self._lock:
            for name in list(self._accounts):
                self._remove(name)

    def _worker(self, account: Account, folder: str) -> FolderWorker:
        position = self._positions.get(route(account.name, folder))
        return FolderWorker(
            account,
            folder,
            progress=Progress.of(position) if position else None,
            producer=self._producer,
            bulk=self._bulk,
            spool=self._spool,
            tokens=self._tokens,
            listings=self._listings,
            reconcile_seconds=self._settings.mail_reconcile_seconds,
        )

    def _remove(self, name: str) -> None:
        self._accounts.pop(name, None)
        for worker in self._workers.pop(name, []):
            worker.stop()

    def _reload(self) -> None:
        # Its former worker has gone on since the positions were loaded.
        try:
            self._positions = load_positions(self._settings)
        except BrokerUnavailableError as error:
            log.warning("positions not loaded, going on with older ones", error=str(error))
