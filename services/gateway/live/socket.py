"""The websocket endpoint: handshake, then the client's frames (contract.md, Live)."""

import time
import uuid
from typing import Any

import orjson
from sqlalchemy import text
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from services.gateway.errors import problem_body
from services.gateway.identity.asking import authenticate
from services.gateway.identity.origin import trusted
from services.gateway.live import channels as naming
from services.gateway.live.client import BAD_FRAME, FORBIDDEN, MOST_SUBSCRIPTIONS, TOO_MUCH, Client
from services.gateway.live.hub import HEARTBEAT_SECONDS
from services.gateway.live.presence import Presence
from services.gateway.live.protocol import SOCKET
from services.gateway.parts import Parts
from services.runtime.telemetry import log

SUBPROTOCOL = "helpdesk.v1.json"
_FRAMES_PER_SECOND = 50
_TEAM = text("SELECT team_id::text FROM helpdesk.ticket WHERE id = :id")


class LiveEndpoint:
    """ASGI application of `/api/v1/live`."""

    def __init__(self, parts: Parts, presence: Presence) -> None:
        self._parts, self._presence = parts, presence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection from handshake to close."""
        await receive()
        connection = HTTPConnection(scope)
        refusal = await self._refusal(connection)
        principal = None if refusal else await authenticate(connection, self._parts)
        if refusal or principal is None:
            await _refuse(send, *(refusal or (401, "sign in, or send an API key")))
            return
        chosen = SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None
        await send({"type": "websocket.accept", "subprotocol": chosen, "headers": []})
        client = Client(scope["extensions"][SOCKET], principal)
        self._parts.hub.attach(client)
        try:
            client.send_json({"t": "hello", "session": uuid.uuid4().hex, "heartbeat": HEARTBEAT_SECONDS})
            await self._listen(client, receive)
        finally:
            client.closed = True
            self._parts.hub.detach(client)

    async def _refusal(self, connection: HTTPConnection) -> tuple[int, str] | None:
        if not trusted(connection.headers, self._parts.origins, needed=False):
            return 403, "this page may not listen for you: its Origin is not the desk's"
        if self._parts.hub.ring is None or not self._parts.health.ready.is_set():
            return 503, "the gateway is starting"
        offered = connection.scope["subprotocols"]
        if offered and SUBPROTOCOL not in offered:
            return 400, f"the subprotocol is {SUBPROTOCOL}"
        return None

    async def _listen(self, client: Client, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive" or client.closed:
                return
            if _too_fast(client):
                client.close(TOO_MUCH, "too many frames a second")
                return
            try:
                frame = orjson.loads(message.get("text") or message.get("bytes") or b"")
            except orjson.JSONDecodeError:
                frame = None
            if not isinstance(frame, dict) or not await self._handle(client, frame):
                client.close(BAD_FRAME, "not a frame of helpdesk.v1.json")
                return

    async def _handle(self, client: Client, frame: dict[str, Any]) -> bool:
        """False for a frame that is none of the protocol's."""
        kind = frame.get("t")
        if kind == "pong":
            return True
        if kind == "ping":
            client.send_json({"t": "pong"})
            return True
        if kind == "presence" and isinstance(frame.get("ticket"), str):
            self._presence.seen(client, frame["ticket"], typing=frame.get("typing") is True)
            return True
        labels = frame.get("channels")
        if kind not in {"sub", "unsub"} or not isinstance(labels, list) or not all(isinstance(c, str) and len(c) < 200 for c in labels):
            return False
        if kind == "unsub":
            self._unsubscribe(client, frame.get("id"), labels)
        else:
            await self._subscribe(client, frame.get("id"), labels, frame.get("since"))
        return True

    def _unsubscribe(self, client: Client, number: object, labels: list[str]) -> None:
        for label in labels:
            key = naming.key_for(label, client.viewer)
            if key in client.channels:
                self._parts.hub.unsubscribe(client, key)
        client.send_json({"t": "ok", "id": number, "recovered": True, "cursor": self._parts.hub.position()})

    async def _subscribe(self, client: Client, number: object, labels: list[str], since: object) -> None:
        hub = self._parts.hub
        if len(client.channels | set(labels)) > MOST_SUBSCRIPTIONS:
            client.send_json(
                {"t": "error", "id": number, "code": TOO_MUCH, "detail": f"at most {MOST_SUBSCRIPTIONS} subscriptions a socket"}
            )
            return
        wanted: list[tuple[str, str]] = []
        for label in dict.fromkeys(labels):
            key = await self._allowed(client, label)
            if key is None:
                client.send_json(
                    {"t": "error", "id": number, "ch": label, "code": FORBIDDEN, "detail": "no such channel, or it is not yours to hear"}
                )
            else:
                wanted.append((key, label))
        if client.closed or (labels and not wanted):
            return
        # Rights may have changed while Postgres was asked; `subscribe` and every event check them again, tickets by the newest team known.
        recovered, cursor, replay = hub.subscribe(client, wanted, since)
        client.send_json({"t": "ok", "id": number, "recovered": recovered, "cursor": cursor})
        for frame in replay:
            client.push(frame)
        if client.hot:
            hub.wake(client)
        for key, _ in wanted:
            self._presence.show(client, key)

    async def _allowed(self, client: Client, label: str) -> str | None:
        key = naming.key_for(label, client.viewer)
        if key is None:
            return None
        if key.startswith("queue:team:"):
            team = key.removeprefix("queue:team:")
            return key if client.viewer.sees(team) and self._parts.directory.value("team", team) is not None else None
        if key.startswith("ticket:"):
            return key if await self._sees_ticket(client, key.removeprefix("ticket:")) else None
        return key

    async def _sees_ticket(self, client: Client, ticket_id: str) -> bool:
        known, team = self._parts.hub.team_of(ticket_id)
        if known:
            return client.viewer.sees(team)
        async with self._parts.database.seen_by(client.viewer.agent_id) as connection:
            row = (await connection.execute(_TEAM, {"id": ticket_id})).first()
        if row is None:
            return False
        self._parts.hub.learn_team(ticket_id, row[0])
        return True


def _too_fast(client: Client) -> bool:
    now = time.monotonic()
    client.heard_at = now
    client.recent = [at for at in client.recent if now - at < 1]
    client.recent.append(now)
    return len(client.recent) > _FRAMES_PER_SECOND


async def _refuse(send: Send, status: int, detail: str) -> None:
    log.info("websocket refused", status=status)
    body = problem_body(status, detail)
    headers = [(b"content-type", b"application/problem+json"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
