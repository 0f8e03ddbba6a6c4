"""What every service process has: logs, a stop event, health with heartbeats, a producer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.runtime.health import Health
from services.runtime.producer import Producer
from services.runtime.settings import Settings, settings
from services.runtime.shutdown import stop_event
from services.runtime.telemetry import configure_logging


@dataclass(frozen=True, slots=True)
class Process:
    """The parts of a running process. `stop` is set by SIGTERM and Ctrl-C."""

    config: Settings
    stop: threading.Event
    health: Health
    producer: Producer


@contextmanager
def process(name: str) -> Iterator[Process]:
    """Run as the service `name`, from the main thread: health answers and heartbeats go out until the block ends."""
    config = settings().named(name)
    configure_logging(config)
    stop, health = stop_event(), Health(config)
    health.serve()
    try:
        with Producer(config) as producer:
            health.send_heartbeats(producer)
            yield Process(config, stop, health, producer)
    finally:
        health.close()
