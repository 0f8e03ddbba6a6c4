"""What notify reports and every service says of itself: `delivery.reports`, `ops.heartbeats`, `identity.changes`."""

from typing import Any, Literal

from schemas.base import Contract, Instant


class DeliveryReport(Contract):
    """Value of `delivery.reports`, key = message id, routed by `home_ticket_id`.

    `claim`: this worker wants to send (tickets grants one claim by `sending` with that claim and a deadline).
    `sent`, `delayed` (4xx), `failed` (5xx), `bounced`: the result under the claim. `reason` is for people.
    """

    id: str
    message_id: str
    ticket_id: str
    home_ticket_id: str
    report: Literal["claim", "sent", "delayed", "failed", "bounced"]
    claim: str
    attempt: int
    at: Instant
    reason: str | None = None
    smtp_code: int | None = None


class Heartbeat(Contract):
    """Value of `ops.heartbeats`, key = instance, every five seconds."""

    service: str
    instance: str
    pid: int
    version: str
    started_at: Instant
    at: Instant
    state: str
    lag_records: int = 0
    lag_seconds: float = 0
    detail: dict[str, Any] = {}


class IdentityChange(Contract):
    """Value of `identity.changes`, key = user id: sessions or keys that ended, rights that changed."""

    user_id: str
    what: Literal["sessions_ended", "key_revoked", "rights_changed", "signed_out"]
    session_ids: list[str] = []
    at: Instant
