"""Job repository port, with leases: one worker at a time runs a job."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from orders_domain.model.jobs import Job, PlacementJob


class JobRepository(Protocol):
    """Stored jobs. Each method is a transaction of its own, and raises StoreUnavailable if the store is unavailable."""

    def add(self, job: Job) -> None:
        """Store a new job, and notify the workers of this process."""
        ...

    def add_once(self, job: PlacementJob) -> PlacementJob:
        """Store a new job, or return the job that is stored with the same subject, scope and key of a client.

        Of concurrent calls with the same key one stores its job, and all return that job.
        """
        ...

    def get(self, job_id: UUID) -> Job:
        """Return the job with the progress last stored.

        Raises:
            JobNotFound: the job does not exist.
        """
        ...

    def list_due(self, now: datetime, *, limit: int = 10) -> Sequence[UUID]:
        """Return unfinished jobs without a current lease, those due longest first."""
        ...

    def acquire(self, job_id: UUID, *, now: datetime, until: datetime) -> Job | None:
        """Acquire the lease of a due job until ``until``, set its status to RUNNING and count an attempt.

        Returns:
            The job, or None if it is finished, leased by another worker, or does not exist.
        """
        ...

    def save_progress(self, job: Job, *, until: datetime) -> None:
        """Store the progress of an acquired job, and extend its lease.

        Raises:
            JobLeaseLost: another worker has acquired the job since; nothing is stored.
        """
        ...

    def delete_finished(self, kind: type[Job], *, created_before: datetime) -> int:
        """Delete finished jobs of a kind that were created before the time; return their number."""
        ...
