"""Which timers a ticket and its messages have, as a function of their state: setting and cancelling is the difference of two answers."""

from datetime import datetime, timedelta

from schemas.ticket import Message
from services.tickets.domain import sla
from services.tickets.domain.state import Ticket


def of_ticket(ticket: Ticket, *, auto_close_days: float) -> dict[str, datetime]:
    """Kind of timer -> when it is due."""
    due: dict[str, datetime] = {}
    seconds = {"first_response": ticket.sla.first_response_seconds, "resolution": ticket.sla.resolution_seconds}
    for what, at in sla.open_clocks(ticket).items():
        if what not in ticket.sla.breached:
            due[f"sla_{what}"] = at
            if what not in ticket.sla.warned:
                due[f"sla_warn_{what}"] = at - timedelta(seconds=(seconds[what] or 0) * (1 - sla.WARN_AT))
    if ticket.status == "resolved" and ticket.resolved_at:
        due["auto_close"] = ticket.resolved_at + timedelta(days=auto_close_days)
    if ticket.snoozed_until:
        due["snooze"] = ticket.snoozed_until
    if ticket.rating_due:
        due["ask_rating"] = ticket.rating_due
    return due


def of_message(message: Message | None) -> dict[str, datetime]:
    """Kind of timer -> when it is due, for a message on its way out."""
    if message is None or message.taken_back:
        return {}
    delivery = message.delivery
    if delivery.state in {"undo", "scheduled"} and delivery.undo_until:
        return {"send": delivery.undo_until}
    if delivery.state == "sending" and delivery.deadline:
        return {"delivery_deadline": delivery.deadline}
    if delivery.state == "delayed" and delivery.retry_at:
        return {"retry": delivery.retry_at}
    return {}
