"""One websocket: a bounded buffer, no task and no queue of its own. A reader that is too slow is cut off; it resumes by cursor."""

import time
from typing import Protocol

import orjson

from services.gateway.identity.principal import Principal, Viewer
from services.gateway.live.event import Frame, ws_text
from services.gateway.live.joins import Joins

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
    """A subscriber. The hub appends to `pending` (or calls `push` for a single frame) and calls `flush` on each tick."""

    __slots__ = (
        "_compacted", "_counted", "_held", "_progress_at", "_sent", "_size", "_taken", "channels", "closed", "heard_at", "hot", "login_id", "pending", "presence", "recent", "skip", "socket",
        "viewer",
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
        self.pending: list[Frame] = []
        """What waits for the next flush."""
        self._held = False
        self._counted = self._size = self._compacted = 0
        """While held back: frames counted so far, their bytes, and what was left of them by the last compaction."""
        self._sent = self._taken = 0
        self._progress_at = time.monotonic()

    def push(self, frame: Frame) -> bool:
        """Send or buffer a frame. True when the client became hot: the hub ticks for it."""
        if self.closed:
            return False
        if not self.hot and not self.pending and self.socket.waiting() == 0:
            self._write(frame.data)  # the first frame after a pause goes at once; the tick only coalesces what follows
            self.hot = True
            return True
        self.pending.append(frame)
        if self.hot:
            return False
        self.hot = True
        return True

    def send_json(self, value: object) -> None:
        """A control frame, behind what waits."""
        if not self.closed:
            self.pending.append(Frame(ws_text(orjson.dumps(value)), None, "append"))
            self.flush()

    def flush(self, joins: Joins | None = None) -> bool:
        """Write what waits, or hold it back while the reader is slow. False: nothing to do, or cut off."""
        if self.closed:
            return False
        waiting = self.socket.waiting()
        if waiting > HOLD_ABOVE:
            return self._hold(waiting)
        if not self.pending:
            return waiting > 0
        if self._held:
            self._count()
            self._compact(waiting)
            self._held = False
            self._counted = self._size = self._compacted = 0
        frames, self.pending = self.pending, []
        if frames:
            self._write((joins or Joins()).of(frames))
        return True

    def _hold(self, waiting: int) -> bool:
        """Keep what waits, in bounds; it is compacted only as it doubles, so that many slow readers do not cost the others their tick."""
        self._held = True
        self._count()
        behind = waiting + self._size
        if behind > ABORT_ABOVE or (behind > SKIP_EPHEMERAL_ABOVE and self._size > 2 * self._compacted):
            self._compact(waiting)
        if waiting + self._size > ABORT_ABOVE or self.stuck(waiting):
            self.abort()
            return False
        return True

    def _count(self) -> None:
        self._size += sum([len(frame.data) for frame in self.pending[self._counted :]])
        self._counted = len(self.pending)

    def _write(self, data: bytes) -> None:
        self._sent += len(data)
        self.socket.write(data)

    def _compact(self, waiting: int) -> None:
        """Newest state per ticket and channel; AI deltas go first."""
        drop = waiting + self._size > SKIP_EPHEMERAL_ABOVE
        newest = {f.key: f for f in self.pending if f.key is not None}
        kept = [
            f for f in self.pending if (f.key is None or newest[f.key] is f) and not (drop and f.event_class == "ephemeral")
        ]  # fmt: skip
        self.pending, self._counted = kept, len(kept)
        self._size = self._compacted = sum([len(f.data) for f in kept])

    def stuck(self, waiting: int) -> bool:
        """Whether the reader has taken nothing for three seconds."""
        now, taken = time.monotonic(), self._sent - waiting
        if waiting == 0 or taken > self._taken:
            self._progress_at = now
            self._taken = taken
        return now - self._progress_at > STUCK_SECONDS

    def abort(self) -> None:
        """Cut the connection."""
        self._end()
        self.pending = []
        self.socket.abort()

    def close(self, code: int, reason: str) -> None:
        """Say what waits, then close with a code."""
        if not self.closed:
            self.flush()
            self._end()
            self.socket.close_with(code, reason)

    def _end(self) -> None:
        self.closed = True
        self.hot = False  # the hub hands frames to a hot client without looking at `closed`
