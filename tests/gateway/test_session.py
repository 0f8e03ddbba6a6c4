"""Signing in: cookie, CSRF, limits, ends."""

from __future__ import annotations

import uuid

import httpx
import pytest

from tests.gateway.running import Running
from tests.gateway.socket import Live


@pytest.fixture
def base(desk: Running) -> str:
    return desk.gateway.url


def sign_in(desk: Running, base: str, **more: str) -> httpx.Client:
    client = httpx.Client(base_url=base + "/api/v1", timeout=20)
    body = {"email": more.get("email", desk.env["AGENT_EMAIL"]), "password": more.get("password", desk.env["AGENT_PASSWORD"])}
    answer = client.post("/session", json=body, headers={"Origin": base})
    assert answer.status_code == 200, answer.text
    client.cookies.clear()
    raw = answer.headers["set-cookie"]
    assert "HttpOnly" in raw and "SameSite=lax" in raw
    client.headers["Cookie"] = raw.split(";")[0]
    return client


def test_a_session_reads_and_writes_from_our_own_pages_only(desk: Running, base: str) -> None:
    client = sign_in(desk, base)
    assert client.get("/me").json()["email"] == desk.env["AGENT_EMAIL"]
    path = f"/tickets/{desk.open_ticket('CSRF')['id']}"
    assert client.patch(path, json={"priority": "low"}, headers={"Origin": base}).status_code == 200
    assert client.patch(path, json={"priority": "low"}, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {},
        {"Origin": base, "Sec-Fetch-Site": "cross-site"},
    ):
        refused = client.patch(path, json={"priority": "low"}, headers=headers)
        assert refused.status_code == 403 and refused.headers["content-type"] == "application/problem+json", headers
    assert client.post("/session", json={"email": "a", "password": "b"}, headers={"Origin": "https://evil.example"}).status_code == 403


def test_signing_out_ends_the_session_and_its_socket(desk: Running, base: str) -> None:
    client = sign_in(desk, base)
    with Live(desk.gateway, None, Cookie=client.headers["Cookie"], Origin=base) as live:
        live.sub("queue:all")
        assert client.delete("/session", headers={"Origin": base}).status_code == 204
        assert live.until_closed(2) == 4401
    assert client.get("/me").status_code == 401


def test_a_changed_password_ends_other_sessions(desk: Running, base: str, admin: httpx.Client) -> None:
    email = f"{uuid.uuid4().hex}@helpdesk.example"
    admin.post("/agents", json={"name": "P", "email": email, "role": "agent", "teams": [], "password": "first password"}).raise_for_status()
    one, two = (sign_in(desk, base, email=email, password="first password") for _ in range(2))
    change = {"current": "first password", "new": "second password"}
    assert one.post("/me/password", json={**change, "current": "wrong"}, headers={"Origin": base}).status_code == 403
    assert one.post("/me/password", json=change, headers={"Origin": base}).status_code == 204
    assert one.get("/me").status_code == 200 and two.get("/me").status_code == 401
    sign_in(desk, base, email=email, password="second password")


def test_known_and_unknown_accounts_get_the_same_answer_and_a_limit(desk: Running, base: str) -> None:
    client = httpx.Client(base_url=base + "/api/v1", timeout=20)
    known = client.post("/session", json={"email": desk.env["ADMIN_EMAIL"], "password": "wrong"})
    unknown = client.post("/session", json={"email": "nobody@helpdesk.example", "password": "wrong"})
    assert known.status_code == unknown.status_code == 401 and known.content == unknown.content
    email = f"{uuid.uuid4().hex}@helpdesk.example"
    codes = [client.post("/session", json={"email": email, "password": "wrong"}).status_code for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2


def test_a_revoked_key_ends_at_once(desk: Running, admin: httpx.Client) -> None:
    agent, key = desk.agent_of_one_team()
    key_id = next(k["id"] for k in admin.get("/keys", params={"all": "true"}).json()["data"][::-1] if k["agent_id"] == agent["id"])
    with desk.http(key) as client, Live(desk.gateway, key) as live:
        assert client.get("/me").status_code == 200
        live.sub("queue:all")
        assert admin.delete(f"/keys/{key_id}").status_code == 204
        assert live.until_closed(2) == 4401
        assert client.get("/me").status_code == 401
