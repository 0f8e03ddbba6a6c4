"""What a batch may write: columns by table, what an existing row may have changed, and the order that satisfies references."""

from dataclasses import dataclass

COLUMNS: dict[str, tuple[str, ...]] = {
    "seen_event": ("event_id",),
    "ticket_event": ("id", "ticket_id", "version", "type", "time", "actor", "data", "causation_id"),
    "attachment": ("id", "message_id", "ticket_id", "name", "type", "size", "sha256", "inline", "content_id"),
    "command_outcome": ("command_id", "body_hash", "outcome"),
    "parked_event": ("id", "topic", "partition", "record_offset", "routing", "record_key", "headers", "value", "reason", "first"),
    "automatic_mail": ("address", "at", "message_id", "likeness"),
    "customer": ("id", "number", "name", "email", "created_at", "updated_at"),
    "handle": ("kind", "value", "customer_id"),
    "outbox": ("topic", "key", "routing", "value", "headers", "ticket_event_id"),
    "thread_ref": ("ref", "ticket_id", "stored"),
    "ticket": (
        "id", "number", "version", "status", "priority", "priority_order", "team_id", "assignee_id", "requester_id", "channel", "subject", "created_at",
        "updated_at", "sla_due", "snoozed_until", "unread", "tags", "state", "doc", "search",
    ),
    "message": (
        "id", "ticket_id", "home_ticket_id", "version", "kind", "created_at", "delivery_state", "taken_back", "sender", "rfc_id", "body_hash", "raw_sha256",
        "doc",
    ),
    "participant": ("ticket_id", "address", "role"),
    "ai_suggestion": ("id", "ticket_id", "created_at", "decision", "doc"),
    "ai_review": ("id", "ticket_id", "team_id", "topic", "verdict", "at", "returned"),
    "ai_signal": ("id", "kind", "created_at", "doc"),
    "parked_mail": ("id", "mailbox", "reason", "raw", "doc", "at", "status", "sender"),
    "timer": ("id", "ticket_id", "message_id", "kind", "generation", "due_at"),
    "suppression": ("address", "kind", "reason", "at", "until"),
}  # fmt: skip
JSON_COLUMNS = frozenset({"state", "doc", "actor", "data", "headers", "outcome", "raw"})
"""Columns that hold jsonb, in whichever table."""
UPDATED: dict[str, tuple[str, ...]] = {
    "ticket": ("version", "status", "priority", "priority_order", "team_id", "assignee_id", "requester_id", "subject", "updated_at", "sla_due",
               "snoozed_until", "unread", "tags", "state", "doc"),
    "message": ("ticket_id", "version", "delivery_state", "taken_back", "doc"),
    "ai_suggestion": ("decision",),
    "ai_review": ("verdict", "at"),
    "ai_signal": ("created_at", "doc"),
    "timer": ("generation", "due_at"),
}  # fmt: skip
"""What a row of these tables may change in the one that is there; their key is the id."""
DIRECT = {"seen_event", "command_outcome", "parked_event", "automatic_mail", "handle", "outbox", "thread_ref"}
"""Tables that COPY may fill: no row policies, which COPY refuses, and no row that may be there already."""
HEARD = ("timer", "outbox")
"""Tables whose news somebody waits for."""
_OPTIONAL = {"attachment", "participant", "parked_event", "parked_mail"}
"""Rows of these tables stay as they are when they are there already."""
_EXPRESSIONS = {("ticket", "search"): "to_tsvector('simple', {})"}
_MORE = {"ticket": ", search = CASE WHEN length(ticket.search) < 20000 THEN ticket.search || excluded.search ELSE ticket.search END"}


@dataclass(frozen=True, slots=True)
class Change:
    """A change of rows that are there: its values, and the statement over a JSON list of them."""

    columns: tuple[str, ...]
    of_rows: str


CHANGES: dict[str, Change] = {
    "thread_ref_stored": Change(
        ("ref",), "UPDATE thread_ref t SET stored = true FROM jsonb_to_recordset({}) AS r (ref text) WHERE t.ref = r.ref AND NOT t.stored"
    ),
    "ai_review_verdict": Change(
        ("id", "verdict", "at"),
        "UPDATE ai_review a SET verdict = r.verdict, at = r.at FROM jsonb_to_recordset({}) AS r (id uuid, verdict text, at timestamptz)"
        " WHERE a.id = r.id",
    ),
    "ai_review_returned": Change(
        ("ticket_id", "at"),
        "UPDATE ai_review a SET returned = true FROM jsonb_to_recordset({}) AS r (ticket_id uuid, at timestamptz)"
        " WHERE a.ticket_id = r.ticket_id AND a.verdict IN ('accepted', 'answered') AND a.at < r.at",
    ),
    "thread_ref_moved": Change(
        ("ref", "ticket_id"),
        "UPDATE thread_ref t SET ticket_id = r.ticket_id FROM jsonb_to_recordset({}) AS r (ref text, ticket_id uuid) WHERE t.ref = r.ref",
    ),
    "timer_delete": Change(("id",), "DELETE FROM timer t USING jsonb_to_recordset({}) AS r (id uuid) WHERE t.id = r.id"),
    "parked_mail_settled": Change(
        ("id", "status", "settled_at", "settled_by", "ticket_id"),
        "UPDATE parked_mail p SET status = r.status, settled_at = r.settled_at, settled_by = r.settled_by, ticket_id = r.ticket_id,"
        " doc = jsonb_build_object('raw_key', p.raw ->> 'key')"
        " FROM jsonb_to_recordset({}) AS r (id uuid, status text, settled_at timestamptz, settled_by text, ticket_id uuid) WHERE p.id = r.id",
    ),
    "parked_event_passed": Change(("id",), "DELETE FROM parked_event p USING jsonb_to_recordset({}) AS r (id uuid) WHERE p.id = r.id"),
    "parked_event_failed": Change(
        ("id", "routing"),
        "UPDATE parked_event p SET released = false, first = p.id = r.id FROM jsonb_to_recordset({}) AS r (id uuid, routing text)"
        " WHERE p.routing = r.routing",
    ),
    "suppression_lifted": Change(
        ("address",), "DELETE FROM suppression s USING jsonb_to_recordset({}) AS r (address text) WHERE s.address = r.address"
    ),
    "counter": Change(
        ("next", "name"),
        "UPDATE counter c SET next = r.next FROM jsonb_to_recordset({}) AS r (next bigint, name text) WHERE c.name = r.name",
    ),
    "rotation": Change(
        ("name", "next"),
        "INSERT INTO counter (name, next) SELECT r.name, r.next FROM jsonb_to_recordset({}) AS r (name text, next bigint)"
        " ON CONFLICT (name) DO UPDATE SET next = excluded.next",
    ),
}
ORDER = (
    "customer", "handle", "ticket", "message", "thread_ref", "thread_ref_stored", "thread_ref_moved", "participant", "ticket_event", "attachment", "ai_suggestion",
    "ai_review", "ai_review_verdict", "ai_review_returned", "ai_signal",
    "parked_mail", "parked_mail_settled", "parked_event", "parked_event_passed", "parked_event_failed", "automatic_mail",
    "suppression_lifted", "suppression", "timer_delete", "timer", "counter", "rotation", "command_outcome", "seen_event", "outbox",
)  # fmt: skip


def expression(table: str, column: str, value: str) -> str:
    """How a column is made of its value."""
    return _EXPRESSIONS.get((table, column), "{}").format(value)


def conflict(table: str) -> str:
    """What happens to a row that is there already."""
    if table in UPDATED:
        return "ON CONFLICT (id) DO UPDATE SET " + ", ".join(f"{c} = excluded.{c}" for c in UPDATED[table]) + _MORE.get(table, "")
    if table == "suppression":  # what ends by itself, or stops less, gives way
        return (
            "ON CONFLICT (address) DO UPDATE SET kind = excluded.kind, reason = excluded.reason, at = excluded.at, until = excluded.until"
            " WHERE suppression.until IS NOT NULL OR excluded.kind IN ('bounce', 'manual')"
        )
    return "ON CONFLICT DO NOTHING" if table in _OPTIONAL else ""
