"""Outbox relay: publishes the events of the outbox."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from orders_domain.use_cases import RelayResult
from orders_flask.workers import runner

log = structlog.get_logger(__name__)

POLL_INTERVAL = 0.5  # seconds; polling is needed because a wake-up signal may be lost (see sql.outbox.wakeup)
BACKLOG = 500
"""The events of a pass, after which the relay goes on at once, and claims shards one by one, so that others share them.
After a pass over fewer events it claims all due shards together."""
REST, MAX_REST = 4, 0.1
"""A pass over few events costs as much as one over many. So while orders arrive, the relay rests four times as long as
its last pass took, at most 0.1 s, and the next pass publishes more at once."""
LOG_INTERVAL = 60.0  # seconds between two records of failed shards, which are tried at each poll


@dataclass(kw_only=True)
class OutboxRelay:
    """``run`` returns when ``stop`` is set. If it is killed, events that are not marked as published are sent again."""

    relay_events: Callable[..., RelayResult]
    wait: Callable[[float], None]  # for new events, with a timeout in seconds
    stop: threading.Event = field(default_factory=threading.Event)
    _together: bool = False  # until a pass has shown that events are few
    _logged_at: float = float("-inf")

    def run(self) -> None:
        runner.run(self._step, stop=self.stop, name="outbox relay")

    def _step(self) -> None:
        began = time.monotonic()
        together, self._together = self._together, False  # also after an error
        result = self.relay_events(together=together)
        self._together = result.sent < BACKLOG and not result.failures
        if result.rejected:
            log.warning("events.rejected", count=result.rejected, advice="See: orders outbox list")
        if result.parked:
            log.error("events.parked", count=result.parked, advice="See: orders outbox list --state parked")
        self._log_failures(result.failures)
        if 0 < result.sent < BACKLOG:
            self.stop.wait(min(REST * (time.monotonic() - began), MAX_REST))
        elif not result.sent and not result.rejected and not result.parked:
            self.wait(POLL_INTERVAL)

    def _log_failures(self, failures: Sequence[Exception]) -> None:
        if failures and time.monotonic() - self._logged_at >= LOG_INTERVAL:
            self._logged_at = time.monotonic()
            log.error("shards.relay_failed", count=len(failures), exc_info=failures[0])
