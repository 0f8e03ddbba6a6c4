"""`helpdesk up`, `down`, `status`, `env`, `run`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer

from deploy.embedded.home import Home
from deploy.embedded.supervisor import AlreadyRunning, holder, reap_leftovers
from services.cli.environment import load_dotenv, read_env
from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

_STOP_SECONDS = 90.0


def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return once it is ready; it runs on in the background.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Keep sending varied sample mails.")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="Start without sample tickets.")] = False,
    home: HomeOption = DEFAULT_HOME,
    background: Annotated[bool, typer.Option("--background", hidden=True)] = False,
) -> None:
    """Start the whole system: servers, services, sample data, console."""
    load_dotenv()
    place = Home.at(home)
    if not background and (pid := holder(place)):
        raise typer.Exit(_already_running(place, pid))
    if detach:
        raise typer.Exit(_start_in_background(place, demo=demo, empty=empty))
    raise typer.Exit(_start_here(place, demo=demo, empty=empty, quiet=background))


def down(
    wipe: Annotated[bool, typer.Option("--wipe", help="Delete its data too.")] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Stop the system."""
    place = Home.at(home)
    pid = holder(place)
    if pid is not None:
        _end(place, pid)
    left = reap_leftovers(place)
    print("stopped" if pid is not None else f"was not running{'; ended leftovers: ' + ', '.join(left) if left else ''}")
    if wipe and place.root.exists():
        if not (place.ports.exists() or place.lock.exists()):
            print(f"{place.root} is not the folder of a Helpdesk: not deleted", file=sys.stderr)
            raise typer.Exit(1)
        shutil.rmtree(place.root)
        print(f"deleted {place.root}")


def env(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Print addresses and logins as KEY=VALUE lines."""
    place = Home.at(home)
    try:
        values = read_env(place)
    except FileNotFoundError:
        print(f"nothing was started in {place.root} yet: helpdesk up", file=sys.stderr)
        raise typer.Exit(1) from None
    print(json.dumps(values, indent=1) if as_json else "\n".join(f"{key}={value}" for key, value in values.items()))


def status(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Show servers, services, mailboxes and how far behind they are."""
    from services.cli.status import print_status, system_status

    found = system_status(Home.at(home))
    print(json.dumps(found)) if as_json else print_status(found)


def run(
    service: Annotated[str, typer.Argument(help="ingest-fetch, ingest-parse, tickets, outbox, timers, ai, notify or gateway")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Run one service in the foreground; addresses from the environment, else those of the system in --home."""
    from services.cli.run import SERVICES, run_service

    if service not in SERVICES:
        print(f"there is no service {service}: use one of {', '.join(SERVICES)}", file=sys.stderr)
        raise typer.Exit(2)
    load_dotenv()
    if not os.environ.get("KAFKA_BOOTSTRAP_SERVERS") and Home.at(home).ports.exists():
        os.environ.update(_another_instance(Home.at(home), service))
    raise typer.Exit(run_service(service))


def _another_instance(home: Home, service: str) -> dict[str, str]:
    from deploy.embedded.ports import Ports, choose_port
    from deploy.embedded.stack import SERVER_NAMES, make_servers
    from services.cli.environment import external_servers, wire

    ports = Ports(home)
    servers = make_servers(home, ports, only=[name for name in SERVER_NAMES if name not in external_servers(os.environ)])
    own = {"HELPDESK_SERVICE": service, "HELPDESK_INSTANCE": f"{service}-{os.getpid()}", "HELPDESK_HEALTH_PORT": str(choose_port())}
    return {**wire(home, ports, servers).shared, **own}


def _already_running(home: Home, pid: int) -> int:
    """Wait for the one that runs to be ready, and say where it is."""
    while holder(home) == pid:
        state = _read_state(home)
        if state.get("phase") == "ready":
            print(f"Helpdesk is running already: {state['facts']['url']}")
            return 0
        if state.get("phase") == "stopping":
            _let_go(home)
            break
        time.sleep(0.1)
    print(f"the Helpdesk of {home.root} was just ending: try again", file=sys.stderr)
    return 1


def _start_here(home: Home, *, demo: bool, empty: bool, quiet: bool) -> int:
    from services.cli.display import closing_lines, follow
    from services.cli.system import Options, System, sample_logins, supervise

    try:
        system = System(home, Options(demo=demo, empty=empty))
    except AlreadyRunning:
        print(f"{home.root} is in use by another Helpdesk", file=sys.stderr)
        return 1

    def ready(_: System) -> None:
        print("\n".join(closing_lines(home, sample_logins(home))), flush=True)

    def failed(system: System) -> None:
        print(_explain(home, system.supervisor.error), file=sys.stderr, flush=True)

    if quiet:
        return supervise(system, ready=lambda _: None, failed=failed)

    def show() -> None:
        follow(
            system.supervisor.as_json,
            until=lambda: system.stop_asked.is_set() or system.supervisor.phase != "starting",
            pause=lambda: time.sleep(0.1),
        )

    return supervise(system, ready=ready, failed=failed, show=show)


def _start_in_background(home: Home, *, demo: bool, empty: bool) -> int:
    from services.cli.display import closing_lines, follow
    from services.cli.system import sample_logins

    home.make()
    log = home.log("supervisor")
    flags = [flag for flag, on in (("--demo", demo), ("--empty", empty)) if on]
    argv = [sys.executable, "-m", "services.cli.main", "up", "--background", "--home", str(home.root), *flags]
    with log.open("ab") as out:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, close_fds=True)

    def snapshot() -> dict[str, Any]:
        state = _read_state(home)
        return state if state.get("supervisor") == child.pid else {}

    try:
        follow(snapshot, until=lambda: child.poll() is not None or snapshot().get("phase") == "ready", pause=lambda: time.sleep(0.1))
    except KeyboardInterrupt:
        child.send_signal(signal.SIGTERM)
        child.wait()
        return 130
    if child.poll() is None:
        print("\n".join(closing_lines(home, sample_logins(home))))
        return 0
    print((snapshot().get("error") and _explain(home, snapshot()["error"])) or f"it did not start: see {log}", file=sys.stderr)
    return 1


def _explain(home: Home, error: str) -> str:
    return f"Helpdesk did not start: {error}\nLogs: {home.logs}. If its data is damaged: helpdesk down --wipe --home {home.root}"


def _end(home: Home, pid: int) -> None:
    supervisor = psutil.Process(pid)
    supervisor.terminate()
    if not _let_go(home):
        supervisor.kill()
    supervisor.wait(10)


def _let_go(home: Home) -> bool:
    end = time.monotonic() + _STOP_SECONDS
    while holder(home) is not None:
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _read_state(home: Home) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(Path(home.state).read_text())
    except (OSError, ValueError):
        return {}
    return found
