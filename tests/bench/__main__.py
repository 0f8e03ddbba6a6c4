"""`python -m tests.bench [NAME…]`: measure, print a table, and as the last line the path of a JSON file."""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

import structlog

from tests.bench.figure import Figure, table
from tests.bench.running import Running

MEASUREMENTS = ("parse", "fetch", "materialise", "lists", "memory", "latency", "fanout")
_OUT = Path("build") / "bench.json"


def main(names: list[str]) -> int:
    """0 when everything was measured, 1 when a measurement failed, 2 for an unknown name. A missed bar is shown, not an error."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"there is no {', '.join(unknown)}: use {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    figures: list[Figure] = []
    failed: list[str] = []
    with Running() as running:
        for name in names or MEASUREMENTS:
            start = time.monotonic()
            try:
                found = importlib.import_module(f"tests.bench.{name}").measure(running)
            except Exception as error:  # one that cannot run here must not hide the others
                failed.append(f"{name}: {type(error).__name__}: {str(error)[:300]}")
                continue
            figures += found
            print(f"measured {name} in {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    print(table(figures))
    for line in failed:
        print(f"FAILED {line}")
    _OUT.parent.mkdir(exist_ok=True)
    _OUT.write_text(json.dumps([figure.as_json() for figure in figures], indent=1) + "\n", encoding="utf-8")
    print(_OUT.absolute())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
