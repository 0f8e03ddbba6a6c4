"""The rows of tickets and messages, made from what they are: the same for a batch and for a rebuild."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from schemas.ticket import Message
from services.runtime.ids import event_id
from services.tickets.domain import views
from services.tickets.domain.desk import Desk
from services.tickets.domain.state import Texts, Ticket
from services.tickets.store.rows import Row, json_column, json_text

SEARCHED_CHARACTERS = 20_000


def ticket_row(ticket: Ticket, texts: Texts, desk: Desk, *, words: str, doc: bytes | None = None) -> Row:
    """Values of the table `ticket`; `words` are added to its full-text vector; `doc` is its public state as JSON where that is made already."""
    doc = doc or views.to_json(views.ticket_state(ticket, texts, desk))
    state = {"ticket": ticket, "texts": texts}
    return (
        ticket.id, ticket.number, ticket.version, ticket.status, ticket.priority, desk.priority_order(ticket.priority), ticket.team_id, ticket.assignee_id,
        ticket.requester_id, ticket.channel, texts.subject, ticket.created_at, ticket.updated_at, views.sla_due(ticket), ticket.snoozed_until, ticket.unread,
        [tag.replace("\x00", "") for tag in texts.tags], json_text(state), json_column(doc), words,
    )  # fmt: skip


def ticket_words(ticket: Ticket, texts: Texts) -> list[str]:
    """What a ticket is found by, besides its messages."""
    return [ticket.number, texts.subject, texts.requester_name, texts.requester_email or "", *texts.tags]


def message_row(message: Message, doc: dict[str, Any] | bytes) -> Row:
    """Values of the table `message`; `doc` is the message as JSON."""
    origin = message.origin
    return (
        message.id, message.ticket_id, message.home_ticket_id, message.version, message.kind, message.created_at, message.delivery.state, message.taken_back,
        message.from_.address.lower() if origin and message.from_ else None, message.message_id, (origin.body_hash or None) if origin else None,
        (origin.sha256 or None) if origin else None, json_column(doc) if isinstance(doc, bytes) else json_text(doc),
    )  # fmt: skip


def attachment_rows(message: Message) -> Iterator[Row]:
    """Values of the table `attachment`."""
    for a in message.attachments:
        yield a.id, message.id, message.ticket_id, a.name, a.type, a.size, a.sha256, a.inline, a.content_id


def timer_rows(due: dict[str, datetime], *, ticket_id: str, message_id: str | None, generation: int) -> Iterator[Row]:
    """Values of the table `timer`."""
    for kind, at in due.items():
        yield timer_id(message_id or ticket_id, kind), ticket_id, message_id, kind, generation, at


def timer_id(of: str, kind: str) -> str:
    """Id of a ticket's or message's timer of a kind."""
    return event_id("timer", of, kind)
