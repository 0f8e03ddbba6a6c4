"""Decisions about a message on its way out (architecture.md 4, notify): one claimant, one deadline, honest results."""

from datetime import datetime, timedelta

from schemas.base import Actor
from schemas.commands import SettleDelivery, TimerFired
from schemas.delivery import DeliveryReport
from schemas.ticket import Delivery, Message
from services.tickets.domain import changes, outgoing
from services.tickets.domain.autopilot import ASSISTANT
from services.tickets.domain.state import Json
from services.tickets.domain.timers import of_message
from services.tickets.domain.turn import Rejected, Turn

GRANT_SECONDS = 30
"""How long a claimant may take from the grant to DATA."""
RETRY_SECONDS = (30, 120, 300, 900, 1800, 3600, 7200, 14_400, 28_800)
"""Back-off after a temporary refusal; about 16 hours in all, then the message has failed."""
_SYSTEM = Actor(kind="system")


def _deliver(turn: Turn, message: Message, delivery: Delivery) -> None:
    turn.put(message.model_copy(update={"delivery": delivery}))


def report(turn: Turn, said: DeliveryReport) -> None:
    """What notify reports. A claim is granted to one claimant only; a result counts only under the granted claim."""
    message = turn.message(said.message_id)
    now = message.delivery
    if said.report == "claim":
        if now.state == "queued" and said.attempt == now.attempts:
            deadline = turn.at + timedelta(seconds=GRANT_SECONDS)
            _deliver(turn, message, Delivery(state="sending", claim=said.claim, deadline=deadline, attempts=now.attempts + 1))
        return
    if now.claim != said.claim or now.state not in {"sending", "unknown"}:
        return
    if said.report == "sent":
        _deliver(turn, message, Delivery(state="sent", attempts=now.attempts, claim=now.claim))
        _tell(turn, message, "sent")
    elif said.report == "delayed" and now.attempts <= len(RETRY_SECONDS):
        retry_at = turn.at + timedelta(seconds=RETRY_SECONDS[now.attempts - 1])
        _deliver(turn, message, Delivery(state="delayed", reason=said.reason, attempts=now.attempts, retry_at=retry_at))
        turn.emit(
            "reply_delayed",
            {"message_id": message.id, "code": said.smtp_code, "retry_at": retry_at, "attempt": now.attempts},
            actor=_SYSTEM,
        )
    else:
        fail(turn, message, state="bounced" if said.report == "bounced" else "failed", reason=said.reason, code=said.smtp_code)


def _tell(turn: Turn, message: Message, how: str) -> None:
    if what_of(message) != outgoing.NOTICE:  # the ticket need not know that its agent was told
        turn.emit(f"{what_of(message)}_{how}", {"message_id": message.id}, actor=_SYSTEM)


def what_of(message: Message) -> str:
    """What a message of ours is called in events: `reply`, `confirmation`, `rating_request`, `notice`."""
    return "reply" if message.kind == "agent" else next((f for f in message.flags if f in outgoing.ASIDE), outgoing.CONFIRMATION)


def fail(turn: Turn, message: Message, *, state: str, reason: str | None, code: int | None = None) -> None:
    """A message that did not arrive: told to the agent, and a reply's ticket opens again."""
    _deliver(turn, message, Delivery(state=state, reason=reason, attempts=message.delivery.attempts))
    if message.kind != "agent":
        turn.emit(f"{what_of(message)}_failed", {"message_id": message.id, "code": code}, actor=_SYSTEM)
        return
    turn.emit("reply_failed", {"message_id": message.id, "code": code, "state": state}, actor=_SYSTEM, unread=True)
    turn.actor = _SYSTEM
    if turn.ticket.status != "open":
        changes.set_status(turn, "open", reason="reply_failed")


def timer(turn: Turn, action: TimerFired) -> None:
    """A message's timer came due; stale ones change nothing."""
    message = turn.message(action.message_id or "")
    due = of_message(message).get(action.kind)
    if due is None or not _same(due, action.due_at):
        return
    now = message.delivery
    if action.kind == "send" and _by_assistant(message) and not turn.desk.settings.ai_enabled:
        _switched_off(turn, message)
    elif action.kind == "send":
        # An incident's own answer goes nowhere: its copies do, each with a window of its own that ends now.
        _deliver(turn, message, Delivery(state="queued" if message.outbound else "sent", attempts=now.attempts))
        first = _first_answer(turn, message) if now.state == "scheduled" else {}
        turn.emit("reply_released", {"message_id": message.id}, before_reply=_without(turn, message), **first)
        if now.state == "scheduled":
            _answered(turn, message)
    elif action.kind == "retry":
        _deliver(turn, message, Delivery(state="queued", attempts=now.attempts, reason=now.reason))
    elif action.kind == "delivery_deadline":
        reason = (
            "The worker that sent this stopped before it could say whether the server took it. Check with the customer, then settle it."
        )
        _deliver(turn, message, Delivery(state="unknown", claim=now.claim, attempts=now.attempts, reason=reason))
        turn.emit("reply_unknown", {"message_id": message.id}, unread=True)


def _by_assistant(message: Message) -> bool:
    return message.author is not None and message.author.id == ASSISTANT


def _switched_off(turn: Turn, message: Message) -> None:
    """The kill switch holds what waits in the recall window as well (ai.md 21): a person decides about it."""
    _deliver(turn, message, Delivery(state="held", reason="The assistant was switched off before this was sent."))
    turn.emit("reply_held", {"message_id": message.id}, unread=True)
    turn.actor = _SYSTEM
    if turn.ticket.status != "open":
        changes.set_status(turn, "open", reason="assistant_off")


def _without(turn: Turn, message: Message) -> Json:
    return {k: v for k, v in turn.ticket.before_reply.items() if k != message.id}


def _first_answer(turn: Turn, message: Message) -> Json:
    by_agent = message.author is not None and not _by_assistant(message)
    return {"first_response_at": turn.at} if by_agent and not turn.ticket.first_response_at else {}


def _answered(turn: Turn, message: Message) -> None:
    """A reply that had waited goes out now: only now has somebody answered, and it was its author."""
    author = message.author.id if message.author else None
    turn.actor = Actor(kind="ai", id=ASSISTANT) if author == ASSISTANT else Actor(kind="agent", id=author)
    changes.wake(turn, "replied")
    changes.set_status(turn, message.status_after or ("replied" if turn.ticket.status in {"open", "on_hold"} else turn.ticket.status))


def _same(a: datetime, b: datetime) -> bool:
    return abs((a - b).total_seconds()) < 0.001


def settle(turn: Turn, action: SettleDelivery) -> None:
    """A human decides what nothing resends by itself."""
    message = turn.message(action.message_id)
    now = message.delivery
    if now.state not in {"unknown", "failed", "bounced", "held"}:
        raise Rejected(409, "not_open", f"The delivery is '{now.state}'; there is nothing to settle.")
    if action.outcome == "resend":
        _deliver(turn, message, Delivery(state="queued", attempts=now.attempts))
        first = _first_answer(turn, message) if now.state == "held" else {}
        turn.emit("reply_requeued", {"message_id": message.id}, before_reply=_without(turn, message), **first)
        if now.state == "held":
            _answered(turn, message)
    elif action.outcome == "sent":
        _deliver(turn, message, Delivery(state="sent", attempts=now.attempts, reason="settled by an agent"))
        _tell(turn, message, "sent")
    else:
        fail(turn, message, state="failed", reason="settled by an agent")
    turn.result_message_id = message.id
