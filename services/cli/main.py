"""The `helpdesk` command. Each group of verbs is a module of its own, imported when used."""

from __future__ import annotations

import typer

from services.cli.lazy import lazy_group

# Register a group of verbs here: its name, and its module with an `app: typer.Typer` in it (or `module:function`).
GROUPS: dict[str, str] = {
    "up": "services.cli.lifecycle:up",
    "down": "services.cli.lifecycle:down",
    "status": "services.cli.lifecycle:status",
    "run": "services.cli.lifecycle:run",
    "env": "services.cli.lifecycle:env",
    "mail": "services.cli.mail",
    "user": "services.cli.user",
    "mailbox": "services.cli.mailbox",
    "keys": "services.cli.keys",
    "ai": "services.cli.ai",
    "topics": "services.cli.topics",
    "trace": "services.cli.trace",
    "dlq": "services.cli.dlq",
    "rebuild": "services.cli.rebuild",
    "schemas": "services.cli.schemas",
}

app = typer.Typer(
    cls=lazy_group(GROUPS),
    help="Helpdesk: a Kafka-native, AI-driven helpdesk. Start with: helpdesk up",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they would print secrets
)


@app.callback()
def helpdesk() -> None:
    """Hold the groups above together: a Typer needs a callback to be a group."""


if __name__ == "__main__":
    app(prog_name="helpdesk")
