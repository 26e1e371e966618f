"""Run a job that waits, or go on with one whose worker died."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from orders_domain.errors import JobLeaseLost, Unavailable
from orders_domain.model.job import BulkStatusJob
from orders_domain.ports.clock import Clock
from orders_domain.ports.jobs import JobRepository
from orders_domain.use_cases.orders.bulk_change_status import ChangeStatusFn, process_remaining

BATCH = 20  # orders between two notes of the progress
LEASE = timedelta(seconds=10)  # how long a worker may be silent before another goes on
PROGRESS_INTERVAL = timedelta(seconds=2)
RETRY_DELAY = timedelta(seconds=5)  # before the next attempt where the store was away
MAX_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RunJob:
    job_id: UUID


def run_job(
    request: RunJob, *, jobs: JobRepository, change_status: ChangeStatusFn, clock: Clock
) -> BulkStatusJob | None:
    """Run the job to its end; return it, or None where another worker has it.

    A worker that dies has noted all but its last orders. The next one tries those again, which changes nothing: an
    order that has the status wanted stays as it is, and no lifecycle leads back to the one before.

    Raises:
        Unavailable: the store is away or too slow; the job goes on from where it is when it is run again.
    """
    job = jobs.acquire(request.job_id, now=clock(), until=clock() + LEASE)
    if job is None:
        return None
    try:
        _run(job, jobs, change_status, clock)
    except JobLeaseLost:
        return None
    except Unavailable:
        with suppress(JobLeaseLost, Unavailable):
            jobs.save_progress(job, until=clock() + RETRY_DELAY)
        raise
    return job


def _run(job: BulkStatusJob, jobs: JobRepository, change_status: ChangeStatusFn, clock: Clock) -> None:
    if job.attempts > MAX_ATTEMPTS:
        job.mark_failed()
        jobs.save_progress(job, until=clock())
        return
    noted = clock()
    for _ in process_remaining(job, change_status=change_status):
        if job.processed % BATCH == 0 or not job.remaining or clock() - noted >= PROGRESS_INTERVAL:
            noted = clock()
            jobs.save_progress(job, until=noted + LEASE)
