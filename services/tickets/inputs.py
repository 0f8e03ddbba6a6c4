"""From a record to an input that can be decided: the models of the consumed topics, by event type."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel, ValidationError

from schemas.ai import AiSignal, AiSuggestion
from schemas.commands import ConfigCommand, TicketCommand
from schemas.delivery import DeliveryReport
from schemas.inbound import InboundMessage
from schemas.mail import MailCommand
from schemas.topics import AI_SIGNALS, AI_SUGGESTIONS, CONFIG_COMMANDS, DELIVERY_REPORTS, MAIL_COMMANDS, MESSAGE_INBOUND, TICKET_COMMANDS
from services.runtime.blobs import Blobs
from services.runtime.claim_check import value_of
from services.runtime.codec import Record
from services.runtime.errors import PoisonError
from services.runtime.ids import is_uuid

Body = InboundMessage | TicketCommand | ConfigCommand | MailCommand | AiSuggestion | AiSignal | DeliveryReport

_MODELS: dict[str, type[BaseModel]] = {
    "helpdesk.message.inbound.v1": InboundMessage,
    "helpdesk.ticket.command.v1": TicketCommand,
    "helpdesk.config.command.v1": ConfigCommand,
    "helpdesk.mail.command.v1": MailCommand,
    "helpdesk.ai.suggested.v1": AiSuggestion,
    "helpdesk.ai.signal.v1": AiSignal,
    "helpdesk.delivery.report.v1": DeliveryReport,
}
TOPICS = tuple(
    t.name for t in (MESSAGE_INBOUND, TICKET_COMMANDS, CONFIG_COMMANDS, MAIL_COMMANDS, AI_SUGGESTIONS, AI_SIGNALS, DELIVERY_REPORTS)
)


@dataclass(frozen=True, slots=True)
class Input:
    """One record with its decoded body. `id` is its `ce_id`."""

    record: Record
    id: str
    body: Body
    parked: InboundMessage | None = None
    """The mail that a command is about, as it was parked; None where there is none any more."""
    parked_reason: str = ""

    @property
    def at(self) -> datetime:
        """When the record was written."""
        return datetime.fromtimestamp(self.record.time_ms / 1000, UTC)


def decode(record: Record, blobs: Blobs | None) -> Input | None:
    """The record's input; None for tombstones. PoisonError for what can never be decoded."""
    if record.value is None:
        return None
    if record.id is None or not is_uuid(record.id):
        raise PoisonError("no CloudEvents id: the headers ce_id, ce_type, ce_source and ce_time are needed, ce_id a UUID")
    model = _MODELS.get(record.type)
    if model is None:
        raise PoisonError(f"unknown event type '{record.type}' on {record.topic}")
    value = value_of(record, blobs)
    try:
        return Input(record, record.id, model.model_validate_json(value or b""))  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise PoisonError(f"{record.type} does not follow its schema: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
