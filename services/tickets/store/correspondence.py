"""What the answering dial needs to know of a requester, looked up only where it lets the assistant answer."""

from schemas.ai import AiSuggestion
from services.tickets.domain import autopilot
from services.tickets.domain.autopilot import ASSISTANT, Correspondence
from services.tickets.domain.turn import Turn
from services.tickets.store.working_set import WorkingSet

_STANDING = (
    "SELECT coalesce((SELECT c.vip FROM handle h JOIN customer c ON c.id = h.customer_id WHERE h.kind = 'email' AND h.value = %(email)s), false),"
    " EXISTS (SELECT 1 FROM suppression WHERE address = %(email)s),"
    " (SELECT count(*) FROM automatic_mail a JOIN message m ON m.id = a.message_id"
    " WHERE a.address = %(email)s AND a.at > now() - interval '1 day' AND m.kind = 'agent')"
)


def correspondence(work: WorkingSet, turn: Turn, suggestion: AiSuggestion) -> Correspondence | None:
    """None where a human answers anyway."""
    email = turn.texts.requester_email
    if not email or autopilot.dial(turn.desk.settings, suggestion).mode != "autopilot":
        return None
    row = work.db.execute(_STANDING, {"email": email}).fetchone()
    vip, suppressed, stored = row or (False, False, 0)
    return Correspondence(
        thread=work.thread(turn.ticket.id), vip=vip, suppressed=suppressed or email in work.suppressed,
        answered_today=stored + _in_this_batch(work, email),
    )  # fmt: skip


def _in_this_batch(work: WorkingSet, email: str) -> int:
    new = (m for m in work.messages.values() if m.id not in work.stored_messages and m.author is not None and m.author.id == ASSISTANT)
    return sum(any(a.address == email for a in m.to) for m in new)
