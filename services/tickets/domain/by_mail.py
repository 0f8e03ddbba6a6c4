"""What an agent does by mail (email.md 4, 7): lines that begin with `#` are orders, the rest is the answer or the note."""

import re
from dataclasses import dataclass

from schemas.commands import AddNote, AddReply, ChangeTicket
from schemas.inbound import InboundMessage
from schemas.ticket import Correlation
from services.runtime.ids import object_id
from services.tickets.domain import changes, conversation
from services.tickets.domain.correlation import Verdict
from services.tickets.domain.desk import Desk
from services.tickets.domain.turn import Rejected, Turn

_ORDER = re.compile(r"^\s*#(close|resolve|hold|open|note|assign)\b[ \t]*(.*?)\s*$", re.IGNORECASE)
_STATUS = {"close": "closed", "resolve": "resolved", "hold": "on_hold", "open": "open"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a mail asks for. `assign`: a name or address, `me` for the writer."""

    text: str
    status: str | None = None
    assign: str | None = None
    note: bool = False


def orders_in(text: str) -> Orders:
    """Orders stand in lines of their own, anywhere in what the agent wrote (quotes are cut off already)."""
    status: str | None = None
    assign: str | None = None
    note = False
    rest: list[str] = []
    for line in text.splitlines():
        found = _ORDER.match(line)
        if not found:
            rest.append(line)
        elif found[1].lower() == "assign":
            assign = found[2] or "me"
        elif found[1].lower() == "note":
            note = True
            rest.append(found[2])
        else:
            status = _STATUS[found[1].lower()]
    return Orders(text="\n".join(rest).strip(), status=status, assign=assign, note=note)


def carry_out(turn: Turn, inbound: InboundMessage, verdict: Verdict) -> None:
    """The agent's mail as what it asks for. Rejected where that cannot be done: nothing of it is done then."""
    orders = orders_in(inbound.reply or inbound.text)
    if orders.text:
        message_id = object_id(turn.at, turn.cause, "message")
        if orders.note:
            conversation.note(turn, AddNote(message_id=message_id, body_text=orders.text, attachments=inbound.attachments))
        else:
            reply = AddReply(message_id=message_id, body_text=orders.text, attachments=inbound.attachments, undo_seconds=0)
            conversation.reply(turn, reply, thread=list(turn.messages_before.values()))
        why = {
            "correlation": Correlation(reason=verdict.reason, score=verdict.score), "flags": [*inbound.flags, "by_mail"],
            "origin": conversation.origin_of(inbound),
        }  # fmt: skip
        turn.messages[message_id] = turn.messages[message_id].model_copy(update=why)
    if orders.assign:
        changes.set_assignee(turn, _whom(turn.desk, orders.assign, writer=turn.actor.id))
    if orders.status:
        changes.change(turn, ChangeTicket.model_validate({"set": ["status"], "status": orders.status}))
    if not turn.events:
        raise Rejected(422, "nothing_asked", "The mail says nothing and asks for nothing.")


def _whom(desk: Desk, name: str, *, writer: str | None) -> str | None:
    wanted = name.strip().casefold()
    if wanted == "me":
        return writer
    found = [i for i, agent in desk.agents.items() if agent.active and wanted in {agent.name.casefold(), agent.email.casefold()}]
    if len(found) != 1:
        raise Rejected(422, "assignee", f"There is no agent '{name}'.")
    return found[0]
