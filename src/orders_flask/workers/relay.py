"""The relay: it sends what waits in the outbox, for ever, whatever fails meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from orders_domain.ports.clock import Clock
from orders_domain.ports.outbox import Outbox
from orders_domain.use_cases import Relayed
from orders_flask.workers import loop

log = structlog.get_logger(__name__)

IDLE = 0.5  # seconds between two looks when nobody rings; the bell may miss a ring (see sql.bell)
SENT_EVENTS_KEPT = timedelta(days=7)


@dataclass(kw_only=True)
class Relay:
    """``run`` returns when ``stop`` is set. Killing it loses nothing: what it had not noted is sent again."""

    relay_events: Callable[[], Relayed]
    wait: Callable[[float], None]  # for news, so many seconds at most
    outbox: Outbox
    clock: Clock
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        loop.run(self._turn, stop=self.stop, name="relay")

    def _turn(self) -> None:
        relayed = self.relay_events()
        if relayed.refused:
            log.warning("the broker refused events; see: orders outbox list", refused=relayed.refused)
        if relayed == Relayed():
            self.outbox.prune(sent_before=self.clock() - SENT_EVENTS_KEPT)
            self.wait(IDLE)
