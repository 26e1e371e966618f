"""Job worker: starts due jobs in this process or in Celery."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from orders_domain.model.jobs import FileJob, JobStatus
from orders_domain.ports.clock import Clock
from orders_domain.ports.jobs import JobRepository
from orders_flask.workers import runner

POLL_INTERVAL = 1.0  # seconds; polling is needed because jobs that other processes add do not signal this one


@dataclass(kw_only=True)
class JobWorker:
    """``run`` returns when ``stop`` is set. If a worker is killed, its job is due again when the lease expires."""

    jobs: JobRepository
    start_job: Callable[[UUID], object]
    wait: Callable[[float], None]  # for a new job, with a timeout in seconds
    clock: Clock
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        runner.run(self.step, stop=self.stop, name="job worker")

    def step(self) -> None:
        """Start all due jobs, then wait for new ones, unless one was interrupted for the others."""
        started = [self.start_job(job_id) for job_id in self.jobs.list_due(self.clock())]
        if not any(isinstance(job, FileJob) and job.status is JobStatus.RUNNING for job in started):
            self.wait(POLL_INTERVAL)
