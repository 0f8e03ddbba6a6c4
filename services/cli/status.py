"""What `helpdesk status` knows: the supervisor's word on processes, each service's own on its work."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.embedded.home import Home
from deploy.embedded.supervisor import holder
from services.cli.ready import statuses


def system_status(home: Home) -> dict[str, Any]:
    """Servers, services and mailboxes of a home, in the shape of the contract. Everything is `stopped` when nothing runs."""
    state = _state(home)
    programs = state.get("programs", [])
    if holder(home) is None:
        programs = [{**program, "state": "stopped", "pid": None} for program in programs]
    own = [p for p in programs if p["kind"] == "service"]
    answers = statuses({p["name"]: p["health_port"] for p in own if p["pid"]})
    servers = [{key: p[key] for key in ("name", "state", "address", "pid")} for p in programs if p["kind"] == "server"]
    external = state.get("facts", {}).get("external", {})
    servers += [{"name": name, "state": "external", "address": address, "pid": None} for name, address in external.items()]
    mailboxes = [box for answer in answers.values() for box in answer.get("mailboxes", [])]
    return {
        "servers": servers,
        "services": [_service(p, answers.get(p["name"])) for p in own],
        "mailboxes": [
            {**box, "name": box.get("name"), "state": box.get("state"), "error": box.get("error"), "progress": box.get("progress")}
            for box in mailboxes
        ],
    }


def _service(program: dict[str, Any], answer: dict[str, Any] | None) -> dict[str, Any]:
    if answer is not None:
        state = answer.get("state", "running")
    else:
        state = "starting" if program["state"] == "running" else program["state"]
    return {
        "name": program["label"],
        "instance": program["name"],
        "state": state,
        "pid": program["pid"],
        "lag_records": (answer or {}).get("lag_records"),
        "lag_seconds": (answer or {}).get("lag_seconds"),
    }


def print_status(found: dict[str, Any]) -> None:
    """The same for people."""
    console = Console()
    for title, columns in (
        ("servers", ("name", "state", "address", "pid")),
        ("services", ("instance", "state", "pid", "lag_records", "lag_seconds")),
        ("mailboxes", ("name", "state", "progress", "error")),
    ):
        table = Table(*columns, title=title, title_justify="left", box=None)
        for row in found[title]:
            table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
        console.print(table)


def _state(home: Home) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(home.state.read_text())
    except (OSError, ValueError):
        return {}
    return found
