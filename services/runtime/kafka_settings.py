"""The client settings that matter, as measured (architecture.md 4), and the refusal of those that lose messages."""

from typing import Any

from services.runtime.client_log import client_logger
from services.runtime.errors import UnsafeSettingError
from services.runtime.settings import Settings

Config = dict[str, Any]

_UNSAFE: dict[str, tuple[object, str]] = {
    "enable.auto.commit": (True, "an offset may be committed before its record was settled"),
    "acks": (0, "an acknowledged record could be lost"),
    "enable.idempotence": (False, "a retry could double or reorder records"),
    "allow.auto.create.topics": (True, "topics are created from schemas/topics.py"),
}
_MAX_RECORD = 8 << 20


def refuse_unsafe(config: Config) -> Config:
    """The config itself, or UnsafeSettingError naming the setting that loses messages."""
    for name, (bad, why) in _UNSAFE.items():
        if str(config.get(name)).lower() == str(bad).lower():
            raise UnsafeSettingError(name, config[name], why)
    if str(config.get("acks", "all")) not in {"all", "-1"}:
        raise UnsafeSettingError("acks", config["acks"], "an acknowledged record could be lost")
    return config


def common(settings: Settings) -> Config:
    """Settings of every client."""
    return {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "client.id": settings.instance or "helpdesk",
        "socket.nagle.disable": True,
        "socket.keepalive.enable": True,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
        "allow.auto.create.topics": False,
        "logger": client_logger(),
        **settings.kafka_overrides(),
    }


def producer(settings: Settings, **more: Any) -> Config:
    """Idempotent, acks=all, murmur2 like Java and Faust."""
    config: Config = {
        **common(settings),
        "partitioner": "murmur2_random",
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": 0,
        "message.max.bytes": _MAX_RECORD,
        "queue.buffering.max.messages": 100_000,
        "delivery.timeout.ms": 120_000,
        "compression.type": "none",
        **more,
    }
    config.pop("allow.auto.create.topics", None)
    return refuse_unsafe(config)


def consumer(settings: Settings, *, group: str | None, **more: Any) -> Config:
    """KIP-848 group without static membership, or (group None) for manual assignment."""
    config: Config = {
        **common(settings),
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": "read_committed",
        "fetch.queue.backoff.ms": 10,
        "fetch.wait.max.ms": 100,
        "queued.min.messages": 2000,
        "queued.max.messages.kbytes": 16_384,
        "fetch.message.max.bytes": _MAX_RECORD,
        "auto.offset.reset": "error",
        **({"group.protocol": "consumer", "group.id": group} if group else {"group.id": f"unused-{settings.instance}"}),
        **more,
    }
    return refuse_unsafe(config)
