"""Which model the value of each event type follows: what schemas, samples and `ce_dataschema` are made from."""

from pydantic import BaseModel

from schemas.ai import AiDelta, AiRequest, AiSignal, AiStage, AiSuggestion, RewriteRequest, Rewritten
from schemas.commands import ConfigCommand, TicketCommand
from schemas.delivery import DeliveryReport, Heartbeat, IdentityChange
from schemas.inbound import InboundMessage, MailPosition
from schemas.mail import MailCommand, ParkedMail, Suppression
from schemas.ticket import CommandOutcome, ConfigState, CustomerState, Message, TicketEvent, TicketState

TICKET_EVENT_TYPES: dict[str, str] = {
    "opened": "A ticket came to be; `changes` is its whole first state.",
    "message_added": "A customer or third party wrote; `kind`, `mail_kind` and `correlation` say what and why here.",
    "reply_queued": "An agent or the assistant answered.",
    "reply_waiting": "The answer waits for its undo window.",
    "reply_released": "The window is over; the answer goes out.",
    "reply_held": "The customer wrote first; the answer waits for a human.",
    "reply_taken_back": "The answer was taken back in time; `changes` puts the former state back.",
    "reply_sent": "The server took the answer.",
    "reply_delayed": "A temporary refusal; `retry_at` is the next attempt.",
    "reply_failed": "The answer did not arrive.",
    "reply_unknown": "Nobody can say whether the answer left; a human settles it.",
    "reply_requeued": "A human sends it again.",
    "note_added": "An internal note.",
    "confirmation_queued": "The automatic confirmation goes out.",
    "confirmation_withheld": "No confirmation, for the reason given.",
    "confirmation_sent": "The server took the confirmation.",
    "confirmation_delayed": "A temporary refusal of the confirmation.",
    "complained": "A receiver reported our mail as unwanted: no automatic mail any more.",
    "confirmation_failed": "The confirmation did not arrive.",
    "notice_queued": "An agent is told by mail; `why` is the kind of notice they asked for.",
    "notice_delayed": "A temporary refusal of that mail.",
    "notice_failed": "That mail did not arrive.",
    "rating_asked": "The customer is asked how it went.",
    "rating_withheld": "The customer is not asked, for the reason given.",
    "rating_request_sent": "The server took the question how it went.",
    "rating_request_delayed": "A temporary refusal of that question.",
    "rating_request_failed": "That question did not arrive.",
    "rated": "The customer said how it went: `score` good or bad; the comment, if any, is an internal note.",
    "assigned": "Another assignee; `reason` manual or round_robin.",
    "status_changed": "Another status; `pause` where a hold ended.",
    "priority_changed": "Another priority, with its new deadlines in `changes.sla`.",
    "team_changed": "Another team.",
    "tags_changed": "How many tags came and went; their texts are in ticket.state.",
    "subject_changed": "The subject was corrected; its text is in ticket.state.",
    "snoozed": "Hidden until a moment.",
    "woken": "A snooze ended, with the reason.",
    "escalated": "Moved to the escalation team, counted.",
    "reopened": "A resolved or closed ticket is open again.",
    "merged": "Merged into another ticket.",
    "merged_from": "Another ticket was merged into this one.",
    "message_moved": "A message left for another ticket.",
    "message_arrived": "A message came from another ticket.",
    "incident_opened": "One ticket for many about the same; `children` are they.",
    "joined_incident": "The ticket belongs to an incident, whose answers reach its customer.",
    "message_corrected": "A newer parser read the message's mail again; `fields` are what it reads differently.",
    "message_restored": "The message reads again as before its correction.",
    "split_from": "This ticket began as a message of another.",
    "read": "An agent has read what the customer wrote.",
    "sla_warned": "A deadline comes near.",
    "sla_breached": "A deadline passed.",
    "ai_decided": "What the policy made of a suggestion.",
    "ai_answered": "What an agent made of a suggestion.",
}

MODELS: dict[str, type[BaseModel]] = {
    "helpdesk.mail.position.v1": MailPosition,
    "helpdesk.message.inbound.v1": InboundMessage,
    "helpdesk.ticket.command.v1": TicketCommand,
    "helpdesk.config.command.v1": ConfigCommand,
    "helpdesk.mail.command.v1": MailCommand,
    "helpdesk.mail.parked.v1": ParkedMail,
    "helpdesk.mail.suppression.v1": Suppression,
    "helpdesk.command.outcome.v1": CommandOutcome,
    **{f"helpdesk.ticket.{name}.v1": TicketEvent for name in TICKET_EVENT_TYPES},
    "helpdesk.ticket.state.v1": TicketState,
    "helpdesk.ticket.message.v1": Message,
    "helpdesk.customer.state.v1": CustomerState,
    "helpdesk.config.state.v1": ConfigState,
    "helpdesk.identity.changed.v1": IdentityChange,
    "helpdesk.ai.request.v1": AiRequest,
    "helpdesk.ai.stage.v1": AiStage,
    "helpdesk.ai.delta.v1": AiDelta,
    "helpdesk.ai.suggested.v1": AiSuggestion,
    "helpdesk.ai.rewrite.v1": RewriteRequest,
    "helpdesk.ai.rewritten.v1": Rewritten,
    "helpdesk.ai.signal.v1": AiSignal,
    "helpdesk.delivery.report.v1": DeliveryReport,
    "helpdesk.ops.heartbeat.v1": Heartbeat,
}


def schema_name(event_type: str) -> str:
    """File and schema name of an event type: all `ticket.events` types share one schema."""
    model = MODELS[event_type]
    return "helpdesk.ticket.event.v1" if model is TicketEvent else event_type


def schema_names() -> dict[str, type[BaseModel]]:
    """Every schema once, by name."""
    return {schema_name(t): m for t, m in MODELS.items()}
