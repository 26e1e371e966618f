"""Order expirer: cancels orders that were not paid in time, and ends stock holds whose time has come."""

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
    """``run`` returns when ``stop`` is set. If it is killed, an order or a hold has either expired or is due again."""

    expire_orders: Callable[[], ExpiryResult]
    expire_stock_holds: Callable[[], ExpiryResult]
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        runner.run(self.step, stop=self.stop, name="order expirer")

    def step(self) -> None:
        """Expire due orders and stock holds; if there are none, wait."""
        orders, holds = self.expire_orders().expired, self.expire_stock_holds().expired
        if orders:
            log.info("orders.expired", count=len(orders))
        if holds:
            log.info("stock_holds.expired", count=len(holds))
        if not orders and not holds:
            self.stop.wait(POLL_INTERVAL)
