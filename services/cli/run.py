"""One service in this very process: `python -m services.cli.run NAME`, and `helpdesk run NAME`."""

from __future__ import annotations

import importlib
import os
import sys

SERVICES: dict[str, str] = {
    "ingest-fetch": "services.ingest.fetch.main:main",
    "ingest-parse": "services.ingest.parse.main:main",
    "tickets": "services.tickets.materialise:main",
    "outbox": "services.tickets.outbox:main",
    "timers": "services.tickets.timers:main",
    "ai": "services.ai.app:main",
    "notify": "services.notify.main:main",
    "gateway": "services.gateway.main:main",
}


def run_service(name: str) -> int:
    """Run a service until it is told to stop; its exit code. Reads only the environment."""
    os.environ.setdefault("HELPDESK_SERVICE", name)
    module, _, function = SERVICES[name].partition(":")
    return int(getattr(importlib.import_module(module), function)() or 0)


if __name__ == "__main__":
    sys.exit(run_service(sys.argv[1]))
