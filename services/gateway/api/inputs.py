"""What clients send. Unknown fields are refused."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from schemas.base import Status
from schemas.config import Notice

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

    signature: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    notices: list[Notice] | None = None


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
    children: bool | None = None
    """On an incident whose status changes: whether its open tickets are resolved with it, and opened again with it. Default: yes.
    Customers are told by an answer only.
    """

    @model_validator(mode="after")
    def _something(self) -> "TicketChange":
        if not self.model_fields_set - {"children"}:
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
