"""How far each ticket's conversation has come, so that a run whose question is no longer the last word stops."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

SPEAKING = frozenset({"ticket.opened", "ticket.message_added", "ticket.reply_queued"})
_KEPT = 50_000


class Newest:
    """Version of the latest customer or agent message per ticket, for the tickets heard of last.

    A lost entry (restart, eviction) only costs a run whose suggestion tickets will discard as too old.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._versions: OrderedDict[str, int] = OrderedDict()
        self._kept = kept

    def note(self, event: dict[str, Any]) -> None:
        """Take one value of `ticket.events`; anything that is not somebody speaking is ignored."""
        ticket, version = event.get("ticket_id"), event.get("version")
        kind = str(event.get("type", "")).removeprefix("helpdesk.").removesuffix(".v1")
        actor = event.get("actor") or {}
        if (
            kind not in SPEAKING
            or not isinstance(ticket, str)
            or not isinstance(version, int)
            or actor.get("kind") not in ("customer", "agent")
        ):
            return
        self._versions[ticket] = max(version, self._versions.get(ticket, 0))
        self._versions.move_to_end(ticket)
        if len(self._versions) > self._kept:
            self._versions.popitem(last=False)

    def current(self, ticket_id: str, version: int) -> bool:
        """Whether nobody is known to have spoken after this version of the ticket."""
        return self._versions.get(ticket_id, 0) <= version
