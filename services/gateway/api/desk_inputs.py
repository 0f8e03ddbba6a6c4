"""What clients send to change the desk: teams, agents, mailboxes, articles, templates, settings."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.base import Status
from schemas.config import Role
from services.gateway.api.inputs import Email, Ids, Input, Key, Name, Subject, Tag, Text


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
    sign_in: Literal["password", "oauth"] | None = None
    """`oauth` needs no password: `helpdesk mail authorize ADDRESS` signs it in."""
    password: Annotated[str, StringConstraints(max_length=4000)] | None = None
    folders: list[Name] | None = None
    active: bool | None = None
    delete_settled: bool | None = None
    after_storing: Literal["leave", "mark_read", "move", "delete"] | None = None
    move_to: Annotated[str, StringConstraints(max_length=200)] | None = None
    plus_addressing: bool | None = None
    signature: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    quote_history: bool | None = None
    csat: Literal["desk", "on", "off"] | None = None
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
    article_ids: Ids = Field(default=[])
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
    csat: bool | None = None
    csat_after_minutes: Annotated[float, Field(ge=0, le=43_200)] | None = None
    public_url: (
        Annotated[str, StringConstraints(pattern=r"^(https?://[A-Za-z0-9.\-]+(:\d{1,5})?(/[A-Za-z0-9._~/\-]*)?)?$", max_length=300)] | None
    ) = None
    hold_reasons: list[Key] | None = None
    routing_acts: bool | None = None
    ai_enabled: bool | None = None
    tags: Annotated[list[Tag], Field(max_length=200)] | None = None
    answering: Annotated[list[AnsweringInput], Field(max_length=100)] | None = None
    recall_seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    assistant_replies_per_ticket: Annotated[int, Field(ge=0, le=100)] | None = None
    assistant_replies_per_sender_per_day: Annotated[int, Field(ge=0, le=1000)] | None = None
