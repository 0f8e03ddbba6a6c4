"""A customer's message as a newer parser reads its mail: in place of what stood there, told in the history, and undone with one command."""

from typing import Final

from schemas.commands import CorrectMessage, RestoreMessage
from schemas.ticket import Former, Message
from services.tickets.domain.turn import Rejected, Turn

_FIELDS: Final = ("body_text", "body_html", "quoted_html", "attachments", "mail_kind")


def correct(turn: Turn, action: CorrectMessage) -> None:
    """Put the new reading in place of the old one, which is kept. Nothing happens where they agree; only mail can be read again."""
    message = turn.message(action.message_id)
    if message.origin is None or message.kind not in {"customer", "third_party"}:
        raise Rejected(409, "not_from_a_mail", "Only what came as a mail can be read again.")
    _replace(turn, message, {name: getattr(action, name) for name in _FIELDS}, verb="message_corrected")


def restore(turn: Turn, action: RestoreMessage) -> None:
    """Put back what stood there before the last correction. A second time, the correction is there again."""
    message = turn.message(action.message_id)
    if message.former is None:
        raise Rejected(409, "not_corrected", "This message was never corrected.")
    _replace(turn, message, {name: getattr(message.former, name) for name in _FIELDS}, verb="message_restored")


def _replace(turn: Turn, message: Message, reading: dict[str, object], *, verb: str) -> None:
    turn.result_message_id = message.id
    differing = [name for name in _FIELDS if getattr(message, name) != reading[name]]
    if differing:
        former = Former(**{name: getattr(message, name) for name in _FIELDS})
        turn.put(message.model_copy(update={**reading, "former": former}))
        turn.emit(verb, {"message_id": message.id, "fields": differing}, updated_at=turn.ticket.updated_at)
