"""Ready means: a mail sent now becomes a ticket. Every service says so on its health port, the gateway on its own address too."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

_POLL_SECONDS = 0.1


class NotReady(Exception):
    """Somebody was not ready in time, or died too often."""


def wait_ready(
    env: Mapping[str, str],
    health: Mapping[str, int],
    *,
    alive: Callable[[str], bool] = lambda _: True,
    say: Callable[[str], None] = lambda _: None,
    seconds: float = 300.0,
) -> None:
    """Return once `/readyz` of every instance in `health` (name to port) and of the gateway answers 200.

    NotReady names who was not, after `seconds` or as soon as `alive(instance)` is false.
    """
    gateway = urlsplit(env["HELPDESK_URL"])
    waiting = {name: ("127.0.0.1", port) for name, port in health.items()}
    if any(name.startswith("gateway-") for name in health):
        waiting["console"] = (gateway.hostname or "127.0.0.1", int(env.get("HELPDESK_HTTP_PORT") or gateway.port or 80))
    end = time.monotonic() + seconds
    while True:
        for name, (host, port) in list(waiting.items()):
            if answers_ready(host, port):
                del waiting[name]
            elif name in health and not alive(name):
                raise NotReady(f"{name} keeps ending: see logs/{name}.log")
        if not waiting:
            return
        say("waiting for " + ", ".join(sorted(waiting)))
        if time.monotonic() > end:
            raise NotReady(f"not ready after {seconds:.0f} s: {', '.join(sorted(waiting))}; see the logs folder")
        time.sleep(_POLL_SECONDS)


def answers_ready(host: str, port: int) -> bool:
    """Whether `/readyz` there answers 200."""
    return _get(host, port, "/readyz")[0] == 200


def statuses(health: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """The `/status` of each instance that answers, asked side by side."""

    def ask(port: int) -> dict[str, Any] | None:
        code, body = _get("127.0.0.1", port, "/status")
        if code != 200:
            return None
        try:
            answer = json.loads(body)
        except ValueError:
            return None
        return answer if isinstance(answer, dict) else None

    if not health:
        return {}
    with ThreadPoolExecutor(len(health)) as pool:
        answers = dict(zip(health, pool.map(ask, health.values()), strict=True))
    return {name: answer for name, answer in answers.items() if answer is not None}


def _get(host: str, port: int, path: str) -> tuple[int, bytes]:
    link = http.client.HTTPConnection(host, port, timeout=2)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        link.close()
