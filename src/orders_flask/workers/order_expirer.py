"""Order expirer: cancels orders that were not paid in time, and ends stock holds whose time has come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from orders_domain.use_cases import ExpiryResult
from orders_flask.workers import runner

log = structlog.get_logger(__name__)

POLL_INTERVAL = 2.0  # seconds
LOG_INTERVAL = 60.0  # seconds between two records of failures, which are tried at each poll


@dataclass(kw_only=True)
class OrderExpirer:
    """``run`` returns when ``stop`` is set. If it is killed, an order or a hold has either expired or is due again."""

    expire_orders: Callable[[], ExpiryResult]
    expire_stock_holds: Callable[[], ExpiryResult]
    stop: threading.Event = field(default_factory=threading.Event)
    _logged_at: float = float("-inf")

    def run(self) -> None:
        runner.run(self.step, stop=self.stop, name="order expirer")

    def step(self) -> None:
        """Expire due orders and stock holds; if there are none, wait."""
        orders, holds = self.expire_orders(), self.expire_stock_holds()
        if orders.expired:
            log.info("orders.expired", count=len(orders.expired))
        if holds.expired:
            log.info("stock_holds.expired", count=len(holds.expired))
        self._log_failures([*orders.failures, *holds.failures])
        if not orders.expired and not holds.expired:
            self.stop.wait(POLL_INTERVAL)

    def _log_failures(self, failures: Sequence[Exception]) -> None:
        if failures and time.monotonic() - self._logged_at >= LOG_INTERVAL:
            self._logged_at = time.monotonic()
            log.error("expiries.failed", count=len(failures), exc_info=failures[0])
