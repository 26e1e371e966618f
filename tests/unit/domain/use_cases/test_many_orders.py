"""Bulk status changes: each order separately, large jobs by a worker, and nothing twice."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import pytest

from orders_adapters.memory.jobs import InMemoryJobRepository
from orders_adapters.testing.examples import ADA, ADMIN, new_id, only
from orders_domain import Order, OrderStatus
from orders_domain.errors import AccessDenied, InvalidValue, JobNotFound, StoreUnavailable
from orders_domain.model.jobs import MAX_ORDERS, BulkStatusJob, DeferredAnswer, FileJob, JobStatus, PlacementJob
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
from orders_domain.use_cases.background.run_file_job import LEASE, RunFileJob
from orders_domain.use_cases.background.run_job import BATCH, MAX_ATTEMPTS
from tests.support.shop import InMemoryShop

PAID = only(OrderStatus.PAID)
MANY = 101


@dataclass
class BulkChanges:
    """Bulk changes by an administrator; ``change`` may be replaced by a failing function."""

    shop: InMemoryShop = field(default_factory=InMemoryShop)

    def __post_init__(self) -> None:
        shop = self.shop
        self.jobs = InMemoryJobRepository(shop.store)
        self.change: Callable[[ChangeStatus], Order] = partial(
            change_status, uow=shop.unit_of_work(), cache=shop.cache, clock=shop.clock
        )

    def request(self, *order_ids: OrderRef, by: object = ADMIN, asynchronous: bool = False) -> BulkStatusJob:
        request = BulkChangeStatus(actor=by, order_ids=order_ids, target=PAID, asynchronous=asynchronous)  # type: ignore[arg-type]
        return bulk_change_status(
            request, change_status=self.change, jobs=self.jobs, clock=self.shop.clock, new_id=new_id
        )

    def run(self, job: BulkStatusJob) -> BulkStatusJob | None:
        done = run_job(
            RunJob(job_id=job.id),
            jobs=self.jobs,
            change_status=self.change,
            answer_request=self.answer,
            run_file_job=self.run_file_job,
            clock=self.shop.clock,
        )
        assert done is None or isinstance(done, BulkStatusJob)
        return done

    def answer(self, job: PlacementJob) -> DeferredAnswer:
        raise AssertionError(f"The job {job.id} is no placement.")

    def run_file_job(self, request: RunFileJob) -> FileJob:
        raise AssertionError(f"The job {request.job.id} has no file.")

    def orders(self, number: int) -> list[OrderRef]:
        return [self.shop.place().id for _ in range(number)]

    def versions(self) -> set[int]:
        return {order.version for order in self.shop.store.orders.values()}

    def fail_after(self, changes: int, error: BaseException) -> None:
        """Let the worker change this number of orders, then raise the error."""
        left, change = iter(range(changes)), self.change

        def failing(request: ChangeStatus) -> Order:
            if next(left, None) is None:
                raise error
            return change(request)

        self.change = failing

    def kill_workers(self, job: BulkStatusJob, number: int) -> None:
        """Run the job with this number of workers, each of which dies before it changes an order."""
        working = self.change
        for _ in range(number):
            self.fail_after(0, Killed())
            with pytest.raises(Killed):
                self.run(job)
            self.shop.clock.advance(LEASE.total_seconds())
        self.change = working


class Killed(BaseException):
    """Like SIGKILL: no cleanup runs."""


@pytest.fixture
def bulk() -> BulkChanges:
    return BulkChanges()


def test_orders_fail_independently(bulk: BulkChanges) -> None:
    good, shipped = bulk.shop.place(), bulk.shop.place()
    bulk.shop.change(shipped.id, OrderStatus.SHIPPED)
    unknown = new_id()

    job = bulk.request(shipped.id, good.id, unknown)

    assert job.status is JobStatus.DONE
    assert job.updated == (good.id,)
    assert [(failure.order_id, failure.code, failure.current) for failure in job.failed] == [
        (shipped.id, "invalid_transition", OrderStatus.SHIPPED),
        (unknown, "order_not_found", None),
    ]
    assert bulk.shop.queries.get(good.id).status is OrderStatus.PAID


def test_repeated_order_is_changed_once(bulk: BulkChanges) -> None:
    order = bulk.shop.place()

    job = bulk.request(order.id, order.id)

    assert job.updated == (order.id,)
    assert bulk.shop.queries.get(order.id).version == 2


def test_history_names_the_requesting_actor(bulk: BulkChanges) -> None:
    order = bulk.shop.place()

    bulk.request(order.id)

    assert bulk.shop.queries.history(order.id)[-1].actor == ADMIN.subject


@pytest.mark.parametrize("number", [0, MAX_ORDERS + 1])
def test_order_count_out_of_range_is_rejected(bulk: BulkChanges, number: int) -> None:
    with pytest.raises(InvalidValue) as refusal:
        bulk.request(*range(1, number + 1))

    assert refusal.value.field == "order_ids"


def test_bulk_change_requires_an_administrator(bulk: BulkChanges) -> None:
    order = bulk.shop.place(by=ADA)

    with pytest.raises(AccessDenied):
        bulk.request(order.id, by=ADA)
    with pytest.raises(AccessDenied):
        get_job(GetJob(actor=ADA, job_id=new_id()), jobs=bulk.jobs)


def test_asynchronous_change_is_queued(bulk: BulkChanges) -> None:
    orders = bulk.orders(MANY)

    small, large = bulk.request(*orders[:-1]), bulk.request(*orders, asynchronous=True)

    assert (small.status, large.status) == (JobStatus.DONE, JobStatus.QUEUED)
    assert get_job(GetJob(actor=ADMIN, job_id=large.id), jobs=bulk.jobs) == large
    with pytest.raises(JobNotFound):
        get_job(GetJob(actor=ADMIN, job_id=small.id), jobs=bulk.jobs)


def test_worker_completes_queued_job(bulk: BulkChanges) -> None:
    orders = bulk.orders(MANY)
    job = bulk.request(*orders, unknown := new_id(), asynchronous=True)

    done = bulk.run(job)

    assert done == bulk.jobs.get(job.id)
    assert done.status is JobStatus.DONE
    assert done.updated == tuple(orders)
    assert [failure.order_id for failure in done.failed] == [unknown]
    assert bulk.run(job) is None


def test_job_resumes_after_its_lease_expires(bulk: BulkChanges) -> None:
    orders = bulk.orders(MANY)
    job, working = bulk.request(*orders, asynchronous=True), bulk.change
    bulk.fail_after(BATCH + 7, Killed())
    with pytest.raises(Killed):
        bulk.run(job)
    bulk.change = working

    too_early = bulk.run(job)
    noted = bulk.jobs.get(job.id).processed
    bulk.shop.clock.advance(LEASE.total_seconds())
    done = bulk.run(job)

    assert too_early is None
    assert noted == BATCH
    assert done
    assert done.updated == tuple(orders)
    assert bulk.versions() == {2}


def test_progress_is_visible_during_the_job(bulk: BulkChanges) -> None:
    job, seen, change = bulk.request(*bulk.orders(MANY), asynchronous=True), set(), bulk.change

    def observed(request: ChangeStatus) -> Order:
        seen.add((bulk.jobs.get(job.id).status, bulk.jobs.get(job.id).processed))
        return change(request)

    bulk.change = observed
    bulk.run(job)

    assert seen == {(JobStatus.RUNNING, done) for done in range(0, MANY, BATCH)}


def test_worker_without_lease_saves_nothing(bulk: BulkChanges) -> None:
    job, change = bulk.request(*bulk.orders(MANY), asynchronous=True), bulk.change

    def slow(request: ChangeStatus) -> Order:
        bulk.change = change
        bulk.shop.clock.advance(LEASE.total_seconds())
        assert bulk.run(job)  # another worker
        return change(request)

    bulk.change = slow
    overtaken = bulk.run(job)

    assert overtaken is None
    assert bulk.jobs.get(job.id).status is JobStatus.DONE
    assert bulk.versions() == {2}


def test_job_waits_while_store_is_unavailable(bulk: BulkChanges) -> None:
    orders = bulk.orders(MANY)
    job, working = bulk.request(*orders, asynchronous=True), bulk.change
    bulk.fail_after(7, StoreUnavailable("Away."))

    with pytest.raises(StoreUnavailable):
        bulk.run(job)

    bulk.change = working
    assert bulk.jobs.get(job.id).processed == 7
    assert bulk.jobs.list_due(bulk.shop.clock()) == []
    bulk.shop.clock.advance(5)
    assert bulk.jobs.list_due(bulk.shop.clock()) == [job.id]
    done = bulk.run(job)
    assert done
    assert done.updated == tuple(orders)
    assert bulk.versions() == {2}


def test_job_succeeds_on_its_20th_attempt(bulk: BulkChanges) -> None:
    job = bulk.request(*bulk.orders(MANY), asynchronous=True)
    bulk.kill_workers(job, 19)

    finished = bulk.run(job)

    assert finished
    assert finished.status is JobStatus.DONE


def test_job_that_kills_workers_is_abandoned(bulk: BulkChanges) -> None:
    job = bulk.request(*bulk.orders(MANY), asynchronous=True)
    bulk.kill_workers(job, MAX_ATTEMPTS)

    given_up = bulk.run(job)

    assert given_up
    assert given_up.status is JobStatus.FAILED
    assert bulk.jobs.list_due(bulk.shop.clock() + timedelta(days=1)) == []
    assert bulk.versions() == {1}
