"""The live channel from outside: order, resume, rights, slow readers, goodbye."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
import uuid

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.gateway.running import Running
from tests.gateway.socket import Live
from tests.servers import eventually


def test_a_change_comes_to_queue_and_ticket_channel(desk: Running, http: httpx.Client) -> None:
    made = desk.open_ticket("Live one")
    with Live(desk.gateway, desk.env["AGENT_API_KEY"]) as live:
        assert live.until(lambda f: f["t"] == "hello")["heartbeat"] == 25
        live.sub("queue:all", f"ticket:{made['id']}")
        note = http.post(f"/tickets/{made['id']}/notes", json={"body_text": "live words"}).json()
        message = live.event(lambda e: e["type"] == "ticket.message" and e["data"]["id"] == note["id"])["event"]
        assert message["data"]["body_text"] == "live words" and message["ticket_id"] == made["id"]
        added = live.event(lambda e: e["type"] == "ticket.note_added")["event"]
        assert added["actor"]["kind"] == "agent" and {"id", "time", "version", "data"} <= added.keys()
        http.patch(f"/tickets/{made['id']}", json={"priority": "high"}).raise_for_status()
        state = live.event(lambda e: e["type"] == "ticket.state" and e["data"]["priority"] == "high")
        assert state["ch"] == "queue:all" and state["event"]["data"] == http.get(f"/tickets/{made['id']}").json()


def notes(live: Live, channel: str) -> list[str]:
    """Ids of the notes heard; the ticket's first message may still come after the socket opened."""
    return [e["id"] for e in live.events(channel) if e["type"] == "ticket.message" and e["data"]["kind"] == "note"]


def test_a_client_resumes_on_another_gateway_without_gap_or_double(desk: Running, http: httpx.Client) -> None:
    other = desk.start("gateway")
    desk.wait_ready(other)
    made = desk.open_ticket("Resume")
    channel = f"ticket:{made['id']}"
    cursor, seen = None, []
    for round_ in range(4):
        with Live((desk.gateway, other)[round_ % 2], desk.env["AGENT_API_KEY"]) as live:
            assert live.sub(channel, since=cursor)["recovered"] is True
            http.post(f"/tickets/{made['id']}/notes", json={"body_text": f"while open {round_}"}).raise_for_status()
            last = live.event(lambda e, n=round_: e["type"] == "ticket.message" and e["data"]["body_text"] == f"while open {n}")
            seen += notes(live, channel)
            cursor = last["cursor"]
        http.post(f"/tickets/{made['id']}/notes", json={"body_text": f"while away {round_}"}).raise_for_status()
    with Live(other, desk.env["AGENT_API_KEY"]) as live:
        ok = live.sub(channel, since=cursor)
        live.event(lambda e: e["type"] == "ticket.message" and e["data"]["body_text"] == "while away 3")
        seen += notes(live, channel)
        assert ok["recovered"] is True and live.frames.index(ok) < next(i for i, f in enumerate(live.frames) if f["t"] == "ev")
    assert len(seen) == len(set(seen)) == 8
    assert other.stop() == 0


def test_a_list_and_its_stream_position_have_no_gap(desk: Running, http: httpx.Client) -> None:
    position = http.get("/tickets").headers["stream-position"]
    made = desk.open_ticket("After the snapshot")
    with Live(desk.gateway, desk.env["AGENT_API_KEY"]) as live:
        assert live.sub("queue:all", since=position)["recovered"] is True
        live.event(lambda e: e["ticket_id"] == made["id"])


@pytest.mark.parametrize("since", ["bogus", "", 7, {"x": 1}, "AAAAAAAA"])
def test_nonsense_is_not_recovered(desk: Running, since: object) -> None:
    with Live(desk.gateway, desk.env["AGENT_API_KEY"]) as live:
        ok = live.sub("queue:all", since=since)
        assert ok["recovered"] is False and ok["cursor"]


def test_a_ticket_that_leaves_ones_sight_is_gone_from_the_queue(desk: Running, http: httpx.Client) -> None:
    agent, key = desk.agent_of_one_team()
    mine = agent["teams"][0]["id"]
    foreign = next(t for t in (desk.team(k) for k in ("l1", "l2", "engineering", "billing")) if t != mine)
    made = desk.open_ticket("Leaving", team_id=mine)
    with Live(desk.gateway, key) as live:
        live.sub("queue:all", f"queue:team:{mine}", f"ticket:{made['id']}")
        http.patch(f"/tickets/{made['id']}", json={"team_id": foreign}).raise_for_status()
        live.until(
            lambda f: f["t"] == "ev" and f["ch"] == "queue:all" and f["event"]["ticket_id"] == made["id"] and f["event"]["data"] is None
        )
        live.until(lambda f: f["t"] == "ev" and f["ch"] == f"queue:team:{mine}" and f["event"]["data"] is None)
        http.post(f"/tickets/{made['id']}/notes", json={"body_text": "behind the wall"}).raise_for_status()
        marker = desk.open_ticket("Marker", team_id=mine)
        live.event(lambda e: e["ticket_id"] == marker["id"])
        assert "behind the wall" not in json.dumps(live.frames)
        live.send({"t": "sub", "id": 2, "channels": [f"queue:team:{foreign}"], "since": None})
        live.until(lambda f: f["t"] == "error" and f["ch"] == f"queue:team:{foreign}")
        live.send({"t": "sub", "id": 3, "channels": [f"ticket:{made['id']}"], "since": None})
        live.until(lambda f: f["t"] == "error" and f["ch"] == f"ticket:{made['id']}")
    with Live(desk.gateway, key) as again:
        again.sub("queue:all", since=marker and live.frames[1]["cursor"])
        again.event(lambda e: e["ticket_id"] == marker["id"])
        assert not [
            e
            for e in again.events("queue:all")
            if e["ticket_id"] == made["id"] and e["data"] and e["data"]["team"] != {"id": mine, "name": e["data"]["team"]["name"]}
        ]


def test_an_agent_who_loses_a_team_hears_nothing_more_of_it(desk: Running, admin: httpx.Client) -> None:
    team = desk.team("engineering")
    made = admin.post(
        "/agents", json={"name": "Temp", "email": f"{uuid.uuid4().hex}@helpdesk.example", "role": "agent", "teams": [team]}
    ).json()
    key = admin.post("/keys", json={"agent_id": made["id"], "name": "t"}).json()["key"]
    with Live(desk.gateway, key) as live:
        live.sub("queue:all", f"queue:team:{team}")
        admin.patch(f"/agents/{made['id']}", json={"teams": []}).raise_for_status()
        live.until(lambda f: f["t"] == "error" and "queue:team" in f["detail"], seconds=3)
        hidden = desk.open_ticket("Hidden", team_id=team)
        shown = desk.open_ticket("Shown")
        live.event(lambda e: e["ticket_id"] == shown["id"])
        assert hidden["id"] not in {e["ticket_id"] for e in live.events("queue:all") if e["data"]}
        admin.patch(f"/agents/{made['id']}", json={"active": False}).raise_for_status()
        assert live.until_closed(3) == 4401


def test_a_foreign_origin_and_a_stranger_are_refused_at_the_handshake(desk: Running) -> None:
    for key, headers, status in (
        (desk.env["AGENT_API_KEY"], {"Origin": "https://evil.example"}, 403), (None, {}, 401), ("hd_wrong", {}, 401),
    ):  # fmt: skip
        with pytest.raises(InvalidStatus) as refused:
            Live(desk.gateway, key, **headers)
        assert refused.value.response.status_code == status


@pytest.mark.parametrize("frame", ["{", "[]", '{"t":"sub"}', '{"t":"what"}', '{"t":"sub","channels":"queue:all"}', '"x"', "7"])
def test_frames_that_are_none_close_with_4400(desk: Running, frame: str) -> None:
    with Live(desk.gateway, desk.env["AGENT_API_KEY"]) as live:
        live.send(frame)
        assert live.until_closed() == 4400


def test_a_flood_of_frames_closes_with_4429(desk: Running) -> None:
    with Live(desk.gateway, desk.env["AGENT_API_KEY"]) as live:
        with contextlib.suppress(ConnectionClosed):  # it may come while we still send
            for _ in range(80):
                live.send({"t": "pong"})
        assert live.until_closed() == 4429


def test_a_socket_has_64_subscriptions_at_most(desk: Running) -> None:
    with Live(desk.gateway, desk.env["AGENT_API_KEY"]) as live:
        live.send({"t": "sub", "id": 1, "channels": [f"ticket:{uuid.uuid4()}" for _ in range(65)], "since": None})
        assert live.until(lambda f: f["t"] == "error")["code"] == 4429


def test_presence_is_seen_by_those_on_the_ticket_across_gateways(desk: Running) -> None:
    other = desk.start("gateway")
    desk.wait_ready(other)
    made = desk.open_ticket("Presence")
    channel = f"ticket:{made['id']}"
    with Live(desk.gateway, desk.env["AGENT_API_KEY"]) as one, Live(other, desk.env["ADMIN_API_KEY"]) as two:
        one.sub(channel)
        two.sub(channel)
        one.send({"t": "presence", "ticket": made["id"], "typing": True})
        two.until(lambda f: f["t"] == "presence" and any(u["name"] == "Robin Haddad" and u["typing"] for u in f["users"]), "presence")
        one.send({"t": "unsub", "id": 9, "channels": [channel]})
        two.until(lambda f: f["t"] == "presence" and not f["users"], "the end of presence")
    assert other.stop() == 0


def test_a_stopped_gateway_says_goodbye(desk: Running) -> None:
    other = desk.start("gateway")
    desk.wait_ready(other)
    live = Live(other, desk.env["AGENT_API_KEY"])
    live.sub("queue:all")
    assert other.stop() == 0
    assert 0 < live.until(lambda f: f["t"] == "bye")["reconnect_ms"] <= 2000
    assert live.until_closed() == 1012


def test_a_reader_that_stalls_is_cut_off(desk: Running, http: httpx.Client) -> None:
    made = desk.open_ticket("Stalled")
    raw = _raw_subscriber(desk, f"ticket:{made['id']}")
    before = http.get("/pipeline/status").json()["sockets"]
    words = "x" * 40_000
    sent = 0
    start = time.monotonic()

    def cut() -> bool:
        nonlocal sent
        if sent < 160:
            sent += 1
            http.post(f"/tickets/{made['id']}/notes", json={"body_text": words}).raise_for_status()
        return bool(http.get("/pipeline/status").json()["sockets"] < before)

    eventually(cut, seconds=60, what="the stalled reader cut off")
    assert time.monotonic() - start < 60
    raw.close()


def _raw_subscriber(desk: Running, channel: str) -> socket.socket:
    """A websocket that subscribes and then never reads again, with the smallest receive buffer."""
    host, port = desk.gateway.url.removeprefix("http://").split(":")
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect((host, int(port)))
    raw.sendall(
        f"GET /api/v1/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Version: 13\r\nAuthorization: Bearer {desk.env['AGENT_API_KEY']}\r\n\r\n".encode()
    )
    assert b"101" in raw.recv(200)
    payload = json.dumps({"t": "sub", "id": 1, "channels": [channel], "since": None}).encode()
    raw.sendall(
        struct.pack(">BBH", 0x81, 0xFE, len(payload)) + b"\0\0\0\0" + payload
        if len(payload) > 125
        else bytes((0x81, 0x80 | len(payload))) + b"\0\0\0\0" + payload
    )
    return raw
