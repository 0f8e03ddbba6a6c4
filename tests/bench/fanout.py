"""Fan-out: deliveries/s of one gateway at 500 websockets, beside bare coalesced writes to as many sockets.

Events go through Kafka in chunks, a few in flight: as fast as the gateway takes them, and never further ahead than a reader may be.
"""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
from confluent_kafka import Producer

from schemas.topics import TICKET_STATE
from services.runtime import kafka_settings
from services.runtime.codec import Outgoing
from services.runtime.ids import event_id, new_object_id
from services.runtime.partitioning import partition_of
from services.runtime.tracing import child_of
from tests.bench.crowd import Crowd, mark
from tests.bench.figure import Figure, scaled
from tests.bench.running import Running, System, settings_of

_CLIENTS = 500
_PER_CHUNK = 50
_IN_FLIGHT = 8
_WARM = 3
_IN_BATCHES: dict[str, Any] = {"linger.ms": 5}
"""A request per event would measure the broker."""


def measure(running: Running) -> list[Figure]:
    """Small events of tickets that all clients may see, all clients on `queue:all`."""
    system, chunks = running.system, scaled(400, least=10)
    prepared = _Chunks(system, _WARM + chunks)
    with Crowd(_subscribe(system) for _ in range(_CLIENTS)) as crowd:
        ours, size = _rate(crowd, prepared.send, chunks)
    argv = (sys.executable, "-m", "tests.bench.bare_fanout", str(size), str(_PER_CHUNK), str(_CLIENTS))
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin and server.stdout
        ask = server.stdin
        address = "127.0.0.1", int(server.stdout.readline())
        with Crowd(socket.create_connection(address, timeout=10) for _ in range(_CLIENTS)) as crowd:
            floor, _ = _rate(crowd, lambda number: (ask.write(b"%d\n" % number), ask.flush())[1], chunks)
        ask.close()
    return [
        Figure(
            name="fan-out",
            value=ours,
            unit="deliveries/s",
            floor=floor,
            bar=0.8,
            note=f"{_CLIENTS} clients, {chunks * _PER_CHUNK} events, frames of {size} bytes",
        )
    ]


def _rate(crowd: Crowd, send: Callable[[int], None], chunks: int) -> tuple[float, int]:
    """(deliveries/s, bytes per frame)."""
    send(0)
    crowd.align(0)
    for number in range(1, _WARM):
        send(number)
        crowd.wait_for(number)
    before, start = crowd.received, time.perf_counter()
    for number in range(_WARM, _WARM + chunks):
        send(number)
        if number - _WARM >= _IN_FLIGHT:
            crowd.wait_for(number - _IN_FLIGHT)
    crowd.wait_for(_WARM + chunks - 1)
    took = time.perf_counter() - start
    return chunks * _PER_CHUNK * _CLIENTS / took, (crowd.received - before) // (chunks * _PER_CHUNK)


class _Chunks:
    """Events made before the clock starts, so that what is measured is who delivers them and not who makes them."""

    def __init__(self, system: System, count: int) -> None:
        self._chunks = [[_event(number, place) for place in range(_PER_CHUNK)] for number in range(count)]
        self._producer = Producer(kafka_settings.producer(settings_of(system.env), **_IN_BATCHES))
        self._partition = partition_of("bench", TICKET_STATE.partitions)

    def send(self, number: int) -> None:
        for key, value, headers in self._chunks[number]:
            self._producer.produce(TICKET_STATE.name, key=key, value=value, headers=headers, partition=self._partition)
        self._producer.poll(0)


def _event(number: int, place: int) -> tuple[bytes, bytes, list[tuple[str, str | bytes | None]]]:
    ticket = new_object_id()
    text = mark(number) if place == _PER_CHUNK - 1 else "plain"
    value = orjson.dumps(
        {"id": ticket, "number": "TIK-261122-00001", "version": 1, "subject": text, "status": "open", "priority": "medium"}
    )
    record = Outgoing(
        topic=TICKET_STATE.name, key=ticket, value=value, id=event_id("bench", ticket), type=TICKET_STATE.types[0], source="bench", subject=ticket,
        team="", event_class="state", visibility="public", version=1, traceparent=child_of(None),
    )  # fmt: skip
    return ticket.encode(), value, list(record.headers())


def _subscribe(system: System) -> socket.socket:
    """A websocket on `queue:all`, its handshake and first frames read."""
    url = urlsplit(system.env["HELPDESK_URL"])
    sock = socket.create_connection((url.hostname or "127.0.0.1", url.port or 80), timeout=20)
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall((
        f"GET /api/v1/live HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: helpdesk.v1.json\r\nAuthorization: Bearer {system.env['AGENT_API_KEY']}\r\n\r\n"
    ).encode())  # fmt: skip
    _until(sock, b'"heartbeat"')
    payload = orjson.dumps({"t": "sub", "id": 1, "channels": ["queue:all"], "since": None})
    masked = bytes(byte ^ mask for byte, mask in zip(payload, b"mask" * len(payload), strict=False))
    sock.sendall(bytes((0x81, 0x80 | len(payload))) + b"mask" + masked)
    _until(sock, b'"recovered"')
    return sock


def _until(sock: socket.socket, wanted: bytes) -> None:
    """Read up to the end of the frame that holds these words: the whole of it comes in one write."""
    data = b""
    while wanted not in data or not data.endswith(b"}"):
        piece = sock.recv(65536)
        if not piece:
            raise ConnectionError(f"the gateway hung up: {data[:300]!r}")
        data += piece
