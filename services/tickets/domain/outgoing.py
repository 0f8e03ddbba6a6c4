"""What leaves the desk: threaded, signed, addressed. Pure; sending itself is notify's."""

import re

from schemas.base import Address, Named
from schemas.commands import AddReply
from schemas.config import Mailbox
from schemas.inbound import InboundMessage
from schemas.ticket import Delivery, Message, Outbound
from services.runtime import mail_templates
from services.runtime.ids import object_id
from services.runtime.language import detect
from services.runtime.public_links import unsubscribe_path
from services.tickets.domain import history, limits, signed_ids
from services.tickets.domain.recipients import Chosen, Recipients, recipients
from services.tickets.domain.turn import Rejected, Turn

_RECENT_REFERENCES = 20
_ANSWER = re.compile(r"(?i)re:")
_SURE = 0.3
_ENOUGH = 300  # characters: more makes the answer no surer, and every new mail waits for it


CONFIRMATION, RATING_REQUEST, NOTICE = "confirmation", "rating_request", "notice"
ASIDE = (RATING_REQUEST, NOTICE)


def language_of(said: str | None, words: str) -> str:
    """ISO 639-1 of what was said; '' where nothing can be said."""
    if said:
        return said[:2].lower()
    found = detect(words[:_ENOUGH])
    return found.code if found.confidence >= _SURE else ""


def outbound(turn: Turn, message_id: str, *, to: Recipients, subject: str, automatic: bool, answers: str | None, references: list[str],
             name: str = "") -> Outbound:  # fmt: skip
    """All that sending needs, fixed now. Rejected(409) when the desk has no mailbox."""
    desk, ticket = turn.desk, turn.ticket
    mailbox = mailbox_of(turn)
    own_id = signed_ids.message_id(turn.keys, ticket_id=ticket.id, message_id=message_id, domain=mailbox.address.partition("@")[2])
    token = None
    if mailbox.plus_addressing and to.to:
        token = signed_ids.reply_address(turn.keys, mailbox=mailbox.address, ticket_id=ticket.id, recipient=to.to[0].address)
    unsubscribe = None
    if automatic and mailbox.plus_addressing and to.to:
        unsubscribe = signed_ids.unsubscribe_address(turn.keys, mailbox=mailbox.address, recipient=to.to[0].address)
    link = (
        f"{desk.address}{unsubscribe_path(turn.keys, address=to.to[0].address)}"
        if automatic and to.to and desk.address.startswith("https:")
        else None
    )
    shown = f"{name} · {desk.settings.desk_name}" if name else desk.settings.desk_name
    unique = list(dict.fromkeys(references))
    return Outbound(
        mailbox=mailbox.address, envelope_from=envelope_sender(turn, mailbox, message_id, automatic=automatic), from_=Address(name=shown, address=mailbox.address),
        reply_to=Address(address=token) if token else None, to=to.to, cc=to.cc, bcc=to.bcc, subject=subject, message_id=own_id, in_reply_to=answers,
        loop=signed_ids.loop_value(turn.keys, message_id), automatic=automatic,
        unsubscribe_url=link, unsubscribe=f"mailto:{unsubscribe}?subject=unsubscribe" if unsubscribe else None,
        references=unique if len(unique) <= _RECENT_REFERENCES else [unique[0], *unique[-_RECENT_REFERENCES:]],
    )  # fmt: skip


def mailbox_of(turn: Turn) -> Mailbox:
    """The mailbox that a ticket's answers leave from. Rejected(409) when the desk has none."""
    desk = turn.desk
    mailbox = desk.mailboxes.get(turn.texts.mailbox or "") or next((m for _, m in sorted(desk.mailboxes.items())), None)
    if mailbox is None:
        raise Rejected(409, "no_mailbox", "The desk has no mailbox to send from; add one first.")
    return mailbox


def envelope_sender(turn: Turn, mailbox: Mailbox, message_id: str, *, automatic: bool) -> str | None:
    """Where bounces go: an address that names the message (VERP) where the server knows plus addresses. Otherwise automatic mail has the
    null sender ('') unless the server refuses it, all else the mailbox (None).
    """
    verp = signed_ids.bounce_address(turn.keys, mailbox=mailbox.address, message_id=message_id) if mailbox.plus_addressing else None
    return verp or ("" if automatic and mailbox.null_sender else None)


def answer(turn: Turn, action: AddReply, *, thread: list[Message], author: Named) -> Outbound:
    """The mail of a reply: to whom, threaded below the customer's last message, with signature and, where wanted, what was said before."""
    known = [m for m in thread if m.kind in {"customer", "agent"} and not m.taken_back]
    last = next((m for m in reversed(known) if m.kind == "customer"), None)
    texts = turn.texts
    requester = Address(name=texts.requester_name, address=texts.requester_email) if texts.requester_email else None
    chosen = Chosen(to=action.to, cc=action.cc, bcc=action.bcc, reply_all=action.reply_all)
    to = recipients(chosen, requester=requester, answered=last, own=turn.desk.own_addresses())
    if not to.to:
        raise Rejected(422, "to", "The requester has no mail address; name a recipient.")
    threaded = [m for m in known if m.message_id]
    parent = next((m for m in reversed(threaded) if m.kind == "customer"), None)
    mail = outbound(
        turn, action.message_id, to=to, subject=texts.subject if _ANSWER.match(texts.subject) else f"Re: {texts.subject}",
        automatic=action.by_ai, answers=parent.message_id if parent else None, references=[m.message_id for m in threaded if m.message_id],
        name=author.name,
    )  # fmt: skip
    mailbox = mailbox_of(turn)
    wanted = mailbox.quote_history if action.quote is None else action.quote
    before = history.quoted(thread, language=turn.ticket.language, zone=turn.desk.settings.time_zone) if wanted else history.Quoted()
    signature = "" if action.by_ai else signature_of(turn, mailbox)
    return mail.model_copy(update={"signature": signature, "quoted_text": before.text, "quoted_html": before.html})


def signature_of(turn: Turn, mailbox: Mailbox) -> str:
    """The agent's own, then the team's; the mailbox's where the team has none. Text, '' when nobody has one."""
    agent = turn.desk.agents.get(turn.actor.id or "") if turn.actor.kind == "agent" else None
    team = turn.desk.teams.get(turn.ticket.team_id or "")
    shared = (team.signature if team else "").strip() or mailbox.signature.strip()
    return "\n".join(part for part in ((agent.signature if agent else "").strip(), shared) if part)


def confirm(turn: Turn, inbound: InboundMessage, *, address: str) -> None:
    """The confirmation: number and estimated time, nothing quoted from the mail, not even the name beside its address: a mail with a forged
    sender would have us carry that to somebody else. It changes no status and is no first response.
    """
    settings = turn.desk.settings
    if not settings.confirmations:
        return
    alike = limits.likeness_of(inbound)
    reason = "suppressed" if address in turn.suppressed else ""
    reason = reason or limits.withheld(turn.sent.get(address, limits.Sent()), at=turn.at, likeness=alike, settings=settings)
    if reason == limits.AUTOMATS:
        turn.suppress[address] = limits.Suppressed("loop", "Its mails answered ours with the same words again and again")
    if reason:
        turn.emit("confirmation_withheld", {"reason": reason})
        return
    references = [r for r in [*inbound.references, inbound.message_id] if r]
    message_id = write(
        turn,
        CONFIRMATION,
        to=Address(address=address),
        said=_confirmation(turn),
        answers=inbound.message_id,
        references=references,
        likeness=alike,
    )
    turn.emit("confirmation_queued", {"message_id": message_id}, message_count=turn.ticket.message_count + 1)


def write(
    turn: Turn,
    what: str,
    *,
    to: Address,
    said: mail_templates.Rendered,
    answers: str | None,
    references: list[str],
    likeness: str = "",
    unique: str = "",
) -> str:
    """Queue an automatic mail of the desk's own words and count it for the caps; its id, which a repetition makes again."""
    message_id = object_id(turn.at, turn.cause, what, *([unique] if unique else []))
    mail = outbound(
        turn,
        message_id,
        to=Recipients(to=[to], cc=[], bcc=[]),
        subject=said.subject,
        automatic=True,
        answers=answers,
        references=references,
    )
    turn.put(
        Message(
            id=message_id, ticket_id=turn.ticket.id, home_ticket_id=turn.ticket.id, kind="system", channel=NOTICE if what == NOTICE else "email", from_=mail.from_, to=[to], subject=mail.subject,
            body_text=said.text, created_at=turn.at, delivery=Delivery(state="queued"), message_id=mail.message_id, outbound=mail,
            flags=[] if what == CONFIRMATION else [what],
        )
    )  # fmt: skip
    turn.automatic_to.append((to.address, message_id, likeness))
    return message_id


def _confirmation(turn: Turn) -> mail_templates.Rendered:
    desk, seconds = turn.desk, turn.ticket.sla.first_response_seconds
    template = mail_templates.chosen("confirmation", turn.ticket.language, fallback=desk.settings.language, own=desk.templates)
    within = mail_templates.span(seconds, template.language) if seconds else ""
    return mail_templates.render(template, {"number": turn.ticket.number, "within": within, "desk_name": desk.settings.desk_name})
