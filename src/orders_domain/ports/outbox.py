"""Events that were committed with their orders and wait to be sent."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

from orders_domain.model.events import Event

MAX_CACHE_AGE = timedelta(minutes=10)
"""No copy in a cache is older: of what happened longer ago a cache need not hear."""


class OutboxState(Enum):
    """Where an event stands on its way out."""

    WAITING = "waiting"
    PUBLISHED = "untold"  # published; the cache has not heard of it yet
    PARKED = "parked"  # refused too often: it waits for a person, and holds back the later events of its order
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """An event on its way out."""

    event: Event
    state: OutboxState
    attempts: int = 0  # how often the broker refused it
    due_at: datetime
    last_error: str | None = None
    blocked: bool = False  # not to be sent now; only the cache has to hear of it

    @property
    def publishable(self) -> bool:
        return self.state is OutboxState.WAITING and not self.blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxBacklog:
    """How much is on its way out."""

    waiting: int
    parked: int
    oldest: datetime | None = None  # when the oldest of them happened


class ShardClaim(Protocol):
    """One shard's due events, held by one relay at a time."""

    @property
    def messages(self) -> Sequence[OutboxMessage]:
        """The due events, oldest first; an order's later event never without its earlier one.

        At most ``limit`` of those that are to be sent, and as many of those that only the cache has to hear of: the
        untold, and the young ones (of the last ten minutes) that are held back, parked or not due yet.
        """
        ...

    def set_state(
        self,
        event_id: UUID,
        *,
        state: OutboxState,
        due_at: datetime,
        attempts: int,
        last_error: str | None = None,
    ) -> None:
        """Note what became of an event; it lasts once the claim is left."""
        ...


class Outbox(Protocol):
    """The events of committed orders. Every method raises StoreUnavailable when the store is away."""

    def due_shards(self, now: datetime) -> Sequence[int]:
        """Return the shards that have due events. All events of an order are in one shard."""
        ...

    def claim(self, shard: int, *, now: datetime, limit: int) -> AbstractContextManager[ShardClaim | None]:
        """Hold a shard and give its due events; None when another relay holds it.

        Marks are kept when the block is left, also when it is left by an error. A relay that dies holds nothing.
        """
        ...

    def select(self, *, states: frozenset[OutboxState], limit: int = 100) -> Sequence[OutboxMessage]:
        """Return events in one of the states, oldest first."""
        ...

    def backlog(self) -> OutboxBacklog:
        """Return how many events are not sent, and since when."""
        ...

    def requeue(self, event_ids: Sequence[UUID], *, now: datetime) -> int:
        """Make parked or sent events wait again, due now; return how many there were."""
        ...

    def prune(self, *, sent_before: datetime, limit: int = 1_000) -> int:
        """Delete at most ``limit`` sent events of orders whose change is older than that; return how many."""
        ...
