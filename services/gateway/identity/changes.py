"""`identity.changes`: tells every gateway that a login ended or rights changed."""

import asyncio
from datetime import UTC, datetime
from typing import Literal

from schemas.delivery import IdentityChange
from schemas.topics import IDENTITY_CHANGES
from services.runtime.codec import Outgoing
from services.runtime.errors import NotAcknowledgedError
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.runtime.telemetry import log

What = Literal["sessions_ended", "key_revoked", "rights_changed", "signed_out"]


class Changes:
    """Writes changes. A broker that is away is logged: the row in Postgres counts, caches follow within a minute."""

    def __init__(self, producer: Producer, *, source: str) -> None:
        self._producer, self._source = producer, source

    async def tell(self, user_id: str, what: What, login_ids: list[str]) -> None:
        """Write the change and wait two seconds at most for the acknowledgement."""
        now = datetime.now(UTC)
        change = IdentityChange(user_id=user_id, what=what, session_ids=login_ids, at=now)
        record = Outgoing(
            topic=IDENTITY_CHANGES.name, key=user_id, value=change.to_json(), id=event_id("identity", user_id, what, now.isoformat()),
            type="helpdesk.identity.changed.v1", source=self._source, time=now, subject=user_id,
        )  # fmt: skip
        try:
            await asyncio.wait_for(self._producer.send_async(record), 2)
        except (NotAcknowledgedError, TimeoutError):
            log.warning("identity change not acknowledged", what=what, user=user_id)
