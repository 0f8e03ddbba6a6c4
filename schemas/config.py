"""The kinds of configuration in `config.state`, by kind: the model its `value` follows."""

from typing import Literal

from pydantic import Field

from schemas.base import Contract, Instant

Role = Literal["admin", "lead", "agent", "light"]
Notice = Literal["assigned", "mentioned", "customer_replied", "sla_warned", "not_sent"]
"""By somebody else; in a note; on an own ticket; before an own ticket's target; an own reply that failed or was held."""


class Team(Contract):
    """Kind `team`."""

    name: str
    description: str = ""
    escalates_to: str | None = None
    order: int = 0
    round_robin: bool = True
    signature: str = ""
    examples: list[str] = []
    """Sentences customers of this team write: seed of the local router."""


class Agent(Contract):
    """Kind `agent`; id is the user's id. Credentials are in the identity schema, never here."""

    name: str
    email: str
    role: Role = "agent"
    teams: list[str] = []
    signature: str = ""
    active: bool = True
    available: bool = True
    notices: list[Notice] = []
    """What the agent is told by mail."""


class Priority(Contract):
    """Kind `priority`; id is its key, e.g. `high`. `order` 0 is the most urgent."""

    name: str
    color: str = ""
    order: int


class Sla(Contract):
    """Kind `sla`; targets in seconds, for one priority. The most specific policy wins."""

    name: str
    priority: str
    first_response_seconds: int
    resolution_seconds: int


class Mailbox(Contract):
    """Kind `mailbox`; id is its address. `secret` is sealed (runtime/sealing), never in clear."""

    name: str = ""
    address: str
    imap_host: str
    imap_port: int
    imap_security: Literal["tls", "starttls", "none"] = "tls"
    smtp_host: str
    smtp_port: int
    smtp_security: Literal["tls", "starttls", "none"] = "starttls"
    user: str
    sign_in: Literal["password", "oauth"] = "password"
    """`oauth`: there is no password; the token of `helpdesk mail authorize` (`mail.tokens`) is the only way in."""
    secret: str = ""
    folders: list[str] = ["INBOX"]
    active: bool = True
    delete_settled: bool = False
    """The same as `after_storing` delete."""
    after_storing: Literal["leave", "mark_read", "move", "delete"] = "leave"
    """What becomes of a mail on the server once Kafka has it. Best effort, and never read as state."""
    move_to: str = "Processed"
    """The folder for `after_storing` move, none of those that are read; made where it is missing."""
    plus_addressing: bool = True
    signature: str = ""
    """Below replies where neither the agent nor the team has a signature."""
    quote_history: bool = False
    """Replies end with what was said before, unless the agent says otherwise."""
    csat: Literal["desk", "on", "off"] = "desk"
    """Whether customers of this mailbox are asked how it went; `desk` = as the desk's settings say."""
    null_sender: bool = True
    """The SMTP server takes the null sender, which automatic mail has where plus addresses cannot say which mail came back."""
    sent_copy: bool = False
    """Keep a copy of what was sent in `sent_folder` on the IMAP server."""
    sent_folder: str = ""
    """'' = the folder that the server marks as \\Sent, or `Sent`."""
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_key: str = ""
    """PEM of an RSA private key, sealed. '' = the server signs, or nobody does."""
    trusted_authserv_ids: list[str] = []
    """Names that this mailbox's server signs `Authentication-Results` with (RFC 8601); it must remove forged ones."""
    trusts_server: bool = False
    """Nobody can hand a mail with a false sender to this server (the sample's own); every sender counts as verified."""
    team_id: str | None = None


class Article(Contract):
    """Kind `article`; id is the article's id, keyed article/ID/version in `config.state`."""

    article_id: str = ""
    article_version: int = 1
    title: str
    body: str
    category: str = ""
    status: Literal["draft", "published"] = "published"
    audience: Literal["public", "agents"] = "public"
    updated_at: Instant | None = None
    from_gap: str | None = None
    """The gap, a cluster of questions without an article, that it was drafted for."""


class Answering(Contract):
    """One position of the answering dial (ai.md 14), for a team, a topic, both, or (neither) everything."""

    mode: Literal["off", "suggest", "approve", "autopilot"] = "suggest"
    team_id: str | None = None
    topic: str | None = None
    """A suggestion's category, e.g. `password`."""
    article_ids: list[str] = []
    """The articles whose sentences may go out without a human."""
    unlocked: str = ""
    """Why autopilot may act here, shown to people. Where no reason is given, it asks for approval instead."""


class Block(Contract):
    """Kind `block`; id is a mail address or a domain (with its subdomains), lower case: whose mail opens no ticket."""

    action: Literal["park", "drop"] = "park"
    """`park`: it waits in the list of parked mail; `drop`: it is only counted, and stays in `mail.raw`."""
    reason: str = ""
    created_by: str | None = None
    created_at: Instant | None = None


class Settings(Contract):
    """Kind `setting`, id `desk`: everything that is one value per desk."""

    desk_name: str = "Helpdesk"
    assistant_name: str = "Assistant"
    time_zone: str = "UTC"
    language: str = "en"
    """Of automatic mail where the customer's is not known or has no template."""
    ticket_prefix: str = "TIK"
    customer_prefix: str = "CUST"
    auto_close_days: float = 4
    default_priority: str = "medium"
    default_team: str | None = None
    confirmations: bool = True
    confirmations_per_sender_per_day: int = 20
    automatic_mail_caps: list[tuple[int, int]] = Field(default=[(10, 10), (30, 15), (60, 25), (180, 50), (600, 100)])
    """Automatic mails to one recipient: (minutes, at most). Empty: only the daily cap holds."""
    answers_between_automats: int = 3
    """A sender whose mails say the same again gets so many automatic answers within ten minutes; 0: any number."""
    flood_per_minute: int = 60
    """From so many mails of one sender within a minute on, further ones are parked with the reason `flood`; 0: never."""
    csat: bool = False
    """Ask the customer how it went once a ticket is resolved."""
    csat_after_minutes: float = 60
    """How long after; a ticket that is reopened before is not asked about."""
    public_url: str = ""
    """Where customers reach this desk, e.g. https://desk.example, for links in automatic mail; '' = HELPDESK_URL."""
    hold_reasons: list[str] = Field(default=["waiting_for_customer", "waiting_for_third_party", "waiting_for_release"])
    routing_acts: bool = True
    """The routing dial (ai.md 14): the assistant applies team and priority above its calibrated threshold."""
    ai_enabled: bool = True
    """The kill switch."""
    tags: list[str] = [
        "password", "login", "refund", "invoice", "payment", "subscription", "outage", "bug", "integration", "data", "security", "shipping",
        "hardware", "feature-request", "privacy",
    ]  # fmt: skip
    """The desk's own tags. The assistant puts these on tickets by itself; any other word of its it only proposes."""
    answering: list[Answering] = []
    """The answering dial: the most specific entry counts (team and topic, topic, team, everything); without one: suggest."""
    recall_seconds: float = 60
    """How long a reply that the assistant sends by itself waits for a human to take it back."""
    assistant_replies_per_ticket: int = 3
    assistant_replies_per_sender_per_day: int = 5

    def answering_for(self, *, team_id: str | None, topic: str | None) -> Answering:
        """The dial's position for a team and topic."""
        fitting = [a for a in self.answering if a.team_id in (None, team_id) and a.topic in (None, topic)]
        return max(fitting, key=lambda a: (a.topic is not None, a.team_id is not None), default=Answering())


class MailTemplate(Contract):
    """Kind `template`; id is name.language, e.g. `confirmation.de`: the desk's own words for what it writes by itself."""

    name: str
    language: str
    subject: str
    body: str


class Macro(Contract):
    """Kind `macro`: a saved reply with actions."""

    name: str
    body_text: str = ""
    status: str | None = None
    priority: str | None = None
    tags: list[str] = []


KINDS: dict[str, type[Contract]] = {
    "team": Team,
    "agent": Agent,
    "priority": Priority,
    "sla": Sla,
    "mailbox": Mailbox,
    "article": Article,
    "setting": Settings,
    "macro": Macro,
    "template": MailTemplate,
    "block": Block,
}
