"""What the gateway answers while a server is away, and that it goes on by itself afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.gateway.running import Running
from tests.gateway.socket import Live
from tests.servers import eventually


@pytest.fixture
def killed(desk: Running) -> Iterator[list[str]]:
    """Names of servers that a test killed; started again whatever happens."""
    names: list[str] = []
    yield names
    for name in names:
        desk.stack.start(name)
    desk.revive()


def test_without_kafka_writes_are_503_reads_go_on_and_sockets_stay(desk: Running, http: httpx.Client, killed: list[str]) -> None:
    made = desk.open_ticket("Broker away")
    path = f"/tickets/{made['id']}/notes"
    with Live(desk.gateway, desk.env["AGENT_API_KEY"]) as live:
        live.sub(f"ticket:{made['id']}")
        killed.append("kafka")
        desk.stack.kill("kafka")
        start = time.monotonic()
        refused = http.post(path, json={"body_text": "lost?"})
        assert refused.status_code == 503 and refused.headers["retry-after"] and time.monotonic() - start < 4
        eventually(lambda: http.post(path, json={"body_text": "fast"}).elapsed.total_seconds() < 0.5, what="an answer at once", seconds=10)
        assert http.get(f"/tickets/{made['id']}").status_code == 200
        desk.stack.start("kafka")
        eventually(
            lambda: http.post(path, json={"body_text": "back again"}).status_code == 201,
            seconds=40,
            what="a write after the broker came back",
        )
        live.event(lambda e: e["type"] == "ticket.message" and e["data"]["body_text"] == "back again")


def test_without_redis_everything_but_the_limits_works(desk: Running, killed: list[str]) -> None:
    killed.append("redis")
    desk.stack.kill("redis")
    login = {"email": desk.env["AGENT_EMAIL"], "password": desk.env["AGENT_PASSWORD"]}
    assert httpx.post(desk.gateway.url + "/api/v1/session", json=login, timeout=20).status_code == 200
    assert desk.open_ticket("Without redis")["number"]


def test_without_postgres_answers_are_503_and_come_back(desk: Running, http: httpx.Client, killed: list[str]) -> None:
    killed.append("postgres")
    desk.stack.kill("postgres")
    eventually(lambda: http.get("/tickets").status_code == 503, what="503 without the database")
    assert http.get("/tickets").headers["content-type"] == "application/problem+json"
    desk.stack.start("postgres")
    eventually(lambda: http.get("/tickets").status_code == 200, what="the list again")

    def written() -> object:
        desk.revive()
        return desk.open_ticket("After the database")

    eventually(written, seconds=40, what="a write again")
