"""What people see while a system starts: a live table on a terminal, one line a finished step elsewhere."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from deploy.embedded.home import Home
from services.cli.environment import read_env

_MARKS = {"waiting": "[dim]·[/]", "running": "[cyan]…[/]", "done": "[green]✓[/]", "failed": "[red]✗[/]", "skipped": "[dim]-[/]"}


def follow(snapshot: Callable[[], dict[str, Any]], *, until: Callable[[], bool], pause: Callable[[], None]) -> None:
    """Show the steps of `snapshot()` until `until()`; `pause()` waits a moment between two looks."""
    console = Console()
    if console.is_terminal:
        with Live(_table(snapshot()), console=console, refresh_per_second=8, transient=False) as live:
            while not until():
                live.update(_table(snapshot()))
                pause()
            live.update(_table(snapshot()))
        return
    told: set[str] = set()
    while True:
        over = until()
        for step in snapshot().get("steps", []):
            if step["state"] in ("done", "failed", "skipped") and step["name"] not in told:
                told.add(step["name"])
                print(f"{step['name']}: {step['state']} {step['detail']} ({step['seconds']:.1f} s)", flush=True)
        if over:
            return
        pause()


def _table(state: dict[str, Any]) -> Table:
    table = Table.grid(padding=(0, 1))
    for step in state.get("steps", []):
        seconds = f"{step['seconds']:.1f} s" if step["state"] in ("done", "failed", "running") else ""
        table.add_row(_MARKS[step["state"]], step["name"], f"[dim]{step['detail']}[/]", f"[dim]{seconds}[/]")
    return table


def closing_lines(home: Home, logins: Sequence[tuple[str, str]]) -> list[str]:
    """Where to go and what to try, once a system is up."""
    env = read_env(home)
    folder = "" if home.root == Path.cwd() / ".helpdesk" else f" --home {shlex.quote(str(home.root))}"
    lines = ["", f"Helpdesk is running: {env['HELPDESK_URL']}", ""]
    lines += [f"  sign in as  {address}  password  {password}" for address, password in logins]
    lines += ["", f"  send a mail:  helpdesk mail send{folder} --subject 'My order has not arrived' --body 'It was due on Monday.'"]
    lines += [f"  stop:         helpdesk down{folder}", ""]
    return lines
