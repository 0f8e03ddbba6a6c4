"""uvicorn, stopped our way: sockets are told to reconnect before the listener closes; signals stay with `main`."""

import contextlib
import socket
from collections.abc import Awaitable, Callable, Generator

import uvicorn

from services.gateway.live.protocol import LiveProtocol
from services.runtime.settings import Settings


class Server(uvicorn.Server):
    """`before_shutdown` runs once the stop was asked for, while everything still works."""

    def __init__(self, config: uvicorn.Config, before_shutdown: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._before_shutdown = before_shutdown

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say goodbye, then uvicorn's own steps."""
        await self._before_shutdown()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals are the main function's: uvicorn would raise them again after a clean stop."""
        yield


def make_config(settings: Settings, app: object) -> uvicorn.Config:
    """How we serve: no compression on sockets, our own heartbeat, small client frames, no access log (it would hold addresses and paths)."""
    return uvicorn.Config(
        app, host=settings.http_host, port=settings.http_port, http="httptools", ws=LiveProtocol, ws_per_message_deflate=False,  # type: ignore[arg-type]
        ws_ping_interval=None, ws_max_size=64 << 10, access_log=False, log_level="warning", server_header=False, date_header=False, lifespan="off",
        timeout_graceful_shutdown=3, backlog=2048,
    )  # fmt: skip
