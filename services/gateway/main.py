"""The gateway process: REST, live, console on one port."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator

import uvloop
from pydantic import ValidationError
from redis.asyncio import Redis
from starlette.types import ASGIApp, Receive, Scope, Send

from schemas.ai import AiSignal
from schemas.delivery import IdentityChange
from schemas.ticket import ConfigState
from schemas.topics import (
    AI_REWRITTEN,
    AI_SIGNALS,
    COMMAND_OUTCOMES,
    CONFIG_STATE,
    IDENTITY_CHANGES,
    MAIL_PARKED,
    MAIL_SUPPRESSIONS,
    OPS_HEARTBEATS,
)
from services.gateway.app import create_app
from services.gateway.commands import Commands
from services.gateway.database import Database, create_engine
from services.gateway.directory import Directory, Entry
from services.gateway.identity.changes import Changes
from services.gateway.identity.limits import KeyLimit, LoginLimits
from services.gateway.identity.origin import allowed_origins
from services.gateway.identity.sessions import Sessions
from services.gateway.live.cursor import Vector
from services.gateway.live.feed import Batch, Feed, Start
from services.gateway.live.hub import Hub
from services.gateway.live.presence import Presence
from services.gateway.live.ring import Ring
from services.gateway.live.socket import LiveEndpoint
from services.gateway.parts import Parts
from services.gateway.rewrites import Rewrites
from services.gateway.server import Server, make_config
from services.runtime.blobs import Blobs
from services.runtime.codec import Record
from services.runtime.health import Health
from services.runtime.producer import Producer
from services.runtime.settings import Settings, settings
from services.runtime.signing import Keys
from services.runtime.telemetry import configure_logging, log

_LINK_PER_SECOND = 5
_ABOUT_MAIL = {MAIL_PARKED.name, MAIL_SUPPRESSIONS.name, AI_SIGNALS.name}


class Gateway:
    """Everything of one gateway, wired."""

    def __init__(self, config: Settings) -> None:
        self.settings = config
        self.health = Health(config)
        blobs = Blobs(config)
        # A command that the broker has not taken by then was answered 503; it must not be executed minutes later.
        self.producer = Producer(config, blobs=blobs, **{"delivery.timeout.ms": 3000, "request.timeout.ms": 2500})
        database = Database(create_engine(config))
        directory = Directory(database)
        self.redis = Redis.from_url(config.redis_url, socket_timeout=0.5, socket_connect_timeout=0.5)
        self.parts = Parts(
            settings=config, keys=Keys.of(config), database=database, directory=directory, sessions=Sessions(database, directory),
            logins=LoginLimits(self.redis), key_limit=KeyLimit(), link_limit=KeyLimit(_LINK_PER_SECOND), changes=Changes(self.producer, source=config.service),
            commands=Commands(self.producer, source=config.service),
            rewrites=Rewrites(self.producer, source=config.service), hub=Hub(directory), blobs=blobs, redis=self.redis, health=self.health,
            origins=allowed_origins(config.url),
        )  # fmt: skip
        listening = Redis.from_url(config.redis_url, socket_connect_timeout=0.5, health_check_interval=20)
        self.presence = Presence(self.parts.hub, listening, instance=config.instance)
        self.failure: BaseException | None = None
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        call = self._loop.call_soon_threadsafe
        self.feed = Feed(
            config, begin=lambda s: call(self._begin, s), take=lambda b: call(self._take, b), ready=lambda: call(self.health.running),
            broker=lambda up: call(self._broker, up), failed=lambda e: call(self._fail, e), beat=self.health.beat,
        )  # fmt: skip

    def _begin(self, start: Start) -> None:
        self.parts.hub.begin(Ring(Vector(start.generation, start.offsets)), start.generation)

    def _take(self, batch: Batch) -> None:
        for record in batch.others:
            self._take_other(record)
        if any(record.topic in _ABOUT_MAIL for record in batch.others):
            self.parts.hub.mail_changed()
        self.parts.hub.publish(batch.events)

    def _take_other(self, record: Record) -> None:
        try:
            if record.topic == COMMAND_OUTCOMES.name and record.key and record.value:
                self.parts.commands.resolve(record.key, record.value)
            elif record.topic == AI_REWRITTEN.name and record.key and record.value:
                self.parts.rewrites.resolve(record.key, record.value)
            elif record.topic == CONFIG_STATE.name:
                self._take_config(record)
            elif record.topic == IDENTITY_CHANGES.name and record.value:
                self._take_identity(IdentityChange.model_validate_json(record.value))
            elif record.topic == OPS_HEARTBEATS.name and record.value:
                self.parts.hub.heartbeat(record.value)
            elif record.topic == AI_SIGNALS.name and record.value:
                self.parts.hub.alarm(AiSignal.model_validate_json(record.value))
        except ValidationError as error:  # somebody else's record must not end us; the topic's owner hears of it
            log.error(
                "record not understood", topic=record.topic, partition=record.partition, offset=record.offset, errors=error.error_count()
            )

    def _take_config(self, record: Record) -> None:
        if record.value is not None:
            state = ConfigState.model_validate_json(record.value)
            self.parts.directory.put(state.kind, state.id, Entry(state.version, state.value))
        elif record.key and "/" in record.key:
            kind, _, key = record.key.partition("/")
            task = self._loop.create_task(
                self.parts.directory.refresh(kind, key)
            )  # a tombstone has no version: Postgres knows what is true
            task.add_done_callback(_report)

    def _take_identity(self, change: IdentityChange) -> None:
        logins = frozenset(change.session_ids)
        if change.what == "rights_changed":
            self.parts.hub.recheck(change.user_id)
        elif logins:
            self.parts.sessions.forget(login_ids=logins)
            self.parts.hub.end_logins(logins)

    def _broker(self, up: bool) -> None:
        self.parts.commands.broker_down = not up

    def _fail(self, error: BaseException) -> None:
        self.failure = error
        self.stop()

    def stop(self) -> None:
        """Ask for a clean stop."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until `stop`."""
        server = Server(make_config(self.settings, Front(self)), self.parts.hub.say_goodbye)
        async with self._background(server):
            await self.parts.directory.load()
            self.feed.start()
            self.health.serve()
            self.health.send_heartbeats(self.producer)
            log.info("serving", address=f"{self.settings.http_host}:{self.settings.http_port}")
            await server.serve()

    @contextlib.asynccontextmanager
    async def _background(self, server: Server) -> AsyncIterator[None]:
        async def watch() -> None:
            await self._stop.wait()
            server.should_exit = True

        tasks = [self._loop.create_task(job) for job in (watch(), self.presence.listen(), self.presence.refresh())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._close()

    async def _close(self) -> None:
        self.feed.stop()
        self.health.close()
        if self.feed.is_alive():
            await asyncio.to_thread(self.feed.join, 2)
        await asyncio.to_thread(self.producer.close)
        await self.parts.database.close()
        await self.redis.aclose()


class Front:
    """Websockets to the live endpoint, everything else to FastAPI."""

    def __init__(self, gateway: Gateway) -> None:
        self._http: ASGIApp = create_app(gateway.parts)
        self._live = LiveEndpoint(gateway.parts, gateway.presence)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._http(scope, receive, send)
        elif scope["path"] == "/api/v1/live":
            await self._live(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4404})


def _report(task: "asyncio.Task[object]") -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("background work failed", exc_info=task.exception())


async def serve(config: Settings) -> int:
    """Run one gateway on this loop until SIGTERM or SIGINT; the exit code."""
    gateway = Gateway(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, gateway.stop)
    await gateway.run()
    if gateway.failure is not None:
        log.error("gateway failed", exc_info=gateway.failure)
        return 1
    return 0


def main() -> int:
    """Entry point of `helpdesk run gateway`."""
    config = settings().named("gateway")
    configure_logging(config)
    return uvloop.run(serve(config))


if __name__ == "__main__":
    sys.exit(main())
