"""How tickets come to be: by mail, by an agent, by splitting, by import."""

from dataclasses import replace

from schemas.base import Actor, Address, Named
from schemas.commands import ImportTicket, OpenTicket
from schemas.inbound import InboundMessage
from schemas.ticket import Delivery, Message, Origin
from schemas.topics import MAIL_RAW
from services.runtime.ids import object_id
from services.tickets.domain import changes, conversation, outgoing, sla
from services.tickets.domain.correlation import Verdict
from services.tickets.domain.state import Json, Texts
from services.tickets.domain.turn import Rejected, Turn

FORWARDED = "forwarded_by_agent"


def open_by_mail(turn: Turn, inbound: InboundMessage, verdict: Verdict, *, number: str, requester: Named, email: str | None) -> None:
    """A new ticket from a customer's mail, with its confirmation and the assistant asked, unless the mail is automatic."""
    message_id = object_id(turn.at, turn.cause, "message")
    turn.texts = Texts(
        subject=inbound.subject or "(no subject)", snippet=conversation.snippet(inbound.reply or inbound.text), requester_name=requester.name,
        requester_email=email, mailbox=inbound.mailbox,
    )  # fmt: skip
    words = ""
    if verdict.reason == FORWARDED:
        inbound, words = _forwarded(inbound)
    mailbox = turn.desk.mailboxes.get(inbound.mailbox)
    begin(turn, number=number, requester_id=requester.id, channel=inbound.channel, message_id=message_id, priority=None,
            team_id=mailbox.team_id if mailbox else None, correlation=(verdict.reason, verdict.score), linked_to=verdict.linked_to,
            flags=verdict.flags, language=outgoing.language_of(inbound.language, inbound.reply or inbound.text))  # fmt: skip
    conversation.store_inbound(turn, inbound, message_id, kind="customer", verdict=verdict, author=requester)
    if email:
        turn.participants[email] = "requester"
    conversation.take_copies(turn, inbound, verdict)
    if inbound.kind == "human" and email and verdict.reason != FORWARDED and "quarantine" not in verdict.flags:
        outgoing.confirm(turn, inbound, address=email)
    turn.ask_ai_about = message_id
    if words:
        customer, turn.actor = turn.actor, Actor(kind="agent", id=verdict.agent_id)
        conversation.write_note(turn, object_id(turn.at, turn.cause, "forwarder"), words)
        turn.actor = customer


def _forwarded(inbound: InboundMessage) -> tuple[InboundMessage, str]:
    """What was forwarded, as if its first sender had written it here; and the agent's own words, which become a note."""
    words, rest = inbound.reply.strip(), inbound.quoted.strip()
    if not rest or not words or words == inbound.text.strip():
        return inbound.model_copy(update={"from_": inbound.forwarded_from, "cc": [], "reply": inbound.text}), ""
    head, _, below = rest.partition("\n\n")  # the header block that the mail program copied in
    shown: Json = {
        "from_": inbound.forwarded_from,
        "cc": [],
        "reply": below.strip() if inbound.forwarded_from and inbound.forwarded_from.address in head.lower() and below.strip() else rest,
        "reply_html": None,
        "quoted_html": None,
    }
    return inbound.model_copy(update=shown), words


def begin(turn: Turn, *, number: str, requester_id: str, channel: str, message_id: str, priority: str | None, team_id: str | None,
            correlation: tuple[str, float], linked_to: str | None = None, flags: tuple[str, ...] = (),
            created_by: str | None = None, language: str = "") -> None:  # fmt: skip
    """The first event of a ticket, whatever brought it."""
    chosen = priority if priority and priority in turn.desk.priorities else turn.desk.default_priority()
    clocks = sla.targets(turn.desk, chosen, created_at=turn.at, sla=turn.ticket.sla)
    reason, score = correlation
    by_human = turn.actor.kind == "agent"
    turn.emit(
        "opened",
        {"message_id": message_id, "correlation": {"reason": reason, "score": score}},
        number=number, status="open", priority=chosen, channel=channel, team_id=None, requester_id=requester_id, created_by=created_by,
        created_at=turn.at, unread=not by_human, message_count=1, last_customer_message_id=message_id, linked_to=linked_to,
        correlation_reason=reason, correlation_score=score, flags=flags, language=language, sla=clocks,
        human_set=("priority",) if by_human and priority else (),
    )  # fmt: skip
    wanted = team_id or turn.desk.settings.default_team
    if wanted and wanted in turn.desk.teams:
        changes.set_team(turn, wanted)


def open_by_agent(turn: Turn, action: OpenTicket, *, number: str, requester: Named, email: str | None) -> None:
    """A ticket for a call or a walk-in: the words are the customer's, the opener is recorded."""
    if not action.subject.strip():
        raise Rejected(422, "subject", "A ticket needs a subject.")
    text = conversation.plain_text(action.body_text, action.body_html)
    turn.texts = Texts(
        subject=action.subject.strip(), snippet=conversation.snippet(text), requester_name=requester.name, requester_email=email
    )
    begin(turn, number=number, requester_id=requester.id, channel=action.channel, message_id=action.message_id, priority=action.priority,
            team_id=action.team_id, correlation=("opened_by_agent", 1.0), created_by=turn.actor.id,
            language=outgoing.language_of(None, text))  # fmt: skip
    turn.put(
        Message(
            id=action.message_id, ticket_id=turn.ticket.id, home_ticket_id=turn.ticket.id, kind="customer", channel=action.channel, author=requester,
            from_=Address(name=requester.name, address=email or ""), subject=action.subject, body_text=text, body_html=conversation.safe_html(action.body_html),
            attachments=action.attachments, created_at=turn.at,
        )
    )  # fmt: skip
    if email:
        turn.participants[email] = "requester"
    turn.ask_ai_about = action.message_id


def open_by_split(turn: Turn, message: Message, *, number: str, requester: Named, email: str | None, mailbox: str | None) -> None:
    """A new ticket for one message that is about something else; the message itself arrives by `joining.move`."""
    turn.texts = Texts(
        subject=message.subject or "(no subject)",
        snippet=conversation.snippet(message.body_text),
        requester_name=requester.name,
        requester_email=email,
        mailbox=mailbox,
    )
    begin(turn, number=number, requester_id=requester.id, channel=message.channel, message_id=message.id, priority=None, team_id=None,
            correlation=("split", 1.0), linked_to=message.ticket_id, language=outgoing.language_of(None, message.body_text))  # fmt: skip
    turn.emit("split_from", {"ticket": message.ticket_id}, message_count=0)
    if email:
        turn.participants[email] = "requester"


def import_thread(turn: Turn, action: ImportTicket, *, number: str, requester: Named, email: str | None) -> None:
    """A ticket with its past: events carry the past's times; nothing is sent, nothing is asked unless `ask_ai`."""
    turn.at = action.messages[0].created_at
    turn.texts = Texts(
        subject=action.subject,
        snippet=conversation.snippet(action.messages[0].body_text),
        requester_name=requester.name,
        requester_email=email,
    )
    first = object_id(turn.at, turn.cause, "import", 0)
    opener, turn.actor = turn.actor, Actor(kind="customer", id=requester.id)
    begin(turn, number=number, requester_id=requester.id, channel=action.channel, message_id=first, priority=action.priority,
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
            from_=said.sender or (Address(name=requester.name, address=email or "") if customer else None), to=said.to, cc=said.cc,
            subject=action.subject, body_text=said.body_text, body_html=conversation.safe_html(said.body_html),
            quoted_html=conversation.safe_html(said.quoted_html), attachments=said.attachments, created_at=said.created_at,
            message_id=said.message_id, delivery=Delivery(state="sent" if said.kind == "agent" else "none"),
            origin=Origin(topic=MAIL_RAW.name, key=said.raw_key, sha256=said.raw_sha256) if said.raw_key else None,
        )
    )  # fmt: skip
    if said.message_id:
        turn.refs[said.message_id] = True
    for address in {one.address.lower() for one in said.cc} - turn.desk.own_addresses() - {""}:
        turn.participants.setdefault(address, "cc")
    if place == 0:
        return
    count = turn.ticket.message_count + 1
    if customer:
        turn.texts = replace(turn.texts, snippet=conversation.snippet(said.body_text))
        turn.emit(
            "message_added",
            {"message_id": message_id, "kind": "customer"},
            message_count=count,
            unread=True,
            last_customer_message_id=message_id,
        )
        conversation.customer_wrote(turn)
    elif said.kind == "note":
        turn.emit("note_added", {"message_id": message_id}, message_count=count)
    else:
        first: Json = {} if turn.ticket.first_response_at else {"first_response_at": turn.at}
        turn.emit("reply_queued", {"message_id": message_id, "by_ai": False}, message_count=count, unread=False, **first)
        changes.set_status(turn, "replied")
        turn.emit("reply_sent", {"message_id": message_id})
