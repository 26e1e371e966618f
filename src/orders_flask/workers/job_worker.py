"""The worker that looks after jobs: it runs those that wait, or has Celery run them, whatever fails meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from orders_domain.ports.clock import Clock
from orders_domain.ports.jobs import JobRepository
from orders_flask.workers import runner

POLL_INTERVAL = 1.0  # seconds between two looks when nobody rings; other processes' jobs ring for nobody here
RETENTION = timedelta(days=30)


@dataclass(kw_only=True)
class JobWorker:
    """``run`` returns when ``stop`` is set. A job whose worker dies is due again when its lease has run out."""

    jobs: JobRepository
    start_job: Callable[[UUID], object]
    wait: Callable[[float], None]  # for news, so many seconds at most
    clock: Clock
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        runner.run(self.step, stop=self.stop, name="job worker")

    def step(self) -> None:
        """Begin what is due, and wait a moment for more."""
        due = self.jobs.list_due(self.clock())
        for job_id in due:
            self.start_job(job_id)
        if due:
            self.jobs.delete_finished(created_before=self.clock() - RETENTION)
        self.wait(POLL_INTERVAL)
