"""Jobs: stored, and run by one worker at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from orders_domain.model.job import BulkStatusJob


class JobRepository(Protocol):
    """The jobs, each change a transaction of its own. Every method raises StoreUnavailable when the store is away."""

    def add(self, job: BulkStatusJob) -> None:
        """Store a new job, and wake a worker of this process."""
        ...

    def get(self, job_id: UUID) -> BulkStatusJob:
        """Return the job as last noted.

        Raises:
            JobNotFound: no such job.
        """
        ...

    def list_due(self, now: datetime, *, limit: int = 10) -> Sequence[UUID]:
        """Return jobs that have not ended and that nobody holds, those that wait longest first."""
        ...

    def acquire(self, job_id: UUID, *, now: datetime, until: datetime) -> BulkStatusJob | None:
        """Hold a due job: it runs, one attempt more is counted, and nobody else can claim it before ``until``.

        Returns:
            None where it is not due: it has ended, another holds it, or there is none.
        """
        ...

    def save_progress(self, job: BulkStatusJob, *, until: datetime) -> None:
        """Store how far the claimed job is, and hold it until then.

        Raises:
            JobLeaseLost: it was claimed by another since; nothing is stored.
        """
        ...

    def delete_finished(self, *, created_before: datetime) -> int:
        """Delete jobs that have ended and are older than that; return how many."""
        ...
