"""Who looks at a ticket and who types: advice only, at most ten times a second a ticket, shared through Redis where it answers."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.gateway.live.client import Client
from services.gateway.live.event import Frame, ws_text
from services.gateway.live.hub import Hub
from services.runtime.telemetry import log

CHANNEL = "helpdesk:presence"
_PAUSE_SECONDS = 0.1
_TYPING_SECONDS = 6.0
_REMOTE_SECONDS = 40.0


@dataclass(slots=True)
class _Seen:
    typing_until: float = 0.0


class Presence:
    """Presence of this gateway's sockets, and what the other gateways said of theirs."""

    def __init__(self, hub: Hub, redis: Redis, *, instance: str) -> None:
        self._hub, self._redis, self._instance = hub, redis, instance
        self._here: dict[str, dict[Client, _Seen]] = {}
        self._there: dict[str, dict[str, tuple[float, list[dict[str, Any]]]]] = {}
        self._due: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        hub.left.append(self._left)

    def seen(self, client: Client, ticket_id: str, *, typing: bool) -> None:
        """A client says that it looks at a ticket it is subscribed to, and whether it types."""
        if f"ticket:{ticket_id}" not in client.channels:
            return
        state = self._here.setdefault(ticket_id, {}).setdefault(client, _Seen())
        state.typing_until = time.monotonic() + _TYPING_SECONDS if typing else 0.0
        self._schedule(ticket_id)

    def show(self, client: Client, key: str) -> None:
        """Tell a new subscriber of a ticket who is there."""
        ticket_id = key.removeprefix("ticket:")
        if key.startswith("ticket:") and (users := self._users(ticket_id)):
            client.send_json({"t": "presence", "ticket": ticket_id, "users": users})

    def _left(self, client: Client, key: str) -> None:
        ticket_id = key.removeprefix("ticket:")
        here = self._here.get(ticket_id)
        if here and here.pop(client, None) is not None:
            if not here:
                del self._here[ticket_id]
            self._schedule(ticket_id)

    def _schedule(self, ticket_id: str) -> None:
        if ticket_id not in self._due:
            self._due.add(ticket_id)
            asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._send, ticket_id, True)

    def _send(self, ticket_id: str, relay: bool) -> None:
        self._due.discard(ticket_id)
        payload = orjson.dumps({"t": "presence", "ticket": ticket_id, "users": self._users(ticket_id)})
        frame = Frame(ws_text(payload), f"presence\x00{ticket_id}", "ephemeral")
        for client in self._hub.listeners(f"ticket:{ticket_id}"):
            if client.push(frame):
                self._hub.wake(client)
        if relay:
            task = asyncio.get_running_loop().create_task(self._relay(ticket_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _local(self, ticket_id: str) -> list[dict[str, Any]]:
        now = time.monotonic()
        users: dict[str, dict[str, Any]] = {}
        for client, state in self._here.get(ticket_id, {}).items():
            typing = state.typing_until > now or users.get(client.viewer.agent_id, {}).get("typing", False)
            users[client.viewer.agent_id] = {"id": client.viewer.agent_id, "name": client.viewer.name, "typing": typing}
        return list(users.values())

    def _users(self, ticket_id: str) -> list[dict[str, Any]]:
        now = time.monotonic()
        users: dict[str, dict[str, Any]] = {}
        remote = [u for at, there in self._there.get(ticket_id, {}).values() if now - at < _REMOTE_SECONDS for u in there]
        for user in (*remote, *self._local(ticket_id)):
            known = users.get(user["id"])
            users[user["id"]] = {**user, "typing": user["typing"] or bool(known and known["typing"])}
        return list(users.values())

    async def _relay(self, ticket_id: str) -> None:
        try:
            await self._redis.publish(CHANNEL, orjson.dumps({"from": self._instance, "ticket": ticket_id, "users": self._local(ticket_id)}))
        except (RedisError, OSError):
            log.debug("presence stays on this gateway: redis away")

    def _heard(self, data: bytes) -> None:
        said = orjson.loads(data)
        if said["from"] == self._instance:
            return
        there = self._there.setdefault(said["ticket"], {})
        if said["users"]:
            there[said["from"]] = (time.monotonic(), said["users"])
        else:
            there.pop(said["from"], None)
            if not there:
                del self._there[said["ticket"]]
        self._send(said["ticket"], False)

    async def listen(self) -> None:
        """Hear the other gateways until cancelled; comes back by itself when Redis does."""
        while True:
            try:
                async with self._redis.pubsub() as heard:
                    await heard.subscribe(CHANNEL)
                    async for message in heard.listen():
                        if message["type"] == "message":
                            self._heard(message["data"])
            except (RedisError, OSError, orjson.JSONDecodeError, KeyError) as error:
                log.warning("presence of other gateways is not heard", error=type(error).__name__)
            await asyncio.sleep(2)

    async def refresh(self) -> None:
        """Repeat what is known every 15 s, so that a gateway that died fades and typing ends."""
        while True:
            await asyncio.sleep(15)
            for ticket_id in list(self._here):
                self._schedule(ticket_id)
            now = time.monotonic()
            for ticket_id, there in list(self._there.items()):
                for gateway in [g for g, (at, _) in there.items() if now - at > _REMOTE_SECONDS]:
                    del there[gateway]
                if not there:
                    del self._there[ticket_id]
