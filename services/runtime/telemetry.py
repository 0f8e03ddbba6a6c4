"""Structured logs and metrics. Logs are events with fields, never bodies, tokens or prompts."""

import logging
import sys

import structlog
from prometheus_client import Counter, Gauge, Histogram

from services.runtime.settings import Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

CONSUMED = Counter("helpdesk_records_consumed", "Records consumed and settled", ["topic"])
PRODUCED = Counter("helpdesk_records_produced", "Records acknowledged by the broker", ["topic"])
DEAD_LETTERS = Counter("helpdesk_dead_letters", "Records dead-lettered", ["topic"])
BATCH_SECONDS = Histogram("helpdesk_batch_seconds", "Time to process one batch of a partition, seconds", ["topic"])
LAG_RECORDS = Gauge("helpdesk_lag_records", "Records not yet consumed by this process")
PROGRESS = Gauge("helpdesk_progress_timestamp_seconds", "When this process last made progress, Unix seconds")


def configure_logging(config: Settings) -> None:
    """JSON lines on stderr, console rendering where stderr is a terminal."""
    renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping().get(config.log_level.upper(), logging.INFO)),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # the stderr of the moment: a command's own run may swap it
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(service=config.service, instance=config.instance)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
