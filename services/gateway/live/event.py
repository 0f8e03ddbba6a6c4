"""One record as clients see it: routed by its headers, its value forwarded as it is (gateway.md 1)."""

from dataclasses import dataclass, field
from typing import Literal

import orjson

from schemas.topics import AI_PROGRESS, AI_SUGGESTIONS, TICKET_EVENTS, TICKET_MESSAGES, TICKET_STATE
from services.gateway.live.cursor import SLOTS
from services.runtime.codec import CLAIM_CHECK, Record
from services.runtime.telemetry import log

MOST_BODY = 64 * 1024
NO_TEAM = ""
"""How "no team" is written in `was`: a ticket without a team is seen by every agent, so leaving that state can take it from sight."""

Class = Literal["append", "state", "ephemeral"]


@dataclass(slots=True, eq=False)
class Event:
    """A routed record. `value` None: the ticket was erased. `cursor` is filled when the ring takes it in."""

    slot: int
    offset: int
    at_ms: int
    topic: str
    type: str
    ticket_id: str
    team: str | None
    assignee: str | None
    was_teams: tuple[str, ...]
    was_agents: tuple[str, ...]
    event_class: Class
    value: bytes | None
    head: bytes
    """`"event":{…,"data":` where data follows; b'' where the value is the whole event."""
    version: int = 0
    cursor: bytes = b""
    frames: dict[tuple[str, bool], "Frame"] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes it takes in the ring, about."""
        return len(self.value or b"") + len(self.head) + 400

    def frame(self, channel: str, *, gone: bool = False) -> "Frame":
        """The websocket frame for a channel, built once however many clients get it. `gone`: data is null."""
        made = self.frames.get((channel, gone))
        if made is None:
            body = b"null" if gone or self.value is None else self.value
            event = self.head + body + b"}" if self.head else body
            payload = b"".join((b'{"t":"ev","ch":"', channel.encode(), b'","cursor":"', self.cursor, b'","event":', event, b"}"))
            key = f"{channel}\x00{self.ticket_id}" if self.event_class == "state" else None
            made = self.frames[channel, gone] = Frame(ws_text(payload), key, self.event_class)
        return made


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Bytes for the wire. Of several frames with one `key` only the newest matters."""

    data: bytes
    key: str | None
    event_class: Class


def ws_text(payload: bytes) -> bytes:
    """An unmasked text frame (RFC 6455 5.2): the same bytes for every client."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def short_type(ce_type: str) -> str:
    """`helpdesk.ticket.opened.v1` as `ticket.opened`."""
    return ce_type.removeprefix("helpdesk.").rpartition(".")[0] if ".v" in ce_type else ce_type.removeprefix("helpdesk.")


def to_event(record: Record) -> Event | None:
    """The event of a record of the cursor topics; None for what shows nothing (a nudge, a record that says no ticket)."""
    headers = record.headers
    ticket_id = (
        headers.get("ce_subject") or (record.key if record.topic in {TICKET_STATE.name, TICKET_EVENTS.name, AI_PROGRESS.name} else "") or ""
    )
    value = record.value
    if record.topic == AI_SUGGESTIONS.name and not _is_id(ticket_id, record.key) and value:
        ticket_id = _ticket_in(value)
    if not ticket_id or ticket_id == "nudge" or (value is None and record.topic != TICKET_STATE.name):
        return None
    if record.topic == TICKET_MESSAGES.name and value is not None:
        value = _bounded(record, value, ticket_id)
    if record.topic == AI_SUGGESTIONS.name and value is not None:
        value = _without_record(record, value, ticket_id)
    kind = short_type(record.type) or "ticket.state"
    version = headers.get("ce_version", "")
    was = [part for part in headers.get("ce_was", "").split(",") if part]
    return Event(
        slot=SLOTS[record.topic, record.partition], offset=record.offset, at_ms=record.time_ms, topic=record.topic, type=kind, ticket_id=ticket_id,
        team=headers.get("ce_team") or None, assignee=headers.get("ce_assignee") or None,
        was_teams=tuple(NO_TEAM if w in {"team:", "team:none", "team:null"} else w[5:] for w in was if w.startswith("team:")),
        was_agents=tuple(w[6:] for w in was if w.startswith("agent:")),
        event_class=_class_of(record.topic, kind), value=value, head=_head(record, kind, ticket_id, version),
        version=int(version) if version.isdecimal() else 0,
    )  # fmt: skip


def _class_of(topic: str, kind: str) -> Class:
    if topic == TICKET_STATE.name:
        return "state"
    return "ephemeral" if kind == "ai.delta" else "append"


def _is_id(subject: str, key: str | None) -> bool:
    return bool(subject) and subject != key


def _ticket_in(value: bytes) -> str:
    try:
        return str(orjson.loads(value).get("ticket_id") or "")
    except (orjson.JSONDecodeError, AttributeError):
        log.warning("suggestion without a ticket")
        return ""


def _head(record: Record, kind: str, ticket_id: str, version: str) -> bytes:
    if record.topic == TICKET_EVENTS.name:  # its value is the event: id, type, time, ticket_id, version, actor, data
        return b""
    named = {"id": record.id, "type": kind, "time": record.headers.get("ce_time"), "ticket_id": ticket_id}
    number = version if version.isdecimal() else "null"
    return orjson.dumps(named)[:-1] + b',"version":' + number.encode() + b',"data":'


def _without_record(record: Record, value: bytes, ticket_id: str) -> bytes:
    """A suggestion without its audit record: that names other tickets, and not every reader may see those. REST filters them."""
    truncated = {"id": record.key, "ticket_id": ticket_id, "truncated": True}
    if record.content_type == CLAIM_CHECK:
        return orjson.dumps(truncated)
    try:
        return orjson.dumps({name: part for name, part in orjson.loads(value).items() if name != "record"})
    except (orjson.JSONDecodeError, AttributeError):
        log.warning("suggestion not understood", id=record.key)
        return orjson.dumps(truncated)


def _bounded(record: Record, value: bytes, ticket_id: str) -> bytes:
    """A message above 64 KiB without its long texts and with `truncated`; the client fetches the rest."""
    if record.content_type == CLAIM_CHECK:
        return orjson.dumps({"id": record.key, "ticket_id": ticket_id, "truncated": True})
    if len(value) <= MOST_BODY:
        return value
    message = orjson.loads(value)
    for name in ("body_text", "body_html", "quoted_html"):
        if len(message.get(name) or "") > 4096:
            message[name] = message[name][:4096] if name == "body_text" else None
    return orjson.dumps({**message, "truncated": True})
