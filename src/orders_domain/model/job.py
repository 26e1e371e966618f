"""Bulk status jobs: the orders to change, the progress and the failures."""

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
    from orders_domain.model.accounts.actor import Actor
    from orders_domain.model.order_ref import OrderRef
    from orders_domain.model.status import OrderStatus, TargetStatus

MAX_ORDERS = 1_000
MAX_SYNCHRONOUS = 100
"""A job with more orders is run by a worker, not within the request."""


class JobStatus(Enum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"  # every order was processed
    FAILED = "failed"  # after too many attempts without progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The error that kept one order from being changed."""

    order_id: OrderRef
    code: str  # of the error
    sentence: str
    current: OrderStatus | None = None  # the order's status, if the lifecycle does not allow the transition

    @classmethod
    def of(cls, order_id: OrderRef, error: OrdersError) -> Failure:
        current = error.current if isinstance(error, InvalidTransition) else None
        return cls(order_id=order_id, code=error.code, sentence=str(error), current=current)


@dataclass(slots=True, kw_only=True)
class BulkStatusJob:
    """Sets a status on many orders, one after the other. The first ``processed`` orders are done."""

    id: UUID
    actor: Actor  # the actor of the request, recorded as the author of the changes
    order_ids: tuple[OrderRef, ...]
    target: TargetStatus
    created_at: datetime
    leased_until: datetime  # no other worker acquires the job before this time; initially the time of creation
    status: JobStatus = JobStatus.QUEUED
    processed: int = 0
    failed: tuple[Failure, ...] = ()
    attempts: int = 0  # since an order was last processed

    @classmethod
    def create(
        cls, order_ids: Sequence[OrderRef], target: TargetStatus, *, job_id: UUID, by: Actor, at: datetime
    ) -> BulkStatusJob:
        """Return a new job without duplicate orders.

        Raises:
            InvalidValue: no order, or more than 1,000.
        """
        if not 1 <= len(order_ids) <= MAX_ORDERS:
            raise InvalidValue(f"Must have 1 to {MAX_ORDERS} orders.", field="order_ids")
        unique_ids = tuple(dict.fromkeys(order_ids))
        return cls(id=job_id, actor=by, order_ids=unique_ids, target=target, created_at=at, leased_until=at)

    @property
    def needs_worker(self) -> bool:
        """Whether the job has too many orders to run within the request."""
        return len(self.order_ids) > MAX_SYNCHRONOUS

    @property
    def remaining(self) -> tuple[OrderRef, ...]:
        """The orders not processed yet."""
        return self.order_ids[self.processed :]

    @property
    def updated(self) -> tuple[OrderRef, ...]:
        """The processed orders that have the target status."""
        failed = {failure.order_id for failure in self.failed}
        return tuple(order_id for order_id in self.order_ids[: self.processed] if order_id not in failed)

    def record_result(self, failure: Failure | None) -> None:
        """Record the result of the next order: None if it has the target status, otherwise the failure."""
        self.failed += (failure,) if failure else ()
        self.processed += 1
        self.attempts = 0
        self.status = JobStatus.RUNNING if self.remaining else JobStatus.DONE

    def mark_failed(self) -> None:
        self.status = JobStatus.FAILED
