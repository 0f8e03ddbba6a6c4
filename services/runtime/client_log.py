"""librdkafka's own log lines, as ours: a broker that is away is said once in ten seconds per kind, not forty times a second."""

import logging
import time

from services.runtime.telemetry import log

_EVERY = 10.0


class _Throttled(logging.Handler):
    """Passes the first line of each kind (the facility, e.g. FAIL) and then one every ten seconds."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._last: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Log a line unless one of its kind was logged just now."""
        text = record.getMessage()
        kind = text.split(" ", 1)[0]
        now = time.monotonic()
        if now - self._last.get(kind, -_EVERY) >= _EVERY:
            self._last[kind] = now
            log.warning("kafka client", detail=text[:300])


def client_logger() -> logging.Logger:
    """The logger every client writes to."""
    logger = logging.getLogger("helpdesk.kafka")
    if not logger.handlers:
        logger.propagate = False
        logger.setLevel(logging.INFO)
        logger.addHandler(_Throttled())
    return logger
