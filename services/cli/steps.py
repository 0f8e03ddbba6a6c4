"""One-off steps of a start, each in a process of its own: `python -m services.cli.steps prepare|seed [--empty]`.

Apart from the supervisor, so that what they import does not stay in memory for as long as the system runs.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor


def prepare() -> None:
    """Bring the database schemas up to date and create the topics that are missing."""
    from services.runtime.settings import settings
    from services.runtime.topics import ensure_topics
    from services.tickets.migrate import migrate

    with ThreadPoolExecutor(2) as pool:
        migrated = pool.submit(migrate, settings())
        created = pool.submit(ensure_topics, settings().kafka_bootstrap_servers)
        migrated.result()
        created.result()


def seed(*, empty: bool) -> None:
    """Put the default configuration and the sample desk into a system that has none."""
    from services.cli.seed import seed as fill

    fill(dict(os.environ), empty=empty)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare()
    else:
        seed(empty="--empty" in sys.argv[2:])
