"""How far every folder was read."""

from __future__ import annotations

from pydantic import ValidationError

from schemas.inbound import MailPosition
from schemas.topics import MAIL_POSITION
from services.runtime.following import read_all
from services.runtime.settings import Settings
from services.runtime.telemetry import log


def load_positions(settings: Settings) -> dict[str, MailPosition]:
    """The newest position of every folder, by account/folder. BrokerUnavailableError when no broker answers."""
    found: dict[str, MailPosition] = {}
    for record in read_all(settings, MAIL_POSITION.name):
        if not record.key or not record.value:
            continue
        try:
            found[record.key] = MailPosition.model_validate_json(record.value)
        except ValidationError as error:
            log.error("position unreadable", key=record.key, error=str(error)[:200])
    return found
