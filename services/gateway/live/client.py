"""One websocket: a bounded buffer, no task and no queue of its own. A reader that is too slow is cut off; it resumes by cursor."""

import time
from typing import Protocol

import orjson

from services.gateway.identity.principal import Principal, Viewer
from services.gateway.live.event import Frame, ws_text

SKIP_EPHEMERAL_ABOVE = 256 << 10
HOLD_ABOVE = 64 << 10
ABORT_ABOVE = 1 << 20
STUCK_SECONDS = 3.0
MOST_SUBSCRIPTIONS = 64

BAD_FRAME, SIGNED_OUT, FORBIDDEN, SILENT, TOO_MUCH, RESTART = 4400, 4401, 4403, 4408, 4429, 1012


class Socket(Protocol):
    """What the client needs of the connection (live/protocol.py)."""

    def write(self, data: bytes) -> None:
        """Hand bytes to the transport."""

    def waiting(self) -> int:
        """Bytes the transport has not handed to the kernel yet."""

    def abort(self) -> None:
        """Drop the connection at once."""

    def close_with(self, code: int, reason: str) -> None:
        """Closing handshake with this code."""


class Client:
    """A subscriber. The hub calls `push` for each frame and `flush` on each tick."""

    __slots__ = (
        "_pending", "_pending_bytes", "_progress_at", "_sent", "_taken", "channels", "closed", "heard_at", "hot", "login_id", "presence", "recent", "skip", "socket", "viewer",
    )  # fmt: skip

    def __init__(self, socket: Socket, principal: Principal) -> None:
        self.socket = socket
        self.viewer: Viewer = principal.viewer
        self.login_id = principal.login_id
        self.channels: set[str] = set()
        self.presence: set[str] = set()
        self.skip: dict[int, int] = {}
        """Per slot the offset this client has seen already, from a gateway that was ahead of us."""
        self.heard_at = time.monotonic()
        self.recent: list[float] = []
        self.hot = False
        """True between its first frame after a pause and a tick that finds nothing to do."""
        self.closed = False
        self._pending: list[Frame] = []
        self._pending_bytes = 0
        self._sent = self._taken = 0
        self._progress_at = time.monotonic()

    def push(self, frame: Frame) -> bool:
        """Send or buffer a frame. True when the client became hot: the hub ticks for it."""
        if self.closed:
            return False
        if not self.hot and self.socket.waiting() == 0:
            self._write(frame.data)  # the first frame after a pause goes at once; the tick only coalesces what follows
            self.hot = True
            return True
        self._pending.append(frame)
        self._pending_bytes += len(frame.data)
        if self.hot:
            return False
        self.hot = True
        return True

    def send_json(self, value: object) -> None:
        """A control frame, behind what waits."""
        if not self.closed:
            self._pending.append(Frame(ws_text(orjson.dumps(value)), None, "append"))
            self.flush()

    def flush(self) -> bool:
        """Write what waits, or hold it back while the reader is slow. False: nothing to do, or cut off."""
        if self.closed:
            return False
        waiting = self.socket.waiting()
        if waiting > HOLD_ABOVE:
            self._compact(waiting)
            if waiting + self._pending_bytes > ABORT_ABOVE or self.stuck(waiting):
                self.abort()
                return False
            return True
        if not self._pending:
            return waiting > 0
        data = b"".join([f.data for f in self._pending]) if len(self._pending) > 1 else self._pending[0].data
        self._pending.clear()
        self._pending_bytes = 0
        self._write(data)
        return True

    def _write(self, data: bytes) -> None:
        self._sent += len(data)
        self.socket.write(data)

    def _compact(self, waiting: int) -> None:
        """Newest state per ticket and channel; AI deltas go first."""
        drop = waiting + self._pending_bytes > SKIP_EPHEMERAL_ABOVE
        newest = {f.key: f for f in self._pending if f.key is not None}
        kept = [
            f for f in self._pending if (f.key is None or newest[f.key] is f) and not (drop and f.event_class == "ephemeral")
        ]  # fmt: skip
        self._pending = kept
        self._pending_bytes = sum(len(f.data) for f in kept)

    def stuck(self, waiting: int) -> bool:
        """Whether the reader has taken nothing for three seconds."""
        now, taken = time.monotonic(), self._sent - waiting
        if waiting == 0 or taken > self._taken:
            self._progress_at = now
            self._taken = taken
        return now - self._progress_at > STUCK_SECONDS

    def abort(self) -> None:
        """Cut the connection."""
        self.closed = True
        self._pending.clear()
        self.socket.abort()

    def close(self, code: int, reason: str) -> None:
        """Say what waits, then close with a code."""
        if not self.closed:
            self.flush()
            self.closed = True
            self.socket.close_with(code, reason)
