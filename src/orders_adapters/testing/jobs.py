"""Contract of JobRepository."""

from datetime import timedelta
from uuid import UUID

import pytest

from orders_adapters.testing.examples import NOON, new_id
from orders_adapters.testing.threads import at_once
from orders_domain import Actor, OrderStatus, Role
from orders_domain.errors import JobLeaseLost, JobNotFound, OrderNotFound
from orders_domain.model.job import BulkStatusJob, Failure, JobStatus
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import TRANSITIONS, InvalidTransition, TargetStatus
from orders_domain.ports.jobs import JobRepository

ROOT = Actor(subject="root", role=Role.ADMIN, request_id="request-of-root")


CONFIRMED = TargetStatus(OrderStatus.CONFIRMED, frozenset({OrderStatus.CONFIRMED, OrderStatus.PAID}))


LATER = NOON + timedelta(seconds=10)


def added(jobs: JobRepository, *order_ids: OrderRef) -> BulkStatusJob:
    job = BulkStatusJob.create(order_ids or (1, 2), CONFIRMED, job_id=new_id(), by=ROOT, at=NOON)
    jobs.add(job)
    return job


def claimed(jobs: JobRepository, job: BulkStatusJob) -> BulkStatusJob:
    leased = jobs.acquire(job.id, now=NOON, until=LATER)
    assert leased
    return leased


class JobRepositoryTests:
    """Promises of ``JobRepository``.

    A subclass has the fixture ``jobs``: a repository without jobs.
    """

    def test_job_is_read_as_added(self, jobs: JobRepository) -> None:
        job = added(jobs, 7, new_id(), 10**18 - 1)

        assert jobs.get(job.id) == job

    def test_job_is_read_with_its_progress(self, jobs: JobRepository) -> None:
        order_id: UUID = new_id()
        job = claimed(jobs, added(jobs, 7, order_id, 8, 9))
        shipped = OrderStatus.SHIPPED
        job.record_result(Failure.of(7, InvalidTransition(shipped, OrderStatus.CONFIRMED, TRANSITIONS[shipped])))
        job.record_result(Failure.of(order_id, OrderNotFound(order_id)))
        job.record_result(None)

        jobs.save_progress(job, until=LATER + timedelta(seconds=1))

        assert jobs.get(job.id) == job
        assert jobs.get(job.id).updated == (8,)

    def test_unknown_job_raises_not_found(self, jobs: JobRepository) -> None:
        with pytest.raises(JobNotFound):
            jobs.get(new_id())
        assert jobs.acquire(new_id(), now=NOON, until=LATER) is None

    def test_returned_job_is_a_copy(self, jobs: JobRepository) -> None:
        job = added(jobs)

        jobs.get(job.id).record_result(None)
        job.record_result(None)

        assert jobs.get(job.id).processed == 0

    def test_leased_job_is_not_due_until_expiry(self, jobs: JobRepository) -> None:
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

    def test_saved_progress_extends_the_lease(self, jobs: JobRepository) -> None:
        job = claimed(jobs, added(jobs))

        jobs.save_progress(job, until=LATER + timedelta(seconds=10))

        assert jobs.list_due(LATER) == []
        assert jobs.acquire(job.id, now=LATER, until=LATER + timedelta(seconds=10)) is None

    def test_lost_lease_rejects_progress(self, jobs: JobRepository) -> None:
        slow = claimed(jobs, added(jobs))
        quick = jobs.acquire(slow.id, now=LATER, until=LATER + timedelta(seconds=10))
        slow.record_result(None)

        with pytest.raises(JobLeaseLost):
            jobs.save_progress(slow, until=LATER + timedelta(seconds=20))

        assert jobs.get(slow.id) == quick

    @pytest.mark.parametrize("end", [JobStatus.DONE, JobStatus.FAILED])
    def test_finished_job_is_never_due(self, jobs: JobRepository, end: JobStatus) -> None:
        job = claimed(jobs, added(jobs))
        job.status = end

        jobs.save_progress(job, until=NOON)

        assert jobs.list_due(LATER + timedelta(days=1)) == []
        assert jobs.acquire(job.id, now=LATER, until=LATER) is None

    def test_jobs_are_due_oldest_first(self, jobs: JobRepository) -> None:
        waiting = [added(jobs) for _ in range(3)]
        jobs.save_progress(claimed(jobs, waiting[0]), until=NOON + timedelta(seconds=1))

        due = jobs.list_due(LATER)

        assert list(due) == [waiting[1].id, waiting[2].id, waiting[0].id]
        assert list(jobs.list_due(LATER, limit=1)) == [waiting[1].id]

    def test_concurrent_acquire_leases_job_once(self, jobs: JobRepository) -> None:
        for _ in range(10):
            job = added(jobs)

            outcomes = at_once(*[lambda job=job: jobs.acquire(job.id, now=NOON, until=LATER)] * 12)

            assert len([outcome for outcome in outcomes if outcome is not None]) == 1

    def test_finished_jobs_are_deleted_when_old(self, jobs: JobRepository) -> None:
        ended, open_ = claimed(jobs, added(jobs)), added(jobs)
        ended.status = JobStatus.DONE
        jobs.save_progress(ended, until=LATER)

        assert jobs.delete_finished(created_before=NOON) == 0
        assert jobs.delete_finished(created_before=LATER) == 1

        assert jobs.get(open_.id) == open_
        with pytest.raises(JobNotFound):
            jobs.get(ended.id)
