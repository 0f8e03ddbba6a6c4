"""What tickets writes: `ticket.state`, `ticket.messages`, `ticket.events`, `customer.state`, `config.state`, `command.outcomes`."""

from typing import Any, Literal

from pydantic import Field

from schemas.base import Actor, Address, Attachment, Contract, DeliveryState, Instant, MessageKind, Named, Status


class Requester(Contract):
    """The customer a ticket belongs to."""

    id: str
    name: str
    email: str | None = None


class NextStep(Contract):
    """The next thing that will happen by itself, e.g. `first_response_breach`, `auto_close`, `snooze_end`."""

    what: str
    at: Instant


class SlaView(Contract):
    """Where the ticket stands against its targets; deadlines = creation + target + pauses."""

    policy: str | None = None
    state: Literal["first_response_due", "resolution_due", "paused", "fulfilled", "failed"] = "first_response_due"
    first_response_due: Instant | None = None
    resolution_due: Instant | None = None
    paused: bool = False
    next: NextStep | None = None


class Correlation(Contract):
    """Why a message landed in this ticket: a rule's code and how sure it is (0 to 1)."""

    reason: str
    score: float


class TicketState(Contract):
    """Value of `ticket.state` and the Ticket of the REST API: one shape everywhere."""

    id: str
    number: str
    version: int
    subject: str
    status: Status
    hold_reason: str | None = None
    priority: str
    channel: str
    team: Named | None = None
    assignee: Named | None = None
    requester: Requester
    mailbox: str | None = None
    tags: list[str] = []
    created_at: Instant
    updated_at: Instant
    snippet: str = ""
    unread: bool = False
    message_count: int = 0
    first_response_at: Instant | None = None
    resolved_at: Instant | None = None
    resolved_by: Named | None = None
    resolved_by_ai: bool = False
    created_by: Named | None = None
    escalation_count: int = 0
    reopen_count: int = 0
    original_team: Named | None = None
    merged_into: str | None = None
    linked_to: str | None = None
    parent_id: str | None = None
    """The incident this ticket belongs to."""
    children: list[str] = []
    """Of an incident: the tickets its answers reach."""
    incident_of: str | None = None
    """The signal that an incident was opened for."""
    snoozed_until: Instant | None = None
    flags: list[str] = []
    rating: Literal["good", "bad"] | None = None
    """What the customer said of the last resolution that was rated."""
    rated_at: Instant | None = None
    ai_waiting: bool = False
    """A suggestion of the assistant waits for an agent's answer."""
    sla: SlaView
    correlation: Correlation | None = None


class Delivery(Contract):
    """Where a message stands on its way out. `reason` is for people; `undo_until` while state is `undo`."""

    state: DeliveryState = "none"
    reason: str | None = None
    undo_until: Instant | None = None
    claim: str | None = None
    deadline: Instant | None = None
    attempts: int = 0
    retry_at: Instant | None = None


class Outbound(Contract):
    """All that sending needs, fixed when the message is decided, so that every attempt sends the same mail."""

    mailbox: str
    channel: str = "email"
    envelope_from: str | None = None
    """None = the mailbox address; '' = the null sender of automatic mail."""
    from_: Address = Field(alias="from")
    reply_to: Address | None = None
    to: list[Address]
    cc: list[Address] = []
    bcc: list[Address] = []
    """Get the mail, stand in no header of it."""
    signature: str = ""
    """Below the words of the message, as text."""
    quoted_text: str = ""
    """What was said before, below the signature, as text."""
    quoted_html: str = ""
    unsubscribe: str | None = None
    """Where to write to get no more automatic mail (RFC 2369)."""
    unsubscribe_url: str | None = None
    """The same by one HTTP request (RFC 8058); https."""
    subject: str
    message_id: str
    in_reply_to: str | None = None
    references: list[str] = []
    loop: str
    automatic: bool = False


class Origin(Contract):
    """Where a customer's message came from in the log, and what its mail referred to: enough to show the raw mail and to thread again."""

    topic: str
    key: str
    partition: int | None = None
    offset: int | None = None
    sha256: str = ""
    body_hash: str = ""
    references: list[str] = []


class Former(Contract):
    """How a message read before a correction: what putting it back restores."""

    body_text: str = ""
    body_html: str | None = None
    quoted_html: str | None = None
    attachments: list[Attachment] = []
    mail_kind: str | None = None


class Message(Contract):
    """Value of `ticket.messages` and the Message of the REST API. Body without the quoted part, which is in `quoted_html`."""

    id: str
    ticket_id: str
    home_ticket_id: str
    """The ticket it was created under: its routing key for ever, even after a merge."""
    version: int = 1
    kind: MessageKind
    channel: str = "email"
    author: Named | None = None
    from_: Address | None = Field(default=None, alias="from")
    to: list[Address] = []
    cc: list[Address] = []
    bcc: list[Address] = []
    """Whom a reply of ours went to unseen by the others; only agents see it."""
    subject: str = ""
    body_text: str = ""
    body_html: str | None = None
    quoted_html: str | None = None
    attachments: list[Attachment] = []
    created_at: Instant
    delivery: Delivery = Delivery()
    message_id: str | None = None
    correlation: Correlation | None = None
    mail_kind: str | None = None
    flags: list[str] = []
    outbound: Outbound | None = None
    origin: Origin | None = None
    status_after: Status | None = None
    taken_back: bool = False
    former: Former | None = None
    """What it said before a newer parser read its mail again."""


class TicketEvent(Contract):
    """Value of `ticket.events` (any `helpdesk.ticket.*.v1` but state and message): ids, codes, times and scores only.

    `data` is specific to the type; `version` is the ticket's version after this event.
    """

    id: str
    ticket_id: str
    type: str
    """e.g. `ticket.opened`"""
    time: Instant
    version: int
    actor: Actor
    data: dict[str, Any] = {}


class CustomerState(Contract):
    """Value of `customer.state`. Number is CUST-nnnnnn."""

    id: str
    number: str
    name: str
    email: str | None = None
    handles: list[str] = []
    created_at: Instant
    updated_at: Instant
    vip: bool = False


class ConfigState(Contract):
    """Value of `config.state`: one piece of configuration. `value` follows the kind's model in schemas/config.py."""

    kind: str
    id: str
    version: int
    value: dict[str, Any]
    updated_at: Instant


class CommandOutcome(Contract):
    """What became of a command. `code` is an HTTP-like class for the gateway: 200, 404, 409, 412, 422."""

    command_id: str
    status: Literal["done", "rejected"]
    code: int = 200
    reason: str | None = None
    detail: str | None = None
    ticket_id: str | None = None
    version: int | None = None
    message_id: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
