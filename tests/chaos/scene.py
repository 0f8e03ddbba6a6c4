"""One act of the kill suite: mails come in while a service dies and another takes its place."""

from __future__ import annotations

import os
import time

from tests.chaos.letters import Letter, Letters
from tests.pipeline.desk import Desk
from tests.servers import eventually

MAILS = int(os.environ.get("HELPDESK_CHAOS_MAILS", "100"))
"""Mails for every point: 100 in `make test`, 10,000 in `make chaos`."""
SECONDS = 100 + MAILS * 0.1
"""How long the desk may take to settle them; returns as soon as it has."""
TIMEOUT = 2 * SECONDS + 150
_CHUNK = max(5, MAILS // 200)
_CONVERSATION = 5


def threads_for(service: str) -> int:
    """Mails in a thread: where sending is at stake each mail opens a ticket and is confirmed."""
    return 1 if service == "notify" else _CONVERSATION


def under_fire(
    desk: Desk, service: str, point: str, *, kills: int = 2, mails: int = MAILS, module: str = "", arguments: tuple[str, ...] = ()
) -> Letters:
    """Send mails while `service` is killed at `point`, the n-th time it gets there for the n-th process. Leaves the dead one in place."""
    letters = Letters(desk)
    for nth in range(1, kills + 1):
        doomed = desk.replace(service, crash_at=f"{point}:{nth}", module=module, arguments=arguments)
        portion = letters.write(mails // kills, length=threads_for(service))
        post_in_chunks(letters, portion)
        while not doomed.died(5):
            letters.post(letters.write(1, length=1))
    return letters


def post_in_chunks(letters: Letters, portion: list[Letter]) -> None:
    """Mails arrive a few at a time, so that there is more than one batch of them."""
    for start in range(0, len(portion), _CHUNK):
        letters.post(portion[start : start + _CHUNK])


def arrived(letters: Letters, *, at_least: int = 1) -> bool:
    """Whether so many of these mails are messages."""
    ids = [letter.id for letter in letters.sent]
    return int(letters.desk.rows("SELECT count(*) FROM helpdesk.message WHERE rfc_id = ANY(%s)", ids)[0][0]) >= at_least


def marker(desk: Desk, *, again: float = SECONDS) -> None:
    """Send one more mail and wait for its ticket: what came before it was read by then, wherever it went.

    A service that loses mails may lose this one too: another follows after `again` seconds.
    """
    letters, last = Letters(desk), -again

    def came() -> bool:
        nonlocal last
        if time.monotonic() - last >= again:
            letters.post(letters.write(1, length=1))
            last = time.monotonic()
        return arrived(letters)

    eventually(came, seconds=SECONDS, what="a ticket of the marker")
