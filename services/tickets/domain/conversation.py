"""Decisions about what is said: a ticket opens, a customer writes, an agent answers, takes back, notes."""

import html
import re
from dataclasses import asdict, replace
from datetime import timedelta

import nh3

from schemas.base import Actor, Address, Attachment, Named
from schemas.commands import AddNote, AddReply, ImportTicket, OpenTicket, TakeBackReply
from schemas.config import Mailbox
from schemas.inbound import InboundMessage
from schemas.ticket import Correlation, Delivery, Message, Origin, Outbound
from services.runtime.ids import object_id
from services.tickets.domain import changes, signed_ids, sla
from services.tickets.domain.correlation import Verdict, references_newest_first
from services.tickets.domain.desk import Desk
from services.tickets.domain.state import Json, Texts, coerce
from services.tickets.domain.turn import Rejected, Turn

SNIPPET = 160
UNDO_MAX = 3600.0
_RECENT_REFERENCES = 20
_DONE = {"resolved", "closed"}


def snippet(text: str) -> str:
    """One line of what was said."""
    return " ".join(text.split())[:SNIPPET]


def open_by_mail(turn: Turn, inbound: InboundMessage, verdict: Verdict, *, number: str, requester: Named, email: str | None) -> None:
    """A new ticket from a customer's mail, with its confirmation and the assistant asked, unless the mail is automatic."""
    message_id = object_id(turn.at, turn.cause, "message")
    turn.texts = Texts(
        subject=inbound.subject or "(no subject)", snippet=snippet(inbound.reply or inbound.text), requester_name=requester.name,
        requester_email=email, mailbox=inbound.mailbox,
    )  # fmt: skip
    mailbox = turn.desk.mailboxes.get(inbound.mailbox)
    _opened(turn, number=number, requester_id=requester.id, channel=inbound.channel, message_id=message_id, priority=None,
            team_id=mailbox.team_id if mailbox else None, correlation=(verdict.reason, verdict.score), linked_to=verdict.linked_to,
            flags=verdict.flags)  # fmt: skip
    _store_inbound(turn, inbound, message_id, kind="customer", verdict=verdict, author=requester)
    if email:
        turn.participants[email] = "requester"
    _take_copies(turn, inbound)
    if inbound.kind == "human" and email:
        confirm(turn, inbound, to=Address(name=requester.name, address=email))
    turn.ask_ai_about = message_id


def _opened(turn: Turn, *, number: str, requester_id: str, channel: str, message_id: str, priority: str | None, team_id: str | None,
            correlation: tuple[str, float], linked_to: str | None = None, flags: tuple[str, ...] = (),
            created_by: str | None = None) -> None:  # fmt: skip
    chosen = priority if priority and priority in turn.desk.priorities else turn.desk.default_priority()
    clocks = sla.targets(turn.desk, chosen, created_at=turn.at, sla=turn.ticket.sla)
    reason, score = correlation
    by_human = turn.actor.kind == "agent"
    turn.emit(
        "opened",
        {"message_id": message_id, "correlation": {"reason": reason, "score": score}},
        number=number, status="open", priority=chosen, channel=channel, team_id=None, requester_id=requester_id, created_by=created_by,
        created_at=turn.at, unread=not by_human, message_count=1, last_customer_message_id=message_id, linked_to=linked_to,
        correlation_reason=reason, correlation_score=score, flags=flags, sla=clocks,
        human_set=("priority",) if by_human and priority else (),
    )  # fmt: skip
    wanted = team_id or turn.desk.settings.default_team
    if wanted and wanted in turn.desk.teams:
        changes.set_team(turn, wanted)


def _store_inbound(turn: Turn, inbound: InboundMessage, message_id: str, *, kind: str, verdict: Verdict, author: Named | None) -> None:
    turn.put(
        Message(
            id=message_id, ticket_id=turn.ticket.id, home_ticket_id=turn.ticket.id, kind=kind, channel=inbound.channel, author=author,
            from_=inbound.from_, to=inbound.to, cc=inbound.cc, subject=inbound.subject, body_text=inbound.reply or inbound.text,
            body_html=inbound.reply_html, quoted_html=inbound.quoted_html, attachments=inbound.attachments, created_at=turn.at,
            message_id=inbound.message_id, correlation=Correlation(reason=verdict.reason, score=verdict.score), mail_kind=inbound.kind,
            flags=[*inbound.flags, *verdict.flags], origin=_origin(inbound),
        )
    )  # fmt: skip
    if verdict.public:
        if inbound.message_id:
            turn.refs[inbound.message_id] = True
        for ref in references_newest_first(inbound):
            turn.refs.setdefault(ref, False)


def _origin(inbound: InboundMessage) -> Origin:
    return Origin(
        topic=inbound.raw_topic, key=inbound.raw_key, partition=inbound.raw_partition, offset=inbound.raw_offset, sha256=inbound.raw_sha256,
        body_hash=inbound.body_hash, references=references_newest_first(inbound),
    )  # fmt: skip


def _take_copies(turn: Turn, inbound: InboundMessage) -> None:
    own = turn.desk.own_addresses()
    for copy in inbound.cc:
        address = copy.address.lower()
        if address and address not in own:
            turn.participants.setdefault(address, "cc")


def append_inbound(turn: Turn, inbound: InboundMessage, verdict: Verdict, *, author: Named) -> None:
    """A mail joins a ticket: publicly by a participant, else as a private third-party comment that changes nothing else."""
    message_id = object_id(turn.at, turn.cause, "message")
    public = verdict.public
    _store_inbound(turn, inbound, message_id, kind="customer" if public else "third_party", verdict=verdict, author=author)
    automatic = inbound.kind == "auto-reply"
    data: Json = {
        "message_id": message_id, "kind": "customer" if public else "third_party", "mail_kind": inbound.kind,
        "correlation": {"reason": verdict.reason, "score": verdict.score}, "flags": list(verdict.flags),
    }  # fmt: skip
    count = turn.ticket.message_count + 1
    if not public or automatic:
        turn.emit("message_added", data, message_count=count)
        return
    _take_copies(turn, inbound)
    turn.texts = replace(turn.texts, snippet=snippet(inbound.reply or inbound.text))
    turn.emit("message_added", data, message_count=count, unread=True, last_customer_message_id=message_id)
    customer_wrote(turn)
    turn.ask_ai_about = message_id


def customer_wrote(turn: Turn) -> None:
    """The customer's message wakes the ticket, opens it again, and holds what was about to be sent."""
    changes.wake(turn, "customer_replied")
    if turn.ticket.status == "resolved":
        changes.reopen(turn)
    elif turn.ticket.status in {"replied", "on_hold"}:
        changes.set_status(turn, "open", reason="customer_replied")
    for reply_id in list(turn.ticket.before_reply):
        waiting = turn.messages.get(reply_id) or turn.messages_before.get(reply_id)
        if waiting and waiting.delivery.state in {"undo", "scheduled"}:
            held = Delivery(state="held", reason="The customer wrote before this was sent.")
            turn.put(waiting.model_copy(update={"delivery": held}))
            turn.emit("reply_held", {"message_id": reply_id})


def confirm(turn: Turn, inbound: InboundMessage, *, to: Address) -> None:
    """The confirmation: number and estimated time, nothing quoted from the mail. It changes no status and is no first response."""
    settings = turn.desk.settings
    if not settings.confirmations or to.address in turn.suppressed:
        return
    if turn.automatic_today.get(to.address, 0) >= settings.confirmations_per_sender_per_day:
        turn.emit("confirmation_withheld", {"reason": "daily_cap"})
        return
    message_id = object_id(turn.at, turn.cause, "confirmation")
    seconds = turn.ticket.sla.first_response_seconds
    text = (
        f"Hello,\n\nwe have received your message and opened ticket {turn.ticket.number}.\n"
        + (f"You can expect an answer within {_human_duration(seconds)}.\n" if seconds else "")
        + f"\nTo add something, just reply to this mail.\n\n{turn.desk.settings.desk_name}\n"
    )
    outbound = _outbound(turn, message_id, to=[to], cc=[], subject=f"We have received your message [{turn.ticket.number}]", automatic=True,
                         answers=inbound.message_id, references=[r for r in [*inbound.references, inbound.message_id] if r])  # fmt: skip
    turn.put(
        Message(
            id=message_id, ticket_id=turn.ticket.id, home_ticket_id=turn.ticket.id, kind="system", from_=outbound.from_, to=[to], subject=outbound.subject,
            body_text=text, created_at=turn.at, delivery=Delivery(state="queued"), message_id=outbound.message_id, outbound=outbound,
        )
    )  # fmt: skip
    turn.automatic_to.append((to.address, message_id))
    turn.emit("confirmation_queued", {"message_id": message_id}, message_count=turn.ticket.message_count + 1)


def _human_duration(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            n = round(seconds / size)
            return f"{n} {word}{'s' if n != 1 else ''}"
    return f"{seconds} seconds"


def _outbound(turn: Turn, message_id: str, *, to: list[Address], cc: list[Address], subject: str, automatic: bool, answers: str | None,
              references: list[str], name: str = "") -> Outbound:  # fmt: skip
    desk, ticket = turn.desk, turn.ticket
    mailbox = desk.mailboxes.get(turn.texts.mailbox or "") or next((m for _, m in sorted(desk.mailboxes.items())), None)
    if mailbox is None:
        raise Rejected(409, "no_mailbox", "The desk has no mailbox to send from; add one first.")
    own_id = signed_ids.message_id(turn.keys, ticket_id=ticket.id, message_id=message_id, domain=mailbox.address.partition("@")[2])
    reply_to = None
    if mailbox.plus_addressing and to:
        reply_to = Address(
            address=signed_ids.reply_address(turn.keys, mailbox=mailbox.address, ticket_id=ticket.id, recipient=to[0].address)
        )
    shown = f"{name} · {desk.settings.desk_name}" if name else desk.settings.desk_name
    unique = list(dict.fromkeys(references))
    return Outbound(
        mailbox=mailbox.address, envelope_from=_automatic_sender(mailbox) if automatic else None, from_=Address(name=shown, address=mailbox.address), reply_to=reply_to, to=to, cc=cc,
        subject=subject, message_id=own_id, in_reply_to=answers, loop=signed_ids.loop_value(turn.keys, message_id), automatic=automatic,
        references=unique if len(unique) <= _RECENT_REFERENCES else [unique[0], *unique[-_RECENT_REFERENCES:]],
    )  # fmt: skip


def _automatic_sender(mailbox: Mailbox) -> str:
    """The null sender, or the mailbox itself where the server knows no plus addresses (the sample's server refuses the null sender)."""
    return "" if mailbox.plus_addressing else mailbox.address


def recipients(action: AddReply, *, requester: Address | None, desk: Desk) -> tuple[list[Address], list[Address]]:
    """(to, cc) of a reply: what the agent chose, the requester by default, never one of our own mailboxes, nobody twice."""
    own = desk.own_addresses()
    seen: set[str] = set()

    def keep(addresses: list[Address]) -> list[Address]:
        out = []
        for a in addresses:
            key = a.address.strip().lower()
            if key and key not in own and key not in seen:
                seen.add(key)
                out.append(Address(name=a.name, address=key))
        return out

    to = keep(action.to or ([requester] if requester else []))
    return to, keep(action.cc)


def safe_html(body_html: str | None) -> str | None:
    """An agent's HTML as it may be shown and sent: no scripts, no handlers, no foreign styles."""
    return nh3.clean(body_html) if body_html else None


_TAG = re.compile(r"<[^>]+>")


def plain_text(body_text: str, body_html: str | None) -> str:
    """The text of what an agent wrote, from the HTML where there is no text."""
    return body_text or html.unescape(_TAG.sub(" ", body_html or "")).strip()


def reply(turn: Turn, action: AddReply, *, thread: list[Message]) -> None:
    """A public answer: threaded below the customer's last mail, sent after its undo window, which makes the ticket replied."""
    t = turn.ticket
    if t.merged_into:
        raise Rejected(409, "merged", "This ticket was merged into another; answer there.")
    text = plain_text(action.body_text, action.body_html)
    if not text:
        raise Rejected(422, "body", "A reply needs words.")
    requester = Address(name=turn.texts.requester_name, address=turn.texts.requester_email) if turn.texts.requester_email else None
    to, cc = recipients(action, requester=requester, desk=turn.desk)
    if not to:
        raise Rejected(422, "to", "The requester has no mail address; name a recipient.")
    known = [m for m in thread if m.message_id and m.kind in {"customer", "agent"} and not m.taken_back]
    last = next((m for m in reversed(known) if m.kind == "customer"), None)
    subject = turn.texts.subject if re.match(r"(?i)re:", turn.texts.subject) else f"Re: {turn.texts.subject}"
    author = _author(turn, by_ai=action.by_ai)
    outbound = _outbound(turn, action.message_id, to=to, cc=cc, subject=subject, automatic=action.by_ai, answers=last.message_id if last else None,
                         references=[m.message_id for m in known if m.message_id], name=author.name)  # fmt: skip
    wait = min(max(action.undo_seconds, 0.0), UNDO_MAX)
    until = action.send_at or turn.at + timedelta(seconds=wait)
    later = action.send_at is not None and action.send_at > turn.at
    delivery = (
        Delivery(state="scheduled", undo_until=until)
        if later
        else Delivery(state="undo", undo_until=until)
        if wait
        else Delivery(state="queued")
    )
    turn.put(
        Message(
            id=action.message_id, ticket_id=t.id, home_ticket_id=t.id, kind="agent", channel="email", author=author, from_=outbound.from_, to=to, cc=cc,
            subject=subject, body_text=text, body_html=safe_html(action.body_html), attachments=action.attachments, created_at=turn.at, delivery=delivery,
            message_id=outbound.message_id, outbound=outbound, status_after=action.status_after,
        )
    )  # fmt: skip
    for copy in cc:
        turn.participants.setdefault(copy.address, "cc")
    _replied(turn, action, waits=delivery.state != "queued")
    turn.result_message_id = action.message_id


def _author(turn: Turn, *, by_ai: bool) -> Named:
    if by_ai or turn.actor.kind == "ai":
        return Named(id="assistant", name=turn.desk.settings.assistant_name)
    return Named(id=turn.actor.id or "", name=turn.desk.agent_name(turn.actor.id))


def _replied(turn: Turn, action: AddReply, *, waits: bool) -> None:
    t = turn.ticket
    before = {
        "status": t.status, "hold_reason": t.hold_reason, "unread": t.unread, "first_response_at": t.first_response_at, "resolved_at": t.resolved_at,
        "resolved_by": t.resolved_by, "resolved_by_ai": t.resolved_by_ai, "snoozed_until": t.snoozed_until, "human_set": t.human_set, "sla": t.sla,
    }  # fmt: skip
    first: Json = {} if t.first_response_at or action.by_ai else {"first_response_at": turn.at}
    data = {"message_id": action.message_id, "by_ai": action.by_ai}
    turn.emit("reply_queued", data, message_count=t.message_count + 1, unread=False, human_set=changes.mark_human(t, turn.actor, "reply"),
              snoozed_until=None, **first)  # fmt: skip
    target = action.status_after or ("replied" if turn.ticket.status in {"open", "on_hold"} else turn.ticket.status)
    changes.set_status(turn, target)
    if waits:
        turn.emit(
            "reply_waiting", {"message_id": action.message_id}, before_reply={**turn.ticket.before_reply, action.message_id: _plain(before)}
        )


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
    if turn.ticket.unread:
        before = {}  # the customer wrote since: what that changed stays
    turn.emit(
        "reply_taken_back",
        {"message_id": action.message_id},
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
    write_note(turn, action.message_id, text, body_html=safe_html(action.body_html), attachments=action.attachments)
    turn.result_message_id = action.message_id


def write_note(
    turn: Turn, message_id: str, text: str, *, body_html: str | None = None, attachments: list[Attachment] | None = None
) -> None:
    """The note itself, also for reasons that came with another command."""
    turn.put(
        Message(
            id=message_id, ticket_id=turn.ticket.id, home_ticket_id=turn.ticket.id, kind="note", channel="internal", author=_author(turn, by_ai=False),
            body_text=text, body_html=body_html, attachments=attachments or [], created_at=turn.at,
        )
    )  # fmt: skip
    turn.emit("note_added", {"message_id": message_id}, message_count=turn.ticket.message_count + 1)


def open_by_agent(turn: Turn, action: OpenTicket, *, number: str, requester: Named, email: str | None) -> None:
    """A ticket for a call or a walk-in: the words are the customer's, the opener is recorded."""
    if not action.subject.strip():
        raise Rejected(422, "subject", "A ticket needs a subject.")
    text = plain_text(action.body_text, action.body_html)
    turn.texts = Texts(subject=action.subject.strip(), snippet=snippet(text), requester_name=requester.name, requester_email=email)
    _opened(turn, number=number, requester_id=requester.id, channel=action.channel, message_id=action.message_id, priority=action.priority,
            team_id=action.team_id, correlation=("opened_by_agent", 1.0), created_by=turn.actor.id)  # fmt: skip
    turn.put(
        Message(
            id=action.message_id, ticket_id=turn.ticket.id, home_ticket_id=turn.ticket.id, kind="customer", channel=action.channel, author=requester,
            from_=Address(name=requester.name, address=email or ""), subject=action.subject, body_text=text, body_html=safe_html(action.body_html),
            attachments=action.attachments, created_at=turn.at,
        )
    )  # fmt: skip
    if email:
        turn.participants[email] = "requester"
    turn.ask_ai_about = action.message_id


def import_thread(turn: Turn, action: ImportTicket, *, number: str, requester: Named, email: str | None) -> None:
    """A ticket with its past: events carry the past's times; nothing is sent, nothing is asked unless `ask_ai`."""
    turn.at = action.messages[0].created_at
    turn.texts = Texts(
        subject=action.subject, snippet=snippet(action.messages[0].body_text), requester_name=requester.name, requester_email=email
    )
    first = object_id(turn.at, turn.cause, "import", 0)
    opener, turn.actor = turn.actor, Actor(kind="customer", id=requester.id)
    _opened(turn, number=number, requester_id=requester.id, channel=action.channel, message_id=first, priority=action.priority,
            team_id=None, correlation=("imported", 1.0))  # fmt: skip
    if email:
        turn.participants[email] = "requester"
    if action.team_id:
        turn.actor = Actor(kind="system")
        changes.set_team(turn, action.team_id, rotate=False)
    if action.assignee_id:
        changes.set_assignee(turn, action.assignee_id)
    if action.tags:
        changes.set_tags(turn, action.tags)
    for place in range(len(action.messages)):
        _imported(turn, action, place, requester=requester, email=email)
    turn.actor = Actor(kind="agent", id=action.assignee_id) if action.assignee_id else opener
    changes.set_status(turn, action.status)
    if action.ask_ai:
        turn.ask_ai_about = turn.ticket.last_customer_message_id


def _imported(turn: Turn, action: ImportTicket, place: int, *, requester: Named, email: str | None) -> None:
    said = action.messages[place]
    turn.at = said.created_at
    message_id = object_id(said.created_at, turn.cause, "import", place)
    customer = said.kind == "customer"
    turn.actor = Actor(kind="customer", id=requester.id) if customer else Actor(kind="agent", id=said.author_id)
    author = requester if customer else Named(id=said.author_id or "", name=turn.desk.agent_name(said.author_id))
    turn.put(
        Message(
            id=message_id, ticket_id=turn.ticket.id, home_ticket_id=turn.ticket.id, kind=said.kind, channel=action.channel, author=author,
            from_=Address(name=requester.name, address=email or "") if customer else None, subject=action.subject, body_text=said.body_text,
            body_html=safe_html(said.body_html), created_at=said.created_at, message_id=said.message_id,
            delivery=Delivery(state="sent" if said.kind == "agent" else "none"),
        )
    )  # fmt: skip
    if said.message_id:
        turn.refs[said.message_id] = True
    if place == 0:
        return
    count = turn.ticket.message_count + 1
    if customer:
        turn.texts = replace(turn.texts, snippet=snippet(said.body_text))
        turn.emit(
            "message_added",
            {"message_id": message_id, "kind": "customer"},
            message_count=count,
            unread=True,
            last_customer_message_id=message_id,
        )
        customer_wrote(turn)
    elif said.kind == "note":
        turn.emit("note_added", {"message_id": message_id}, message_count=count)
    else:
        first: Json = {} if turn.ticket.first_response_at else {"first_response_at": turn.at}
        turn.emit("reply_queued", {"message_id": message_id, "by_ai": False}, message_count=count, unread=False, **first)
        changes.set_status(turn, "replied")
        turn.emit("reply_sent", {"message_id": message_id})


def open_by_split(turn: Turn, message: Message, *, number: str, requester: Named, email: str | None, mailbox: str | None) -> None:
    """A new ticket for one message that is about something else; the message itself arrives by `joining.move`."""
    turn.texts = Texts(
        subject=message.subject or "(no subject)",
        snippet=snippet(message.body_text),
        requester_name=requester.name,
        requester_email=email,
        mailbox=mailbox,
    )
    _opened(turn, number=number, requester_id=requester.id, channel=message.channel, message_id=message.id, priority=None, team_id=None,
            correlation=("split", 1.0), linked_to=message.ticket_id)  # fmt: skip
    turn.emit("split_from", {"ticket": message.ticket_id}, message_count=0)
    if email:
        turn.participants[email] = "requester"
