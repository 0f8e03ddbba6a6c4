"""A client of the live protocol for tests."""

from __future__ import annotations

import json
import threading
from typing import Any, Self

from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from tests.gateway.running import Process

Frame = dict[str, Any]


class Live:
    """Keeps every frame; `ok` is awaited by `sub`."""

    def __init__(self, gateway: Process, key: str | None = None, **headers: str) -> None:
        self.frames: list[Frame] = []
        self.close_code: int | None = None
        self.closed_by: ConnectionClosedError | None = None
        self._came = threading.Condition()
        given = {"Authorization": f"Bearer {key}"} if key else {}
        self.ws = connect(
            gateway.url.replace("http", "ws", 1) + "/api/v1/live", additional_headers={**given, **headers}, subprotocols=["helpdesk.v1.json"],  # type: ignore[list-item]
            open_timeout=10, close_timeout=2, max_size=None,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ws.close()

    def _read(self) -> None:
        try:
            for text in self.ws:
                with self._came:
                    self.frames.append(json.loads(text))
                    self._came.notify_all()
        except ConnectionClosedError as closed:  # a code other than 1000; the test asks for it
            self.closed_by = closed
        finally:
            with self._came:
                self.close_code = self.ws.close_code
                self._came.notify_all()

    def send(self, frame: Frame | str) -> None:
        self.ws.send(frame if isinstance(frame, str) else json.dumps(frame))

    def until(self, test: Any, what: str = "a frame", seconds: float = 10) -> Frame:
        """The first frame, past or to come, for which `test` is true."""
        with self._came:
            found = self._came.wait_for(lambda: next((f for f in self.frames if test(f)), None), seconds)
            assert found, f"{what} did not come; got {[(f.get('t'), f.get('event', {}).get('type')) for f in self.frames]}"
            return dict(found)

    def until_closed(self, seconds: float = 10) -> int | None:
        with self._came:
            assert self._came.wait_for(lambda: self.close_code is not None, seconds), "the socket stays open"
            return self.close_code

    def sub(self, *channels: str, since: object = None, number: int = 1) -> Frame:
        """Subscribe; the `ok` frame."""
        self.send({"t": "sub", "id": number, "channels": list(channels), "since": since})
        return self.until(lambda f: f["t"] == "ok" and f["id"] == number, "ok")

    def event(self, test: Any, what: str = "the event", seconds: float = 10) -> Frame:
        """The first `ev` frame whose event passes."""
        return self.until(lambda f: f["t"] == "ev" and test(f["event"]), what, seconds)

    def events(self, channel: str) -> list[Frame]:
        """All events of a channel so far."""
        with self._came:
            return [f["event"] for f in self.frames if f["t"] == "ev" and f["ch"] == channel]
