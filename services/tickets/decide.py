"""One input after the other, in offset order: the pure decision, then its events, messages and records into the batch."""

from collections import ChainMap
from dataclasses import dataclass
from datetime import datetime

from schemas.ai import AiSignal, AiSuggestion
from schemas.base import Actor, Address, Named
from schemas.commands import (
    AddNote,
    AddReply,
    AnswerSuggestion,
    ChangeTicket,
    ConfigCommand,
    CorrectMessage,
    EscalateTicket,
    ImportTicket,
    MarkRead,
    MergeTicket,
    MoveMessage,
    OpenIncident,
    OpenTicket,
    RateTicket,
    RestoreMessage,
    RunAi,
    SettleDelivery,
    SnoozeTicket,
    TakeBackReply,
    TicketCommand,
    TimerFired,
)  # fmt: skip
from schemas.delivery import DeliveryReport
from schemas.inbound import InboundMessage
from schemas.mail import MailCommand
from schemas.ticket import CommandOutcome
from services.runtime.errors import PoisonError
from services.runtime.ids import object_id
from services.tickets.decide_mail import Mails
from services.tickets.domain import assistant, changes, conversation, corrections, delivery, incidents, joining, opening, satisfaction
from services.tickets.domain.state import Texts, Ticket
from services.tickets.domain.turn import Rejected, Turn
from services.tickets.inputs import Input
from services.tickets.store import config
from services.tickets.store.correspondence import correspondence
from services.tickets.store.effects import Effects
from services.tickets.store.lookup import Aggregate
from services.tickets.store.working_set import Rotations, WorkingSet


@dataclass(slots=True)
class Decider:
    """Decides inputs against a working set; effects are collected, not written."""

    work: WorkingSet
    effects: Effects

    def decide(self, item: Input) -> None:
        """Decide one input. PoisonError or any exception: the input had no effect on the batch."""
        at = item.at
        body = item.body
        if isinstance(body, InboundMessage):
            Mails(self.work, self.effects, self._turn).decide(item, body, at)
        elif isinstance(body, MailCommand):
            Mails(self.work, self.effects, self._turn).command(item, body, at)
        elif isinstance(body, TicketCommand):
            self._command(item, body, at)
        elif isinstance(body, ConfigCommand):
            self._config(item, body)
        elif isinstance(body, AiSuggestion):
            self._suggestion(item, body, at)
        elif isinstance(body, AiSignal):
            self.effects.signal(body)
        else:
            self._report(item, body, at)

    def _turn(self, item: Input, ticket_id: str, actor: Actor, at: datetime, *, new: bool = False) -> Turn:
        found = self.work.tickets.get(ticket_id)
        if found is None and not new:
            raise Rejected(404, "no_such_ticket", f"There is no ticket {ticket_id}.")
        if found is not None and new:
            raise Rejected(409, "exists", f"Ticket {ticket_id} exists already.")
        aggregate = found or Aggregate(Ticket(id=ticket_id), Texts())
        before = self.work.messages_of(ticket_id)
        for waiting in aggregate.ticket.before_reply:
            if waiting not in before:
                before |= {m.id: m for m in self.work.thread(ticket_id)}
        return Turn(
            desk=self.work.desk, keys=self.work.keys, at=max(at, aggregate.ticket.updated_at or at), actor=actor, cause=item.id, ticket=aggregate.ticket,
            texts=aggregate.texts, rotation=ChainMap({}, Rotations(self.work)), messages_before=before,
            sent=self.work.sent, suppressed=self.work.suppressed,
        )  # fmt: skip

    def _command(self, item: Input, command: TicketCommand, at: datetime) -> None:
        if isinstance(command.action, TimerFired):
            self._timer(item, command, command.action, at)
            return
        try:
            turns, message_id = self._run(item, command, at)
        except Rejected as refused:
            version = self.work.tickets[command.ticket_id].ticket.version if command.ticket_id in self.work.tickets else None
            self.effects.outcome(command.body_hash, CommandOutcome(
                command_id=item.id, status="rejected", code=refused.code, reason=refused.reason, detail=refused.detail, ticket_id=command.ticket_id, version=version,
            ))  # fmt: skip
            return
        for turn in turns:
            self.effects.settle(turn)
        first = turns[0]
        self.effects.outcome(command.body_hash, CommandOutcome(
            command_id=item.id, status="done", ticket_id=first.ticket.id, version=first.ticket.version, message_id=message_id or first.result_message_id,
        ))  # fmt: skip

    def _timer(self, item: Input, command: TicketCommand, action: TimerFired, at: datetime) -> None:
        if command.ticket_id not in self.work.tickets:
            return
        ticket_id = command.ticket_id
        if action.message_id and action.message_id in self.work.messages:
            ticket_id = self.work.messages[action.message_id].ticket_id
        turn = self._turn(item, ticket_id, Actor(kind="timer"), at)
        if action.message_id:
            if action.message_id in turn.messages_before:
                delivery.timer(turn, action)
        elif action.kind == satisfaction.TIMER:
            satisfaction.ask(turn, action, thread=self.work.thread(ticket_id))
        else:
            changes.timer(turn, action)
        self.effects.settle(turn)

    def _run(self, item: Input, command: TicketCommand, at: datetime) -> tuple[list[Turn], str | None]:
        action = command.action
        if isinstance(action, OpenTicket | ImportTicket):
            return [self._open(item, command, action, at)], getattr(action, "message_id", None)
        if isinstance(action, OpenIncident):
            return self._incident(item, command, action, at), action.message_id
        turn = self._turn(item, command.ticket_id, command.actor, at)
        if command.expected_version is not None and command.expected_version != turn.ticket.version:
            raise Rejected(412, "stale", f"The ticket is at version {turn.ticket.version}, not {command.expected_version} any more.")
        if isinstance(action, MergeTicket):
            target = self._turn(item, action.into, command.actor, at)
            joining.merge(turn, target, action, thread=self.work.thread(turn.ticket.id))
            return [turn, target], None
        if isinstance(action, MoveMessage):
            return self._move(item, command, action, turn, at), action.message_id
        children = [self._turn(item, child, command.actor, at) for child in turn.ticket.children if child in self.work.tickets]
        if children and isinstance(action, AddReply):
            incidents.reply(turn, children, action, thread=self.work.thread)
        elif children and isinstance(action, TakeBackReply):
            incidents.take_back(turn, children, action)
        elif children and isinstance(action, ChangeTicket):
            incidents.change(turn, children, action)
        else:
            self._simple(turn, action)
            children = []
        return [turn, *children], None

    def _incident(self, item: Input, command: TicketCommand, action: OpenIncident, at: datetime) -> list[Turn]:
        children = [self._turn(item, child, command.actor, at) for child in dict.fromkeys(action.ticket_ids)]
        turn = self._turn(item, command.ticket_id, command.actor, at, new=True)
        customer, new = self.work.customer(action.requester.address.strip().lower(), action.requester.name, at=at)
        named = Named(id=customer.id, name=customer.name)
        incidents.open_incident(turn, children, action, number=self.work.ticket_number(at), requester=named)
        if new:
            self.effects.customer(customer, cause=item.id)
        return [turn, *children]

    def _simple(self, turn: Turn, action: object) -> None:
        match action:
            case ChangeTicket():
                changes.change(turn, action)
            case AddReply():
                conversation.reply(turn, action, thread=self.work.thread(turn.ticket.id), draft=self._draft(turn, action))
            case TakeBackReply():
                conversation.take_back(turn, action)
            case AddNote():
                conversation.note(turn, action)
            case EscalateTicket():
                changes.escalate(turn, action)
                if action.reason:
                    conversation.write_note(turn, object_id(turn.at, turn.cause, "reason"), action.reason)
            case SnoozeTicket():
                changes.snooze(turn, action)
            case MarkRead():
                if turn.ticket.unread:
                    turn.emit("read", unread=False, updated_at=turn.ticket.updated_at)  # reading moves nothing in anybody's list
            case RunAi():
                self._run_ai(turn, action)
            case RateTicket():
                satisfaction.rate(turn, action)
            case SettleDelivery():
                delivery.settle(turn, action)
            case CorrectMessage():
                corrections.correct(turn, action)
            case RestoreMessage():
                corrections.restore(turn, action)
            case AnswerSuggestion():
                self._answer(turn, action)
            case _:
                raise PoisonError(f"no decision for {type(action).__name__}")

    def _run_ai(self, turn: Turn, action: RunAi) -> None:
        turn.ask_ai_about = turn.ticket.last_customer_message_id
        if action.replay_of is not None:
            turn.ask_ai_about, turn.ask_ai_again = self._suggested(turn, action.replay_of).message_id, action

    def _draft(self, turn: Turn, action: AddReply) -> str | None:
        suggestion = self.work.suggestions.get(action.suggestion_id or "")
        return suggestion.draft if suggestion is not None and suggestion.ticket_id == turn.ticket.id else None

    def _suggested(self, turn: Turn, suggestion_id: str) -> AiSuggestion:
        suggestion = self.work.suggestions.get(suggestion_id)
        if suggestion is None or suggestion.ticket_id != turn.ticket.id:
            raise Rejected(404, "no_such_suggestion", f"There is no suggestion {suggestion_id} on this ticket.")
        return suggestion

    def _answer(self, turn: Turn, action: AnswerSuggestion) -> None:
        suggestion = self._suggested(turn, action.suggestion_id)
        decision = assistant.answer(turn, action, suggestion=suggestion, thread=self.work.thread(turn.ticket.id))
        self.effects.suggestion(suggestion, decision, turn.at)

    def _open(self, item: Input, command: TicketCommand, action: OpenTicket | ImportTicket, at: datetime) -> Turn:
        address = action.requester.address.strip().lower()
        turn = self._turn(item, command.ticket_id, command.actor, at, new=True)
        if isinstance(action, OpenTicket) and action.team_id and action.team_id not in self.work.desk.teams:
            raise Rejected(422, "team", f"There is no team {action.team_id}.")
        if isinstance(action, OpenTicket) and action.priority and action.priority not in self.work.desk.priorities:
            raise Rejected(422, "priority", f"There is no priority '{action.priority}'.")
        since = action.messages[0].created_at if isinstance(action, ImportTicket) else at
        customer, new = self.work.customer(address, action.requester.name, at=since)
        if new:
            self.effects.customer(customer, cause=item.id)
        named = Named(id=customer.id, name=customer.name)
        number = self.work.ticket_number(at)
        if isinstance(action, ImportTicket):
            opening.import_thread(turn, action, number=number, requester=named, email=address or None)
        else:
            opening.open_by_agent(turn, action, number=number, requester=named, email=address or None)
        return turn

    def _move(self, item: Input, command: TicketCommand, action: MoveMessage, turn: Turn, at: datetime) -> list[Turn]:
        message = turn.message(action.message_id)
        if action.into is not None:
            target = self._turn(item, action.into, command.actor, at)
            joining.move(turn, target, message)
            return [turn, target]
        sender = message.from_ or Address(name=turn.texts.requester_name, address=turn.texts.requester_email or "")
        self.work.learn_customer(sender.address)
        customer, new = self.work.customer(sender.address, sender.name, at=at)
        if new:
            self.effects.customer(customer, cause=item.id)
        target = self._turn(item, object_id(at, item.id, "split"), command.actor, at, new=True)
        opening.open_by_split(target, message, number=self.work.ticket_number(at), requester=Named(id=customer.id, name=customer.name),
                                   email=customer.email, mailbox=turn.texts.mailbox)  # fmt: skip
        joining.move(turn, target, message)
        return [turn, target]

    def _config(self, item: Input, command: ConfigCommand) -> None:
        try:
            done = config.apply(self.work.db, command)
        except Rejected as refused:
            self.effects.outcome(command.body_hash, CommandOutcome(
                command_id=item.id, status="rejected", code=refused.code, reason=refused.reason, detail=refused.detail,
                object_kind=command.kind, object_id=command.object_id,
            ))  # fmt: skip
            return
        self.effects.configured(done, command, cause=item.id)
        self.work.desk = config.load_desk(self.work.db, self.effects.environment)

    def _suggestion(self, item: Input, suggestion: AiSuggestion, at: datetime) -> None:
        if suggestion.ticket_id not in self.work.tickets:
            raise PoisonError(f"a suggestion for ticket {suggestion.ticket_id}, which does not exist")
        turn = self._turn(item, suggestion.ticket_id, Actor(kind="ai", id="assistant"), at)
        decision = assistant.consider(turn, suggestion, said=correspondence(self.work, turn, suggestion))
        self.effects.suggestion(suggestion, decision, turn.at)
        self.effects.settle(turn)

    def _report(self, item: Input, said: DeliveryReport, at: datetime) -> None:
        message = self.work.messages.get(said.message_id)
        if message is None:
            raise PoisonError(f"a delivery report for message {said.message_id}, which does not exist")
        turn = self._turn(item, message.ticket_id, Actor(kind="system"), at)
        delivery.report(turn, said)
        self.effects.settle(turn)
