"""What the answering dial needs to know of a requester, looked up only where it lets the assistant answer."""

from schemas.ai import AiSuggestion
from schemas.autonomy import TrackRecord
from schemas.config import Answering
from services.tickets.domain import autopilot
from services.tickets.domain.autopilot import ASSISTANT, Correspondence
from services.tickets.domain.turn import Turn
from services.tickets.store.working_set import WorkingSet

_STANDING = (
    "SELECT coalesce((SELECT c.vip FROM handle h JOIN customer c ON c.id = h.customer_id WHERE h.kind = 'email' AND h.value = %(email)s), false),"
    " EXISTS (SELECT 1 FROM suppression WHERE address = %(email)s AND (until IS NULL OR until > now())),"
    " (SELECT count(*) FROM automatic_mail a JOIN message m ON m.id = a.message_id"
    " WHERE a.address = %(email)s AND a.at > now() - interval '1 day' AND m.kind = 'agent')"
)
_COUNTS = tuple(TrackRecord.model_fields)
_RECORD = (
    f"SELECT {', '.join(f'coalesce(sum({c}), 0)::int' for c in _COUNTS)} FROM ai_track_record"
    " WHERE (%(team)s::uuid IS NULL OR team_id = %(team)s::uuid) AND (%(topic)s::text IS NULL OR topic = %(topic)s::text)"
).encode()


def correspondence(work: WorkingSet, turn: Turn, suggestion: AiSuggestion) -> Correspondence | None:
    """None where a human answers anyway."""
    email = turn.texts.requester_email
    entry = turn.desk.settings.answering_for(team_id=autopilot.likeliest_team(suggestion)[0], topic=suggestion.category)
    if not email or entry.mode != "autopilot":
        return None
    row = work.db.execute(_STANDING, {"email": email}).fetchone()
    vip, suppressed, stored = row or (False, False, 0)
    return Correspondence(
        thread=work.thread(turn.ticket.id), vip=vip, suppressed=suppressed or email in work.suppressed,
        answered_today=stored + _in_this_batch(work, email), record=_record(work, entry),
    )  # fmt: skip


def _record(work: WorkingSet, entry: Answering) -> TrackRecord:
    row = work.db.execute(_RECORD, {"team": entry.team_id, "topic": entry.topic}).fetchone()
    return TrackRecord.model_validate(dict(zip(_COUNTS, row, strict=True))) if row else TrackRecord()


def _in_this_batch(work: WorkingSet, email: str) -> int:
    new = (m for m in work.messages.values() if m.id not in work.stored_messages and m.author is not None and m.author.id == ASSISTANT)
    return sum(any(a.address == email for a in m.to) for m in new)
