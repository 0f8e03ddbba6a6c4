"""Decisions about what is said: a customer writes, an agent answers, takes back, notes."""

import html
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta

import nh3

from schemas.base import Address, Attachment, DeliveryState, Named
from schemas.commands import AddNote, AddReply, TakeBackReply
from schemas.inbound import InboundMessage
from schemas.ticket import Correlation, Delivery, Message, Origin
from services.runtime.ids import object_id
from services.tickets.domain import changes, outgoing, senders
from services.tickets.domain.autopilot import ASSISTANT
from services.tickets.domain.correlation import COPIES_IGNORED, Verdict, references_newest_first
from services.tickets.domain.recipients import is_own
from services.tickets.domain.state import Json, Ticket, coerce
from services.tickets.domain.turn import Rejected, Turn

SNIPPET = 160
UNDO_MAX = 3600.0
_DONE = {"resolved", "closed"}
_TAG = re.compile(r"<[^>]+>")


def snippet(text: str) -> str:
    """One line of what was said."""
    return " ".join(text.split())[:SNIPPET]


def safe_html(body_html: str | None) -> str | None:
    """An agent's HTML as it may be shown and sent: no scripts, no handlers, no foreign styles."""
    return nh3.clean(body_html, url_schemes=nh3.ALLOWED_URL_SCHEMES | {"cid"}) if body_html else None


def plain_text(body_text: str, body_html: str | None) -> str:
    """The text of what an agent wrote, from the HTML where there is no text."""
    return body_text or html.unescape(_TAG.sub(" ", body_html or "")).strip()


def store_inbound(turn: Turn, inbound: InboundMessage, message_id: str, *, kind: str, verdict: Verdict, author: Named | None) -> None:
    turn.put(
        Message(
            id=message_id, ticket_id=turn.ticket.id, home_ticket_id=turn.ticket.id, kind=kind, channel=inbound.channel, author=author,
            from_=inbound.from_, to=inbound.to, cc=inbound.cc, subject=inbound.subject, body_text=inbound.reply or inbound.text,
            body_html=inbound.reply_html, quoted_html=inbound.quoted_html, attachments=inbound.attachments, created_at=turn.at,
            message_id=inbound.message_id, correlation=Correlation(reason=verdict.reason, score=verdict.score), mail_kind=inbound.kind,
            flags=[*inbound.flags, *verdict.flags, *_verified(turn, inbound)], origin=origin_of(inbound),
        )
    )  # fmt: skip
    if verdict.public:
        if inbound.message_id:
            turn.refs[inbound.message_id] = True
        for ref in references_newest_first(inbound):
            turn.refs.setdefault(ref, False)


def _verified(turn: Turn, inbound: InboundMessage) -> list[str]:
    return [senders.VERIFIED] if senders.is_verified(inbound, turn.desk.mailboxes.get(inbound.mailbox)) else []


def origin_of(inbound: InboundMessage) -> Origin:
    """Where a mail stands in the log."""
    return Origin(
        topic=inbound.raw_topic, key=inbound.raw_key, partition=inbound.raw_partition, offset=inbound.raw_offset, sha256=inbound.raw_sha256,
        body_hash=inbound.body_hash, references=references_newest_first(inbound),
    )  # fmt: skip


def take_copies(turn: Turn, inbound: InboundMessage, verdict: Verdict) -> None:
    """Whom the mail was copied to takes part from now on, unless nothing proves who copied them: that is how strangers let themselves in."""
    if COPIES_IGNORED in verdict.flags:
        return
    own = turn.desk.own_addresses()
    for copy in inbound.cc:
        address = copy.address.lower()
        if address and not is_own(address, own):
            turn.participants.setdefault(address, "cc")


def append_inbound(turn: Turn, inbound: InboundMessage, verdict: Verdict, *, author: Named) -> None:
    """A mail joins a ticket: publicly by a participant, else as a private third-party comment that changes nothing else."""
    message_id = object_id(turn.at, turn.cause, "message")
    public = verdict.public
    store_inbound(turn, inbound, message_id, kind="customer" if public else "third_party", verdict=verdict, author=author)
    automatic = inbound.kind == "auto-reply"
    data: Json = {
        "message_id": message_id, "kind": "customer" if public else "third_party", "mail_kind": inbound.kind,
        "correlation": {"reason": verdict.reason, "score": verdict.score}, "flags": list(verdict.flags),
    }  # fmt: skip
    count = turn.ticket.message_count + 1
    if not public or automatic:
        turn.emit("message_added", data, message_count=count)
        return
    take_copies(turn, inbound, verdict)
    turn.texts = replace(turn.texts, snippet=snippet(inbound.reply or inbound.text))
    turn.emit("message_added", data, message_count=count, unread=True, last_customer_message_id=message_id, ai_waiting=False)
    customer_wrote(turn)
    turn.ask_ai_about = message_id


def customer_wrote(turn: Turn) -> None:
    """The customer's message wakes the ticket, opens it again, and holds what was about to be sent."""
    changes.wake(turn, "customer_replied")
    if turn.ticket.status == "resolved":
        # What the assistant had settled was not: from now on it only suggests here.
        silenced: Json = {"human_set": tuple(sorted({*turn.ticket.human_set, "reopened"}))} if turn.ticket.resolved_by_ai else {}
        changes.reopen(turn, **silenced)
    elif turn.ticket.status in {"replied", "on_hold"}:
        changes.set_status(turn, "open", reason="customer_replied")
    for reply_id in list(turn.ticket.before_reply):
        waiting = turn.messages.get(reply_id) or turn.messages_before.get(reply_id)
        if waiting and waiting.delivery.state in {"undo", "scheduled"}:
            held = Delivery(state="held", reason="The customer wrote before this was sent.")
            turn.put(waiting.model_copy(update={"delivery": held}))
            turn.emit("reply_held", {"message_id": reply_id})


def reply(turn: Turn, action: AddReply, *, thread: list[Message], draft: str | None = None, copy_of: str | None = None) -> None:
    """A public answer: threaded below the customer's last mail, sent after its undo window, which makes the ticket replied.

    `draft`: what the assistant had written for it, to tell whether it goes out as it was.
    """
    if turn.ticket.merged_into:
        raise Rejected(409, "merged", "This ticket was merged into another; answer there.")
    text = plain_text(action.body_text, action.body_html)
    if not text:
        raise Rejected(422, "body", "A reply needs words.")
    if turn.actor.kind == "agent":
        _recall_automatic(turn)
    now = [turn.messages.get(m.id, m) for m in thread]
    author = author_of(turn, by_ai=action.by_ai)
    mail = outgoing.answer(turn, action, thread=now, author=author)
    _refuse_suppressed(turn, [*mail.to, *mail.cc, *mail.bcc])
    delivery = delivery_of(turn, action)
    turn.put(
        Message(
            id=action.message_id, ticket_id=turn.ticket.id, home_ticket_id=turn.ticket.id, kind="agent", channel="email", author=author,
            from_=mail.from_, to=mail.to, cc=mail.cc, bcc=mail.bcc, subject=mail.subject, body_text=text, body_html=safe_html(action.body_html),
            attachments=action.attachments, created_at=turn.at, delivery=delivery, message_id=mail.message_id, outbound=mail,
            status_after=action.status_after,
        )
    )  # fmt: skip
    for copy in mail.cc:
        turn.participants.setdefault(copy.address, "cc")
    if action.by_ai:
        turn.automatic_to += [(a.address, action.message_id, "") for a in mail.to]
    unedited = None if draft is None else text.split() == draft.split()
    replied(turn, action, state=delivery.state, unedited=unedited, copy_of=copy_of)
    turn.result_message_id = action.message_id


def _refuse_suppressed(turn: Turn, recipients: list[Address]) -> None:
    for recipient in recipients:
        found = turn.suppressed.get(recipient.address)
        if found and found.stops_replies:
            raise Rejected(
                409,
                "suppressed",
                f"{recipient.address} gets no mail: {found.reason}. Release the address under Mail, Suppressed, or leave it out.",
            )


def delivery_of(turn: Turn, action: AddReply) -> Delivery:
    """Its undo window, its hour, or at once."""
    wait = min(max(action.undo_seconds, 0.0), UNDO_MAX)
    until = action.send_at or turn.at + timedelta(seconds=wait)
    if action.send_at is not None and action.send_at > turn.at:
        return Delivery(state="scheduled", undo_until=until)
    return Delivery(state="undo", undo_until=until) if wait else Delivery(state="queued")


def _recall_automatic(turn: Turn) -> None:
    """A person answers: what the assistant was about to send does not go out beside it."""
    for reply_id in list(turn.ticket.before_reply):
        waiting = turn.messages.get(reply_id) or turn.messages_before.get(reply_id)
        if waiting and _by_assistant(waiting) and waiting.delivery.state in {"undo", "held"}:
            take_back(turn, TakeBackReply(message_id=reply_id))


def _by_assistant(message: Message) -> bool:
    return message.author is not None and message.author.id == ASSISTANT


def author_of(turn: Turn, *, by_ai: bool) -> Named:
    """Whose name it carries."""
    if by_ai or turn.actor.kind == "ai":
        return Named(id=ASSISTANT, name=turn.desk.settings.assistant_name)
    return Named(id=turn.actor.id or "", name=turn.desk.agent_name(turn.actor.id))


def replied(turn: Turn, action: AddReply, *, state: DeliveryState, unedited: bool | None, copy_of: str | None = None) -> None:
    """What an answer does to its ticket. One for later answers nothing yet: status, snooze and clocks stay as they are until it goes
    out (`delivery.timer`). `copy_of`: the incident's message that this one carries to a customer.
    """
    t = turn.ticket
    later = state == "scheduled"
    data: Json = {"message_id": action.message_id, "by_ai": action.by_ai, **({"send_at": action.send_at} if later else {})}
    if action.suggestion_id and (action.by_ai or unedited is not None):
        data |= {"suggestion_id": action.suggestion_id} | ({"unedited": unedited} if unedited is not None else {})
    if t.ai_answered and not action.by_ai:
        data["after_assistant"] = True
    now: Json = {} if later else {"snoozed_until": None}
    if not (later or t.first_response_at or action.by_ai):
        now["first_response_at"] = turn.at
    turn.emit("reply_queued", data, message_count=t.message_count + 1, unread=False, human_set=changes.mark_human(t, turn.actor, "reply"),
              ai_waiting=False, ai_answered=action.by_ai, **now)  # fmt: skip
    if not later:
        target = action.status_after or ("replied" if turn.ticket.status in {"open", "on_hold"} else turn.ticket.status)
        changes.set_status(turn, target)
    if state != "queued":
        kept = {
            **_before(t, later=later),
            **({"suggestion_id": action.suggestion_id} if action.by_ai else {}),
            **({"copy_of": copy_of} if copy_of else {}),
        }
        turn.emit("reply_waiting", {"message_id": action.message_id}, before_reply={**turn.ticket.before_reply, action.message_id: kept})


def _before(t: Ticket, *, later: bool) -> Json:
    """What taking the reply back restores. Of one for later only what writing it changed: much may happen until then."""
    if later:
        return {"unread": t.unread, "human_set": list(t.human_set)}
    return _plain({
        "status": t.status, "hold_reason": t.hold_reason, "unread": t.unread, "first_response_at": t.first_response_at, "resolved_at": t.resolved_at,
        "resolved_by": t.resolved_by, "resolved_by_ai": t.resolved_by_ai, "snoozed_until": t.snoozed_until, "human_set": t.human_set, "sla": t.sla,
        "ai_answered": t.ai_answered, "rating_due": t.rating_due,
    })  # fmt: skip


def _plain(before: Json) -> Json:
    clocks = asdict(before["sla"])
    as_text = {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in before.items() if k != "sla"}
    return {**as_text, "sla": {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in clocks.items()}}


def take_back(turn: Turn, action: TakeBackReply) -> None:
    """Take a reply back inside its window: it leaves the thread, and the ticket is as it was before it."""
    message = turn.message(action.message_id)
    if message.kind != "agent" or message.delivery.state not in {"undo", "scheduled", "held"}:
        raise Rejected(409, "too_late", "This reply is on its way already.")
    turn.put(message.model_copy(update={"delivery": Delivery(state="none", reason="taken back"), "taken_back": True}))
    rest = dict(turn.ticket.before_reply)
    before = rest.pop(action.message_id, {})
    of_suggestion = {"suggestion_id": before["suggestion_id"]} if before.get("suggestion_id") else {}
    if turn.ticket.unread:
        before = {}  # the customer wrote since: what that changed stays
    if _by_assistant(message):  # a correction: from now on the assistant only suggests here
        before["human_set"] = changes.mark_human(turn.ticket, turn.actor, "reply")
    turn.emit(
        "reply_taken_back",
        {"message_id": action.message_id, **of_suggestion},
        before_reply=rest,
        message_count=turn.ticket.message_count - 1,
        **coerce(before),
    )
    turn.result_message_id = action.message_id


def note(turn: Turn, action: AddNote) -> None:
    """An internal note. It is never sent and changes no status."""
    text = plain_text(action.body_text, action.body_html)
    if not text:
        raise Rejected(422, "body", "A note needs words.")
    write_note(
        turn, action.message_id, text, body_html=safe_html(action.body_html), attachments=action.attachments, mentions=action.mentions
    )
    turn.result_message_id = action.message_id


def write_note(
    turn: Turn,
    message_id: str,
    text: str,
    *,
    body_html: str | None = None,
    attachments: list[Attachment] | None = None,
    mentions: Sequence[str] = (),
) -> None:
    """The note itself, also for reasons that came with another command."""
    turn.put(
        Message(
            id=message_id, ticket_id=turn.ticket.id, home_ticket_id=turn.ticket.id, kind="note", channel="internal", author=author_of(turn, by_ai=False),
            body_text=text, body_html=body_html, attachments=attachments or [], created_at=turn.at,
        )
    )  # fmt: skip
    named = {"mentions": [m for m in dict.fromkeys(mentions) if m in turn.desk.agents]} if mentions else {}
    turn.emit("note_added", {"message_id": message_id, **named}, message_count=turn.ticket.message_count + 1)
