"""The fan-out's shortcuts - groups of viewers, shared bytes, one write a round - give every client what it would get alone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import given, settings, strategies as st
from sqlalchemy.ext.asyncio import create_async_engine

from services.gateway.database import Database
from services.gateway.directory import Directory, Entry
from services.gateway.identity.principal import Principal, Viewer
from services.gateway.live.client import Client
from services.gateway.live.cursor import SLOTS, Vector
from services.gateway.live.event import Frame
from services.gateway.live.hub import Hub, visible_frame
from services.gateway.live.joins import Joins
from services.gateway.live.listeners import Listeners, sight_of
from services.gateway.live.ring import Ring
from tests.gateway.test_fan_out import GENERATION, SlowSocket, event, viewer

TEAMS = ["t1", "t2"]
KEYS = ["queue:all", "queue:team:t1", "queue:team:t2"]
VIEWER = st.builds(viewer, st.sampled_from(["admin", "agent"]), st.frozensets(st.sampled_from(TEAMS)))


class QuickSocket(SlowSocket):
    """Its reader takes everything at once."""

    def __init__(self) -> None:
        super().__init__()
        self.wrote = asyncio.Event()

    def write(self, data: bytes) -> None:
        super().write(data)
        self.wrote.set()

    def waiting(self) -> int:
        return 0


@dataclass(slots=True)
class Listener:
    """A client and what it would get if it were alone."""

    client: Client
    socket: QuickSocket
    due: list[bytes] = field(default_factory=list)


def listen(who: Viewer) -> Listener:
    socket = QuickSocket()
    return Listener(Client(socket, Principal(viewer=who, login_id="s", cookie=True)), socket)


def open_hub() -> Hub:
    """A hub that never asks its database."""
    hub = Hub(Directory(Database(create_async_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))))
    hub.begin(Ring(Vector(GENERATION, [0] * len(SLOTS)), window=1e12), GENERATION)
    return hub


STATE = st.tuples(st.sampled_from(["", *TEAMS]), st.lists(st.sampled_from(["team:", "team:t1", "team:t2"]), max_size=2))


@settings(max_examples=60)
@given(
    crowd=st.lists(st.tuples(VIEWER, st.sets(st.sampled_from(KEYS)), st.integers(0, 6)), max_size=6),
    batches=st.lists(st.lists(STATE, min_size=1, max_size=4), min_size=1, max_size=4),
)
def test_every_client_gets_what_it_would_get_alone(
    crowd: list[tuple[Viewer, set[str], int]], batches: list[list[tuple[str, list[str]]]]
) -> None:
    async def run() -> None:
        hub = open_hub()
        listeners = []
        for who, keys, skipped in crowd:
            one = listen(who)
            hub.attach(one.client)
            hub.subscribe(one.client, [(key, key) for key in sorted(keys)], None)
            one.client.skip = {0: skipped} if skipped else {}
            listeners.append(one)
        number = 0
        for states in batches:
            made = []
            for team, was in states:
                made.append(event(offset=number, ce_team=team, ce_was=",".join(was), ce_subject=f"ticket{number}"))
                number += 1
            hub.publish(made)
            for one in listeners:
                for happened in made:
                    frames = [
                        visible_frame(happened, k, k, one.client.viewer)
                        for k in naming_order(happened.team, happened.was_teams)
                        if k in one.client.channels
                    ]
                    one.due += [f.data for f in frames if f is not None and happened.offset >= one.client.skip.get(0, 0)]
        for one in listeners:
            one.client.flush()
            assert sorted(split(one.socket.taken)) == sorted(one.due)
        await hub.say_goodbye()

    asyncio.run(run())


def naming_order(team: str | None, was: tuple[str, ...]) -> list[str]:
    """The channels of a state."""
    return ["queue:all", *{f"queue:team:{name}" for name in (team, *was) if name}]


def split(data: bytes) -> list[bytes]:
    """Websocket frames, headers included."""
    frames = []
    while data:
        size, start = (data[1], 2) if data[1] < 126 else (int.from_bytes(data[2:4], "big"), 4)
        frames.append(data[: start + size])
        data = data[start + size :]
    return frames


def test_clients_that_wait_for_the_same_get_the_same_bytes() -> None:
    one, two, three = (Frame(text, None, "append") for text in (b"one", b"two", b"three"))
    joins = Joins()
    first = joins.of([one, two, three])
    assert first == b"onetwothree" and joins.of([one, two, three]) is first
    assert joins.of([one, Frame(b"TWO", None, "append"), three]) == b"oneTWOthree"
    assert joins.of([two]) is two.data


def test_what_a_batch_brings_to_an_idle_client_is_one_write_at_once() -> None:
    async def run() -> None:
        hub = open_hub()
        one = listen(viewer("admin", frozenset()))
        hub.attach(one.client)
        hub.subscribe(one.client, [("queue:all", "queue:all")], None)
        hub.publish([event(offset=n) for n in range(3)])
        assert len(split(one.socket.taken)) == 3  # no tick has passed
        one.socket.wrote.clear()
        hub.publish([event(offset=3)])
        assert len(split(one.socket.taken)) == 3  # this one waits for the tick
        await asyncio.wait_for(one.socket.wrote.wait(), 5)
        assert len(split(one.socket.taken)) == 4
        await hub.say_goodbye()

    asyncio.run(run())


def test_rights_that_change_move_a_busy_client_before_the_next_event() -> None:
    async def run() -> None:
        hub = open_hub()
        agent = {"name": "A", "email": "a@x.example", "role": "agent", "teams": ["t1"], "active": True}
        hub.directory.put("agent", "a1", Entry(1, agent))
        one = listen(viewer("agent", frozenset({"t1"})))
        hub.attach(one.client)
        hub.subscribe(one.client, [("queue:all", "queue:all"), ("queue:team:t1", "queue:team:t1")], None)
        hub.publish([event(offset=0, ce_team="t1")])
        assert one.client.hot
        hub.directory.put("agent", "a1", Entry(2, {**agent, "teams": ["t2"]}))
        before = one.socket.taken
        hub.publish([event(offset=1, ce_team="t1", ce_subject="secret")])
        one.client.flush()
        assert b"secret" not in one.socket.taken[len(before) :] and one.client.channels == {"queue:all"}
        hub.directory.put("agent", "a1", Entry(3, {**agent, "active": False}))
        ended = one.socket.taken
        hub.publish([event(offset=2, ce_subject="afterwards")])
        assert one.socket.taken == ended and not one.client.pending
        await hub.say_goodbye()

    asyncio.run(run())


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["join", "leave", "see"]), st.sampled_from(KEYS), VIEWER), max_size=40))
def test_a_client_is_always_in_the_group_of_its_rights(steps: list[tuple[int, str, str, Viewer]]) -> None:
    listeners, clients = Listeners(), [listen(viewer("agent", frozenset())).client for _ in range(4)]
    expected: dict[str, set[int]] = {key: set() for key in KEYS}
    for number, step, key, rights in steps:
        if step == "join":
            listeners.join(clients[number], key)
            expected[key].add(number)
        elif step == "leave":
            listeners.leave(clients[number], key)
            expected[key].discard(number)
        else:
            listeners.see_as(clients[number], rights)
    for key in KEYS:
        assert sorted(clients.index(c) for c in listeners.clients(key)) == sorted(expected[key])
        for group in listeners.groups(key):
            assert group.clients
            assert {sight_of(c.viewer) for c in group.clients} == {sight_of(group.viewer)}


def test_a_slow_reader_of_many_frames_keeps_its_messages_until_it_is_cut_off() -> None:
    socket = SlowSocket()
    client = Client(socket, Principal(viewer=viewer("agent", frozenset()), login_id="s", cookie=True))
    client.push(Frame(b"x" * 100_000, None, "append"))
    for number in range(600):
        client.push(Frame(b"s" * 1000, "queue:all\x00t", "state"))
        client.push(Frame(f"m{number};".encode(), None, "append"))
        if number % 10 == 0:
            assert client.flush() is True  # 600 kB of old states of one ticket are no reason to cut it off
    assert not socket.aborted
    socket.buffered = 0
    client.flush()
    rest = socket.taken[100_000:]
    assert rest.count(b"s") == 1000 and [m for m in rest.replace(b"s", b"").split(b";") if m] == [b"m%d" % n for n in range(600)]
