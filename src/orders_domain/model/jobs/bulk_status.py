"""Bulk status jobs: the orders to change, the progress and the failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from orders_domain.errors import InvalidValue, OrdersError
from orders_domain.model.jobs.job import Job, JobStatus
from orders_domain.model.order import validate_reason
from orders_domain.model.status import InvalidTransition

if TYPE_CHECKING:
    from orders_domain.model.accounts.actor import Actor
    from orders_domain.model.order_ref import OrderRef
    from orders_domain.model.status import OrderStatus, TargetStatus

MAX_ORDERS = 1_000


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
class BulkStatusJob(Job):
    """Sets a status on many orders, one after the other. The first ``processed`` orders are done.

    A cancellation has the ``reason``, if one is given.
    """

    order_ids: tuple[OrderRef, ...]
    target: TargetStatus
    reason: str | None = None
    failed: tuple[Failure, ...] = ()

    @classmethod
    def create(
        cls,
        order_ids: Sequence[OrderRef],
        target: TargetStatus,
        *,
        reason: str | None = None,
        job_id: UUID,
        by: Actor,
        at: datetime,
    ) -> BulkStatusJob:
        """Return a new job without duplicate orders.

        Raises:
            InvalidValue: no order, or more than 1,000; or the reason is invalid (see ``validate_reason``).
        """
        if not 1 <= len(order_ids) <= MAX_ORDERS:
            raise InvalidValue(f"Must have 1 to {MAX_ORDERS} orders.", field="order_ids")
        validate_reason(reason, target=target.status)
        unique_ids = tuple(dict.fromkeys(order_ids))
        return cls(
            id=job_id, actor=by, order_ids=unique_ids, target=target, reason=reason, created_at=at, leased_until=at
        )

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
