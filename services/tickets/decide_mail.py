"""Mail, and what people want done with mail that waits: correlated, then decided on the ticket, or put aside."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.base import Actor, Named
from schemas.inbound import InboundMessage
from schemas.mail import DeleteMail, LiftSuppression, MailCommand, ParkedMail, ParkedState, ReleaseMail, SuppressAddress
from schemas.ticket import CommandOutcome
from services.runtime.ids import object_id
from services.tickets.domain import by_mail, conversation, limits, opening, returned
from services.tickets.domain.correlation import UNSUBSCRIBED, Verdict, correlate
from services.tickets.domain.limits import Suppressed
from services.tickets.domain.turn import Rejected, Turn
from services.tickets.inputs import Input
from services.tickets.store import aside
from services.tickets.store.effects import Effects
from services.tickets.store.working_set import WorkingSet

_NEEDS_NOBODY = {"own_mail", "bounce_noted", UNSUBSCRIBED}


@dataclass(frozen=True, slots=True)
class Mails:
    """Decides about mail in a working set; `turn` begins a decision about a ticket."""

    work: WorkingSet
    effects: Effects
    turn: Callable[..., Turn]

    def decide(self, item: Input, mail: InboundMessage, at: datetime) -> None:
        """A mail came in."""
        verdict = correlate(mail, self.work.known_for(mail), desk=self.work.desk, keys=self.work.keys)
        if verdict.action in {"open", "append"} and self._floods(mail, at):
            verdict = Verdict(action="park", reason="flood")
        if verdict.action == "agent":
            self._by_agent(item, mail, verdict, at)
        elif verdict.action == "bounce":
            self._bounced(item, mail, verdict, at)
        elif verdict.action in {"open", "append"}:
            self._customer_mail(item, mail, verdict, at)
        else:
            if verdict.reason == UNSUBSCRIBED:
                sender = mail.from_.address.lower()
                aside.suppress(self.work, sender, Suppressed("unsubscribed", "asked for no more automatic mail"), at, cause=item.id)
            states: dict[str, ParkedState] = {"duplicate": "recorded", "drop": "dropped"}
            state = "recorded" if verdict.reason in _NEEDS_NOBODY else states.get(verdict.action, "parked")
            aside.park(self.work, item.id, mail, verdict.reason, at, state=state)

    def _floods(self, mail: InboundMessage, at: datetime) -> bool:
        earlier = self.work.mails_of.setdefault(mail.from_.address.lower(), [])
        flood = limits.is_flood(earlier, mail, at=at, settings=self.work.desk.settings)
        earlier.append(at)
        return flood

    def _customer_mail(self, item: Input, mail: InboundMessage, verdict: Verdict, at: datetime) -> Turn:
        writer = mail.forwarded_from if verdict.reason == opening.FORWARDED and mail.forwarded_from else mail.from_
        address = writer.address.lower()
        customer, new = self.work.customer(address, writer.name, at=at)
        named = Named(id=customer.id, name=customer.name)
        actor = Actor(kind="customer", id=customer.id)
        if verdict.action == "open":
            turn = self.turn(item, object_id(at, item.id), actor, at, new=True)
            opening.open_by_mail(turn, mail, verdict, number=self.work.ticket_number(at), requester=named, email=address or None)
        else:
            turn = self.turn(item, verdict.ticket_id or "", actor, at)
            conversation.append_inbound(turn, mail, verdict, author=named)
        self.effects.settle(turn)
        if new:
            self.effects.customer(customer, cause=item.id)
        self.work.by_sha.setdefault(mail.raw_sha256, turn.ticket.id)
        if mail.message_id and mail.body_hash:
            self.work.by_rfc_id.setdefault((mail.message_id, mail.body_hash), turn.ticket.id)
        return turn

    def _bounced(self, item: Input, mail: InboundMessage, verdict: Verdict, at: datetime) -> None:
        message = self.work.messages.get(verdict.message_id or "")
        if message is not None:
            turn = self.turn(item, message.ticket_id, Actor(kind="system"), at)
            turn.messages_before.setdefault(message.id, message)
            if returned.came_back(turn, message, mail, proven=verdict.reason != "recent_recipient"):
                self.effects.settle(turn)
                return
        aside.park(self.work, item.id, mail, "bounce_noted", at, state="recorded")

    def _by_agent(self, item: Input, mail: InboundMessage, verdict: Verdict, at: datetime) -> None:
        """An agent acts by mail; what cannot be done is kept as a private comment, so that nothing they wrote is lost."""
        turn = self.turn(item, verdict.ticket_id or "", Actor(kind="agent", id=verdict.agent_id), at)
        turn.messages_before |= {m.id: m for m in self.work.thread(turn.ticket.id)}
        try:
            by_mail.carry_out(turn, mail, verdict)
        except Rejected as refused:
            flags = (*verdict.flags, "third_party", f"refused_{refused.reason}")
            self._customer_mail(item, mail, replace(verdict, action="append", public=False, flags=flags), at)
            return
        self.effects.settle(turn)
        self.work.by_sha.setdefault(mail.raw_sha256, turn.ticket.id)

    def command(self, item: Input, command: MailCommand, at: datetime) -> None:
        """Somebody wants something done with parked mail or a suppressed address."""
        try:
            outcome = self._run(item, command, at)
        except Rejected as refused:
            outcome = CommandOutcome(command_id=item.id, status="rejected", code=refused.code, reason=refused.reason, detail=refused.detail)
        self.effects.outcome(command.body_hash, outcome)

    def _run(self, item: Input, command: MailCommand, at: datetime) -> CommandOutcome:
        match command.action:
            case ReleaseMail(mail_id=mail_id):
                turn, ticket_id = self._release(item, mail_id, at)
                version = turn.ticket.version if turn else None
                self._settle(item, command, "released", at, ticket_id=ticket_id)
                return self._done(item, "parked_mail", mail_id, ticket_id=ticket_id, version=version)
            case DeleteMail(mail_id=mail_id):
                self._parked(item, mail_id)
                self._settle(item, command, "deleted", at)
                return self._done(item, "parked_mail", mail_id)
            case SuppressAddress(address=address, reason=reason, kind=kind):
                aside.suppress(self.work, address.lower(), Suppressed(kind, reason or "somebody of the desk decided so"), at, cause=item.id)
                return self._done(item, "suppression", address)
            case LiftSuppression(address=address):
                if address.lower() not in self.work.suppressed:
                    raise Rejected(404, "not_suppressed", f"{address} is not suppressed.")
                aside.lift(self.work, address.lower(), cause=item.id)
                return self._done(item, "suppression", address)

    def _parked(self, item: Input, mail_id: str) -> InboundMessage:
        if item.parked is None or mail_id in self.work.settled_mails:
            raise Rejected(404, "not_parked", "There is no such mail in the list (any more).")
        return item.parked

    def _release(self, item: Input, mail_id: str, at: datetime) -> tuple[Turn | None, str]:
        """The mail goes on under its own id: releasing it can never make two tickets, and its way is told as that of any mail."""
        mail = self._parked(item, mail_id)
        verdict = correlate(mail, self.work.known_for(mail), desk=self.work.desk, keys=self.work.keys, released=True)
        if verdict.action == "duplicate":
            return None, verdict.ticket_id or ""
        if verdict.action == "agent":  # what had to be released gives nobody power
            verdict = replace(verdict, action="append", public=False, flags=(*verdict.flags, "third_party"))
        turn = self._customer_mail(replace(item, id=mail_id, body=mail), mail, verdict, at)
        return turn, turn.ticket.id

    def _settle(self, item: Input, command: MailCommand, state: ParkedState, at: datetime, *, ticket_id: str | None = None) -> None:
        mail = item.parked
        if mail is not None and isinstance(command.action, ReleaseMail | DeleteMail):
            settled = ParkedMail(
                id=command.action.mail_id, mailbox=mail.mailbox, reason=item.parked_reason, state=state, kind=mail.kind, at=at, settled_at=at,
                settled_by=command.actor.id, ticket_id=ticket_id,
            )  # fmt: skip
            aside.settle(self.work, settled, cause=item.id)

    @staticmethod
    def _done(item: Input, kind: str, key: str, *, ticket_id: str | None = None, version: int | None = None) -> CommandOutcome:
        return CommandOutcome(command_id=item.id, status="done", ticket_id=ticket_id, version=version, object_kind=kind, object_id=key)
