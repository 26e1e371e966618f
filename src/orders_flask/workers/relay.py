"""The relay: it sends what waits in the outbox, for ever, whatever fails meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from orders_domain.errors import Unavailable
from orders_domain.ports.clock import Clock
from orders_domain.ports.outbox import Outbox
from orders_domain.use_cases import Relayed

log = structlog.get_logger(__name__)

IDLE = 0.5  # seconds between two looks when nobody rings; the bell may miss a ring (see sql.bell)
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds after a failure, doubled each time
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
        pause = SHORTEST_PAUSE
        while not self.stop.is_set():
            try:
                self._turn()
                pause = SHORTEST_PAUSE
            except Unavailable as error:
                log.warning("the relay waits", reason=str(error), seconds=pause)
                self.stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            except Exception:
                log.exception("the relay failed and goes on")
                self.stop.wait(LONGEST_PAUSE)

    def _turn(self) -> None:
        relayed = self.relay_events()
        if relayed.refused:
            log.warning("the broker refused events; see: orders outbox list", refused=relayed.refused)
        if relayed == Relayed():
            self.outbox.prune(sent_before=self.clock() - SENT_EVENTS_KEPT)
            self.wait(IDLE)


def start(relay: Relay) -> threading.Thread:
    """Run the relay beside the requests; the thread ends with the process."""
    thread = threading.Thread(target=relay.run, name="relay", daemon=True)
    thread.start()
    return thread
