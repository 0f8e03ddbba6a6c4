"""`helpdesk user`: agents and their logins; the first admin of an empty desk."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

app = typer.Typer(help="Agents and their logins.", no_args_is_help=True)


@app.callback()
def user() -> None:
    """Hold the commands together."""


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="Address to sign in with.")],
    name: Annotated[str, typer.Option("--name", help="Name as customers see it.")] = "",
    role: Annotated[str, typer.Option("--role", help="admin, lead, agent or light.")] = "admin",
    team: Annotated[list[str] | None, typer.Option("--team", help="Name or id of a team; may be given several times.")] = None,
    password: Annotated[str, typer.Option("--password", envvar="HELPDESK_PASSWORD", help="Asked for when left out.")] = "",
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Add an agent, or give an existing one a new role and password. The role is admin unless said otherwise."""
    from services.cli.identity import configure, entries, fail, show, team_ids
    from services.cli.running import settings_of
    from services.gateway.identity.store import put_credential
    from services.runtime.ids import new_object_id

    if role not in {"admin", "lead", "agent", "light"}:
        fail("--role must be admin, lead, agent or light.")
    address = email.strip().lower()
    if address.count("@") != 1:
        fail(f"{email} is not an address.")
    secret = password or typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(secret) < 8:
        fail("A password needs at least 8 characters.")
    config = settings_of(home)
    known = next(((i, v) for i, v in entries(config, "agent").items() if v["email"].lower() == address), None)
    agent_id, old = known or (new_object_id(), {})
    teams = team_ids(config, team) if team else old.get("teams", [])
    value = {
        **old,
        "name": name or old.get("name") or address.partition("@")[0],
        "email": address,
        "role": role,
        "teams": teams,
        "active": True,
    }
    configure(config, kind="agent", object_id=agent_id, value=value)
    put_credential(config, agent_id, address, secret)
    show({"id": agent_id, "email": address, "role": role}, as_json=as_json, words=f"{address} ({role}) may sign in at {config.url}")
