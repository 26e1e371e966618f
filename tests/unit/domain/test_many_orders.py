"""Many orders at once: each by itself, large work by a worker, and nothing twice."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import pytest

from orders_adapters.memory.jobs import InMemoryJobRepository
from orders_domain import Order, OrderStatus
from orders_domain.errors import AccessDenied, InvalidValue, JobNotFound, StoreUnavailable
from orders_domain.model.job import MAX_ORDERS, MAX_SYNCHRONOUS, BulkStatusJob, JobStatus
from orders_domain.model.order_ref import OrderRef
from orders_domain.use_cases import (
    BulkChangeStatus,
    ChangeStatus,
    GetJob,
    RunJob,
    bulk_change_status,
    change_status,
    get_job,
    run_job,
)
from orders_domain.use_cases.background.run_job import BATCH, LEASE, MAX_ATTEMPTS
from tests.support.examples import ADA, ADMIN, new_id, only
from tests.support.use_cases import Shop

PAID = only(OrderStatus.PAID)


@dataclass
class Desk:
    """An administrator's desk in a shop; ``change`` may be replaced by one that fails."""

    shop: Shop = field(default_factory=Shop)

    def __post_init__(self) -> None:
        shop = self.shop
        self.jobs = InMemoryJobRepository(shop.store)
        self.change: Callable[[ChangeStatus], Order] = partial(
            change_status, uow=shop.uow, cache=shop.cache, clock=shop.clock
        )

    def ask(self, *order_ids: OrderRef, by: object = ADMIN) -> BulkStatusJob:
        request = BulkChangeStatus(actor=by, order_ids=order_ids, target=PAID)  # type: ignore[arg-type]
        return bulk_change_status(
            request, change_status=self.change, jobs=self.jobs, clock=self.shop.clock, new_id=new_id
        )

    def work(self, job: BulkStatusJob) -> BulkStatusJob | None:
        return run_job(RunJob(job_id=job.id), jobs=self.jobs, change_status=self.change, clock=self.shop.clock)

    def orders(self, number: int) -> list[OrderRef]:
        return [self.shop.place().id for _ in range(number)]

    def versions(self) -> set[int]:
        return {order.version for order in self.shop.store.orders.values()}

    def die_after(self, changes: int, error: BaseException) -> None:
        """Let the worker get so far, then be ended by the error."""
        left, change = iter(range(changes)), self.change

        def mortal(request: ChangeStatus) -> Order:
            if next(left, None) is None:
                raise error
            return change(request)

        self.change = mortal


class Killed(BaseException):
    """As kill -9: nothing is tidied up."""


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_orders_fail_independently(desk: Desk) -> None:
    good, shipped = desk.shop.place(), desk.shop.place()
    desk.shop.change(shipped.id, OrderStatus.SHIPPED)
    unknown = new_id()

    job = desk.ask(shipped.id, good.id, unknown)

    assert job.status is JobStatus.DONE
    assert job.updated == (good.id,)
    assert [(one.order_id, one.code, one.current) for one in job.failed] == [
        (shipped.id, "transition_refused", OrderStatus.SHIPPED),
        (unknown, "order_not_found", None),
    ]
    assert desk.shop.queries.get(good.id).status is OrderStatus.PAID


def test_repeated_order_is_changed_once(desk: Desk) -> None:
    order = desk.shop.place()

    job = desk.ask(order.id, order.id)

    assert job.updated == (order.id,)
    assert desk.shop.queries.get(order.id).version == 2


def test_history_names_the_requesting_actor(desk: Desk) -> None:
    order = desk.shop.place()

    desk.ask(order.id)

    assert desk.shop.queries.history(order.id)[-1].actor == ADMIN.subject


@pytest.mark.parametrize("number", [0, MAX_ORDERS + 1])
def test_order_count_out_of_range_is_rejected(desk: Desk, number: int) -> None:
    with pytest.raises(InvalidValue) as refusal:
        desk.ask(*range(1, number + 1))

    assert refusal.value.field == "order_ids"


def test_bulk_change_requires_an_administrator(desk: Desk) -> None:
    order = desk.shop.place(by=ADA)

    with pytest.raises(AccessDenied):
        desk.ask(order.id, by=ADA)
    with pytest.raises(AccessDenied):
        get_job(GetJob(actor=ADA, job_id=new_id()), jobs=desk.jobs)


def test_more_than_100_orders_are_queued(desk: Desk) -> None:
    orders = desk.orders(MAX_SYNCHRONOUS + 1)

    small, large = desk.ask(*orders[:-1]), desk.ask(*orders)

    assert (small.status, large.status) == (JobStatus.DONE, JobStatus.QUEUED)
    assert get_job(GetJob(actor=ADMIN, job_id=large.id), jobs=desk.jobs) == large
    with pytest.raises(JobNotFound):
        get_job(GetJob(actor=ADMIN, job_id=small.id), jobs=desk.jobs)


def test_worker_completes_queued_job(desk: Desk) -> None:
    orders = desk.orders(MAX_SYNCHRONOUS + 1)
    job = desk.ask(*orders, unknown := new_id())

    done = desk.work(job)

    assert done == desk.jobs.get(job.id)
    assert done.status is JobStatus.DONE
    assert done.updated == tuple(orders)
    assert [failure.order_id for failure in done.failed] == [unknown]
    assert desk.work(job) is None


def test_job_resumes_after_its_lease_expires(desk: Desk) -> None:
    orders = desk.orders(MAX_SYNCHRONOUS + 1)
    job, whole = desk.ask(*orders), desk.change
    desk.die_after(BATCH + 7, Killed())
    with pytest.raises(Killed):
        desk.work(job)
    desk.change = whole

    too_early = desk.work(job)
    noted = desk.jobs.get(job.id).processed
    desk.shop.clock.advance(LEASE.total_seconds())
    done = desk.work(job)

    assert too_early is None
    assert noted == BATCH
    assert done
    assert done.updated == tuple(orders)
    assert desk.versions() == {2}


def test_progress_is_visible_during_the_job(desk: Desk) -> None:
    job, seen, change = desk.ask(*desk.orders(MAX_SYNCHRONOUS + 1)), set(), desk.change

    def looked_at(request: ChangeStatus) -> Order:
        seen.add((desk.jobs.get(job.id).status, desk.jobs.get(job.id).processed))
        return change(request)

    desk.change = looked_at
    desk.work(job)

    assert seen == {(JobStatus.RUNNING, done) for done in range(0, MAX_SYNCHRONOUS + 1, BATCH)}


def test_worker_without_lease_saves_nothing(desk: Desk) -> None:
    job, change = desk.ask(*desk.orders(MAX_SYNCHRONOUS + 1)), desk.change

    def slow(request: ChangeStatus) -> Order:
        desk.change = change
        desk.shop.clock.advance(LEASE.total_seconds())
        assert desk.work(job)  # another one
        return change(request)

    desk.change = slow
    overtaken = desk.work(job)

    assert overtaken is None
    assert desk.jobs.get(job.id).status is JobStatus.DONE
    assert desk.versions() == {2}


def test_job_waits_while_store_is_unavailable(desk: Desk) -> None:
    orders = desk.orders(MAX_SYNCHRONOUS + 1)
    job, whole = desk.ask(*orders), desk.change
    desk.die_after(7, StoreUnavailable("Away."))

    with pytest.raises(StoreUnavailable):
        desk.work(job)

    desk.change = whole
    assert desk.jobs.get(job.id).processed == 7
    assert desk.jobs.list_due(desk.shop.clock()) == []
    desk.shop.clock.advance(5)
    assert desk.jobs.list_due(desk.shop.clock()) == [job.id]
    done = desk.work(job)
    assert done
    assert done.updated == tuple(orders)
    assert desk.versions() == {2}


def test_job_that_kills_workers_is_abandoned(desk: Desk) -> None:
    job, whole = desk.ask(*desk.orders(MAX_SYNCHRONOUS + 1)), desk.change
    for _ in range(MAX_ATTEMPTS):
        desk.die_after(0, Killed())
        with pytest.raises(Killed):
            desk.work(job)
        desk.shop.clock.advance(LEASE.total_seconds())
    desk.change = whole

    given_up = desk.work(job)

    assert given_up
    assert given_up.status is JobStatus.FAILED
    assert desk.jobs.list_due(desk.shop.clock() + timedelta(days=1)) == []
    assert desk.versions() == {1}
