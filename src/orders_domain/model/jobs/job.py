"""The fields that all jobs share: author, progress and lease."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from orders_domain.model.accounts.actor import Actor


class JobStatus(Enum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"  # the job was run to its end
    FAILED = "failed"  # after too many attempts without progress, or too long a time


@dataclass(slots=True, kw_only=True)
class Job:
    """Work of one actor, which one worker at a time runs."""

    id: UUID
    actor: Actor  # the actor of the request, recorded as the author of the changes
    created_at: datetime
    leased_until: datetime  # no other worker acquires the job before this time; initially the time of creation
    status: JobStatus = JobStatus.QUEUED
    processed: int = 0
    attempts: int = 0  # since progress was last made

    def mark_failed(self) -> None:
        self.status = JobStatus.FAILED
