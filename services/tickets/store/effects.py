"""From decisions to rows and records: history, messages, timers, the outbox. Ids derive from the cause, so a repetition makes the same."""

from collections import ChainMap
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from schemas.ai import AiRequest, AiSignal, AiSuggestion, ThreadMessage
from schemas.commands import ConfigCommand
from schemas.ticket import CommandOutcome, CustomerState
from schemas.topics import AI_REQUESTS, COMMAND_OUTCOMES, CONFIG_STATE, CUSTOMER_STATE, TICKET_EVENTS, TICKET_MESSAGES, TICKET_STATE
from services.runtime.codec import Outgoing
from services.runtime.ids import event_id
from services.runtime.settings import Settings
from services.tickets.domain import notices, reviews, timers, views
from services.tickets.domain.desk import Desk
from services.tickets.domain.limits import Sent
from services.tickets.domain.outgoing import NOTICE
from services.tickets.domain.state import Texts, Ticket
from services.tickets.domain.turn import Turn
from services.tickets.store import aside, shapes
from services.tickets.store.config import Changed
from services.tickets.store.lookup import Aggregate
from services.tickets.store.rows import json_column, json_text
from services.tickets.store.working_set import WorkingSet

SOURCE = "tickets"
_THREAD_FOR_AI = 10
_HTML_FOR_AI = 100_000
_VERDICTS = frozenset({"answered", "accepted", "edited", "rejected"})


@dataclass(slots=True)
class Effects:
    """Collects what a batch will write."""

    work: WorkingSet
    environment: Settings
    traceparent: str | None = None
    settled: int = 0
    docs: dict[str, tuple[Ticket, Texts, Desk, bytes]] = field(default_factory=dict)
    """Per ticket the state it last told, and of what."""

    def settle(self, turn: Turn) -> None:
        """Put a finished turn into the working set, with its events, messages and records."""
        if not turn.events and not turn.messages and turn.ask_ai_about is None:
            return
        self.settled += 1
        work = self.work
        aggregate = work.tickets.setdefault(turn.ticket.id, Aggregate(Ticket(id=turn.ticket.id), turn.texts))
        before = aggregate.ticket
        notices.tell(turn, before=before)
        ticket = turn.ticket
        self._search_words(aggregate, turn)
        aggregate.ticket, aggregate.texts, aggregate.dirty = ticket, turn.texts, True
        for address, role in turn.participants.items():
            if address not in aggregate.participants:
                aggregate.participants[address] = role
                work.rows.add("participant", ticket.id, address, role)
        if isinstance(turn.rotation, ChainMap) and turn.rotation.maps[0]:
            work.rotations().update(turn.rotation.maps[0])
        if turn.events:
            self._reviews(turn)
            self._state(turn, before)  # first: it is what screens wait for, and the broker takes a producer's records one after the other
        self._events(turn)
        self._messages(turn)
        self._refs(turn)
        if turn.ask_ai_about:
            self._ask_ai(turn)

    def _reviews(self, turn: Turn) -> None:
        """What the events say of drafts; those that make a row are told by `suggestion`, which has the draft at hand."""
        for happened in turn.events:
            for said in reviews.told_by(happened.type.removeprefix("ticket."), happened.data, happened.actor, ticket_id=turn.ticket.id):
                if isinstance(said, reviews.CameBack):
                    self.work.rows.add("ai_review_returned", said.ticket_id, turn.at)
                elif not said.first:
                    self.work.rows.add("ai_review_verdict", said.suggestion_id, said.verdict, turn.at)

    def _search_words(self, aggregate: Aggregate, turn: Turn) -> None:
        if aggregate.stored is None and not aggregate.new_text:
            aggregate.new_text += shapes.ticket_words(turn.ticket, turn.texts)
        elif turn.texts != aggregate.texts:
            aggregate.new_text += [turn.texts.subject, *turn.texts.tags]
        aggregate.new_text += [m.body_text[: shapes.SEARCHED_CHARACTERS] for i, m in turn.messages.items() if i not in turn.messages_before]

    def _events(self, turn: Turn) -> None:
        for happened in turn.events:
            key = event_id("event", turn.cause, turn.ticket.id, happened.version)
            payload = orjson.dumps(happened.payload())
            value = orjson.dumps(
                {"id": key, "ticket_id": turn.ticket.id, "type": happened.type, "time": happened.time, "version": happened.version,
                 "actor": happened.actor, "data": orjson.Fragment(payload)}
            )  # fmt: skip
            self.work.rows.add("ticket_event", key, turn.ticket.id, happened.version, happened.type, happened.time, json_text(happened.actor),
                               json_column(payload), turn.cause)  # fmt: skip
            record = self._record(turn, TICKET_EVENTS.name, key=turn.ticket.id, value=value, record_id=key, type_=f"helpdesk.{happened.type}.v1",
                                  time=happened.time, version=happened.version, event_class="append")  # fmt: skip
            self.work.rows.out(record, ticket_event_id=key)

    def _messages(self, turn: Turn) -> None:
        for message in turn.messages.values():
            self.work.put(message)
            if message.ticket_id in self.work.threads and message.id not in self.work.threads[message.ticket_id]:
                self.work.threads[message.ticket_id].append(message.id)
            doc = message.to_json()
            self.work.rows.add("message", *shapes.message_row(message, doc))
            if message.id not in turn.messages_before or message.former is not None:
                for row in shapes.attachment_rows(message):
                    self.work.rows.add("attachment", *row)
            visibility = "internal" if message.kind in {"note", "third_party"} or message.channel == NOTICE else "public"
            record = self._record(turn, TICKET_MESSAGES.name, key=message.id, value=doc, record_id=event_id("message", message.id, message.version),
                                  type_="helpdesk.ticket.message.v1", time=turn.at, version=message.version, event_class="append",
                                  routing=message.home_ticket_id, visibility=visibility, subject=message.ticket_id)  # fmt: skip
            self.work.rows.out(record)
        for address, message_id, likeness in turn.automatic_to:
            self.work.sent[address] = self.work.sent.get(address, Sent()).and_one(turn.at, likeness)
            self.work.rows.add("automatic_mail", address, turn.at, message_id, likeness)
        for address, why in turn.suppress.items():
            aside.suppress(self.work, address, why, turn.at, cause=turn.cause)

    def _refs(self, turn: Turn) -> None:
        for ref, stored in turn.refs.items():
            known = self.work.refs.get(ref)
            if known is None:
                self.work.refs[ref] = (turn.ticket.id, stored)
                self.work.rows.add("thread_ref", ref, turn.ticket.id, stored)
            elif stored and not known[1]:
                self.work.refs[ref] = (known[0], True)
                self.work.rows.add("thread_ref_stored", ref)
        for ref, ticket_id in turn.moved_refs.items():
            self.work.refs[ref] = (ticket_id, True)
            self.work.rows.add("thread_ref_moved", ref, ticket_id)

    def _state(self, turn: Turn, before: Ticket) -> None:
        doc = views.to_json(views.ticket_state(turn.ticket, turn.texts, self.work.desk))
        self.docs[turn.ticket.id] = turn.ticket, turn.texts, self.work.desk, doc
        left = [f"team:{before.team_id}"] if before.team_id and before.team_id != turn.ticket.team_id else []
        left += [f"agent:{before.assignee_id}"] if before.assignee_id and before.assignee_id != turn.ticket.assignee_id else []
        left += ["team:"] if before.version and before.team_id is None and turn.ticket.team_id else []
        self.work.rows.out(
            self._record(turn, TICKET_STATE.name, key=turn.ticket.id, value=doc,
                         record_id=event_id("state", turn.ticket.id, turn.ticket.version), type_="helpdesk.ticket.state.v1", time=turn.at,
                         version=turn.ticket.version, event_class="state", was=",".join(left) or None)
        )  # fmt: skip

    def _record(self, turn: Turn, topic: str, *, key: str, value: bytes, record_id: str, type_: str, time: datetime, version: int, event_class: str,
                routing: str | None = None, visibility: str | None = None, was: str | None = None, subject: str | None = None) -> Outgoing:  # fmt: skip
        return Outgoing(
            topic=topic, key=key, value=value, id=record_id, type=type_, source=SOURCE, time=time, routing=routing, subject=subject or turn.ticket.id,
            correlation_id=turn.ticket.id, causation_id=turn.cause, traceparent=self.traceparent, team=turn.ticket.team_id or "",
            assignee=turn.ticket.assignee_id or "", was=was, visibility=visibility or "public", event_class=event_class, version=version,
        )  # fmt: skip

    def _ask_ai(self, turn: Turn) -> None:
        if not self.work.desk.settings.ai_enabled:
            return
        about = self.work.messages.get(turn.ask_ai_about or "")
        if about is None:
            about = next((m for m in self.work.thread(turn.ticket.id) if m.id == turn.ask_ai_about), None)
        if about is None:
            return
        earlier = [m for m in self.work.thread(turn.ticket.id) if m.kind in {"customer", "agent"} and m.id != about.id and not m.taken_back
                   and (turn.ask_ai_again is None or m.created_at < about.created_at)]  # fmt: skip
        request = AiRequest(
            id=event_id("ai", turn.ticket.id, about.id, turn.cause), ticket_id=turn.ticket.id, ticket_version=turn.ticket.version, message_id=about.id,
            subject=turn.texts.subject, text=about.body_text[:shapes.SEARCHED_CHARACTERS], html=_seen(about.body_html),
            thread=[ThreadMessage(kind=m.kind, text=m.body_text[:4000], created_at=m.created_at) for m in earlier[-_THREAD_FOR_AI:]],
            requester_name=turn.texts.requester_name, channel=turn.ticket.channel, mail_kind=about.mail_kind or "human", priority=turn.ticket.priority,
            team_id=turn.ticket.team_id, created_at=turn.at, **_again(turn),
        )  # fmt: skip
        self.work.rows.out(
            self._record(turn, AI_REQUESTS.name, key=request.id, value=request.to_json(), record_id=request.id, type_="helpdesk.ai.request.v1", time=turn.at,
                         version=turn.ticket.version, event_class="append", routing=turn.ticket.id)
        )  # fmt: skip

    def suggestion(self, suggestion: AiSuggestion, decision: str, at: datetime) -> None:
        """Keep a suggestion with its decision, and where that is a verdict on its draft, the verdict."""
        if suggestion.draft and decision in _VERDICTS:
            team, topic = reviews.scope_of(suggestion)
            self.work.rows.add("ai_review", suggestion.id, suggestion.ticket_id, team, topic, decision, at, False)
        doc = suggestion.model_dump(mode="json", by_alias=True)
        self.work.rows.add("ai_suggestion", suggestion.id, suggestion.ticket_id, suggestion.created_at, decision, json_text(doc))

    def signal(self, signal: AiSignal) -> None:
        """Keep what the radar noticed; the same signal again is its newer state."""
        self.work.rows.add("ai_signal", signal.id, signal.kind, signal.created_at, json_text(signal.model_dump(mode="json")))

    def customer(self, customer: CustomerState, *, cause: str) -> None:
        """Tell of a new or changed customer."""
        self.work.rows.out(Outgoing(
            traceparent=self.traceparent, topic=CUSTOMER_STATE.name, key=customer.id, value=customer.to_json(), id=event_id("customer", customer.id, cause),
            type="helpdesk.customer.state.v1", source=SOURCE, time=customer.updated_at, causation_id=cause, subject=customer.id,
        ))  # fmt: skip

    def outcome(self, body_hash: str, outcome: CommandOutcome) -> None:
        """Keep and tell what became of a command."""
        self.work.rows.add("command_outcome", outcome.command_id, body_hash, json_text(outcome.model_dump(mode="json")))
        self.tell(outcome, repeated=False)

    def tell(self, outcome: CommandOutcome, *, repeated: bool, cause: str = "") -> None:
        """Publish an outcome, again for a repeated command."""
        self.work.rows.out(Outgoing(
            traceparent=self.traceparent, topic=COMMAND_OUTCOMES.name, key=outcome.command_id, value=outcome.to_json(),
            id=event_id("outcome", outcome.command_id, cause if repeated else ""), type="helpdesk.command.outcome.v1", source=SOURCE,
            causation_id=outcome.command_id, subject=outcome.ticket_id,
        ))  # fmt: skip

    def configured(self, done: Changed, command: ConfigCommand, *, cause: str) -> None:
        """Tell of a changed configuration entry, and the command's outcome."""
        if done.state is not None:
            key = f"{command.kind}/{command.object_id}" + (f"/{done.version}" if command.kind == "article" else "")
            if command.kind == "article" and done.deleted:
                key = f"{command.kind}/{command.object_id}/{done.version - 1}"
            self.work.rows.out(Outgoing(
                traceparent=self.traceparent, topic=CONFIG_STATE.name, key=key, value=None if done.deleted else done.state.to_json(), id=event_id("config", cause),
                type="helpdesk.config.state.v1", source=SOURCE, causation_id=cause, version=done.version, subject=f"{command.kind}/{command.object_id}",
            ))  # fmt: skip
        self.outcome(command.body_hash, CommandOutcome(
            command_id=cause, status="done", version=done.version, object_kind=command.kind, object_id=done.key,
        ))  # fmt: skip

    def finish(self) -> None:
        """Ticket rows and timer changes, once per ticket and message of the batch."""
        for aggregate in self.work.tickets.values():
            if aggregate.dirty:
                self._ticket_row(aggregate)
        for message in self.work.messages.values():
            self._timers(
                message.home_ticket_id,
                message.id,
                timers.of_message(self.work.stored_messages.get(message.id)),
                timers.of_message(message),
                message.version,
            )

    def _ticket_row(self, aggregate: Aggregate) -> None:
        t, days = aggregate.ticket, self.work.desk.settings.auto_close_days
        self.work.rows.add(
            "ticket", *shapes.ticket_row(t, aggregate.texts, self.work.desk, words=" ".join(aggregate.new_text), doc=self._told(aggregate))
        )
        before = timers.of_ticket(aggregate.stored, auto_close_days=days) if aggregate.stored else {}
        self._timers(t.id, None, before, timers.of_ticket(t, auto_close_days=days), t.version)

    def _told(self, aggregate: Aggregate) -> bytes | None:
        """The ticket's public state as it was last told, if nothing it shows has changed since."""
        ticket, texts, desk, doc = self.docs.get(aggregate.ticket.id, (None, None, None, None))
        return doc if ticket is aggregate.ticket and texts is aggregate.texts and desk is self.work.desk else None

    def _timers(
        self, ticket_id: str, message_id: str | None, before: dict[str, datetime], after: dict[str, datetime], generation: int
    ) -> None:
        for kind in before.keys() - after.keys():
            self.work.rows.add("timer_delete", shapes.timer_id(message_id or ticket_id, kind))
        moved = {kind: due for kind, due in after.items() if before.get(kind) != due}
        for row in shapes.timer_rows(moved, ticket_id=ticket_id, message_id=message_id, generation=generation):
            self.work.rows.add("timer", *row)


def _again(turn: Turn) -> dict[str, Any]:
    again = turn.ask_ai_again
    return {"replay": True, "replay_of": again.replay_of, "engine": again.engine, "model": again.model} if again is not None else {}


def _seen(html: str | None) -> str:
    """A mail's HTML for the assistant, whole or not at all: half of it would look like a text that says more than it shows."""
    return html if html is not None and len(html) <= _HTML_FOR_AI else ""
