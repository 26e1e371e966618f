"""Work on many orders at once: what is to be done, how far it is, and what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING
from uuid import UUID

from orders_domain.errors import OrdersError, Refused
from orders_domain.model.status import TransitionRefused

if TYPE_CHECKING:
    from orders_domain.model.actor import Actor
    from orders_domain.model.order_ref import OrderRef
    from orders_domain.model.status import OrderStatus, Wanted

MOST_ORDERS = 1_000
MOST_AT_ONCE = 100
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
        current = error.current if isinstance(error, TransitionRefused) else None
        return cls(order_id=order_id, code=error.code, sentence=str(error), current=current)


@dataclass(slots=True, kw_only=True)
class Job:
    """A status for many orders, one after the other. The first ``done`` of them were tried."""

    id: UUID
    actor: Actor  # whoever asked: the changes are theirs
    order_ids: tuple[OrderRef, ...]
    wanted: Wanted
    created_at: datetime
    leased_until: datetime  # nobody else runs it before; a job nobody has begun waits since its creation
    status: JobStatus = JobStatus.QUEUED
    done: int = 0
    failed: tuple[Failure, ...] = ()
    attempts: int = 0  # begun so often since the last order was tried

    @classmethod
    def of(cls, order_ids: Sequence[OrderRef], wanted: Wanted, *, job_id: UUID, by: Actor, at: datetime) -> Job:
        """Return a new job; an order named twice is in it once.

        Raises:
            Refused: no order, or more than 1,000.
        """
        if not 1 <= len(order_ids) <= MOST_ORDERS:
            raise Refused(f"1 to {MOST_ORDERS} orders.", field="order_ids")
        once = tuple(dict.fromkeys(order_ids))
        return cls(id=job_id, actor=by, order_ids=once, wanted=wanted, created_at=at, leased_until=at)

    @property
    def large(self) -> bool:
        """Too large to be waited for."""
        return len(self.order_ids) > MOST_AT_ONCE

    @property
    def rest(self) -> tuple[OrderRef, ...]:
        """The orders that are still to be tried."""
        return self.order_ids[self.done :]

    @property
    def updated(self) -> tuple[OrderRef, ...]:
        """The orders that have the status wanted."""
        failed = {failure.order_id for failure in self.failed}
        return tuple(order_id for order_id in self.order_ids[: self.done] if order_id not in failed)

    def record(self, failure: Failure | None) -> None:
        """Note that the next order was tried: it has its status, or there is a reason why not."""
        self.failed += (failure,) if failure else ()
        self.done += 1
        self.attempts = 0
        self.status = JobStatus.RUNNING if self.rest else JobStatus.DONE

    def give_up(self) -> None:
        self.status = JobStatus.FAILED
