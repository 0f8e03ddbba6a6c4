"""The settings of a running system, for commands that talk to it: its environment file and secret, or the environment's own addresses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from services.runtime.settings import Settings


def settings_of(home: Path) -> Settings:
    """Settings for the system in `home`. Exits with 1 and a clear line when nothing was ever started there."""
    from deploy.embedded.home import Home
    from services.cli.environment import read_env
    from services.runtime.settings import Settings
    from services.runtime.telemetry import configure_logging

    found = Home.at(home)
    try:
        env = read_env(found)
    except FileNotFoundError as error:
        if "KAFKA_BOOTSTRAP_SERVERS" in os.environ and "DATABASE_URL" in os.environ:
            env = {}
        else:
            typer.echo(f"Nothing was started in {home}. Start it with: helpdesk up --home {home}", err=True)
            raise typer.Exit(1) from error
    secret = found.root / "secret"
    own = {"HELPDESK_SECRET_KEY": secret.read_text().strip()} if secret.exists() else {}
    values = {**os.environ, **env, **own, "HELPDESK_HOME": str(found.root)}
    config = Settings.of(values).named("cli")
    configure_logging(config.model_copy(update={"log_level": "WARNING"}))  # to stderr: stdout is the answer
    return config
