"""Fan-out: events to subscribers, authorised at subscribe, per event and on replay. Lives on the event loop, never blocks."""

import asyncio
import random
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from schemas.ai import AiSignal
from schemas.delivery import Heartbeat
from schemas.topics import TICKET_STATE
from services.gateway.api.answers import AlarmView, ServiceView
from services.gateway.directory import Directory
from services.gateway.identity.principal import Viewer
from services.gateway.live import channels as naming
from services.gateway.live.client import FORBIDDEN, RESTART, SIGNED_OUT, SILENT, Client
from services.gateway.live.cursor import decode
from services.gateway.live.event import NO_TEAM, Event, Frame, ws_text
from services.gateway.live.listeners import Group, Listeners
from services.gateway.live.ring import Ring
from services.gateway.live.writer import Share, Writer
from services.runtime.telemetry import log

HEARTBEAT_SECONDS = 25
SILENCE_SECONDS = 2 * HEARTBEAT_SECONDS + 5
_KNOWN_TEAMS = 100_000
_KEPT_ALARMS, _ALARM_SECONDS = 100, 3600
_PING = ws_text(b'{"t":"ping"}')


class Hub:
    """All sockets of this gateway and what they listen to."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.ring: Ring | None = None
        """None until the log has been read up to its end."""
        self.generation = b""
        self.left: list[Callable[[Client, str], None]] = []
        """Told when a client leaves a channel (presence)."""
        self._clients: set[Client] = set()
        self._listeners = Listeners()
        self._writer = Writer()
        self._teams: OrderedDict[str, str | None] = OrderedDict()
        self._beats: dict[str, Heartbeat] = {}
        self._alarms: deque[AiSignal] = deque(maxlen=_KEPT_ALARMS)
        self._house: asyncio.Task[None] | None = None
        directory.changed.append(self._config_changed)

    # ---- what comes from the log

    def begin(self, ring: Ring, generation: bytes) -> None:
        """The reader knows where it starts."""
        self.ring, self.generation = ring, generation
        if self._house is None:
            self._house = asyncio.get_running_loop().create_task(self._keep_house())

    def publish(self, events: Iterable[Event]) -> None:
        """Take events in and hand them to whoever may see them."""
        ring = self.ring
        assert ring is not None
        shares: dict[Group, Share] = {}
        for place, event in enumerate(events):
            self._complete(event)
            ring.add(event)
            for key, label in naming.keys_of(event):
                for group in self._listeners.groups(key):
                    frame = visible_frame(event, key, label, group.viewer)
                    if frame is not None:
                        shares.setdefault(group, []).append((place, frame, event))
            event.frames.clear()
        self._writer.share_out(shares)

    def _complete(self, event: Event) -> None:
        """Fill in what the record could not know: the newest team where it names none, and the team that the ticket just left."""
        known = self._teams.get(event.ticket_id, event.team)
        if event.topic == TICKET_STATE.name:
            if event.ticket_id in self._teams and known != event.team and (known or NO_TEAM) not in event.was_teams:
                event.was_teams = (*event.was_teams, known or NO_TEAM)
            self._remember(event.ticket_id, event.team)
        else:
            event.team = known

    def _remember(self, ticket_id: str, team: str | None) -> None:
        self._teams[ticket_id] = team
        self._teams.move_to_end(ticket_id)
        if len(self._teams) > _KNOWN_TEAMS:
            self._teams.popitem(last=False)

    def team_of(self, ticket_id: str) -> tuple[bool, str | None]:
        """(known, team) as the log last said."""
        return ticket_id in self._teams, self._teams.get(ticket_id)

    def learn_team(self, ticket_id: str, team: str | None) -> None:
        """A ticket's team from Postgres, where the log has not spoken of it lately."""
        if ticket_id not in self._teams:
            self._remember(ticket_id, team)

    def heartbeat(self, value: bytes) -> None:
        """A process says how it is; for the pipeline page."""
        beat = Heartbeat.model_validate_json(value)
        self._beats[beat.instance] = beat
        event = orjson.dumps({"id": None, "type": "ops.heartbeat", "time": beat.at.isoformat(), "ticket_id": None, "version": None})
        self.tell("pipeline", "pipeline", event[:-1] + b',"data":' + value + b"}", ephemeral=True)

    def tell(self, key: str, label: str, event: bytes, *, ephemeral: bool = False) -> None:
        """An event of our own making to all of a channel. Its cursor is where the log stands: nothing of it can be replayed."""
        groups = self._listeners.groups(key)
        if not groups or self.ring is None:
            return
        head = b'{"t":"ev","ch":"' + label.encode() + b'","cursor":"' + self.ring.vector.encode()
        frame = Frame(ws_text(head + b'","event":' + event + b"}"), None, "ephemeral" if ephemeral else "append")
        self._writer.hand_out(frame, groups)

    # ---- what clients ask

    def attach(self, client: Client) -> None:
        """A socket is open."""
        self._clients.add(client)

    def detach(self, client: Client) -> None:
        """A socket is gone."""
        self._clients.discard(client)
        self._writer.forget(client)
        for key in list(client.channels):
            self.unsubscribe(client, key)

    def subscribe(self, client: Client, wanted: list[tuple[str, str]], since: object) -> tuple[bool, str, list[Frame]]:
        """Add channels (key, label) that the caller has authorised: (recovered, cursor where the replay starts, the replay).

        No await between reading the ring and joining the channels: nothing can come in between.
        """
        ring = self.ring
        assert ring is not None
        offsets = decode(since, self.generation) if since is not None else None
        recovered = since is None or (offsets is not None and ring.covers(offsets))
        start = str(since) if offsets is not None and recovered else ring.vector.encode().decode()
        replay: list[Frame] = []
        if offsets is not None and recovered:
            ahead = {s: o for s, o in enumerate(offsets) if o > ring.vector.offsets[s]}
            client.skip = {**client.skip, **ahead}
            labels = dict(wanted)
            for event in ring.since(offsets):
                for key, label in naming.keys_of(event):
                    frame = visible_frame(event, key, label, client.viewer) if key in labels else None
                    if frame is not None:
                        replay.append(frame)
                event.frames.clear()
        for key, _ in wanted:
            self._listeners.join(client, key)
        return recovered, start, replay

    def unsubscribe(self, client: Client, key: str) -> None:
        """Leave a channel."""
        self._listeners.leave(client, key)
        for tell in self.left:
            tell(client, key)

    def listeners(self, key: str) -> frozenset[Client]:
        """Who listens to a channel."""
        return frozenset(self._listeners.clients(key))

    def position(self) -> str:
        """Our place in the log, for `Stream-Position`; '' before it has one."""
        return self.ring.vector.encode().decode() if self.ring else ""

    @property
    def sockets(self) -> int:
        """Open websockets."""
        return len(self._clients)

    def services(self) -> list[ServiceView]:
        """The processes that were heard of in the last minute."""
        now = time.time()
        return [
            ServiceView.model_validate(b.model_dump(exclude={"version"}))
            for _, b in sorted(self._beats.items()) if now - b.at.timestamp() < 60
        ]  # fmt: skip

    def mailbox_health(self) -> dict[str, dict[str, Any]]:
        """State and error of each mailbox as ingest-fetch last said."""
        health: dict[str, dict[str, Any]] = {}
        for beat in sorted(self._beats.values(), key=lambda b: b.at):
            for box in beat.detail.get("mailboxes", []):
                if isinstance(box, dict) and "name" in box:
                    health[str(box["name"])] = {name: box.get(name) for name in ("state", "error", "progress")}
        return health

    def alarm(self, signal: AiSignal) -> None:
        """The windowed job saw something about mail that a person should hear of. A repetition has the same id."""
        if signal.kind.startswith("mail_") and all(known.id != signal.id for known in self._alarms):
            self._alarms.append(signal)

    def alarms(self) -> list[AlarmView]:
        """Alarms of the last hour, newest first, as far as this gateway heard of them."""
        recent = (s for s in reversed(self._alarms) if time.time() - s.created_at.timestamp() < _ALARM_SECONDS)
        return [AlarmView(id=s.id, kind=s.kind, at=s.created_at, data=s.data) for s in recent]

    # ---- rights

    def end_logins(self, login_ids: frozenset[str]) -> None:
        """Sessions or keys ended: so do their sockets."""
        for client in [c for c in self._clients if c.login_id in login_ids]:
            client.close(SIGNED_OUT, "signed out")

    def recheck(self, agent_id: str) -> None:
        """An agent's rights changed: drop what they may not hear any more."""
        viewer = self.directory.viewer(agent_id)
        for client in [c for c in self._clients if c.viewer.agent_id == agent_id]:
            if viewer is None:
                client.close(SIGNED_OUT, "the account is not active")
                continue
            self._listeners.see_as(client, viewer)
            for key in list(client.channels):
                if not self._still_allowed(viewer, key):
                    self.unsubscribe(client, key)
                    client.send_json({"t": "error", "code": FORBIDDEN, "detail": f"{naming.label_of(key)} is not yours to see any more"})

    def _still_allowed(self, viewer: Viewer, key: str) -> bool:
        if key.startswith("queue:team:"):
            return viewer.sees(key.removeprefix("queue:team:"))
        if key.startswith("ticket:"):
            known, team = self.team_of(key.removeprefix("ticket:"))
            return known and viewer.sees(team)
        return True

    def _config_changed(self, kind: str, key: str) -> None:
        if kind == "agent":
            self.recheck(key)
        if self.ring is None:
            return
        event = {"id": None, "type": "config.changed", "time": None, "ticket_id": None, "version": None, "data": {"kind": kind, "id": key}}
        for viewer_id in {c.viewer.agent_id for c in self._clients}:
            self.tell(f"user:{viewer_id}", "user:me", orjson.dumps(event))

    def mail_changed(self) -> None:
        """Mail was parked or settled, an address suppressed or released: whoever shows that asks again. What it was, only REST tells."""
        if self.ring is None:
            return
        event: dict[str, Any] = {"id": None, "type": "mail.changed", "time": None, "ticket_id": None, "version": None, "data": {}}
        for viewer_id in {c.viewer.agent_id for c in self._clients}:
            self.tell(f"user:{viewer_id}", "user:me", orjson.dumps(event))

    # ---- time

    def wake(self, client: Client) -> None:
        """A client has frames to send or a reader to watch."""
        self._writer.wake(client)

    async def _keep_house(self) -> None:
        """Heartbeats, silent clients, old events."""
        ping, pinged = Frame(_PING, None, "append"), time.monotonic()
        while True:
            await asyncio.sleep(1)
            now = time.monotonic()
            if self.ring is not None:
                self.ring.trim()
            due = now - pinged >= HEARTBEAT_SECONDS
            pinged = now if due else pinged
            for client in list(self._clients):
                if client.closed:
                    self.detach(client)
                elif now - client.heard_at > SILENCE_SECONDS:
                    client.close(SILENT, "no answer to the heartbeat")
                elif due and client.push(ping):
                    self.wake(client)

    async def say_goodbye(self) -> None:
        """Tell everybody to come back elsewhere after a random delay, then close with 1012."""
        if self._house is not None:
            self._house.cancel()
        for client in list(self._clients):
            client.send_json({"t": "bye", "reconnect_ms": random.randrange(50, 2000)})
            client.close(RESTART, "the gateway restarts")
        log.info("sockets told to reconnect", count=len(self._clients))
        if self._clients:
            await asyncio.sleep(0.05)


def visible_frame(event: Event, key: str, label: str, viewer: Viewer) -> Frame | None:
    """What this viewer gets of an event on a channel: it, its `gone`, or nothing."""
    if viewer.sees(event.team) and naming.holds(event, key):
        return event.frame(label)
    if key.startswith("queue:") and naming.left(event, key, viewer):
        return event.frame(label, gone=True)
    return None
