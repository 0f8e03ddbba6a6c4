"""Cursors, ring, routing and rights of the live channel, without servers."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from hypothesis import given, strategies as st

from schemas.topics import AI_PROGRESS, TICKET_EVENTS, TICKET_MESSAGES, TICKET_STATE
from services.gateway.identity.principal import Principal, Viewer
from services.gateway.live.channels import key_for, keys_of
from services.gateway.live.client import ABORT_ABOVE, Client
from services.gateway.live.cursor import SLOTS, Vector, decode, generation_of
from services.gateway.live.event import Event, Frame, to_event
from services.gateway.live.hub import Hub, visible_frame
from services.gateway.live.ring import WINDOW_SECONDS, Ring
from services.runtime.codec import Record

if TYPE_CHECKING:
    from services.gateway.directory import Directory

GENERATION = generation_of(["a", "b"])
TICKET = "01a203ca-6dad-7c0a-aedd-ed7343e5a697"
TICKET_VALUE = json.dumps({"ticket_id": TICKET}).encode()
LATER_MS = 4_000_000_000_000
TEAMS = ["t1", "t2", "t3"]
AGENTS = ["a1", "a2"]


def record(topic: str = TICKET_STATE.name, *, value: bytes = b'{"x":1}', offset: int = 0, partition: int = 0, **headers: str) -> Record:
    named = {
        "ce_id": "e1",
        "ce_type": "helpdesk.ticket.state.v1",
        "ce_time": "2026-11-22T00:00:00Z",
        "ce_subject": TICKET,
        "ce_version": "3",
        **headers,
    }
    return Record(topic=topic, partition=partition, offset=offset, key=TICKET, value=value, headers=named, time_ms=1_000_000)


def event(**more: object) -> Event:
    made = to_event(record(**more))  # type: ignore[arg-type]
    assert made is not None
    return made


def payload(frame: Frame) -> dict[str, object]:
    """What a websocket client reads of a frame."""
    data = frame.data
    start = 2 if data[1] < 126 else 4 if data[1] == 126 else 10
    return dict(json.loads(data[start:]))


@given(st.lists(st.integers(0, 2**48), min_size=len(SLOTS), max_size=len(SLOTS)))
def test_a_cursor_is_read_as_it_was_made(offsets: list[int]) -> None:
    made = Vector(GENERATION, offsets).encode().decode()
    assert decode(made, GENERATION) == offsets
    assert decode(made, generation_of(["other"])) is None


@given(st.one_of(st.text(), st.binary(), st.integers(), st.none(), st.lists(st.integers())))
def test_nonsense_is_no_cursor(given_: object) -> None:
    assert decode(given_, GENERATION) is None


@given(st.lists(st.tuples(st.integers(0, len(SLOTS) - 1), st.integers(1, 3)), max_size=60), st.integers(0, 60), st.integers(0, 20))
def test_the_ring_replays_exactly_what_lies_behind_a_cursor(steps: list[tuple[int, int]], at: int, forget: int) -> None:
    places = {slot: place for place, slot in SLOTS.items()}
    ring = Ring(Vector(GENERATION, [0] * len(SLOTS)))
    added, cursor = [], ring.vector.encode().decode()
    for number, (slot, gap) in enumerate(steps):
        topic, partition = places[slot]
        made = event(topic=topic, partition=partition, offset=ring.vector.offsets[slot] + gap - 1, value=TICKET_VALUE)
        made.at_ms = LATER_MS + number
        ring.add(made)
        added.append(made)
        if number + 1 == at:
            cursor = made.cursor.decode()
    position = min(at, len(steps)) if at <= len(steps) else 0
    ring.trim(now=(LATER_MS + forget) / 1000 + WINDOW_SECONDS)
    offsets = decode(cursor, GENERATION)
    assert offsets is not None
    if ring.covers(offsets):
        assert list(ring.since(offsets)) == added[position:]
    else:
        assert any(e not in list(ring.since(offsets)) for e in added[position:])


def test_the_ring_is_bounded_in_memory() -> None:
    ring = Ring(Vector(GENERATION, [0] * len(SLOTS)), window=1e12, most_bytes=100_000)
    for number in range(3000):
        ring.add(event(offset=number, value=b'"' + b"x" * 1000 + b'"'))
    assert len(ring) < 100 and not ring.covers([0] * len(SLOTS))


def test_values_go_out_untouched() -> None:
    made = event(value='{"subject":"Größe  🎈","n":1.50}'.encode(), ce_team="t1")
    made.cursor = b"c"
    assert '{"subject":"Größe  🎈","n":1.50}'.encode() in made.frame("queue:all").data
    assert payload(made.frame("queue:all"))["event"] == {
        "id": "e1", "type": "ticket.state", "time": "2026-11-22T00:00:00Z", "ticket_id": TICKET, "version": 3, "data": {"subject": "Größe  🎈", "n": 1.5},
    }  # fmt: skip
    gone = cast("dict[str, object]", payload(made.frame("queue:all", gone=True))["event"])
    assert gone["data"] is None


def test_long_messages_are_truncated_and_events_are_whole() -> None:
    message = {"id": "m1", "body_text": "x" * 100_000, "body_html": "y" * 100_000, "kind": "note"}
    made = event(topic=TICKET_MESSAGES.name, value=json.dumps(message).encode(), ce_type="helpdesk.ticket.message.v1")
    data = json.loads(made.value or b"")
    assert data["truncated"] is True and data["kind"] == "note" and len(data["body_text"]) == 4096 and data["body_html"] is None
    happened = {
        "id": "e1",
        "ticket_id": TICKET,
        "type": "ticket.opened",
        "time": "t",
        "version": 1,
        "actor": {"kind": "system"},
        "data": {},
    }
    made = event(topic=TICKET_EVENTS.name, value=json.dumps(happened).encode(), ce_type="helpdesk.ticket.opened.v1")
    assert payload(made.frame(f"ticket:{TICKET}"))["event"] == happened
    assert event(topic=AI_PROGRESS.name, ce_type="helpdesk.ai.delta.v1").event_class == "ephemeral"


def viewer(role: str, teams: frozenset[str]) -> Viewer:
    return Viewer(agent_id="a1", name="A", email="a@x", role=role, teams=teams)  # type: ignore[arg-type]


TEAM = st.sampled_from([None, *TEAMS])


@given(
    team=TEAM, left=st.lists(st.sampled_from(["team:", *(f"team:{t}" for t in TEAMS), *(f"agent:{a}" for a in AGENTS)]), max_size=2),
    assignee=st.sampled_from([None, *AGENTS]), role=st.sampled_from(["admin", "lead", "agent", "light"]), teams=st.frozensets(st.sampled_from(TEAMS)),
)  # fmt: skip
def test_what_a_viewer_gets_equals_the_policy(
    team: str | None, left: list[str], assignee: str | None, role: str, teams: frozenset[str]
) -> None:
    """The oracle is the row policy: no team, or one of mine, or admin."""

    def may(of: str | None) -> bool:
        return role == "admin" or of is None or of in teams

    made = event(ce_team=team or "", ce_assignee=assignee or "", ce_was=",".join(left))
    me = viewer(role, teams)
    for key, label in keys_of(made):
        if key.startswith("queue:agent:") and key != "queue:agent:a1":
            continue  # nobody else can listen to it
        if key.startswith("queue:team:") and not may(key[11:]):
            continue  # refused at subscribe
        frame = visible_frame(made, key, label, me)
        shown = frame is not None and b'"data":{' in frame.data
        here = key == "queue:all" or key in {f"queue:team:{team}", f"queue:agent:{assignee}"}
        assert shown == (may(team) and here)
        if frame is None and key == "queue:all":
            assert not any(may(w[5:] or None) for w in left if w.startswith("team:"))


@given(st.text(max_size=60))
def test_no_text_becomes_a_channel_of_somebody_else(label: str) -> None:
    key = key_for(label, viewer("agent", frozenset()))
    assert key is None or key in {"queue:all", "pipeline", "queue:agent:a1", "user:a1"}
    assert key_for("queue:agent:a2", viewer("admin", frozenset())) is None


class SlowSocket:
    """A transport whose reader takes nothing."""

    def __init__(self) -> None:
        self.taken = b""
        self.buffered = 0
        self.aborted = False

    def write(self, data: bytes) -> None:
        self.taken += data
        self.buffered += len(data)

    def waiting(self) -> int:
        return self.buffered

    def abort(self) -> None:
        self.aborted = True

    def close_with(self, code: int, reason: str) -> None:
        self.aborted = True


def slow_client() -> tuple[Client, SlowSocket]:
    socket = SlowSocket()
    return Client(socket, Principal(viewer=viewer("agent", frozenset()), login_id="s", cookie=True)), socket


def test_the_first_frame_goes_at_once_and_the_rest_with_the_tick() -> None:
    client, socket = slow_client()
    assert client.push(Frame(b"one", None, "append")) is True
    assert client.push(Frame(b"two", None, "append")) is False and client.push(Frame(b"three", None, "append")) is False
    assert socket.taken == b"one"
    client.flush()
    assert socket.taken == b"onetwothree"


def test_a_slow_reader_keeps_every_message_and_the_newest_state_only() -> None:
    client, socket = slow_client()
    client.push(Frame(b"x" * 100_000, None, "append"))
    for number in range(3):
        client.push(Frame(f"state{number};".encode(), "queue:all\x00t", "state"))
        client.push(Frame(f"message{number};".encode(), None, "append"))
    assert client.flush() is True and not socket.aborted
    socket.buffered = 0
    client.flush()
    assert socket.taken[100_000:] == b"message0;message1;state2;message2;"


def test_ephemeral_frames_go_first_and_too_much_is_cut_off() -> None:
    client, socket = slow_client()
    client.push(Frame(b"x" * 300_000, None, "append"))
    client.push(Frame(b"typing;", None, "ephemeral"))
    client.push(Frame(b"message;", None, "append"))
    client.flush()
    socket.buffered = 0
    client.flush()
    assert socket.taken.endswith(b"xmessage;")
    socket.buffered = 100_000
    client.push(Frame(b"y" * ABORT_ABOVE, None, "append"))
    assert client.flush() is False and socket.aborted


def test_stripes_of_a_batch_stay_in_order() -> None:
    """Frames of one tick are one write, in the order they came."""

    async def run() -> bytes:
        client, socket = slow_client()
        for number in range(100):
            client.push(Frame(f"{number};".encode(), None, "append"))
        client.flush()
        return socket.taken

    assert asyncio.run(run()) == "".join(f"{n};" for n in range(100)).encode()


@given(
    st.lists(st.tuples(TEAM, st.lists(st.sampled_from(["team:t1", "agent:a1"]), max_size=1)), min_size=1, max_size=8),
    st.lists(st.frozensets(st.sampled_from(TEAMS)), min_size=1, max_size=3),
    st.frozensets(st.sampled_from(["queue:all", "queue:agent:a1", "queue:team:t1"]), min_size=1),
)
def test_a_client_of_several_channels_gets_a_batch_in_the_order_of_the_log(
    happened: list[tuple[str | None, list[str]]], rights: list[frozenset[str]], keys: frozenset[str]
) -> None:
    """A cursor that ran ahead of an event on another channel would lose it at the next drop."""

    async def run() -> list[tuple[Client, list[Frame]]]:
        hub = Hub(cast("Directory", SimpleNamespace(changed=[])))
        hub.ring = Ring(Vector(GENERATION, [0] * len(SLOTS)), window=1e12)
        clients = [slow_client()[0] for _ in rights]
        for client, teams in zip(clients, rights, strict=True):
            client.viewer, client.hot = viewer("agent", teams), True
            hub.attach(client)
            hub.subscribe(client, [(key, key) for key in sorted(keys)], None)
        hub.publish(event(offset=at, ce_team=team or "", ce_was=",".join(was)) for at, (team, was) in enumerate(happened))
        return [(client, client.pending) for client in clients]

    for client, frames in asyncio.run(run()):
        cursors = [cast("str", payload(frame)["cursor"]) for frame in frames]
        places = [(decode(cursor, GENERATION) or [0])[SLOTS[TICKET_STATE.name, 0]] for cursor in cursors]
        assert places == sorted(places)
        seen = [at + 1 for at, (team, _) in enumerate(happened) if client.viewer.sees(team)]
        assert "queue:all" not in keys or set(seen) <= set(places)
