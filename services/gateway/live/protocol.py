"""uvicorn's websocket protocol, with its transport within reach: frames are made once and written as they are, slow readers aborted.

Through ASGI `send` a stalled reader would be kept for ever (measured), and every client would pay for framing again.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

SOCKET = "helpdesk.socket"
_CLOSE_SECONDS = 2.0


class LiveProtocol(WebSocketsSansIOProtocol):
    """Gives the application itself in `scope["extensions"][SOCKET]`."""

    async def run_asgi(self) -> None:
        """Run the application with this connection in its scope."""
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[SOCKET] = self
        await super().run_asgi()

    def write(self, data: bytes) -> None:
        """Hand ready frames to the transport; nothing is written behind a close frame."""
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(data)

    def waiting(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return 0 if self.transport.is_closing() else self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection at once, unsent bytes with it."""
        self.transport.abort()

    def close_with(self, code: int, reason: str) -> None:
        """Start the closing handshake; the transport is closed two seconds later at the latest."""
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(_CLOSE_SECONDS, self.transport.abort)
