"""The process: Faust in the one shape that loses nothing (architecture.md 5), everything of ours beside it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import ssl
import sys
import time
from datetime import UTC, datetime
from typing import Any

import faust
import orjson
from mode import CrashingSupervisor
from pydantic import ValidationError

from schemas.ai import AiSignal
from schemas.mail import ParkedMail, Suppression
from schemas.topics import AI_REQUESTS, AI_REWRITES, AI_SIGNALS, MAIL_PARKED, MAIL_SUPPRESSIONS, TICKET_EVENTS
from services.ai.answered import Answered
from services.ai.configuration import ConfigurationFeed
from services.ai.desk_state import DeskState
from services.ai.engines.choose import choose_engines, models_of
from services.ai.engines.local.engine import LocalEngine
from services.ai.follower import Follower
from services.ai.mail_alarms import MailAlarms
from services.ai.newest import Newest
from services.ai.rewriting import Rewriter
from services.ai.teaching import Teaching
from services.ai.triage import Triager
from services.runtime.blobs import Blobs
from services.runtime.codec import Outgoing, Record, decode_headers
from services.runtime.health import Health
from services.runtime.producer import Producer
from services.runtime.settings import Settings, settings
from services.runtime.telemetry import configure_logging, log

GROUP = "ai"
STUCK_AFTER = 60.0
"""Three times a run's budget of 20 s: a partition whose request is not settled by then hangs."""
_WATCH_SECONDS = 1.0
_NICE = 10


def build(config: Settings) -> faust.App:
    """A Faust app that declares no topic, keeps no table, serves no web page and crashes rather than skip a record."""
    return faust.App(
        GROUP,
        broker=";".join(f"kafka://{host}" for host in config.kafka_bootstrap_servers.split(",")),
        broker_credentials=credentials(config),
        datadir=config.home / "ai",
        store="memory://",
        processing_guarantee="at_least_once",
        agent_supervisor=CrashingSupervisor,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        web_tables_enabled=False,
        web_router_enabled=False,
        autodiscover=False,
        broker_session_timeout=6.0,
        broker_heartbeat_interval=2.0,
        broker_commit_interval=0.5,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=8 << 20,
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        worker_redirect_stdouts=False,
    )


def credentials(config: Settings) -> faust.types.auth.CredentialsT | None:
    """Faust's own client needs the SASL and TLS settings (`KAFKA_SECURITY_PROTOCOL`, …) in its own form; None for a plain broker."""
    given = config.kafka_overrides()
    protocol = given.get("security.protocol", "").upper()
    tls = ssl.create_default_context(cafile=given.get("ssl.ca.location")) if protocol.endswith("SSL") else None
    if tls and "ssl.certificate.location" in given:
        tls.load_cert_chain(given["ssl.certificate.location"], given.get("ssl.key.location"), given.get("ssl.key.password"))
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=given.get("sasl.username"),
            password=given.get("sasl.password"),
            mechanism=given.get("sasl.mechanism", "PLAIN"),
            ssl_context=tls,
        )
    return faust.SSLCredentials(context=tls) if tls else None


class Settling:
    """Which requests are under way and since when: the basis of liveness."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, int], float] = {}
        self.settled = 0

    def begin(self, record: Record) -> None:
        self._since[record.topic, record.partition] = time.monotonic()

    def end(self, record: Record) -> None:
        self._since.pop((record.topic, record.partition), None)
        self.settled += 1

    @property
    def stuck(self) -> bool:
        return any(time.monotonic() - since > STUCK_AFTER for since in self._since.values())


def attach(app: faust.App, *, triager: Triager, rewriter: Rewriter, newest: Newest, settling: Settling) -> None:
    """The agents: requests to suggestions, the newest word of each ticket (co-partitioned, same routing key), words said in another way."""
    raw: dict[str, Any] = {"key_type": None, "value_type": None, "key_serializer": "raw", "value_serializer": "raw", "internal": False}

    @app.agent(app.topic(AI_REQUESTS.name, **raw), name="triage", isolated_partitions=True, concurrency=1)
    async def triage(stream: Any) -> None:
        async for event in stream.noack().events():
            record = to_record(event.message)
            settling.begin(record)
            await triager.handle(record)
            event.ack()
            settling.end(record)

    @app.agent(app.topic(TICKET_EVENTS.name, **raw), name="newest", isolated_partitions=True, concurrency=1)
    async def follow(stream: Any) -> None:
        async for event in stream.noack().events():
            try:
                newest.note(orjson.loads(event.message.value or b"{}"))
            except (orjson.JSONDecodeError, AttributeError):
                log.warning(
                    "event not understood", topic=event.message.topic, partition=event.message.partition, offset=event.message.offset
                )
            event.ack()

    @app.agent(app.topic(AI_REWRITES.name, **raw), name="rewrite", isolated_partitions=True, concurrency=1)
    async def rewrite(stream: Any) -> None:
        async for event in stream.noack().events():
            await rewriter.handle(to_record(event.message))
            event.ack()


def attach_alarms(app: faust.App, *, producer: Producer) -> None:
    """The agent that watches parked mail and suppressions for what a person should hear of."""
    raw: dict[str, Any] = {"key_type": None, "value_type": None, "key_serializer": "raw", "value_serializer": "raw", "internal": False}
    alarms = MailAlarms()

    @app.agent(app.topic(MAIL_PARKED.name, MAIL_SUPPRESSIONS.name, **raw), name="mail-alarms", isolated_partitions=True, concurrency=1)
    async def watch_mail(stream: Any) -> None:
        async for event in stream.noack().events():
            signal_ = _alarm(alarms, to_record(event.message))
            if signal_ is not None:
                log.warning("mail alarm", kind=signal_.kind, signal_id=signal_.id)
                await producer.send_async(Outgoing(
                    topic=AI_SIGNALS.name, key=signal_.id, value=signal_.to_json(), id=signal_.id, type="helpdesk.ai.signal.v1", source=GROUP,
                ))  # fmt: skip
            event.ack()


def _alarm(alarms: MailAlarms, record: Record) -> AiSignal | None:
    if not record.value:
        return None
    now = datetime.now(UTC)
    try:
        if record.topic == MAIL_PARKED.name:
            return alarms.parked(ParkedMail.model_validate_json(record.value), now=now)
        return alarms.suppressed(Suppression.model_validate_json(record.value), now=now)
    except ValidationError:
        log.warning("record not understood", topic=record.topic, partition=record.partition, offset=record.offset)
        return None


def to_record(message: Any) -> Record:
    """Faust's message as the runtime's record."""
    headers = message.headers.items() if isinstance(message.headers, dict) else message.headers
    key = message.key
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=key.decode("utf-8", "replace") if isinstance(key, bytes) else key,
        value=message.value,
        headers=decode_headers(list(headers or ())),
        time_ms=int((message.timestamp or 0) * 1000),
    )


def lag_of(app: faust.App) -> int:
    """Requests not yet settled on this instance's partitions, for a gauge."""
    consumer, behind = app.consumer, 0
    committed: dict[Any, int | None] = getattr(consumer, "_committed_offset", {})  # Faust keeps no public figure
    for tp in consumer.assignment():
        if tp.topic == AI_REQUESTS.name:
            high, done = consumer.highwater(tp), committed.get(tp)
            behind += max(0, (high or 0) - (done or 0)) if high and done is not None else 0
    return behind


async def watch(app: faust.App, *, health: Health, settling: Settling, state: DeskState, followers: tuple[Follower, ...]) -> str:
    """Beat while work is settled; returns why the process must end when a part has failed."""
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        for follower in followers:
            if follower.failed is not None:
                return f"{type(follower).__name__} failed"
        if app.crashed or app.should_stop:
            return f"faust stopped: {app.crash_reason or 'no reason given'}"
        if settling.stuck:
            continue
        if state.learned.is_set() and app.consumer.assignment() and not health.ready.is_set():
            health.running()
            log.info("running")
        health.beat(lag_records=lag_of(app))


async def serve(config: Settings, health: Health) -> int:
    """Run until SIGTERM or a crash; the exit code. After a crash the supervisor starts it anew and Kafka gives the rest again."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    local = LocalEngine.best(keep=config.home / "ai" / "vectors.npz")
    engines = choose_engines(config, local)
    health.detail = lambda: {"engine": engines.serving.name, "tier": local.tier, **models_of(engines.asked)}
    state, newest, settling = DeskState(local), Newest(), Settling()
    blobs, answered = Blobs(config), Answered(config, model=local.tier)
    app = build(config)
    with Producer(config, blobs=blobs) as producer:
        feed = ConfigurationFeed(config, state.offer)
        attach(
            app,
            triager=Triager(engines=engines, state=state, newest=newest, producer=producer, blobs=blobs, answered=answered),
            rewriter=Rewriter(engine=engines.asked, producer=producer, enabled=lambda: state.settings.ai_enabled),
            newest=newest,
            settling=settling,
        )
        attach_alarms(app, producer=producer)
        health.send_heartbeats(producer)
        followers = (feed, answered, Teaching(config, blobs, state.teach))
        for follower in followers:
            follower.start()
        learner = asyncio.create_task(state.follow(), name="learner")
        try:
            await app.start()
            return await _until(
                stop,
                learner,
                asyncio.create_task(watch(app, health=health, settling=settling, state=state, followers=followers), name="watch"),
            )
        finally:
            health.state = "stopping"
            learner.cancel()
            await app.stop()
            for follower in followers:
                await asyncio.to_thread(follower.close)


async def _until(stop: asyncio.Event, learner: asyncio.Task[None], watcher: asyncio.Task[str]) -> int:
    asked = asyncio.create_task(stop.wait(), name="stop")
    done, _ = await asyncio.wait({asked, learner, watcher}, return_when=asyncio.FIRST_COMPLETED)
    watcher.cancel()
    asked.cancel()
    if learner in done:
        log.error("ending", reason="learning the desk failed", error=repr(learner.exception()))
        return 1
    if watcher in done and asked not in done:
        log.error("ending", reason=watcher.result())
        return 1
    return 0


def main() -> None:
    """`helpdesk run ai`. A suggestion may wait, the mail on its way to the screen may not: the process steps back."""
    os.nice(_NICE)
    config = settings().named("ai")
    configure_logging(config)
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    health = Health(config, stuck_after=STUCK_AFTER)
    health.serve()
    try:
        code = asyncio.run(serve(config, health))
    finally:
        health.close()
    sys.exit(code)


if __name__ == "__main__":
    main()
