"""Job repository port, with leases: one worker at a time runs a job."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from orders_domain.model.jobs import FileJob, FilePart, Job, PlacementJob

KeyedJob = TypeVar("KeyedJob", bound=PlacementJob | FileJob)
"""A job with the key of its client, or without one."""


class JobProgress(Protocol):
    """The progress of acquired jobs."""

    def save_progress(self, job: Job, *, until: datetime, written: bytes = b"") -> None:
        """Store the progress of an acquired job, and extend its lease.

        The bytes ``written`` are the last ones of the job's file, whose size with them is ``job.size``. They are stored
        together with the progress or not at all.

        Raises:
            JobLeaseLost: another worker has acquired the job since; nothing is stored.
        """
        ...


class JobRepository(JobProgress, Protocol):
    """Stored jobs. Each method is a transaction of its own, and raises StoreUnavailable if the store is unavailable."""

    def add(self, job: Job) -> None:
        """Store a new job, and notify the workers of this process."""
        ...

    def add_once(self, job: KeyedJob, *, content: bytes = b"", max_unfinished: int | None = None) -> KeyedJob:
        """Store a new job, or return the job that is stored with the same subject, scope and key of a client.

        Of concurrent calls with the same key one stores its job, and all return that job. The ``content`` is the file
        that was sent for the job. Concurrent calls with other keys may exceed ``max_unfinished``.

        Raises:
            TooManyFileJobs: the actor would have more than ``max_unfinished`` unfinished file jobs; nothing is stored.
        """
        ...

    def read(self, job_id: UUID, part: FilePart, *, offset: int) -> bytes:
        """Return at most 256 KiB of a job's file, from the offset on; no bytes at its end, or without such a file."""
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

    def delete_finished(self, kind: type[Job], *, created_before: datetime) -> int:
        """Delete finished jobs of a kind that were created before the time, with their files; return their number."""
        ...
