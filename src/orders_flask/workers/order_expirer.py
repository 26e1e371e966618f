"""Order expirer: cancels orders that were not paid in time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from orders_domain.use_cases import ExpiryResult
from orders_flask.workers import runner

log = structlog.get_logger(__name__)

POLL_INTERVAL = 2.0  # seconds


@dataclass(kw_only=True)
class OrderExpirer:
    """``run`` returns when ``stop`` is set. If it is killed, an order has either expired or is due again."""

    expire_orders: Callable[[], ExpiryResult]
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        runner.run(self.step, stop=self.stop, name="order expirer")

    def step(self) -> None:
        """Expire due orders; if there are none, wait."""
        outcome = self.expire_orders()
        if outcome.expired:
            log.info("orders.expired", count=len(outcome.expired))
        else:
            self.stop.wait(POLL_INTERVAL)
