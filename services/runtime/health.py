"""What a process says of itself: `/healthz`, `/readyz`, `/status`, `/metrics` on its health port, and heartbeats in `ops.heartbeats`.

Health reports *progress*: a loop calls `beat()` each round; one that has not for `stuck_after` seconds is unhealthy.
"""

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from prometheus_client import REGISTRY
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from schemas.delivery import Heartbeat
from schemas.topics import OPS_HEARTBEATS
from services.runtime.codec import Outgoing
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.runtime.settings import Settings
from services.runtime.telemetry import LAG_RECORDS, PROGRESS, log

VERSION = "0.1.0"
HEARTBEAT_SECONDS = 5.0


class Health:
    """The state of this process. Loops call `beat()` and set lag; `ready` is set once the process does its work."""

    def __init__(self, settings: Settings, *, stuck_after: float = 60.0) -> None:
        self.settings = settings
        self.ready = threading.Event()
        self.state = "starting"
        self.stuck_after = stuck_after
        self.lag_records = 0
        self.lag_seconds = 0.0
        self.started_at = datetime.now(UTC)
        self.detail: Callable[[], dict[str, Any]] = dict
        """Extra fields of `/status`, e.g. ingest-fetch's mailboxes."""
        self._last = time.monotonic()
        self._stop = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    def beat(self, *, lag_records: int | None = None, lag_seconds: float | None = None) -> None:
        """The loop went round."""
        self._last = time.monotonic()
        PROGRESS.set(time.time())
        if lag_records is not None:
            self.lag_records = lag_records
            LAG_RECORDS.set(lag_records)
        if lag_seconds is not None:
            self.lag_seconds = lag_seconds

    def running(self) -> None:
        """The process does its work now."""
        self.state = "running"
        self.beat()
        self.ready.set()

    @property
    def healthy(self) -> bool:
        """Whether the loop went round within `stuck_after` seconds."""
        return time.monotonic() - self._last < self.stuck_after

    def status(self) -> dict[str, Any]:
        """The body of `/status`."""
        state = self.state if self.healthy else "stuck"
        return {
            "service": self.settings.service, "instance": self.settings.instance, "pid": os.getpid(), "version": VERSION, "state": state,
            "started_at": self.started_at.isoformat(), "lag_records": self.lag_records, "lag_seconds": round(self.lag_seconds, 3), **self.detail(),
        }  # fmt: skip

    def serve(self) -> int:
        """Answer on the health port in a thread; the port."""
        health = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                code, kind, body = health.answer(self.path)
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name of the base class
                """No access log."""

        self._server = ThreadingHTTPServer((self.settings.health_host, self.settings.health_port), Handler)
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()
        return int(self._server.server_address[1])

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status code, content type and body of a health path."""
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY)  # type: ignore[no-untyped-call]
        if path == "/healthz":
            return (200 if self.healthy else 503), "application/json", orjson.dumps({"healthy": self.healthy})
        if path == "/readyz":
            ok = self.ready.is_set() and self.healthy
            return (200 if ok else 503), "application/json", orjson.dumps({"ready": ok})
        if path == "/status":
            return 200, "application/json", orjson.dumps(self.status())
        return 404, "application/json", b'{"detail":"not found"}'

    def send_heartbeats(self, producer: Producer) -> None:
        """Write a heartbeat every five seconds from a thread until `close`. A broker that is away is only logged."""

        def loop() -> None:
            while not self._stop.is_set():
                producer.send(self._heartbeat())
                self._stop.wait(HEARTBEAT_SECONDS)

        threading.Thread(target=loop, name="heartbeat", daemon=True).start()

    def _heartbeat(self) -> Outgoing:
        now, s = datetime.now(UTC), self.status()
        beat = Heartbeat(
            service=s["service"], instance=s["instance"], pid=s["pid"], version=VERSION, started_at=self.started_at, at=now, state=s["state"],
            lag_records=self.lag_records, lag_seconds=self.lag_seconds, detail=self.detail(),
        )  # fmt: skip
        return Outgoing(
            topic=OPS_HEARTBEATS.name, key=beat.instance, value=beat.to_json(), id=event_id("heartbeat", beat.instance, now.isoformat()),
            type="helpdesk.ops.heartbeat.v1", source=beat.service, time=now,
        )  # fmt: skip

    def close(self) -> None:
        """Stop answering and beating."""
        self._stop.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        log.info("stopped")
