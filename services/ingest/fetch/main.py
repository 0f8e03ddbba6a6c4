"""`helpdesk run ingest-fetch`: every mailbox of the desk into `mail.raw`."""

from __future__ import annotations

import threading

from confluent_kafka import KafkaException

from schemas.inbound import MailPosition
from schemas.topics import CONFIG_STATE
from services.ingest.fetch.accounts import from_environment
from services.ingest.fetch.mailboxes import Mailboxes
from services.ingest.fetch.positions import load_positions
from services.ingest.fetch.worker import BULK
from services.runtime.blobs import Blobs
from services.runtime.errors import BrokerUnavailableError
from services.runtime.following import follow
from services.runtime.health import Health
from services.runtime.mail_tokens import TokenStore
from services.runtime.producer import Producer
from services.runtime.settings import Settings, settings as read_settings
from services.runtime.shutdown import stop_event
from services.runtime.telemetry import configure_logging, log


def main() -> None:
    """Until SIGTERM or Ctrl-C."""
    settings = read_settings().named("ingest-fetch")
    configure_logging(settings)
    run(settings, stop_event())


def run(settings: Settings, stop: threading.Event) -> None:
    """Read all mailboxes until `stop`."""
    health = Health(settings)
    health.serve()
    blobs = Blobs(settings)
    with Producer(settings, blobs=blobs) as producer, Producer(settings, blobs=blobs, **BULK) as bulk:
        health.send_heartbeats(producer)
        positions = _positions(settings, health, stop)
        tokens = TokenStore(settings, producer)
        tokens.load()
        boxes = Mailboxes(settings, producer=producer, bulk=bulk, positions=positions, tokens=tokens)
        health.detail = boxes.status
        first = from_environment(settings)
        if first is not None:
            boxes.add(first, fixed=True)
        watcher = threading.Thread(target=_watch, args=(settings, boxes, stop), name="config", daemon=True)
        watcher.start()
        threading.Thread(target=tokens.follow, args=(stop,), kwargs={"changed": boxes.retry}, name="tokens", daemon=True).start()
        health.running()
        while not stop.wait(1.0):
            health.beat()
        boxes.stop()
        watcher.join(2)
    health.close()


def _positions(settings: Settings, health: Health, stop: threading.Event) -> dict[str, MailPosition]:
    """Nothing is fetched before it is known how far: a broker that is away is waited for."""
    while not stop.is_set():
        try:
            return load_positions(settings)
        except BrokerUnavailableError as error:
            log.warning("waiting for Kafka", error=str(error))
            health.beat()
            stop.wait(1.0)
    return {}


def _watch(settings: Settings, boxes: Mailboxes, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            follow(settings, CONFIG_STATE.name, seen=boxes.configure, stop=stop)
        except KafkaException as error:
            log.warning("configuration not readable, trying again", error=str(error))
            stop.wait(1.0)


if __name__ == "__main__":
    main()
