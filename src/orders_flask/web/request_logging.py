"""Request logging: request id, trace context, log line and metrics of each request."""

import re
import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from orders_flask.web.context import use_cases

log = structlog.get_logger(__name__)
_PROBES = frozenset({"operations.healthz", "operations.readyz", "operations.prometheus"})
"""Endpoints that machines ask for every few seconds; their success is logged at DEBUG."""
_ACCEPTABLE_ID = re.compile(r"[\x21-\x7e]{1,128}")
# W3C Trace Context: version, trace, span and flags; the version ff and ids of zeros are invalid.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?P<trace>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def request_id(given: str) -> str:
    """Return the id that the client gave, or a new one unless it is 1 to 128 visible ASCII characters."""
    return given if _ACCEPTABLE_ID.fullmatch(given) else str(uuid4())


def install(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.request_id = request_id(request.headers.get("X-Request-ID", ""))
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    trace = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    g.traceparent = trace[0] if trace else None
    if trace:
        structlog.contextvars.bind_contextvars(trace_id=trace["trace"])


def _end(response: Response) -> Response:
    duration = time.perf_counter() - g.began
    route = str(request.url_rule) if request.url_rule else None
    response.headers["X-Request-ID"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.endpoint in _PROBES and response.status_code < 500:
        log.debug("probe.completed", path=request.path, status=response.status_code)
    else:
        log.info(
            "request.completed",
            method=request.method,
            path=request.path,
            route=route,
            status=response.status_code,
            duration_ms=round(duration * 1000, 2),
        )
    _measure(route or "unknown", response.status_code, duration)
    return response


def _measure(route: str, status: int, seconds: float) -> None:
    services = use_cases()
    services.metrics.request(method=request.method, route=route, status=status, seconds=seconds)
    services.measure_components()
