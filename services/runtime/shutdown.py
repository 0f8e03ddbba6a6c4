"""Stopping cleanly on SIGTERM and Ctrl-C."""

import signal
import threading
from types import FrameType


def stop_event() -> threading.Event:
    """An event that SIGTERM or SIGINT sets. Call from the main thread."""
    stop = threading.Event()

    def asked(signum: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)
    return stop
