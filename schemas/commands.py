"""What gateway, timers and cli ask for: `ticket.commands` and `config.commands`. The command's id is the record's `ce_id`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.base import Actor, Address, Attachment, Contract, Instant, Status


class ChangeTicket(Contract):
    """Set fields of a ticket. A field that is absent (not in `set`) stays as it is."""

    verb: Literal["change"] = "change"
    set: list[Literal["status", "hold_reason", "priority", "team_id", "assignee_id", "tags", "subject"]]
    status: Status | None = None
    hold_reason: str | None = None
    priority: str | None = None
    team_id: str | None = None
    assignee_id: str | None = None
    tags: list[str] = []
    subject: str | None = None
    children: bool | None = None
    """On an incident: whether its tickets are resolved, or opened again, with it. None = yes."""


class AddReply(Contract):
    """A public answer. Empty `to` means the requester. `undo_seconds` delays sending; 0 sends at once."""

    verb: Literal["reply"] = "reply"
    message_id: str
    body_text: str = ""
    body_html: str | None = None
    to: list[Address] = []
    cc: list[Address] = []
    bcc: list[Address] = []
    reply_all: bool = False
    """Also to everybody whom the customer's last message went to, except ourselves."""
    quote: bool | None = None
    """Whether what was said before stands below the reply; None = as the mailbox says."""
    attachments: list[Attachment] = []
    status_after: Status | None = None
    undo_seconds: float = 10
    send_at: Instant | None = None
    by_ai: bool = False
    suggestion_id: str | None = None


class TakeBackReply(Contract):
    """Take a reply back inside its undo window."""

    verb: Literal["take_back_reply"] = "take_back_reply"
    message_id: str


class AddNote(Contract):
    """An internal note, never sent to a customer."""

    verb: Literal["note"] = "note"
    message_id: str
    body_text: str = ""
    body_html: str | None = None
    attachments: list[Attachment] = []
    mentions: list[str] = []


class OpenTicket(Contract):
    """A ticket opened by an agent (a call, a walk-in) or through the API."""

    verb: Literal["open"] = "open"
    message_id: str
    subject: str
    body_text: str = ""
    body_html: str | None = None
    requester: Address
    channel: str = "phone"
    priority: str | None = None
    team_id: str | None = None
    attachments: list[Attachment] = []


class ImportedMessage(Contract):
    """One message of an imported thread. Nothing is sent, nothing fires."""

    kind: Literal["customer", "agent", "note"]
    author_id: str | None = None
    body_text: str
    body_html: str | None = None
    created_at: Instant
    message_id: str | None = None
    sender: Address | None = None
    """Who wrote it, where that is not the requester."""
    to: list[Address] = []
    cc: list[Address] = []
    quoted_html: str | None = None
    attachments: list[Attachment] = []
    raw_key: str = ""
    """Key of the mail in `mail.raw`."""
    raw_sha256: str = ""


class ImportTicket(Contract):
    """A ticket with its past, for sample data and importers: no automation, no mail."""

    verb: Literal["import"] = "import"
    subject: str
    requester: Address
    channel: str = "email"
    priority: str | None = None
    team_id: str | None = None
    assignee_id: str | None = None
    status: Status = "open"
    tags: list[str] = []
    messages: list[ImportedMessage]
    ask_ai: bool = False


class CorrectMessage(Contract):
    """What a newer parser reads in a message's mail, in place of what an older one read."""

    verb: Literal["correct"] = "correct"
    message_id: str
    body_text: str
    body_html: str | None = None
    quoted_html: str | None = None
    attachments: list[Attachment] = []
    mail_kind: str | None = None


class RestoreMessage(Contract):
    """A corrected message reads as it did before."""

    verb: Literal["restore"] = "restore"
    message_id: str


class MergeTicket(Contract):
    """Move all messages of this ticket into another and close this one."""

    verb: Literal["merge"] = "merge"
    into: str


class OpenIncident(Contract):
    """One ticket for many that are about the same: its public answers reach the customer of each."""

    verb: Literal["incident"] = "incident"
    subject: str
    requester: Address
    """Who opened it; an incident has no customer of its own."""
    ticket_ids: list[str]
    signal_id: str | None = None
    message_id: str
    body_text: str = ""


class EscalateTicket(Contract):
    """Move to the team's escalation team, counted; the original team is kept. `reason` becomes a note."""

    verb: Literal["escalate"] = "escalate"
    reason: str | None = None


class SnoozeTicket(Contract):
    """Hide until a moment; any activity wakes it. None ends the snooze."""

    verb: Literal["snooze"] = "snooze"
    until: Instant | None = None


class MoveMessage(Contract):
    """Move one message to another ticket (`into`) or to a new one (None: split)."""

    verb: Literal["move_message"] = "move_message"
    message_id: str
    into: str | None = None


class MarkRead(Contract):
    """An agent has read what the customer wrote."""

    verb: Literal["read"] = "read"


class RunAi(Contract):
    """Ask the assistant to look at the ticket (again). With `replay_of` a former run is repeated to be compared: that one never acts."""

    verb: Literal["run_ai"] = "run_ai"
    replay_of: str | None = None
    engine: Literal["local", "gemini"] | None = None
    model: str | None = None


class AnswerSuggestion(Contract):
    """An agent's answer to a suggestion. `accept` applies team and priority; it sends the draft only with `send`."""

    verb: Literal["answer_suggestion"] = "answer_suggestion"
    suggestion_id: str
    answer: Literal["accept", "edit", "reject", "undo"]
    send: bool = False
    body_text: str | None = None
    team_id: str | None = None
    priority: str | None = None
    reason: str | None = None
    message_id: str | None = None


class SettleDelivery(Contract):
    """A human settles a delivery whose outcome is unknown or failed: it was sent, or send it (again), or give it up."""

    verb: Literal["settle_delivery"] = "settle_delivery"
    message_id: str
    outcome: Literal["sent", "resend", "failed"]


class RateTicket(Contract):
    """The customer says how a resolution went, by the signed link of the mail that asked. `cycle` counts resolutions from 0."""

    verb: Literal["rate"] = "rate"
    cycle: int
    score: Literal["good", "bad"]
    comment: str = ""


class TimerFired(Contract):
    """A timer came due. Ignored when the ticket's timer of this kind has another generation now."""

    verb: Literal["timer"] = "timer"
    timer: str
    kind: str
    generation: int
    due_at: Instant
    message_id: str | None = None


TicketAction = Annotated[
    ChangeTicket
    | AddReply
    | TakeBackReply
    | AddNote
    | OpenTicket
    | ImportTicket
    | CorrectMessage
    | RestoreMessage
    | MergeTicket
    | OpenIncident
    | EscalateTicket
    | SnoozeTicket
    | MoveMessage
    | MarkRead
    | RunAi
    | AnswerSuggestion
    | SettleDelivery
    | RateTicket
    | TimerFired,
    Field(discriminator="verb"),
]


class TicketCommand(Contract):
    """Value of `ticket.commands` (type helpdesk.ticket.command.v1); key and routing: `ticket_id` (a new UUIDv7 for open and import)."""

    id: str
    ticket_id: str
    actor: Actor
    at: Instant
    expected_version: int | None = None
    body_hash: str = ""
    """sha256 of the request body: the same command id with another hash is refused (422). '' = not checked."""
    action: TicketAction


class ConfigCommand(Contract):
    """Value of `config.commands`: put (value given) or delete (value null) one piece of configuration."""

    id: str
    actor: Actor
    at: Instant
    kind: str
    object_id: str
    value: dict[str, Any] | None
    only_if_absent: bool = False
    body_hash: str = ""
