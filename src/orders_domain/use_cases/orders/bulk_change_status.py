"""Use case: change the status of many orders."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from orders_domain.errors import OrdersError, Unavailable
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.jobs import BulkStatusJob, Failure
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import TargetStatus
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.jobs import JobRepository
from orders_domain.use_cases.orders.change_status import ChangeStatus

ChangeStatusFn: TypeAlias = Callable[[ChangeStatus], Order]
"""The use case ``change_status`` with its ports bound; each call is one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkChangeStatus:
    """A target status for 1 to 1,000 orders, changed by the call itself unless the client asks for a job."""

    actor: Actor
    order_ids: tuple[OrderRef, ...]
    target: TargetStatus
    reason: str | None = None  # of a cancellation
    asynchronous: bool = False


def bulk_change_status(
    request: BulkChangeStatus, *, change_status: ChangeStatusFn, jobs: JobRepository, clock: Clock, new_id: NewId
) -> BulkStatusJob:
    """Return the job: done, or queued for a worker if it is asynchronous (clauses 002-32, 002-34).

    Each order is changed in its own transaction, so the failure of one order does not affect the others.

    Raises:
        AccessDenied: the actor is not an administrator.
        InvalidValue: no order, or more than 1,000; or the reason is invalid, or given without a cancellation.
        StoreUnavailable: the store is unavailable; some orders may have been changed, and retrying is safe.
    """
    ADMIN_ONLY.authorize(request.actor)
    job = BulkStatusJob.create(
        request.order_ids, request.target, reason=request.reason, job_id=new_id(), by=request.actor, at=clock()
    )
    if request.asynchronous:
        jobs.add(job)
        return job
    for _ in process_remaining(job, change_status=change_status):
        pass
    return job


def process_remaining(job: BulkStatusJob, *, change_status: ChangeStatusFn) -> Iterator[None]:
    """Process the remaining orders, and yield after each so that the caller can store the progress."""
    for order_id in job.remaining:
        change = ChangeStatus(
            actor=job.actor, order_id=order_id, target=job.target, reason=job.reason, access=ADMIN_ONLY
        )
        job.record_result(_failure(change, change_status))
        yield


def _failure(change: ChangeStatus, change_status: ChangeStatusFn) -> Failure | None:
    try:
        change_status(change)
    except Unavailable:
        raise  # because the job can be resumed; this is no failure of the order
    except OrdersError as error:
        return Failure.of(change.order_id, error)
    return None
