"""Use case: accept a request that places an order, to be processed by a worker."""

from dataclasses import dataclass
from uuid import UUID

from orders_domain.errors import IdempotencyKeyReused, JobNotFound
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.jobs import DeferredRequest, PlacementJob
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.jobs import JobRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferPlacement:
    """A validated request that places an order, and the key of its client."""

    actor: Actor
    request: DeferredRequest
    idempotency_key: IdempotencyKey | None = None


def defer_placement(request: DeferPlacement, *, jobs: JobRepository, clock: Clock, new_id: NewId) -> PlacementJob:
    """Return the job that will place the order, or the earlier job of the same key (clause 002-34).

    Raises:
        IdempotencyKeyReused: another request was accepted with the same key.
        StoreUnavailable: the store is unavailable; the job may be stored.
    """
    key = request.idempotency_key
    job = jobs.add_once(
        PlacementJob.create(request.request, client_key=key, job_id=new_id(), by=request.actor, at=clock())
    )
    if key and job.client_key != key:
        raise IdempotencyKeyReused
    return job


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPlacement:
    """A placement job of the actor."""

    actor: Actor
    job_id: UUID


def get_placement(request: GetPlacement, *, jobs: JobRepository) -> PlacementJob:
    """Return the job as last stored; nobody else sees it, not even an administrator.

    Raises:
        JobNotFound: the job does not exist, is no placement, or belongs to another user.
        StoreUnavailable: the store is unavailable.
    """
    job = jobs.get(request.job_id)
    if not isinstance(job, PlacementJob) or job.actor.subject != request.actor.subject:
        raise JobNotFound(request.job_id)
    return job
