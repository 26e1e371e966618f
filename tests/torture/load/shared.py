"""Shared state of the actors: the log, the products, and the newest orders."""

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from tests.torture.log import Delivery, Endpoint, FeedPage, OperationLog

GRACE_SECONDS = 30.0  # seconds for requests without a final response, after the load has ended


@dataclass(frozen=True, kw_only=True)
class PlacedOrder:
    """An acknowledged order. `ref` is its name in the contract: a UUID or a number."""

    contract: str
    ref: str
    user: str
    at: float = field(default_factory=time.monotonic)


@dataclass(kw_only=True)
class Shared:
    port: int
    log: OperationLog
    products: Mapping[int, int]  # the initial stock by product
    pace: float = 1.0  # factor of the pauses of all actors
    stopping: threading.Event = field(default_factory=threading.Event)
    errors: list[BaseException] = field(default_factory=list)  # errors of the harness
    feed: list[FeedPage] = field(default_factory=list)
    endpoints: list[Endpoint] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    _placed: deque[PlacedOrder] = field(default_factory=lambda: deque(maxlen=2_000))
    _stopped_at: float | None = None

    def placed(self, order: PlacedOrder) -> None:
        self._placed.append(order)

    def pick(self, chance: Random, *contracts: str, newest: int = 2_000) -> PlacedOrder | None:
        """One of the newest orders of the contracts."""
        orders = [order for order in list(self._placed)[-newest:] if order.contract in contracts]
        return chance.choice(orders) if orders else None

    def all_placed(self, *contracts: str) -> list[PlacedOrder]:
        return [order for order in list(self._placed) if order.contract in contracts]

    def stop(self) -> None:
        self._stopped_at = time.monotonic()
        self.stopping.set()

    @property
    def patient(self) -> bool:
        """Whether a request without a final response should be retried."""
        return self._stopped_at is None or time.monotonic() < self._stopped_at + GRACE_SECONDS
