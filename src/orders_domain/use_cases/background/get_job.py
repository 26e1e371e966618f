"""Look how far a job is."""

from dataclasses import dataclass
from uuid import UUID

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.actor import Actor
from orders_domain.model.job import BulkStatusJob
from orders_domain.ports.jobs import JobRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class GetJob:
    actor: Actor
    job_id: UUID


def get_job(request: GetJob, *, jobs: JobRepository) -> BulkStatusJob:
    """Return the job as last noted.

    Raises:
        AccessDenied: not an administrator.
        JobNotFound: no such job.
        StoreUnavailable: the store is away.
    """
    ADMIN_ONLY.authorize(request.actor)
    return jobs.get(request.job_id)
