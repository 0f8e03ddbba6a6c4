"""Mail to agents about their tickets, each kind only where the agent has asked for it. Pure.

Never about what one did oneself, at most one mail an agent and decision, under the caps of all automatic mail, and with nothing in it that
a sender wrote. An answer to it goes the way of every mail of an agent: token and DMARC, or it is a stranger's.
"""

from collections.abc import Iterator

from schemas.base import Actor, Address
from schemas.ticket import Message
from services.runtime import mail_templates
from services.tickets.domain import limits, outgoing
from services.tickets.domain.desk import Desk
from services.tickets.domain.state import Happened, Ticket
from services.tickets.domain.turn import Turn

_SYSTEM = Actor(kind="system")
_NOT_SENT = {"ticket.reply_failed", "ticket.reply_unknown", "ticket.reply_held"}
_ORDER = ("mentioned", "assigned", "not_sent", "customer_replied", "sla_warned")
"""Of several reasons in one decision the first is told."""
_WORDS = {
    "en": ("You are mentioned", "Assigned to you", "Your reply was not sent", "The customer has answered", "A target is close"),
    "de": ("Sie wurden erwähnt", "Ihnen zugewiesen", "Ihre Antwort wurde nicht gesendet", "Der Kunde hat geantwortet", "Eine Frist läuft bald ab"),
    "fr": ("Vous êtes mentionné", "Attribué à vous", "Votre réponse n'a pas été envoyée", "Le client a répondu", "Une échéance approche"),
    "es": ("Le han mencionado", "Asignado a usted", "Su respuesta no se ha enviado", "El cliente ha respondido", "Se acerca un plazo"),
}  # fmt: skip


def wanting(desk: Desk) -> dict[str, str]:
    """Mail address -> id of the agents who get any."""
    return {a.email.lower(): i for i, a in desk.agents.items() if a.active and a.email and a.notices}


def tell(turn: Turn, *, before: Ticket) -> None:
    """Write the notices of what this decision changed; `before` is the ticket as it was."""
    if not turn.desk.mailboxes or not wanting(turn.desk) or (before.version == 0 and turn.ticket.correlation_reason == "imported"):
        return
    reasons: dict[str, list[str]] = {}
    for happened in turn.events:
        for agent, why in _about(turn, happened, before):
            reasons.setdefault(agent, []).append(why)
    for agent, found in sorted(reasons.items()):
        wanted = set(found) & set(turn.desk.agents[agent].notices) if agent in turn.desk.agents else set()
        address = _address(turn, agent) if wanted else None
        if address is not None:
            why = min(wanted, key=_ORDER.index)
            message_id = outgoing.write(
                turn, outgoing.NOTICE, to=address, said=_words(turn, why), answers=None, references=[], unique=agent
            )
            # Nobody's list moves, and nothing is read, because somebody was told.
            turn.emit(
                "notice_queued", {"agent": agent, "why": why, "message_id": message_id}, actor=_SYSTEM, updated_at=turn.ticket.updated_at
            )


def _about(turn: Turn, happened: Happened, before: Ticket) -> Iterator[tuple[str, str]]:
    """(agent, reason) of one event."""
    by = happened.actor.get("id") if happened.actor.get("kind") == "agent" else None
    kind, data, owner = happened.type, happened.data, turn.ticket.assignee_id
    told: list[tuple[str | None, str]] = []
    if kind == "ticket.assigned":
        told = [(data.get("to"), "assigned")]
    elif kind == "ticket.note_added":
        told = [(agent, "mentioned") for agent in data.get("mentions", ())]
    elif kind in _NOT_SENT:
        told = [(_author(turn, data["message_id"]) or owner, "not_sent")]
    elif kind == "ticket.message_added" and data.get("kind") == "customer" and data.get("mail_kind") != "auto-reply" and not before.unread:
        told = [(owner, "customer_replied")]  # once: until an agent has acted, further words are no news
    elif kind == "ticket.sla_warned":
        told = [(owner, "sla_warned")]
    yield from ((agent, why) for agent, why in told if agent and agent != by)


def _author(turn: Turn, message_id: str) -> str | None:
    message: Message = turn.message(message_id)
    return message.author.id if message.author and message.author.id in turn.desk.agents else None


def _address(turn: Turn, agent_id: str) -> Address | None:
    """Where the agent is told, None where they are not."""
    agent = turn.desk.agents[agent_id]
    if not agent.active or not turn.desk.may_see(agent_id, turn.ticket.team_id):
        return None
    address = agent.email.lower()
    if not address or address in turn.desk.own_addresses() or address in turn.suppressed:
        return None
    if limits.withheld(turn.sent.get(address, limits.Sent()), at=turn.at, likeness="", settings=turn.desk.settings):
        return None
    return Address(name=agent.name, address=address)


def _words(turn: Turn, why: str) -> mail_templates.Rendered:
    desk, number = turn.desk, turn.ticket.number
    template = mail_templates.chosen("agent_notice", desk.settings.language, fallback=desk.settings.language, own=desk.templates)
    what = _WORDS[template.language][_ORDER.index(why)]
    return mail_templates.render(
        template, {"what": what, "number": number, "url": f"{desk.address}/tickets/{number}", "desk_name": desk.settings.desk_name}
    )
