"""What the memory adapters share: the committed orders, their histories and the outbox."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

from orders_domain.history import Entry
from orders_domain.order import Order
from orders_domain.ports.outbox import Outgoing


def _nobody() -> None:
    """Nobody waits for news."""


@dataclass
class Store:
    """``writing`` is held by one unit of work at a time, ``reading`` for moments only."""

    on_commit: Callable[[], None] = _nobody
    orders: dict[UUID, Order] = field(default_factory=dict)
    histories: dict[UUID, list[Entry]] = field(default_factory=dict)
    outbox: dict[UUID, Outgoing] = field(default_factory=dict)  # by event id, in the order of the commits
    numbers: count[int] = field(default_factory=lambda: count(1))
    writing: threading.Lock = field(default_factory=threading.Lock)
    reading: threading.Lock = field(default_factory=threading.Lock)
