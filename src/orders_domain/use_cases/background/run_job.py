"""Use case: run a queued job, or resume one whose worker died."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

from orders_domain.errors import JobLeaseLost, Unavailable
from orders_domain.model.jobs import BulkStatusJob, DeferredAnswer, FileJob, Job, PlacementJob
from orders_domain.ports.clock import Clock
from orders_domain.ports.jobs import JobRepository
from orders_domain.use_cases.background.run_file_job import LEASE, RETRY_DELAY, RunFileJob
from orders_domain.use_cases.orders.bulk_change_status import ChangeStatusFn, process_remaining

BATCH = 20  # orders between two updates of the stored progress
PROGRESS_INTERVAL = timedelta(seconds=2)
MAX_ATTEMPTS = 20
PLACEMENT_LEASE = timedelta(seconds=60)  # the longest time that the placement of one order may take

AnswerRequestFn: TypeAlias = Callable[[PlacementJob], DeferredAnswer]
"""Process the request of a placement job as if it had just arrived, and return the response."""


RunFileJobFn: TypeAlias = Callable[[RunFileJob], FileJob]
"""The use case ``run_file_job`` with its ports bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunJob:
    """``seconds`` is the time after which a file job is interrupted, because other jobs may wait."""

    job_id: UUID
    seconds: float | None = None


def run_job(
    request: RunJob,
    *,
    jobs: JobRepository,
    change_status: ChangeStatusFn,
    answer_request: AnswerRequestFn,
    run_file_job: RunFileJobFn,
    clock: Clock,
) -> Job | None:
    """Run the job to its end, or a file job for some seconds, and return it; None if another worker has the lease.

    After a crash the next worker repeats the orders since the last progress update. This is idempotent, because an
    order that already has the target status is not changed and the lifecycle never goes backwards. A placement is
    repeated with its idempotency key, and so places one order.

    Raises:
        Unavailable: the store is unavailable or too slow; the next run resumes the job.
    """
    job = jobs.acquire(request.job_id, now=clock(), until=clock() + LEASE)
    if job is None:
        return None
    try:
        if job.attempts > MAX_ATTEMPTS:
            job.mark_failed()
            jobs.save_progress(job, until=clock())
        elif isinstance(job, FileJob):
            return run_file_job(RunFileJob(job=job, seconds=request.seconds))
        elif isinstance(job, PlacementJob):
            _place(job, jobs, answer_request, clock)
        elif isinstance(job, BulkStatusJob):
            _change_statuses(job, jobs, change_status, clock)
    except JobLeaseLost:
        return None
    except Unavailable:
        with suppress(JobLeaseLost, Unavailable):
            jobs.save_progress(job, until=clock() + RETRY_DELAY)
        raise
    return job


def _place(job: PlacementJob, jobs: JobRepository, answer_request: AnswerRequestFn, clock: Clock) -> None:
    """Place the order, or postpone it if its response asks to be repeated; the last attempt's response is final."""
    if job.is_expired(clock()):
        job.mark_failed()
        jobs.save_progress(job, until=clock())
        return
    jobs.save_progress(job, until=clock() + PLACEMENT_LEASE)
    answer = answer_request(job)
    if answer.is_temporary and job.attempts < MAX_ATTEMPTS:
        jobs.save_progress(job, until=clock() + RETRY_DELAY)
        return
    job.finish(replace(answer, is_temporary=False))
    jobs.save_progress(job, until=clock())


def _change_statuses(job: BulkStatusJob, jobs: JobRepository, change_status: ChangeStatusFn, clock: Clock) -> None:
    saved_at = clock()
    for _ in process_remaining(job, change_status=change_status):
        if job.processed % BATCH == 0 or not job.remaining or clock() - saved_at >= PROGRESS_INTERVAL:
            saved_at = clock()
            jobs.save_progress(job, until=saved_at + LEASE)
