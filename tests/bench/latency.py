"""From the mail server announcing a mail to the agent's websocket, open loop at 20 mails/s, AI off and on.

A bare IDLE connection beside ours hears each EXISTS; mails are announced in the order they were delivered.
"""

from __future__ import annotations

import json
import re
import smtplib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.bench.bare_imap import BareImap
from tests.bench.figure import Figure, percentile, scaled
from tests.bench.hops import sum_of_hops
from tests.bench.running import Running, System
from tests.bench.stages import stages_of

_PER_SECOND = 20.0
_LAST_WITHIN = 60.0
_EXISTS = re.compile(rb"\* (\d+) (EXISTS|EXPUNGE)")
_SUBJECT = re.compile(r"^bench (\w+) (\d+)$")


@dataclass(slots=True)
class Ear:
    """When each mail was announced: `at[k]` is the moment the (k+1)-th new mail of the mailbox was known."""

    standing: int
    at: list[float] = field(default_factory=list)
    expunged: int = 0

    def hear(self, line: bytes) -> None:
        now = time.perf_counter()
        found = _EXISTS.match(line)
        if found and found.group(2) == b"EXPUNGE":
            self.expunged += 1
        elif found:
            total = int(found.group(1)) + self.expunged - self.standing
            self.at.extend([now] * max(0, total - len(self.at)))


def measure(running: Running) -> list[Figure]:
    """p50, p99 and max of either, beside the sum of the bare hops at the same pace."""
    system, count = running.system, scaled(600, least=20)
    _set_ai(system, on=False)
    _latencies(system, count, name="cold")  # the broker compiles itself: a floor taken before that would flatter us
    floor = sum_of_hops(system, count=count, per_second=_PER_SECOND)
    figures = []
    for mode, with_ai in (("AI off", False), ("AI on", True)):
        _set_ai(system, on=with_ai)
        _latencies(system, max(20, count // 10), name="warm" + mode[3:])
        taken, stages = _latencies(system, count, name=mode[3:])
        figures += _figures(mode, taken, floor, stages)
    return figures


def _figures(mode: str, taken: list[float], floor: list[float], stages: str) -> list[Figure]:
    note = f"{len(taken)} mails at {_PER_SECOND:.0f}/s; {stages}"
    return [
        Figure(
            name=f"latency {mode} p50",
            value=percentile(taken, 0.5),
            unit="ms",
            floor=percentile(floor, 0.5),
            bar=2,
            at_most=True,
            note=note,
        ),
        Figure(
            name=f"latency {mode} p99",
            value=percentile(taken, 0.99),
            unit="ms",
            floor=percentile(floor, 0.99),
            bar=4,
            at_most=True,
            limit=60,
        ),
        Figure(name=f"latency {mode} max", value=max(taken), unit="ms", floor=max(floor)),
    ]


def _set_ai(system: System, *, on: bool) -> None:
    with httpx.Client(
        base_url=system.env["HELPDESK_URL"] + "/api/v1", headers={"Authorization": f"Bearer {system.env['ADMIN_API_KEY']}"}, timeout=20
    ) as http:
        answer = http.patch("/settings", json={"ai_enabled": on})
        answer.raise_for_status()


def _latencies(system: System, count: int, *, name: str) -> tuple[list[float], str]:
    """Milliseconds for each of `count` mails, and where they went."""
    mark = "".join(c for c in name if c.isalnum())
    arrived: dict[int, float] = {}
    done = threading.Event()
    with _listening(system) as ear, _socket(system) as socket:
        reader = threading.Thread(target=_read, args=(socket, mark, arrived, count, done), daemon=True)
        reader.start()
        _send(system, mark, count)
        if not done.wait(_LAST_WITHIN):
            raise TimeoutError(f"{len(arrived)} of {count} mails reached the websocket, {len(ear.at)} were announced")
    if len(ear.at) < count:
        raise RuntimeError(f"only {len(ear.at)} of {count} mails were announced")
    clock = time.time() - time.perf_counter()
    stages = stages_of(system, mark, {n: at + clock for n, at in enumerate(ear.at[:count])}, {n: at + clock for n, at in arrived.items()})
    return [(arrived[number] - ear.at[number]) * 1000 for number in range(count)], stages


def _send(system: System, mark: str, count: int) -> None:
    """Deliver at a steady pace, however long the desk takes."""
    to = system.env["SUPPORT_ADDRESS"]
    with smtplib.SMTP(system.env["SAMPLE_SMTP_HOST"], int(system.env["SAMPLE_SMTP_PORT"]), timeout=20) as smtp:
        start = time.perf_counter()
        for number in range(count):
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = f"customer{number}@customers.example", to, f"bench {mark} {number}"
            mail["Message-ID"] = make_msgid(domain="customers.example")
            mail.set_content(f"Hello,\n\nmy order {number} has not arrived. Where is it?\n\nCustomer {number}\n")
            time.sleep(max(0.0, start + number / _PER_SECOND - time.perf_counter()))
            smtp.sendmail(f"customer{number}@customers.example", [to], mail.as_bytes())


def _read(socket: ClientConnection, mark: str, arrived: dict[int, float], count: int, done: threading.Event) -> None:
    for text in socket:
        now = time.perf_counter()
        frame = json.loads(text)
        events = [frame["event"]] if frame.get("t") == "ev" else [item["event"] for item in frame.get("events", [])]
        for event in events:
            found = _SUBJECT.match((event.get("data") or {}).get("subject") or "")
            if found and found.group(1) == mark:
                arrived.setdefault(int(found.group(2)), now)
        if len(arrived) >= count:
            done.set()
            return


@contextmanager
def _listening(system: System) -> Iterator[Ear]:
    address = system.env["SAMPLE_IMAP_HOST"], int(system.env["SAMPLE_IMAP_PORT"])
    with BareImap(address, system.env["SUPPORT_ADDRESS"]) as imap:
        ear = Ear(standing=len(imap.uids()))
        idling = threading.Event()

        def listen() -> None:
            for line in imap.idle():
                if line.startswith(b"+"):
                    idling.set()
                ear.hear(line)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        if not idling.wait(10):
            raise TimeoutError("the mail server does not let us idle")
        yield ear
    thread.join(5)


@contextmanager
def _socket(system: System) -> Iterator[ClientConnection]:
    url = system.env["HELPDESK_URL"].replace("http", "ws", 1) + "/api/v1/live"
    key = {"Authorization": f"Bearer {system.env['AGENT_API_KEY']}"}
    with connect(url, additional_headers=key, subprotocols=["helpdesk.v1.json"], compression=None, max_size=None) as socket:  # type: ignore[list-item]
        socket.send(json.dumps({"t": "sub", "id": 1, "channels": ["queue:all"], "since": None}))
        while json.loads(socket.recv(10)).get("t") != "ok":
            pass
        yield socket
