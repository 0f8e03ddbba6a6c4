"""`helpdesk keys`: API keys."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

app = typer.Typer(help="API keys.", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Hold the commands together."""


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="Address of the agent the key acts for.")],
    name: Annotated[str, typer.Option("--name", help="What the key is for.")] = "command line",
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make an API key for an agent and print it, this once."""
    from services.cli.identity import entries, fail, show
    from services.cli.running import settings_of
    from services.gateway.identity.store import new_key, put_api_key

    config = settings_of(home)
    agent = next((i for i, v in entries(config, "agent").items() if v["email"].lower() == email.strip().lower()), None)
    if agent is None:
        fail(f"There is no agent {email}. Add one with: helpdesk user add {email}")
    key = new_key()
    show({"id": put_api_key(config, agent, name, key), "key": key}, as_json=as_json, words=key)
