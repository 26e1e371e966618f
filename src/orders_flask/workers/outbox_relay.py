"""The relay: it sends what waits in the outbox, for ever, whatever fails meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from orders_domain.ports.clock import Clock
from orders_domain.use_cases import PurgeResult, RelayResult
from orders_flask.workers import runner

log = structlog.get_logger(__name__)

POLL_INTERVAL = 0.5  # seconds between two looks when nobody rings; the bell may miss a ring (see sql.bell)
PURGE_INTERVAL = timedelta(seconds=10)


@dataclass(kw_only=True)
class OutboxRelay:
    """``run`` returns when ``stop`` is set. Killing it loses nothing: what it had not noted is sent again."""

    relay_events: Callable[[], RelayResult]
    purge_expired_data: Callable[[], PurgeResult]
    wait: Callable[[float], None]  # for news, so many seconds at most
    clock: Clock
    stop: threading.Event = field(default_factory=threading.Event)
    _purged_at: datetime | None = None

    def run(self) -> None:
        runner.run(self._step, stop=self.stop, name="relay")

    def _step(self) -> None:
        relayed = self.relay_events()
        if relayed.rejected:
            log.warning("the broker refused events; see: orders outbox list", refused=relayed.rejected)
        if relayed == RelayResult() and not self._purge():
            self.wait(POLL_INTERVAL)

    def _purge(self) -> bool:
        """Use the idle time; return whether there was anything to forget, and so may be more."""
        now = self.clock()
        if self._purged_at and now < self._purged_at + PURGE_INTERVAL:
            return False
        if self.purge_expired_data() != PurgeResult():
            return True
        self._purged_at = now
        return False
