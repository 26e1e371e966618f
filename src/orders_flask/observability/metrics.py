"""Prometheus metrics: one registry per app, aggregated over the processes of a service."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

from flask import Response

from orders_domain.model.life.open_orders import OpenOrders, RefundBacklog, StockHoldBacklog
from orders_domain.ports.outbox import OutboxBacklog
from orders_domain.ports.webhooks.deliveries import DeliveryBacklog

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

Read = TypeVar("Read")
UseCaseOutcome: TypeAlias = Literal["completed", "replayed", "rejected", "failed"]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SCRAPE_SECONDS = 0.5
MAX_OPEN_ORDERS = 10_000
"""The orders of each status, stock holds or refunds that a scrape counts, so that its cost is bounded."""
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
"""The shared metrics directory of several processes; ``orders serve --workers`` sets it."""


def _nothing_waits() -> tuple[StockHoldBacklog, RefundBacklog]:
    return StockHoldBacklog(open=0), RefundBacklog(orders=0)


def _no_deliveries() -> DeliveryBacklog:
    return DeliveryBacklog(waiting=0, oldest_due=None)


class Metrics:
    def __init__(
        self,
        *,
        backlog: Callable[[], OutboxBacklog],
        clock: Callable[[], datetime],
        open_orders: Callable[[], Sequence[OpenOrders]] = tuple,
        holds_and_refunds: Callable[[], tuple[StockHoldBacklog, RefundBacklog]] = _nothing_waits,
        webhook_backlog: Callable[[], DeliveryBacklog] = _no_deliveries,
    ) -> None:
        # Imported late, because the library reads PROMETHEUS_MULTIPROC_DIR at import, and a process that forks workers
        # sets it first.
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = CollectorRegistry()
        self._collectors = (
            OutboxCollector(backlog, clock),
            OpenOrdersCollector(open_orders, clock),
            HoldsAndRefundsCollector(holds_and_refunds, clock),
            WebhookCollector(webhook_backlog, clock),
        )
        self._seconds = Histogram(
            "orders_http_request_duration_seconds",
            "Duration of HTTP requests in seconds.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._use_cases = Counter(
            "orders_use_cases_total",
            "Use cases by outcome; a rejected or failed one also has a reason.",
            ["use_case", "outcome", "reason"],
            registry=self._registry,
        )
        self._rejected_requests = Counter(
            "orders_http_requests_rejected_total",
            "HTTP requests rejected before a use case ran, or at a sign-in, by reason.",
            ["reason"],
            registry=self._registry,
        )
        self._cache = Counter(
            "orders_cache_reads_total", "Cache reads by outcome (hit or miss).", ["outcome"], registry=self._registry
        )
        self._webhooks = Counter(
            "orders_webhook_attempts_total",
            "Attempts to deliver webhooks by outcome (delivered, retried later, or failed for good).",
            ["outcome"],
            registry=self._registry,
        )
        self._circuit = Gauge(
            "orders_cache_circuit_open",
            "1 while the cache circuit breaker is open.",
            registry=self._registry,
            multiprocess_mode="livemax",
        )
        self._pool = Gauge(
            "orders_database_connections_in_use",
            "Database connections in use.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Observe a request. Unknown methods share a label, because the number of label values must be bounded."""
        label = method if method in _METHODS else "other"
        self._seconds.labels(label, route, str(status)).observe(seconds)

    def use_case(self, name: str, *, outcome: UseCaseOutcome, reason: str = "") -> None:
        """Count a use case. ``reason`` is an error code, not a message, because label values must be bounded."""
        self._use_cases.labels(name, outcome, reason).inc()

    def request_rejected(self, *, reason: str) -> None:
        self._rejected_requests.labels(reason).inc()

    def cache_read(self, *, hit: bool) -> None:
        self._cache.labels("hit" if hit else "miss").inc()

    def webhook_attempt(self, outcome: Literal["delivered", "retried", "failed"]) -> None:
        self._webhooks.labels(outcome).inc()

    def parts(self, *, circuit_open: bool, connections_in_use: int) -> None:
        self._circuit.set(circuit_open)
        self._pool.set(connections_in_use)

    def exposition(self) -> Response:
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = self._registry
        if os.environ.get(DIRECTORY):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        stored = CollectorRegistry()
        until = time.monotonic() + SCRAPE_SECONDS
        for collector in self._collectors:
            collector.begin(until)
            stored.register(collector)
        text = generate_latest(registry) + generate_latest(stored)
        return Response(text, content_type=CONTENT_TYPE_LATEST)


class StoreCollector(Generic[Read]):
    """Reads the store at each scrape, because all processes share it.

    A database that does not respond within ``SCRAPE_SECONDS`` counts as unavailable, so that a scrape has the rest. The
    collectors of a scrape read at the same time, so that it waits once for all of them.
    """

    def __init__(self, read: Callable[[], Read], clock: Callable[[], datetime]) -> None:
        self._query = read
        self._clock = clock
        self._lock = threading.Lock()
        self._reading: Future[Read] | None = None
        self._until = 0.0

    def begin(self, until: float) -> Future[Read]:
        """Read what is stored in a thread, one at a time; the scrape waits for it ``until`` this monotonic time."""
        with self._lock:
            self._until = until
            if self._reading is None or self._reading.done():
                self._reading = Future()
                threading.Thread(target=self._run, args=(self._reading,), name="metrics", daemon=True).start()
            return self._reading

    def _read(self) -> Read | None:
        """Return what is stored, or None if the database is unavailable."""
        from orders_domain.errors import StoreUnavailable

        reading = self._reading or self.begin(time.monotonic() + SCRAPE_SECONDS)
        try:
            return reading.result(max(self._until - time.monotonic(), 0))
        except (StoreUnavailable, TimeoutError):
            return None

    def _run(self, reading: Future[Read]) -> None:
        try:
            reading.set_result(self._query())
        except Exception as error:  # noqa: BLE001 - the scrape raises it
            reading.set_exception(error)


class OutboxCollector(StoreCollector[OutboxBacklog]):
    """The backlog of the outbox."""

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.metrics_core import GaugeMetricFamily

        if (backlog := self._read()) is None:
            yield GaugeMetricFamily("orders_database_up", "1 while the database is available.", value=0)
            return
        yield GaugeMetricFamily("orders_database_up", "1 while the database is available.", value=1)
        depth = GaugeMetricFamily("orders_outbox_events", "Unpublished events by state.", labels=["state"])
        depth.add_metric(["waiting"], backlog.waiting)
        depth.add_metric(["parked"], backlog.parked)
        yield depth
        age = (self._clock() - backlog.oldest).total_seconds() if backlog.oldest else 0.0
        yield GaugeMetricFamily(
            "orders_outbox_oldest_event_age_seconds",
            "Age of the oldest unpublished event in seconds.",
            value=max(age, 0.0),
        )


class OpenOrdersCollector(StoreCollector[Sequence[OpenOrders]]):
    """The orders of which units are open, by status and axes; absent while the database is unavailable."""

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.metrics_core import GaugeMetricFamily

        labels = ["status", "payment", "fulfillment", "held"]
        counts = GaugeMetricFamily(
            "orders_open_orders",
            "Orders with open units, by status and axes; of each status the 10,000 placed first.",
            labels=labels,
        )
        ages = GaugeMetricFamily(
            "orders_open_orders_oldest_change_age_seconds",
            "Seconds since the last change of the open order that has waited longest.",
            labels=labels,
        )
        for group in self._read() or ():
            axes = (group.payment.value, group.fulfillment.value, "true" if group.is_held else "false")
            counts.add_metric([group.status.value, *axes], group.count)
            age = (self._clock() - group.oldest_change).total_seconds()
            ages.add_metric([group.status.value, *axes], max(age, 0.0))
        yield from (counts, ages)


class HoldsAndRefundsCollector(StoreCollector[tuple[StockHoldBacklog, RefundBacklog]]):
    """The open stock holds and the unanswered refunds; absent while the database is unavailable."""

    def collect(self) -> Iterator[Metric]:
        if (read := self._read()) is None:
            return
        holds, refunds = read
        yield _gauge("orders_stock_holds_open", "Stock holds that have not ended, at most 10,000.", holds.open)
        yield self._age(
            "orders_stock_holds_oldest_age_seconds", "Age of the oldest open stock hold in seconds.", holds.oldest
        )
        yield self._age(
            "orders_stock_holds_overdue_seconds",
            "Seconds since the earliest expiry of an open stock hold; 0 if none has expired.",
            holds.earliest_expiry,
        )
        yield _gauge(
            "orders_refunds_unanswered",
            "Orders with a requested refund that neither succeeded nor failed, at most 10,000.",
            refunds.orders,
        )
        yield self._age(
            "orders_refunds_unanswered_oldest_change_age_seconds",
            "Seconds since the last change of the order with an unanswered refund that has waited longest.",
            refunds.oldest_change,
        )

    def _age(self, name: str, documentation: str, at: datetime | None) -> Metric:
        return _gauge(name, documentation, max((self._clock() - at).total_seconds(), 0.0) if at else 0.0)


class WebhookCollector(StoreCollector[DeliveryBacklog]):
    """The deliveries that wait; absent while the database is unavailable."""

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.metrics_core import GaugeMetricFamily

        if (backlog := self._read()) is None:
            return
        yield GaugeMetricFamily(
            "orders_webhook_deliveries_waiting",
            "Webhook deliveries that wait for enabled endpoints, at most 10,000.",
            value=backlog.waiting,
        )
        late = (self._clock() - backlog.oldest_due).total_seconds() if backlog.oldest_due else 0.0
        yield GaugeMetricFamily(
            "orders_webhook_oldest_due_age_seconds",
            "Seconds since the webhook delivery that is due longest was due; 0 if none is due.",
            value=max(late, 0.0),
        )


def _gauge(name: str, documentation: str, value: float) -> Metric:
    from prometheus_client.metrics_core import GaugeMetricFamily

    return GaugeMetricFamily(name, documentation, value=value)


def in_processes(directory: str) -> None:
    """Let processes that are forked from now on share their metrics in the directory."""
    os.environ[DIRECTORY] = directory
