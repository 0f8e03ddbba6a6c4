"""What clients send. Unknown fields are refused."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from schemas.base import Status
from schemas.config import Role

MOST_TEXT = 1 << 20
Text = Annotated[str, StringConstraints(max_length=MOST_TEXT)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Subject = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s<>]+@[^@\s<>]+$", max_length=320, strip_whitespace=True)]
Ids = Annotated[list[Key], Field(max_length=100)]


class Input(BaseModel):
    """Base of every request body."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SignIn(Input):
    """Body of `POST /session`."""

    email: Annotated[str, StringConstraints(max_length=320)]
    password: Annotated[str, StringConstraints(max_length=1000)]


class PasswordChange(Input):
    """Body of `POST /me/password`."""

    current: Annotated[str, StringConstraints(max_length=1000)]
    new: Annotated[str, StringConstraints(min_length=8, max_length=1000)]


class MeInput(Input):
    """Body of `PATCH /me`."""

    signature: Annotated[str, StringConstraints(max_length=10_000)]


class KeyInput(Input):
    """Body of `POST /keys`."""

    agent_id: Key
    name: Name


class AddressInput(Input):
    """A recipient."""

    name: Annotated[str, StringConstraints(max_length=200)] = ""
    address: Email


class RequesterInput(Input):
    """Whom a ticket is opened for; `email` or `address`."""

    name: Annotated[str, StringConstraints(max_length=200)] = ""
    email: Email | None = None
    address: Email | None = None

    @model_validator(mode="after")
    def _somebody(self) -> "RequesterInput":
        if not (self.email or self.address):
            raise ValueError("email is missing")
        return self


Recipients = Annotated[list[Email | AddressInput], Field(max_length=50)]


class TicketChange(Input):
    """Body of `PATCH /tickets/{id}`: only the fields that are present change; null clears where that makes sense."""

    status: Status | None = None
    hold_reason: Key | None = None
    priority: Key | None = None
    team_id: Key | None = None
    assignee_id: Key | None = None
    tags: Annotated[list[Tag], Field(max_length=100)] | None = None
    subject: Subject | None = None

    @model_validator(mode="after")
    def _something(self) -> "TicketChange":
        if not self.model_fields_set:
            raise ValueError("no field to change")
        for name in ("status", "priority", "tags", "subject"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} may not be null")
        return self


class _Written(Input):
    body_html: Text | None = None
    body_text: Text | None = None
    attachments: Ids = []

    @model_validator(mode="after")
    def _words(self) -> "_Written":
        if not ((self.body_text or "").strip() or (self.body_html or "").strip()):
            raise ValueError("body_text or body_html is needed")
        return self


class ReplyInput(_Written):
    """Body of `POST /tickets/{id}/replies`."""

    to: Recipients = []
    cc: Recipients = []
    bcc: Recipients = []
    reply_all: bool = False
    """Also to everybody the customer's last message went to."""
    quote: bool | None = None
    """What was said before stands below the reply; null = as the mailbox says."""
    status_after: Status | None = None
    undo_seconds: Annotated[float, Field(ge=0, le=300)] = 10
    send_at: AwareDatetime | None = None
    suggestion_id: Key | None = None


class NoteInput(_Written):
    """Body of `POST /tickets/{id}/notes`."""

    mentions: Ids = []


class TicketInput(Input):
    """Body of `POST /tickets`."""

    subject: Subject
    body: Text
    requester: Email | RequesterInput
    channel: Literal["email", "chat", "web", "phone", "api"] = "phone"
    priority: Key | None = None
    team_id: Key | None = None
    attachments: Ids = []


class Merge(Input):
    """Body of `POST /tickets/{id}/merge`: the id or number of the ticket to merge into."""

    into: Key


class Escalate(Input):
    """Body of `POST /tickets/{id}/escalate`."""

    reason: Annotated[str, StringConstraints(max_length=10_000)] | None = None


class Snooze(Input):
    """Body of `POST /tickets/{id}/snooze`; null ends the snooze."""

    until: AwareDatetime | None


class Move(Input):
    """Body of `POST /tickets/{id}/messages/{message_id}/move`; null splits it off into a new ticket."""

    into: Key | None = None


class Settle(Input):
    """Body of `POST /tickets/{id}/messages/{message_id}/settle`."""

    outcome: Literal["sent", "resend", "failed"]


class SuggestionAnswer(Input):
    """Body of `POST /tickets/{id}/ai/{suggestion_id}/…`; may be empty."""

    send: bool = False
    body_text: Text | None = None
    team_id: Key | None = None
    priority: Key | None = None
    reason: Annotated[str, StringConstraints(max_length=2000)] | None = None


class RunAgain(Input):
    """Body of `POST /ai/runs/{id}/replay`; without an engine the one that serves is asked."""

    engine: Literal["local", "gemini"] | None = None
    model: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")] | None = None


class RewriteInput(Input):
    """Body of `POST /tickets/{id}/ai/rewrite`: an agent's words, and how to say them."""

    how: Literal["shorter", "friendlier", "grammar", "translate"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=8000)]
    language: Annotated[str, StringConstraints(pattern=r"^[\w -]{2,40}$")] | None = None


class TeamInput(Input):
    """A team; all fields optional on PATCH."""

    name: Name | None = None
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    escalates_to: Key | None = None
    order: int | None = None
    round_robin: bool | None = None
    signature: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    examples: list[Annotated[str, StringConstraints(max_length=1000)]] | None = None


class AgentInput(Input):
    """An agent; all fields optional on PATCH. `password` gives them a login."""

    name: Name | None = None
    email: Email | None = None
    role: Role | None = None
    teams: Ids | None = None
    signature: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    active: bool | None = None
    available: bool | None = None
    password: Annotated[str, StringConstraints(min_length=8, max_length=1000)] | None = None


class MailboxInput(Input):
    """A mailbox; all fields but `password` as stored. `password` is sealed and never returned."""

    name: Annotated[str, StringConstraints(max_length=200)] | None = None
    address: Email | None = None
    imap_host: Key | None = None
    imap_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    imap_security: Literal["tls", "starttls", "none"] | None = None
    smtp_host: Key | None = None
    smtp_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    smtp_security: Literal["tls", "starttls", "none"] | None = None
    user: Annotated[str, StringConstraints(max_length=320)] | None = None
    password: Annotated[str, StringConstraints(max_length=4000)] | None = None
    folders: list[Name] | None = None
    active: bool | None = None
    delete_settled: bool | None = None
    plus_addressing: bool | None = None
    signature: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    quote_history: bool | None = None
    null_sender: bool | None = None
    sent_copy: bool | None = None
    sent_folder: Annotated[str, StringConstraints(max_length=200)] | None = None
    dkim_domain: Annotated[str, StringConstraints(max_length=253)] | None = None
    dkim_selector: Annotated[str, StringConstraints(max_length=63)] | None = None
    dkim_private_key: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    """PEM of an RSA key; sealed and never returned. '' removes it."""
    trusted_authserv_ids: list[Key] | None = None
    trusts_server: bool | None = None
    team_id: Key | None = None


class ArticleInput(Input):
    """An article; all fields optional on PATCH. Each change is a new version."""

    title: Name | None = None
    body: Text | None = None
    category: Annotated[str, StringConstraints(max_length=200)] | None = None
    status: Literal["draft", "published"] | None = None
    audience: Literal["public", "agents"] | None = None
    from_gap: Key | None = None


class PriorityInput(Input):
    """A priority."""

    name: Name | None = None
    color: Annotated[str, StringConstraints(max_length=50)] | None = None
    order: int | None = None


class SlaInput(Input):
    """Targets for one priority, in seconds."""

    name: Name | None = None
    priority: Key | None = None
    first_response_seconds: Annotated[int, Field(ge=1)] | None = None
    resolution_seconds: Annotated[int, Field(ge=1)] | None = None


class TemplateInput(Input):
    """The desk's own words of a template, or those to show a preview of."""

    subject: Subject | None = None
    body: Annotated[str, StringConstraints(max_length=20_000)] | None = None


class MacroInput(Input):
    """A saved reply with actions."""

    name: Name | None = None
    body_text: Text | None = None
    status: Status | None = None
    priority: Key | None = None
    tags: list[Tag] | None = None


class AnsweringInput(Input):
    """One position of the answering dial, for a team, a topic, both or everything. Autopilot acts once it is earned; `unlocked` gives it before, with a reason."""

    mode: Literal["off", "suggest", "approve", "autopilot"] = "suggest"
    team_id: Key | None = None
    topic: Key | None = None
    article_ids: Annotated[list[Key], Field(max_length=100)] = []
    unlocked: Annotated[str, StringConstraints(max_length=500)] = ""


class SettingsInput(Input):
    """Body of `PATCH /settings`."""

    desk_name: Name | None = None
    assistant_name: Name | None = None
    time_zone: Key | None = None
    language: Literal["en", "de", "fr", "es"] | None = None
    ticket_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,10}$")] | None = None
    customer_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,10}$")] | None = None
    auto_close_days: Annotated[float, Field(gt=0, le=3650)] | None = None
    default_priority: Key | None = None
    default_team: Key | None = None
    confirmations: bool | None = None
    confirmations_per_sender_per_day: Annotated[int, Field(ge=0)] | None = None
    automatic_mail_caps: (
        Annotated[list[tuple[Annotated[int, Field(ge=1, le=1440)], Annotated[int, Field(ge=0, le=1000)]]], Field(max_length=20)] | None
    ) = None
    answers_between_automats: Annotated[int, Field(ge=0, le=100)] | None = None
    flood_per_minute: Annotated[int, Field(ge=0, le=100_000)] | None = None
    hold_reasons: list[Key] | None = None
    routing_acts: bool | None = None
    ai_enabled: bool | None = None
    answering: Annotated[list[AnsweringInput], Field(max_length=100)] | None = None
    recall_seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    assistant_replies_per_ticket: Annotated[int, Field(ge=0, le=100)] | None = None
    assistant_replies_per_sender_per_day: Annotated[int, Field(ge=0, le=1000)] | None = None
