"""A Gemini server of our own: speaks `generateContent` over HTTP, and does what it is told to do wrong."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[dict[str, Any]], Any]


@dataclass
class FakeGemini:
    """`script` holds one step per request, the last one for all that follow. A step is an answer function or a fault's name."""

    script: list[Answer | str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def step(self, request: dict[str, Any]) -> Answer | str:
        self.requests.append(request)
        return self.script[min(len(self.requests), len(self.script)) - 1]


def candidate(text: str, *, finish: str = "STOP") -> dict[str, Any]:
    return {
        "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": finish}],
        "modelVersion": "fake-flash-001",
        "usageMetadata": {"promptTokenCount": 900, "candidatesTokenCount": 120, "totalTokenCount": 1020},
    }


def data_of(request: dict[str, Any]) -> dict[str, Any]:
    """What stands between the marks of a prompt."""
    found: dict[str, Any] = json.loads(request["contents"][0]["parts"][0]["text"].split("\n")[1])
    return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeGemini

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        step = self.fake.step({**body, "path": self.path})
        if step == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True  # the last reference to the socket goes with this request, and closing it sends RST
            return
        if step == "hang":
            self.fake.release.wait(30)
            self.close_connection = True
            return
        code, answer = self._fault(step) if isinstance(step, str) else (200, step(body))
        if code == 200 and "streamGenerateContent" in self.path:
            self._stream(answer, whole=step != "cut")
        else:
            self._reply(code, answer)

    def _stream(self, answer: dict[str, Any], *, whole: bool) -> None:
        """Server-sent events: the text in pieces, STOP and usage with the last one; a cut stream ends politely without them."""
        parts = answer["candidates"][0]["content"].get("parts", []) if answer["candidates"] else []
        text = parts[0]["text"] if parts else ""
        pieces = [text[i : i + 17] for i in range(0, len(text), 17)]
        events = [
            {"candidates": [{"content": {"role": "model", "parts": [{"text": piece}]}}], "modelVersion": "fake-flash-001"}
            for piece in pieces[:-1]
        ]
        last = {**answer, "candidates": [{**c, "content": {"parts": [{"text": p} for p in pieces[-1:]]}} for c in answer["candidates"]]}
        raw = "".join(f"data: {json.dumps(event)}\r\n\r\n" for event in (*events, *((last,) if whole else ()))).encode()
        self._send(200, "text/event-stream", raw)

    def _fault(self, name: str) -> tuple[int, Any]:
        if name == "429":
            details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"}]
            return 429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow down", "details": details}}
        if name == "500":
            return 500, {"error": {"code": 500, "status": "INTERNAL", "message": "oops"}}
        return 200, {
            "truncated": candidate('{"team": "t3", "team_confid', finish="MAX_TOKENS"),
            "truncated_stop": candidate('{"team": "t3", "team_confid'),
            "empty": {"candidates": [], "promptFeedback": {"blockReason": "SAFETY"}},
            "no_parts": {"candidates": [{"finishReason": "STOP", "content": {}}]},
            "cut": candidate('{"reply": "Hello, this is only the begin"}'),
            "not_json": candidate("I am sorry, I cannot do that."),
        }[name]

    def _reply(self, code: int, body: Any) -> None:
        self._send(code, "application/json", json.dumps(body).encode())

    def _send(self, code: int, kind: str, raw: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Quiet."""


@contextmanager
def serving(fake: FakeGemini) -> Iterator[FakeGemini]:
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        fake.release.set()
        server.shutdown()
        server.server_close()
