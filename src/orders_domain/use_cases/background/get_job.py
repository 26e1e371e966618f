"""Use case: get a job and its progress."""

from dataclasses import dataclass
from uuid import UUID

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.job import BulkStatusJob
from orders_domain.ports.jobs import JobRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class GetJob:
    actor: Actor
    job_id: UUID


def get_job(request: GetJob, *, jobs: JobRepository) -> BulkStatusJob:
    """Return the job with the progress last stored.

    Raises:
        AccessDenied: the actor is not an administrator.
        JobNotFound: the job does not exist.
        StoreUnavailable: the store is unavailable.
    """
    ADMIN_ONLY.authorize(request.actor)
    return jobs.get(request.job_id)
