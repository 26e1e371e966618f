"""Use case: get a job and its progress."""

from dataclasses import dataclass
from uuid import UUID

from orders_domain.errors import JobNotFound
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.jobs import BulkStatusJob
from orders_domain.ports.jobs import JobRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class GetJob:
    actor: Actor
    job_id: UUID


def get_job(request: GetJob, *, jobs: JobRepository) -> BulkStatusJob:
    """Return the bulk change with the progress last stored.

    Raises:
        AccessDenied: the actor is not an administrator.
        JobNotFound: the job does not exist, or is no bulk change.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    job = jobs.get(request.job_id)
    if not isinstance(job, BulkStatusJob):
        raise JobNotFound(request.job_id)
    return job
