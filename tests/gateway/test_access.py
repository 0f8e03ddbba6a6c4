"""Who may do what, for every route: a new route fails here until it is listed."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from services.gateway.app import ROUTERS
from tests.gateway.running import Running
from tests.web import request

EVERYBODY = {("POST", "/session")}
ADMINS = {
    ("POST", "/keys"), ("DELETE", "/keys/{key_id}"), ("POST", "/teams"), ("PATCH", "/teams/{team_id}"), ("DELETE", "/teams/{team_id}"), ("POST", "/agents"),
    ("PATCH", "/agents/{agent_id}"), ("DELETE", "/agents/{agent_id}"), ("PATCH", "/priorities/{key}"), ("PATCH", "/slas/{sla_id}"), ("POST", "/macros"),
    ("PATCH", "/macros/{macro_id}"), ("DELETE", "/macros/{macro_id}"), ("PATCH", "/settings"), ("GET", "/mailboxes"), ("POST", "/mailboxes/test"),
    ("GET", "/mail/ledger"), ("GET", "/mailboxes/{address}/ledger"), ("GET", "/mail/{mail_id}/raw"), ("POST", "/mail/{mail_id}/reprocess"),
    ("POST", "/mailboxes"), ("PATCH", "/mailboxes/{address}"), ("DELETE", "/mailboxes/{address}"), ("POST", "/articles"),
    ("PATCH", "/articles/{article_id}"), ("DELETE", "/articles/{article_id}"),
    ("DELETE", "/mail/parked/{mail_id}"), ("POST", "/mail/parked/{mail_id}/block"), ("POST", "/mail/blocks"), ("DELETE", "/mail/blocks/{pattern}"),
    ("PATCH", "/templates/{template_id}"), ("DELETE", "/templates/{template_id}"),
}  # fmt: skip
NOT_LIGHT = {
    ("PATCH", "/tickets/{ticket_id}"), ("POST", "/tickets"), ("POST", "/tickets/{ticket_id}/merge"), ("POST", "/tickets/{ticket_id}/escalate"),
    ("POST", "/tickets/{ticket_id}/snooze"), ("POST", "/tickets/{ticket_id}/read"), ("POST", "/tickets/{ticket_id}/replies"),
    ("DELETE", "/tickets/{ticket_id}/replies/{message_id}"), ("POST", "/tickets/{ticket_id}/messages/{message_id}/move"),
    ("POST", "/tickets/{ticket_id}/messages/{message_id}/settle"), ("POST", "/tickets/{ticket_id}/ai/run"),
    ("POST", "/tickets/{ticket_id}/ai/{suggestion_id}/{answer}"),
    ("GET", "/mail/parked"), ("GET", "/mail/parked/counts"), ("GET", "/mail/parked/{mail_id}"), ("POST", "/mail/parked/{mail_id}/release"),
    ("POST", "/mail/parked/release"), ("GET", "/mail/blocks"), ("GET", "/mail/suppressions"), ("GET", "/mail/suppressions/{address}"),
    ("POST", "/mail/suppressions"), ("DELETE", "/mail/suppressions/{address}"), ("POST", "/tickets/{ticket_id}/ai/rewrite"),
    ("POST", "/ai/runs/{run_id}/replay"), ("POST", "/incidents"),
}  # fmt: skip
AGENTS = {
    ("DELETE", "/session"), ("GET", "/me"), ("POST", "/me/password"), ("GET", "/keys"), ("GET", "/tickets"), ("GET", "/tickets/counts"),
    ("GET", "/tickets/{ticket_id}"), ("GET", "/tickets/{ticket_id}/messages"), ("GET", "/tickets/{ticket_id}/events"),
    ("POST", "/tickets/{ticket_id}/notes"), ("GET", "/tickets/{ticket_id}/ai"), ("GET", "/customers"), ("GET", "/customers/{customer_id}"),
    ("GET", "/search"), ("POST", "/attachments"), ("GET", "/attachments/{attachment_id}"), ("GET", "/teams"), ("GET", "/agents"), ("GET", "/priorities"),
    ("GET", "/slas"), ("GET", "/macros"), ("GET", "/settings"), ("GET", "/articles"), ("GET", "/articles/{article_id}"), ("GET", "/commands/{command_id}"),
    ("GET", "/pipeline/status"), ("PATCH", "/me"), ("GET", "/templates"), ("POST", "/templates/{template_id}/preview"), ("GET", "/ai/autonomy"),
    ("GET", "/ai/engines"), ("GET", "/ai/runs"), ("GET", "/ai/runs/{run_id}"), ("GET", "/ai/signals"), ("GET", "/knowledge/gaps"),
    ("GET", "/articles/{article_id}/record"), ("GET", "/ai/evaluations"), ("GET", "/ai/evaluations/pictures/{name}"),
}  # fmt: skip


def routes() -> list[tuple[str, str]]:
    """Every route of the API."""
    return sorted((m, r.path) for module in ROUTERS for r in module.router.routes if isinstance(r, APIRoute) for m in r.methods or ())


def concrete(path: str) -> str:
    """A path with an id that is nobody's in each place."""
    return path.replace("{answer}", "accept").replace("{ticket_id}", str(uuid.uuid4())).replace("{", "").replace("}", "")


@pytest.fixture(scope="module")
def light(desk: Running) -> str:
    """Key of a light agent."""
    with desk.admin as admin:
        body = {"name": "Light", "email": f"{uuid.uuid4().hex}@helpdesk.example", "role": "light", "teams": [desk.team("l1")]}
        agent = admin.post("/agents", json=body).json()
        return str(admin.post("/keys", json={"agent_id": agent["id"], "name": "light"}).json()["key"])


def test_every_route_is_listed() -> None:
    assert set(routes()) == EVERYBODY | ADMINS | NOT_LIGHT | AGENTS


@pytest.mark.parametrize(("method", "path"), [r for r in routes() if r not in EVERYBODY])
def test_nobody_gets_in_without_a_login(desk: Running, method: str, path: str) -> None:
    answer = request(method, desk.gateway.url + "/api/v1" + concrete(path), json={} if method in {"POST", "PATCH"} else None)
    assert answer.status_code == 401 and answer.headers["content-type"] == "application/problem+json", answer.text


def valid_bodies() -> dict[tuple[str, str], dict[str, object]]:
    """Bodies that pass validation, so that the right is what decides."""
    some = str(uuid.uuid4())
    return {
        ("POST", "/keys"): {"agent_id": some, "name": "x"}, ("POST", "/tickets"): {"subject": "x", "body": "x", "requester": "x@y.example"},
        ("POST", "/tickets/{ticket_id}/merge"): {"into": some}, ("POST", "/tickets/{ticket_id}/snooze"): {"until": None},
        ("POST", "/tickets/{ticket_id}/replies"): {"body_text": "x"}, ("PATCH", "/tickets/{ticket_id}"): {"priority": "low"},
        ("POST", "/tickets/{ticket_id}/messages/{message_id}/settle"): {"outcome": "sent"},
        ("POST", "/mail/parked/{mail_id}/block"): {"what": "address"}, ("POST", "/mail/blocks"): {"pattern": "x@y.example"},
        ("POST", "/mail/parked/release"): {"sender": "x@y.example"}, ("POST", "/mail/suppressions"): {"address": "x@y.example"},
        ("POST", "/tickets/{ticket_id}/ai/rewrite"): {"how": "shorter", "text": "x"},
        ("POST", "/incidents"): {"subject": "x", "ticket_ids": ["x"]},
    }  # fmt: skip


def ask(desk: Running, key: str, route: tuple[str, str]) -> httpx.Response:
    method, path = route
    with desk.http(key) as client:
        return client.request(method, concrete(path), json=valid_bodies().get(route, {}) if method in {"POST", "PATCH"} else None)


@pytest.mark.parametrize("route", sorted(ADMINS))
def test_only_admins_change_the_desk(desk: Running, route: tuple[str, str]) -> None:
    assert ask(desk, desk.env["AGENT_API_KEY"], route).status_code == 403


@pytest.mark.parametrize("route", sorted(NOT_LIGHT))
def test_light_agents_change_no_ticket(desk: Running, light: str, route: tuple[str, str]) -> None:
    assert ask(desk, light, route).status_code == 403


def test_light_agents_write_notes(desk: Running, light: str) -> None:
    made = desk.open_ticket("For a light agent", team_id=desk.team("l1"))
    with desk.http(light) as client:
        assert client.post(f"/tickets/{made['id']}/notes", json={"body_text": "I know this one"}).status_code == 201


def test_walls_between_teams_hold_on_every_ticket_route(desk: Running) -> None:
    agent, key = desk.agent_of_one_team()
    foreign = next(t for t in (desk.team(k) for k in ("l1", "l2")) if t != agent["teams"][0]["id"])
    made = desk.open_ticket("Walled quokka", team_id=foreign)
    uploaded = _note_with_file(desk, made)
    with desk.http(key) as client:
        for method, path in sorted(NOT_LIGHT | AGENTS):
            if "{ticket_id}" in path:
                real = (
                    path.replace("{ticket_id}", str(made["id"])).replace("{answer}", "accept").replace("{suggestion_id}", str(uuid.uuid4()))
                )
                body = valid_bodies().get((method, path), {"body_text": "x"} if path.endswith("notes") else {})
                if path.endswith("/merge"):
                    body = {"into": made["id"]}
                answer = client.request(
                    method, real.replace("{message_id}", str(uuid.uuid4())), json=body if method in {"POST", "PATCH"} else None
                )
                assert answer.status_code == 404, f"{method} {path} gave {answer.status_code}"
        assert "quokka" not in client.get("/search", params={"q": "quokka"}).text
        assert client.get("/tickets", params={"q": "quokka"}).json()["data"] == []
        assert client.get(f"/attachments/{uploaded}").status_code == 404
        assert client.get("/search", params={"q": made["number"]}).json()["tickets"] == []


def _note_with_file(desk: Running, ticket: dict[str, Any]) -> str:
    with desk.http() as client:
        uploaded = str(client.post("/attachments", files={"file": ("secret.txt", b"secret", "text/plain")}).json()["id"])
        client.post(f"/tickets/{ticket['id']}/notes", json={"body_text": "quokka", "attachments": [uploaded]}).raise_for_status()
        return uploaded
