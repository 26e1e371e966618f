"""Outbox relay: publishes the events of the outbox."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from orders_domain.errors import PublisherUnavailable
from orders_domain.ports.clock import Clock
from orders_domain.use_cases import PurgeResult, RelayResult
from orders_flask.workers import runner

log = structlog.get_logger(__name__)

POLL_INTERVAL = 0.5  # seconds; polling is needed because a wake-up signal may be lost (see sql.outbox.wakeup)
PURGE_INTERVAL = timedelta(seconds=10)


@dataclass(kw_only=True)
class OutboxRelay:
    """``run`` returns when ``stop`` is set. If it is killed, events that are not marked as published are sent again."""

    relay_events: Callable[[], RelayResult]
    purge_expired_data: Callable[[], PurgeResult]
    wait: Callable[[float], None]  # for new events, with a timeout in seconds
    clock: Clock
    stop: threading.Event = field(default_factory=threading.Event)
    _purged_at: datetime | None = None

    def run(self) -> None:
        runner.run(self._step, stop=self.stop, name="outbox relay")

    def _step(self) -> None:
        try:
            result = self.relay_events()
        except PublisherUnavailable:
            self._purge()  # expired data must not accumulate while the broker is away
            raise
        if result.rejected:
            log.warning("events.rejected", count=result.rejected, advice="See: orders outbox list")
        if result == RelayResult() and not self._purge():
            self.wait(POLL_INTERVAL)

    def _purge(self) -> bool:
        """Purge expired data while idle; return whether any was deleted, so that there may be more."""
        now = self.clock()
        if self._purged_at and now < self._purged_at + PURGE_INTERVAL:
            return False
        if self.purge_expired_data() != PurgeResult():
            return True
        self._purged_at = now
        return False
