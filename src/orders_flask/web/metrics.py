"""Measurements for Prometheus; each app has its own."""

from flask import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "orders_http_request_duration_seconds",
            "How long requests took, by route and status.",
            ["method", "route", "status"],
            registry=self._registry,
        )

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; methods and routes that we do not have count as one each."""
        known = method if method in _METHODS else "other"
        self._seconds.labels(known, route, str(status)).observe(seconds)

    def exposition(self) -> Response:
        return Response(generate_latest(self._registry), content_type=CONTENT_TYPE_LATEST)
