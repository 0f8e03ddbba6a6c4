"""Points where the kill suite stops a process: `HELPDESK_CRASH_AT=<point>[:<nth time>[:<signal>]]`, by SIGKILL. Nothing without it."""

import os
import signal

_POINT, _NTH, _SIGNAL = [*os.environ.get("HELPDESK_CRASH_AT", "").split(":"), "", ""][:3]
_left = int(_NTH or 1)


def crash_at(point: str) -> None:
    """Die here as by kill -9 (or stop, by SIGSTOP) if the environment names this point and its turn has come."""
    global _left  # noqa: PLW0603  one process, one countdown
    if not _POINT or point != _POINT:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.Signals[_SIGNAL or "SIGKILL"])
