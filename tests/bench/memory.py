"""Memory of each process of the system at rest."""

from __future__ import annotations

import time

import psutil

from services.cli.status import system_status
from tests.bench.figure import Figure, scaled
from tests.bench.running import Running

_LIMITS = {"ai": 450.0}
_LIMIT = 200.0
_REST_SECONDS = 15


def measure(running: Running) -> list[Figure]:
    """Resident megabytes (10^6 bytes) of each service and server, a while after the start; the larger of the processes of a service."""
    system = running.system
    time.sleep(scaled(_REST_SECONDS, least=2))  # at rest: the seed's tickets are settled and what the start needed is freed
    status = system_status(system.home)
    figures = [
        Figure(name=f"memory {row['instance']}", value=_resident(row["pid"]), unit="MB", limit=_LIMITS.get(row["name"], _LIMIT))
        for row in status["services"] if row["pid"]
    ]  # fmt: skip
    servers = [
        Figure(name=f"memory {row['name']}", value=_resident(row["pid"]), unit="MB", note="with its children")
        for row in status["servers"]
        if row["pid"]
    ]
    return [*figures, *servers]


def _resident(pid: int) -> float:
    """Of a process and its children; what children share with it (PostgreSQL's buffers) is counted once."""
    process = psutil.Process(pid)
    total = float(process.memory_info().rss)
    for child in process.children(recursive=True):
        usage = child.memory_full_info()
        total += usage.uss
    return total / 1e6
