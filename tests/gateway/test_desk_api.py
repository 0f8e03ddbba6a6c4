"""Setting up a desk through the API and the command line."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid

import httpx

from services.runtime.signing import Keys
from tests.gateway.running import Running


def helpdesk(desk: Running, *args: str) -> subprocess.CompletedProcess[str]:
    """The command with the desk's environment."""
    home = ["--home", str(desk.folder / "nothing-here")]
    env = {**desk.env, "HELPDESK_URL": desk.gateway.url}
    return subprocess.run(
        [sys.executable, "-m", "services.cli.main", *args, *home], capture_output=True, text=True, env=env, timeout=60, check=False
    )


def test_teams_agents_and_settings_are_changed_and_read_back(admin: httpx.Client) -> None:
    team = admin.post("/teams", json={"name": "Returns"})
    assert team.status_code == 201 and team.json()["name"] == "Returns"
    assert admin.patch(f"/teams/{team.json()['id']}", json={"description": "parcels"}).json()["description"] == "parcels"
    email = f"{uuid.uuid4().hex}@helpdesk.example"
    agent = admin.post("/agents", json={"name": "Nia", "email": email, "teams": [team.json()["id"]]})
    assert (
        agent.status_code == 201
        and agent.json()["teams"] == [{"id": team.json()["id"], "name": "Returns"}]
        and agent.json()["role"] == "agent"
    )
    assert admin.post("/agents", json={"name": "Again", "email": email.upper()}).status_code == 409
    assert admin.post("/agents", json={"name": "Lost", "email": "l@x.example", "teams": [str(uuid.uuid4())]}).status_code == 422
    assert agent.json()["id"] in {a["id"] for a in admin.get("/agents").json()["data"]}
    assert admin.patch("/settings", json={"desk_name": "Acme"}).json()["desk_name"] == "Acme"
    assert admin.get("/settings").json()["desk_name"] == "Acme"
    assert admin.post("/teams", json={}).status_code == 422
    assert admin.delete(f"/agents/{agent.json()['id']}").status_code == 204
    assert admin.delete(f"/teams/{team.json()['id']}").status_code == 204
    assert admin.delete(f"/teams/{team.json()['id']}").status_code == 404


def test_each_edit_of_an_article_is_a_version(admin: httpx.Client) -> None:
    made = admin.post("/articles", json={"title": "Reset a password", "body": "Press the button.", "category": "Accounts"}).json()
    changed = admin.patch(f"/articles/{made['id']}", json={"body": "Press the other button."}).json()
    assert (made["article_version"], changed["article_version"]) == (1, 2) and changed["title"] == made["title"]
    assert admin.get(f"/articles/{made['id']}").json()["body"] == "Press the other button."
    assert admin.delete(f"/articles/{made['id']}").status_code == 204
    assert admin.get(f"/articles/{made['id']}").status_code == 404


def test_a_mailbox_that_does_not_answer_is_not_kept(admin: httpx.Client) -> None:
    body = {
        "address": "x@desk.example",
        "password": "p",
        "imap_host": "127.0.0.1",
        "imap_port": 1,
        "smtp_host": "127.0.0.1",
        "smtp_port": 1,
    }
    refused = admin.post("/mailboxes", json=body)
    assert refused.status_code == 422 and "127.0.0.1:1" in refused.json()["imap"] and "127.0.0.1:1" in refused.json()["smtp"]
    endless = admin.post("/mailboxes", json={**body, "after_storing": "move", "move_to": "INBOX"})
    assert endless.status_code == 422 and "move_to" in endless.text
    assert "x@desk.example" not in {m["id"] for m in admin.get("/mailboxes").json()["data"]}


def test_a_kept_mailbox_never_shows_its_secret(desk: Running, admin: httpx.Client) -> None:
    from services.cli.identity import configure

    config = desk.settings()
    sealed = Keys.of(config).seal("hidden", where="mailbox/kept@desk.example")
    value = {
        "address": "kept@desk.example",
        "imap_host": "h",
        "imap_port": 993,
        "smtp_host": "h",
        "smtp_port": 587,
        "user": "kept",
        "secret": sealed,
    }
    configure(config, kind="mailbox", object_id="kept@desk.example", value=value)
    shown = admin.get("/mailboxes")
    assert "kept@desk.example" in shown.text and sealed not in shown.text and "secret" not in shown.text


def test_the_first_admin_comes_from_the_command_line(desk: Running) -> None:
    email = f"boss-{uuid.uuid4().hex[:6]}@helpdesk.example"
    added = helpdesk(desk, "user", "add", email, "--name", "Boss", "--password", "correct horse", "--json")
    assert added.returncode == 0, added.stderr
    login = httpx.post(desk.gateway.url + "/api/v1/session", json={"email": email, "password": "correct horse"}, timeout=20)
    assert login.status_code == 200 and login.json()["role"] == "admin" and login.json()["id"] == json.loads(added.stdout)["id"]
    key = json.loads(helpdesk(desk, "keys", "add", email, "--json").stdout)["key"]
    with desk.http(key) as client:
        assert client.get("/me").json()["email"] == email
    assert helpdesk(desk, "user", "add", "nobody", "--password", "12345678").returncode == 1
    assert "IMAP" in helpdesk(desk, "mailbox", "add", "a@b.example", "--imap-host", "127.0.0.1", "--imap-port", "1", "--smtp-host", "127.0.0.1",
                              "--smtp-port", "1", "--password", "x").stderr  # fmt: skip


def test_the_pages_are_strict_and_never_redirect(desk: Running) -> None:
    for path in ("/", "/tickets/TIK-1", "/api/v1/docs", "/api/v1/openapi.json"):
        page = httpx.get(desk.gateway.url + path)
        assert page.status_code == 200 and "script-src 'self'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
    missing = httpx.get(desk.gateway.url + "/assets/../../../pyproject.toml")
    assert missing.status_code == 404 and missing.headers["content-type"] == "application/problem+json"
    assert httpx.get(desk.gateway.url + "/metrics").status_code == 200


def test_a_template_is_shown_previewed_changed_refused_and_put_back(admin: httpx.Client) -> None:
    shown = {t["id"]: t for t in admin.get("/templates").json()["data"]}
    assert len(shown) == 12 and not any(t["own"] for t in shown.values())
    path = "/templates/confirmation.de"
    preview = admin.post(f"{path}/preview", json={"subject": "Ticket {{number}}", "body": "Antwort in {{within}}"}).json()
    assert (preview["subject"], preview["text"]) == ("Ticket TIK-261122-00042", "Antwort in 8 Stunden")
    assert "Antwort in 8 Stunden</p>" in preview["html"]
    refused = admin.patch(path, json={"body": "{{subject}}"})
    assert refused.status_code == 422 and "number" in refused.json()["detail"]
    changed = admin.patch(path, json={"subject": "Da: {{number}}"}).json()
    assert (changed["own"], changed["subject"], changed["body"]) == (True, "Da: {{number}}", shown["confirmation.de"]["body"])
    assert {t["id"]: t for t in admin.get("/templates").json()["data"]}["confirmation.de"]["subject"] == "Da: {{number}}"
    assert admin.delete(path).status_code == 204
    assert not {t["id"]: t for t in admin.get("/templates").json()["data"]}["confirmation.de"]["own"]
    assert admin.post("/templates/nothing.xx/preview", json={}).status_code == 404


def test_agents_write_their_own_signature_and_nothing_else_about_themselves(http: httpx.Client) -> None:
    before = http.get("/me").json()
    assert http.patch("/me", json={"signature": "Robin, Harbour Tools"}).json() == {**before, "signature": "Robin, Harbour Tools"}
    assert http.get("/me").json()["signature"] == "Robin, Harbour Tools"
    assert http.patch("/me", json={"signature": "", "role": "admin"}).status_code == 422
    assert http.patch("/me", json={"signature": ""}).json() == {**before, "signature": ""}
