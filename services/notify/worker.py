"""The life of one mail: claim, grant, send, report; one at a time (architecture.md 4, notify).

Nothing waits for time to pass: the reader wakes the worker, and only an unanswered claim has a clock.
"""

import asyncio
from datetime import UTC, datetime
from typing import Literal

from prometheus_client import Counter

from schemas.delivery import DeliveryReport
from schemas.ticket import Message, Outbound
from schemas.topics import DELIVERY_REPORTS
from services.notify.compose import Mail, blobs_needed, compose
from services.notify.errors import AttachmentMissingError, MailboxUnusableError, UnsendableMessageError
from services.notify.ledger import Held, Ledger
from services.notify.mailboxes import Mailboxes
from services.notify.sent_copies import Copy, SentCopies
from services.notify.signing import signed
from services.notify.smtp import Courier, Outcome
from services.runtime.blobs import Blobs
from services.runtime.codec import Outgoing
from services.runtime.crash import crash_at
from services.runtime.errors import NotAcknowledgedError
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.runtime.telemetry import log

Report = Literal["claim", "sent", "delayed", "failed"]
DELIVERIES = Counter("helpdesk_deliveries", "Attempts to send, by what became of them", ["result"])
_LAST_GRANT_SECONDS = 3.0
"""How long a stopping worker waits for the answer to its open claim; without it that message would become unknown."""


class Worker:
    """Carries out what the ledger holds. `wake` may be called from any thread."""

    def __init__(
        self, *, ledger: Ledger, mailboxes: Mailboxes, courier: Courier, copies: SentCopies, blobs: Blobs, producer: Producer,
        source: str = "notify",
    ) -> None:  # fmt: skip
        self._copies = copies
        self._ledger, self._mailboxes, self._courier = ledger, mailboxes, courier
        self._blobs, self._producer, self._source = blobs, producer, source
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._claims: set[asyncio.Task[None]] = set()
        self.sending: str | None = None
        """Id of the message that is being sent."""

    def wake(self) -> None:
        """Something changed: look again."""
        self._loop.call_soon_threadsafe(self._news.set)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set and `wake` called: the running mail is finished then, an open claim waited for, no new one made."""
        end: float | None = None
        while True:
            self._news.clear()
            if grant := self._ledger.take_grant():
                await self._deliver(grant)
                continue
            wait = self._ledger.wait_for_answer()
            if stopping.is_set():
                end = end or self._loop.time() + _LAST_GRANT_SECONDS
                wait = min(wait, end - self._loop.time())
                if wait <= 0:
                    break
            elif self._mailboxes.ready.is_set() and (held := self._ledger.next_claim()):
                self._claim(held)
                continue
            try:
                async with asyncio.timeout(wait or None):
                    await self._news.wait()
            except TimeoutError:
                log.info("claim not answered yet")
        await self._courier.close()

    def _claim(self, held: Held) -> None:
        crash_at("notify.before_claim")
        task = asyncio.create_task(self._send_claim(held))
        self._claims.add(task)
        task.add_done_callback(self._claims.discard)

    async def _send_claim(self, held: Held) -> None:
        try:
            await self._producer.send_async(self._record(held, "claim", nth=held.asked))
        except NotAcknowledgedError as error:
            log.warning("claim not acknowledged", message=held.message.id, error=str(error))
            self._ledger.forget_claim(held.message.id)
            self._news.set()

    async def _deliver(self, grant: Held) -> None:
        message = grant.message
        self.sending = message.id
        copy: Copy | None = None
        try:
            outcome, copy = await self._attempt(message)
        except Exception:
            log.exception("sending failed in an unforeseen way", message=message.id)
            outcome = Outcome(result="unknown")
        DELIVERIES.labels(outcome.result).inc()
        attempt = message.delivery.attempts
        log.info("delivery", message=message.id, ticket=message.ticket_id, result=outcome.result, code=outcome.code, attempt=attempt)
        if outcome.result in {"sent", "delayed", "failed"}:
            await self._report(grant, outcome)
        if copy is not None and outcome.result == "sent":
            self._copies.put(copy)
        self._ledger.settle()
        self.sending = None

    async def _attempt(self, message: Message) -> tuple[Outcome, Copy | None]:
        deadline = message.delivery.deadline
        if deadline is None or deadline <= datetime.now(UTC):
            return Outcome(result="expired"), None
        try:
            out = _by_mail(message)
            account = self._mailboxes.account(out.mailbox)
            mail = signed(await self._composed(message), account)
        except MailboxUnusableError as error:
            return Outcome(result="delayed", reason=str(error)), None
        except UnsendableMessageError as error:
            return Outcome(result="failed", reason=str(error)), None
        outcome = await self._courier.send(mail, account=account, deadline=deadline)
        return outcome, Copy(account=account, message_id=out.message_id, data=mail.data)

    async def _composed(self, message: Message) -> Mail:
        files: dict[str, bytes] = {}
        for sha256, name in blobs_needed(message):
            try:
                files[sha256] = await self._blobs.get_async(sha256)
            except FileNotFoundError as error:
                raise AttachmentMissingError(name) from error
        if files:  # a large mail takes its time to encode
            return await asyncio.to_thread(compose, message, blob=files.__getitem__)
        return compose(message, blob=files.__getitem__)

    async def _report(self, grant: Held, outcome: Outcome) -> None:
        """Until the broker has it: what happened to a mail must not be forgotten."""
        kind: Report = "sent" if outcome.result == "sent" else "failed" if outcome.result == "failed" else "delayed"
        record = self._record(grant, kind, outcome=outcome)
        while True:
            try:
                await self._producer.send_async(record)
            except NotAcknowledgedError as error:
                log.warning("report not acknowledged, trying again", message=grant.message.id, report=kind, error=str(error))
                await asyncio.sleep(0.5)
            else:
                return

    def _record(self, held: Held, report: Report, *, nth: int = 0, outcome: Outcome | None = None) -> Outgoing:
        message, now = held.message, datetime.now(UTC)
        value = DeliveryReport(
            id=event_id("report", held.claim, report, nth), message_id=message.id, ticket_id=message.ticket_id,
            home_ticket_id=message.home_ticket_id, report=report, claim=held.claim, attempt=message.delivery.attempts, at=now,
            reason=outcome.reason if outcome else None, smtp_code=outcome.code if outcome else None,
        )  # fmt: skip
        return Outgoing(
            topic=DELIVERY_REPORTS.name, key=message.id, routing=message.home_ticket_id, value=value.to_json(), id=value.id,
            type="helpdesk.delivery.report.v1", source=self._source, time=now, subject=message.ticket_id,
            correlation_id=held.headers.get("ce_correlationid"), causation_id=held.headers.get("ce_id"),
            traceparent=held.headers.get("traceparent"),
        )  # fmt: skip


def _by_mail(message: Message) -> Outbound:
    if message.outbound is None or message.outbound.channel != "email":
        raise UnsendableMessageError("only mail can be sent")
    return message.outbound
