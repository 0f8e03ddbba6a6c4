"""One decision under way: the ticket as it becomes, the events so far, the messages written. Nothing outside is touched."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from schemas.base import Actor
from schemas.commands import RunAi
from schemas.ticket import Message
from services.runtime.signing import Keys
from services.tickets.domain.desk import Desk
from services.tickets.domain.limits import Sent, Suppressed
from services.tickets.domain.state import Happened, Sla, Texts, Ticket, evolve

_SLA_FIELDS = tuple(f.name for f in fields(Sla))


class Rejected(Exception):
    """A command that cannot be done. `code` as in CommandOutcome."""

    def __init__(self, code: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.reason, self.detail = code, reason, detail


@dataclass(slots=True, kw_only=True)
class Turn:
    """Decides one input about one ticket. `emit` folds each event at once, so later decisions of the same turn see it.

    `cause` is the input's id; ids of what the turn makes derive from it. `rotation` gives the next place in a team's round robin.
    """

    desk: Desk
    keys: Keys
    at: datetime
    actor: Actor
    cause: str
    ticket: Ticket
    texts: Texts = field(default_factory=Texts)
    rotation: MutableMapping[str, int] = field(default_factory=dict)
    sent: Mapping[str, Sent] = field(default_factory=dict)
    """Automatic mail that each address got lately."""
    suppressed: Mapping[str, Suppressed] = field(default_factory=dict)
    """Addresses that get no automatic mail, or none at all."""
    messages_before: dict[str, Message] = field(default_factory=dict)
    """Messages of the ticket that this input names, as they are stored."""
    events: list[Happened] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    refs: dict[str, bool] = field(default_factory=dict)
    """Message-ID -> stored (True) or only referred to."""
    moved_refs: dict[str, str] = field(default_factory=dict)
    """Message-ID -> the ticket that answers to it go to from now on."""
    participants: dict[str, str] = field(default_factory=dict)
    ask_ai_about: str | None = None
    ask_ai_again: RunAi | None = None
    """How a former run is to be repeated, where that is what was asked."""
    automatic_to: list[tuple[str, str, str]] = field(default_factory=list)
    """(address, message id, likeness of the mail it answers) of automatic mails written, for the caps."""
    suppress: dict[str, Suppressed] = field(default_factory=dict)
    """Addresses that get no mail from now on."""
    result_message_id: str | None = None

    def emit(self, type_: str, data: dict[str, Any] | None = None, *, actor: Actor | None = None, **changes: Any) -> None:
        """Add an event `ticket.<type_>` and fold it."""
        version = self.ticket.version + 1
        if (actor or self.actor).kind == "agent" and self.ticket.unread:
            changes.setdefault("unread", False)  # unread: the customer wrote after the last agent action
        who = (actor or self.actor).model_dump(exclude_none=True)
        plain = {k: {name: getattr(v, name) for name in _SLA_FIELDS} if isinstance(v, Sla) else v for k, v in changes.items()}
        self.events.append(Happened(type=f"ticket.{type_}", time=self.at, version=version, actor=who, data=data or {}, changes=plain))
        self.ticket = evolve(self.ticket, ticket_id=self.ticket.id, version=version, time=self.at, changes=changes)

    def message(self, message_id: str) -> Message:
        """A message of this ticket. Rejected(404) if there is none."""
        found = self.messages.get(message_id) or self.messages_before.get(message_id)
        if found is None:
            raise Rejected(404, "no_such_message", f"There is no message {message_id} on this ticket.")
        return found

    def put(self, message: Message) -> Message:
        """Write a message; its version goes up when it existed."""
        former = self.messages.get(message.id) or self.messages_before.get(message.id)
        now = message.model_copy(update={"version": former.version + 1 if former else 1})
        self.messages[message.id] = now
        return now
