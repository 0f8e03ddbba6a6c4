"""W3C trace context through the log: every record carries `traceparent`, what comes out of it carries a child (architecture.md 3).

Without a collector only the ids travel, at the price of a few random bytes. With `OTEL_EXPORTER_OTLP_ENDPOINT` and the OTLP exporter
installed (`opentelemetry-exporter-otlp`) each step is a span as well, its times and attributes sent by the OpenTelemetry SDK.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
_propagator = TraceContextTextMapPropagator()


@cache
def exporting() -> bool:
    """Whether spans go to a collector. Sets the SDK up at the first call."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or find_spec("opentelemetry.exporter") is None:
        return False
    from importlib import import_module

    provider = TracerProvider(resource=Resource.create({"service.name": os.environ.get("HELPDESK_SERVICE", "helpdesk")}))
    provider.add_span_processor(BatchSpanProcessor(import_module(_EXPORTER).OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return True


def child_of(traceparent: str | None) -> str:
    """A traceparent of the same trace with a span id of its own; a new sampled trace where there is none or it is malformed."""
    parts = (traceparent or "").split("-")
    valid = len(parts) == 4 and len(parts[1]) == 32 and parts[1].strip("0") != ""
    trace_id, flags = (parts[1], parts[3]) if valid else (secrets.token_hex(16), "01")
    return f"00-{trace_id}-{secrets.token_hex(8)}-{flags}"


@contextmanager
def step(name: str, traceparent: str | None, **attributes: str | int) -> Iterator[str]:
    """One step of the pipeline: gives the traceparent for what comes out of it."""
    if not exporting():
        yield child_of(traceparent)
        return
    parent = _propagator.extract({"traceparent": traceparent} if traceparent else {})
    with trace.get_tracer("helpdesk").start_as_current_span(name, context=parent, attributes=attributes):
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        yield carrier.get("traceparent") or child_of(traceparent)
