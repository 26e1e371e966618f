"""Data purger: deletes expired data, whatever the relay and the broker do, and reports what waits for a person."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from orders_domain.ports.outbox import OutboxBacklog
from orders_domain.use_cases import PurgeResult
from orders_flask.workers import runner

log = structlog.get_logger(__name__)

PURGE_INTERVAL = 10.0  # seconds
REPORT_INTERVAL = 3_600.0  # seconds


@dataclass(kw_only=True)
class DataPurger:
    """``run`` returns when ``stop`` is set. Several may run at once."""

    purge_expired_data: Callable[[], PurgeResult]
    backlog: Callable[[], OutboxBacklog]
    broker_advice: Callable[[], str | None]
    stop: threading.Event = field(default_factory=threading.Event)
    _reported_at: float = float("-inf")

    def run(self) -> None:
        runner.run(self.step, stop=self.stop, name="data purger")

    def step(self) -> None:
        """Purge a batch of each kind, and wait if nothing is left; report once an hour."""
        if time.monotonic() - self._reported_at >= REPORT_INTERVAL:
            self._reported_at = time.monotonic()
            self._report()
        purged = self.purge_expired_data()
        if purged.failed:
            log.warning("purge.failed", kinds=list(purged.failed))
        if not purged.has_deleted:
            self.stop.wait(PURGE_INTERVAL)

    def _report(self) -> None:
        if parked := self.backlog().parked:
            log.error("events.parked", count=parked, advice="See: orders outbox list --state parked")
        if advice := self.broker_advice():
            log.warning("queue.unconsumed", advice=advice)
