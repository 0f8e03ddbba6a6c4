"""An agent's words on their way to the assistant and back."""

import asyncio
from datetime import UTC, datetime

from schemas.ai import RewriteRequest, Rewritten
from schemas.topics import AI_REWRITES
from services.gateway.errors import Problem, unavailable
from services.runtime.codec import Outgoing
from services.runtime.errors import NotAcknowledgedError
from services.runtime.producer import Producer

WAIT_SECONDS = 16.0
"""A little longer than the assistant takes at most."""


class Rewrites:
    """Hands each answer to the request that waits for it. Lives on the event loop."""

    def __init__(self, producer: Producer, *, source: str) -> None:
        self._producer, self._source = producer, source
        self._waiting: dict[str, asyncio.Future[Rewritten]] = {}

    async def ask(self, wanted: RewriteRequest) -> Rewritten:
        """Problem 503 when the broker is away, 504 when the assistant does not answer."""
        future: asyncio.Future[Rewritten] = asyncio.get_running_loop().create_future()
        self._waiting[wanted.id] = future
        record = Outgoing(
            topic=AI_REWRITES.name, key=wanted.id, routing=wanted.ticket_id, value=wanted.to_json(), id=wanted.id, type="helpdesk.ai.rewrite.v1",
            source=self._source, time=datetime.now(UTC), subject=wanted.ticket_id, correlation_id=wanted.id,
        )  # fmt: skip
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await asyncio.wrap_future(self._producer.send(record))
                return await future
        except NotAcknowledgedError as error:
            raise unavailable("Kafka did not take the words; try again") from error
        except TimeoutError as error:
            raise Problem(504, "the assistant did not answer in time") from error
        finally:
            self._waiting.pop(wanted.id, None)

    def resolve(self, request_id: str, value: bytes) -> None:
        """An answer came by; whoever waits for it gets it."""
        future = self._waiting.get(request_id)
        if future is not None and not future.done():
            future.set_result(Rewritten.model_validate_json(value))
