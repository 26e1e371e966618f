"""Contract of JobRepository."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from orders_adapters.memory import jobs as memory_jobs
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.sql import jobs as sql_jobs
from orders_adapters.sql.engine import engine as engines
from orders_domain import Actor, OrderStatus, Role
from orders_domain.errors import JobLeaseLost, JobNotFound, OrderNotFound, StoreUnavailable
from orders_domain.model.job import BulkStatusJob, Failure, JobStatus
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import TRANSITIONS, InvalidTransition, TargetStatus
from orders_domain.ports.jobs import JobRepository
from tests.support.examples import NOON, new_id
from tests.support.threads import at_once

ROOT = Actor(subject="root", role=Role.ADMIN, request_id="request-of-root")
CONFIRMED = TargetStatus(OrderStatus.CONFIRMED, frozenset({OrderStatus.CONFIRMED, OrderStatus.PAID}))
LATER = NOON + timedelta(seconds=10)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def jobs(request: pytest.FixtureRequest) -> JobRepository:
    """No job exists."""
    if request.param == "memory":
        return memory_jobs.InMemoryJobRepository(InMemoryStore())
    engine: Engine = request.getfixturevalue(request.param)
    return sql_jobs.SqlJobRepository(engine)


def added(jobs: JobRepository, *order_ids: OrderRef) -> BulkStatusJob:
    job = BulkStatusJob.create(order_ids or (1, 2), CONFIRMED, job_id=new_id(), by=ROOT, at=NOON)
    jobs.add(job)
    return job


def claimed(jobs: JobRepository, job: BulkStatusJob) -> BulkStatusJob:
    leased = jobs.acquire(job.id, now=NOON, until=LATER)
    assert leased
    return leased


def test_job_is_read_as_added(jobs: JobRepository) -> None:
    job = added(jobs, 7, new_id(), 10**18 - 1)

    assert jobs.get(job.id) == job


def test_job_is_read_with_its_progress(jobs: JobRepository) -> None:
    order_id: UUID = new_id()
    job = claimed(jobs, added(jobs, 7, order_id, 8, 9))
    shipped = OrderStatus.SHIPPED
    job.record_result(Failure.of(7, InvalidTransition(shipped, OrderStatus.CONFIRMED, TRANSITIONS[shipped])))
    job.record_result(Failure.of(order_id, OrderNotFound(order_id)))
    job.record_result(None)

    jobs.save_progress(job, until=LATER + timedelta(seconds=1))

    assert jobs.get(job.id) == job
    assert jobs.get(job.id).updated == (8,)


def test_unknown_job_raises_not_found(jobs: JobRepository) -> None:
    with pytest.raises(JobNotFound):
        jobs.get(new_id())
    assert jobs.acquire(new_id(), now=NOON, until=LATER) is None


def test_returned_job_is_a_copy(jobs: JobRepository) -> None:
    job = added(jobs)

    jobs.get(job.id).record_result(None)
    job.record_result(None)

    assert jobs.get(job.id).processed == 0


def test_leased_job_is_not_due_until_expiry(jobs: JobRepository) -> None:
    job = added(jobs)

    leased = claimed(jobs, job)

    assert (leased.status, leased.attempts, leased.leased_until) == (JobStatus.RUNNING, 1, LATER)
    assert jobs.get(job.id) == leased
    assert jobs.list_due(LATER - timedelta(microseconds=1)) == []
    assert jobs.acquire(job.id, now=LATER - timedelta(microseconds=1), until=LATER) is None
    assert jobs.list_due(LATER) == [job.id]
    again = jobs.acquire(job.id, now=LATER, until=LATER + timedelta(seconds=10))
    assert again
    assert again.attempts == 2


def test_saved_progress_extends_the_lease(jobs: JobRepository) -> None:
    job = claimed(jobs, added(jobs))

    jobs.save_progress(job, until=LATER + timedelta(seconds=10))

    assert jobs.list_due(LATER) == []
    assert jobs.acquire(job.id, now=LATER, until=LATER + timedelta(seconds=10)) is None


def test_lost_lease_rejects_progress(jobs: JobRepository) -> None:
    slow = claimed(jobs, added(jobs))
    quick = jobs.acquire(slow.id, now=LATER, until=LATER + timedelta(seconds=10))
    slow.record_result(None)

    with pytest.raises(JobLeaseLost):
        jobs.save_progress(slow, until=LATER + timedelta(seconds=20))

    assert jobs.get(slow.id) == quick


@pytest.mark.parametrize("end", [JobStatus.DONE, JobStatus.FAILED])
def test_finished_job_is_never_due(jobs: JobRepository, end: JobStatus) -> None:
    job = claimed(jobs, added(jobs))
    job.status = end

    jobs.save_progress(job, until=NOON)

    assert jobs.list_due(LATER + timedelta(days=1)) == []
    assert jobs.acquire(job.id, now=LATER, until=LATER) is None


def test_jobs_are_due_oldest_first(jobs: JobRepository) -> None:
    waiting = [added(jobs) for _ in range(3)]
    jobs.save_progress(claimed(jobs, waiting[0]), until=NOON + timedelta(seconds=1))

    due = jobs.list_due(LATER)

    assert list(due) == [waiting[1].id, waiting[2].id, waiting[0].id]
    assert list(jobs.list_due(LATER, limit=1)) == [waiting[1].id]


def test_concurrent_acquire_leases_job_once(jobs: JobRepository) -> None:
    for _ in range(10):
        job = added(jobs)

        outcomes = at_once(*[lambda job=job: jobs.acquire(job.id, now=NOON, until=LATER)] * 12)

        assert len([outcome for outcome in outcomes if outcome is not None]) == 1


def test_finished_jobs_are_deleted_when_old(jobs: JobRepository) -> None:
    ended, open_ = claimed(jobs, added(jobs)), added(jobs)
    ended.status = JobStatus.DONE
    jobs.save_progress(ended, until=LATER)

    assert jobs.delete_finished(created_before=NOON) == 0
    assert jobs.delete_finished(created_before=LATER) == 1

    assert jobs.get(open_.id) == open_
    with pytest.raises(JobNotFound):
        jobs.get(ended.id)


def test_new_job_wakes_the_worker(sqlite: Engine) -> None:
    rung: list[str] = []
    in_memory = memory_jobs.InMemoryJobRepository(InMemoryStore(on_job=lambda: rung.append("memory")))

    added(in_memory)
    added(sql_jobs.SqlJobRepository(sqlite, on_add=lambda: rung.append("sql")))

    assert rung == ["memory", "sql"]


def test_unreachable_job_store_is_unavailable() -> None:
    jobs = sql_jobs.SqlJobRepository(engines.create("postgresql://nobody@127.0.0.1:1/x"))
    job = BulkStatusJob.create([1], CONFIRMED, job_id=new_id(), by=ROOT, at=NOON)

    for ask in (
        lambda: jobs.add(job),
        lambda: jobs.get(job.id),
        lambda: jobs.list_due(NOON),
        lambda: jobs.acquire(job.id, now=NOON, until=LATER),
        lambda: jobs.save_progress(job, until=LATER),
        lambda: jobs.delete_finished(created_before=NOON),
    ):
        with pytest.raises(StoreUnavailable):
            ask()
