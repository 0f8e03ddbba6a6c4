"""Fetching: mails/s from a local IMAP server until `mail.raw` has acknowledged them, beside bare FETCH commands in batches of 50."""

from __future__ import annotations

import socket
import time

from imapclient import IMAPClient

from schemas.inbound import MailPosition
from schemas.topics import MAIL_POSITION
from services.ingest.fetch.accounts import Account
from services.ingest.fetch.publish import route
from services.ingest.fetch.worker import BATCH, BULK, FolderWorker
from services.runtime.blobs import Blobs
from services.runtime.producer import Producer
from services.runtime.reading import read_topic
from tests.bench.bare_imap import BareImap
from tests.bench.corpus import make_mails
from tests.bench.figure import Figure, scaled
from tests.bench.imap_server import Filled, filled_mailbox
from tests.bench.running import Running

_ROUNDS = 3
_PATIENCE = 120.0


def measure(running: Running) -> list[Figure]:
    """One folder, one worker, everything in it unread; the better of three rounds on either side."""
    mails = make_mails(scaled(3_000, least=100), to="bench@desk.example", seed=11)
    settings = running.settings
    blobs = Blobs(settings)
    with (
        filled_mailbox(running, mails) as filled,
        Producer(settings, blobs=blobs) as producer,
        Producer(settings, blobs=blobs, **BULK) as bulk,
    ):
        floor, ours = [], []
        for number in range(_ROUNDS):
            floor.append(_bare(filled, len(mails)))
            ours.append(_fetch(running, filled, (producer, bulk), len(mails), name=f"round-{number}@desk.example"))
        raw = _unread(filled, len(mails))
    count = len(mails)
    note = f"{count} mails from {filled.name}; the floor is the same library with nothing around it; answers not even looked into: {count / raw:,.0f}/s"
    return [Figure(name="fetch", value=count / min(ours), unit="mails/s", floor=count / min(floor), bar=0.5, note=note)]


def _unread(filled: Filled, count: int) -> float:
    with BareImap(filled.address, filled.user) as imap:
        start = time.perf_counter()
        uids = imap.uids()
        got = sum(imap.fetch(uids[at : at + BATCH]) for at in range(0, len(uids), BATCH))
        took = time.perf_counter() - start
    if got != count:
        raise RuntimeError(f"the server gave {got} of {count} mails")
    return took


def _bare(filled: Filled, count: int) -> float:
    """The same library with nothing around it."""
    start = time.perf_counter()
    with IMAPClient(*filled.address, ssl=False, timeout=60) as imap:
        imap.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        imap.login(filled.user, filled.user)
        imap.select_folder("INBOX")
        uids = imap.search("ALL")
        got = sum(len(imap.fetch(uids[at : at + BATCH], ["INTERNALDATE", "BODY.PEEK[]"])) for at in range(0, len(uids), BATCH))
        took = time.perf_counter() - start
    if got != count:
        raise RuntimeError(f"the server gave {got} of {count} mails")
    return took


def _fetch(running: Running, filled: Filled, producers: tuple[Producer, Producer], count: int, *, name: str) -> float:
    """Seconds from the start of a worker to the acknowledgement of its last mail; the position record is the witness."""
    host, port = filled.address
    account = Account(name=name, host=host, port=port, security="none", user=filled.user, password=filled.user)
    producer, bulk = producers
    worker = FolderWorker(account, "INBOX", progress=None, producer=producer, bulk=bulk)
    start = time.perf_counter()
    worker.start()
    try:
        while worker.state.seen < count:
            if time.perf_counter() - start > _PATIENCE:
                raise TimeoutError(f"{worker.state.seen} of {count} mails after {_PATIENCE:.0f} s: {worker.state.error}")
            time.sleep(0.005)
        took = time.perf_counter() - start
    finally:
        worker.stop()
    seen = max(
        (
            MailPosition.model_validate_json(r.value).seen
            for r in read_topic(running.settings, MAIL_POSITION)
            if r.key == route(name, "INBOX") and r.value
        ),
        default=0,
    )
    if seen != count:
        raise RuntimeError(f"the position says {seen} of {count} mails")
    return took
