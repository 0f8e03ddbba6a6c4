"""The process `helpdesk run notify`: mails leave here."""

import asyncio
import signal
import threading
import time
import uuid
from typing import Any

from services.notify.ledger import CLAIM_SECONDS, Ledger
from services.notify.mailboxes import Mailboxes
from services.notify.reader import Reader
from services.notify.sent_copies import SentCopies
from services.notify.smtp import Courier
from services.notify.worker import Worker
from services.runtime.blobs import Blobs
from services.runtime.health import Health
from services.runtime.mail_tokens import LATE, TokenStore
from services.runtime.producer import Producer
from services.runtime.settings import Settings, settings
from services.runtime.telemetry import configure_logging, log

_READER_SILENT = 30.0


def main(*, claim_seconds: float = CLAIM_SECONDS) -> int:
    """Run until SIGTERM or Ctrl-C: the running mail is finished, nothing new begun. 0 when stopped in order."""
    config = settings().named("notify")
    configure_logging(config)
    return asyncio.run(run(config, claim_seconds=claim_seconds))


async def run(config: Settings, *, claim_seconds: float = CLAIM_SECONDS) -> int:
    """The whole service in this event loop."""
    health, blobs = Health(config), Blobs(config)
    health.serve()
    with Producer(config, blobs=blobs) as producer:
        health.send_heartbeats(producer)
        try:
            ledger = Ledger(f"{config.instance}/{uuid.uuid4()}", clock=time.monotonic, claim_seconds=claim_seconds)
            return await _work(config, health=health, blobs=blobs, producer=producer, ledger=ledger)
        finally:
            health.state = "stopping"
            health.close()


async def _work(config: Settings, *, health: Health, blobs: Blobs, producer: Producer, ledger: Ledger) -> int:
    mailboxes = Mailboxes(config, on_change=lambda: worker.wake())  # noqa: PLW0108  it does not exist yet
    tokens = TokenStore(config, producer, early=LATE)
    copies = SentCopies(tokens)
    worker = Worker(
        ledger=ledger, mailboxes=mailboxes, courier=Courier(tokens=tokens), copies=copies, blobs=blobs, producer=producer, source=config.service
    )  # fmt: skip
    reader = Reader(config, ledger=ledger, blobs=blobs, producer=producer, on_news=worker.wake)
    health.detail = lambda: _detail(ledger, worker)
    stopping, over = asyncio.Event(), threading.Event()

    def stop() -> None:
        stopping.set()
        worker.wake()

    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop)

    def follow_configuration() -> None:
        tokens.load()  # before the first mail: the first login should be the right one
        mailboxes.run(over)

    parts = (lambda: reader.run(over), follow_configuration, lambda: tokens.follow(over, changed=lambda _: None))
    threads = [asyncio.create_task(asyncio.to_thread(part)) for part in parts]
    keeping = asyncio.create_task(asyncio.to_thread(copies.run))
    pulse = asyncio.create_task(_pulse(health, reader, ledger))
    sending = asyncio.create_task(worker.run(stopping))
    try:
        await asyncio.wait([*threads, sending], return_when=asyncio.FIRST_COMPLETED)
        failed = not stopping.is_set()
        if failed:
            log.error("a part of notify ended; stopping so that it is started again")
            stop()
        await sending
    finally:
        over.set()
        pulse.cancel()
        copies.stop()
    await asyncio.gather(*threads, keeping)
    return 1 if failed else 0


async def _pulse(health: Health, reader: Reader, ledger: Ledger) -> None:
    """Tell health that both loops go round: this task runs in the worker's loop, and the reader's thread leaves its time."""
    while True:
        if not health.ready.is_set() and reader.assigned.is_set():
            health.running()
        if time.monotonic() - reader.last_round < _READER_SILENT:
            waiting, oldest = ledger.waiting()
            health.beat(lag_records=reader.lag + waiting, lag_seconds=oldest)
        await asyncio.sleep(0.5)


def _detail(ledger: Ledger, worker: Worker) -> dict[str, Any]:
    return {"waiting": ledger.waiting()[0], "sending": worker.sending}
