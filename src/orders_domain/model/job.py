"""Work on many orders at once: what is to be done, how far it is, and what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING
from uuid import UUID

from orders_domain.errors import InvalidValue, OrdersError
from orders_domain.model.status import InvalidTransition

if TYPE_CHECKING:
    from orders_domain.model.actor import Actor
    from orders_domain.model.order_ref import OrderRef
    from orders_domain.model.status import OrderStatus, TargetStatus

MAX_ORDERS = 1_000
MAX_SYNCHRONOUS = 100
"""A job of more orders is not done while its client waits."""


class JobStatus(Enum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"  # every order was tried
    FAILED = "failed"  # given up, after many attempts without progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why one order was not changed."""

    order_id: OrderRef
    code: str  # of the error
    sentence: str
    current: OrderStatus | None = None  # of an order whose lifecycle refused the step

    @classmethod
    def of(cls, order_id: OrderRef, error: OrdersError) -> Failure:
        current = error.current if isinstance(error, InvalidTransition) else None
        return cls(order_id=order_id, code=error.code, sentence=str(error), current=current)


@dataclass(slots=True, kw_only=True)
class BulkStatusJob:
    """A status for many orders, one after the other. The first ``done`` of them were tried."""

    id: UUID
    actor: Actor  # whoever asked: the changes are theirs
    order_ids: tuple[OrderRef, ...]
    target: TargetStatus
    created_at: datetime
    leased_until: datetime  # nobody else runs it before; a job nobody has begun waits since its creation
    status: JobStatus = JobStatus.QUEUED
    processed: int = 0
    failed: tuple[Failure, ...] = ()
    attempts: int = 0  # begun so often since the last order was tried

    @classmethod
    def create(
        cls, order_ids: Sequence[OrderRef], target: TargetStatus, *, job_id: UUID, by: Actor, at: datetime
    ) -> BulkStatusJob:
        """Return a new job; an order named twice is in it once.

        Raises:
            Refused: no order, or more than 1,000.
        """
        if not 1 <= len(order_ids) <= MAX_ORDERS:
            raise InvalidValue(f"1 to {MAX_ORDERS} orders.", field="order_ids")
        idempotency_key = tuple(dict.fromkeys(order_ids))
        return cls(id=job_id, actor=by, order_ids=idempotency_key, target=target, created_at=at, leased_until=at)

    @property
    def needs_worker(self) -> bool:
        """Too large to be waited for."""
        return len(self.order_ids) > MAX_SYNCHRONOUS

    @property
    def remaining(self) -> tuple[OrderRef, ...]:
        """The orders that are still to be tried."""
        return self.order_ids[self.processed :]

    @property
    def updated(self) -> tuple[OrderRef, ...]:
        """The orders that have the status wanted."""
        failed = {failure.order_id for failure in self.failed}
        return tuple(order_id for order_id in self.order_ids[: self.processed] if order_id not in failed)

    def record_result(self, failure: Failure | None) -> None:
        """Note that the next order was tried: it has its status, or there is a reason why not."""
        self.failed += (failure,) if failure else ()
        self.processed += 1
        self.attempts = 0
        self.status = JobStatus.RUNNING if self.remaining else JobStatus.DONE

    def mark_failed(self) -> None:
        self.status = JobStatus.FAILED
