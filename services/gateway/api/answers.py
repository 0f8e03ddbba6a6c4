"""What the API answers, as the OpenAPI description shows it. Rows are sent as Postgres holds them, already in these shapes."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from schemas.base import Actor, Instant, Named
from schemas.config import Article, Macro, Mailbox, MailTemplate, Notice, Priority, Role, Settings, Sla, Team
from schemas.ticket import CustomerState, Message, TicketState

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """A list: `next` is the `after` of the next page, null at the end."""

    data: list[T]
    next: str | None


class ProblemDetails(BaseModel):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] | None = None
    ticket: TicketState | None = None
    """412: the ticket as it is now."""
    newest_message: Message | None = None
    """412: what was written last."""
    trace_id: str | None = None
    reason: str | None = None


class Accepted(BaseModel):
    """202: the command is on its way; ask for it at `Location`."""

    command_id: str


class CommandView(BaseModel):
    """`GET /commands/{id}`."""

    command_id: str
    status: Literal["pending", "done", "rejected"]
    code: int | None = None
    reason: str | None = None
    detail: str | None = None
    ticket_id: str | None = None
    version: int | None = None
    message_id: str | None = None
    object_kind: str | None = None
    object_id: str | None = None


class Me(BaseModel):
    """`GET /me` and `POST /session`."""

    id: str
    name: str
    email: str
    role: Role
    teams: list[Named]
    signature: str = ""
    notices: list[Notice] = []


class AgentView(BaseModel):
    """An agent."""

    id: str
    name: str
    email: str
    role: Role
    teams: list[Named]
    signature: str = ""
    active: bool = True
    available: bool = True


class TeamView(Team):
    """A team."""

    id: str


class PriorityView(Priority):
    """A priority; `key` is what tickets carry."""

    id: str
    key: str


class SlaTargets(Sla):
    """Targets of a priority."""

    id: str


class TemplateView(MailTemplate):
    """A template as it is used now."""

    id: str
    own: bool
    """Whether the desk has changed it."""
    fields: list[str]


class TemplatePreview(BaseModel):
    """A template filled with sample data: its text, and the HTML that stands beside it in the mail."""

    subject: str
    text: str
    html: str = ""


class MacroView(Macro):
    """A macro."""

    id: str


class ArticleView(Article):
    """An article in its newest version."""

    id: str


class MailboxView(Mailbox):
    """A mailbox without its secret; `status` and `error` are from ingest's heartbeat."""

    id: str
    secret: str = Field(default="", exclude=True)
    dkim_key: str = Field(default="", exclude=True)
    dkim: bool = False
    """Whether a signing key is kept."""
    state: str | None = None
    error: str | None = None
    progress: str | None = None
    """How far it is in reading what came while nobody read, '' when it is not behind."""


class SettingsView(Settings):
    """The desk's settings."""

    numbering: dict[str, Any] = Field(default={})
    """Next numbers and the last reset, by counter."""


class HistoryEvent(BaseModel):
    """One entry of a ticket's history and where it stands in the log; offset null until the relay's acknowledgement."""

    id: str
    type: str
    time: Instant
    version: int
    actor: Actor
    data: dict[str, Any]
    topic: Literal["ticket.events"]
    partition: int | None
    offset: int | None


class Upload(BaseModel):
    """`POST /attachments`."""

    id: str
    name: str
    type: str
    size: int


class NewKey(BaseModel):
    """`POST /keys`: the key is shown this once."""

    id: str
    key: str


class KeyView(BaseModel):
    """A key without its secret."""

    id: str
    agent_id: str
    name: str
    created_at: Instant
    revoked_at: Instant | None


class Counts(BaseModel):
    """`GET /tickets/counts`: tickets that are neither resolved nor closed."""

    inbox: int
    mine: int
    unassigned: int
    unread: int
    snoozed: int
    ai_review: int
    teams: dict[str, int]


class Found(BaseModel):
    """`GET /search`."""

    tickets: list[TicketState]
    customers: list[CustomerState]
    articles: list[ArticleView]


class ServiceView(BaseModel):
    """A process as its last heartbeat shows it."""

    service: str
    instance: str
    pid: int
    state: str
    started_at: Instant
    at: Instant
    lag_records: int
    lag_seconds: float
    detail: dict[str, Any] = {}


class AlarmView(BaseModel):
    """Something about mail that a person should hear of: `mail_flood`, `mail_loop`."""

    id: str
    kind: str
    at: Instant
    data: dict[str, Any] = {}


class PipelineStatus(BaseModel):
    """`GET /pipeline/status`."""

    services: list[ServiceView]
    alarms: list[AlarmView] = []
    """Of the last hour."""
    sockets: int
    """Websockets on this gateway."""


class MailboxTest(BaseModel):
    """`POST /mailboxes/test`."""

    imap: str
    smtp: str
    ok: bool
