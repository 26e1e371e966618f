"""Placement jobs: a request that places an order, and the response that its client fetches later (clause 002-34)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from orders_domain.model import idempotency
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.jobs.job import Job, JobStatus
from orders_domain.model.order import Order

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from orders_domain.model.accounts.actor import Actor

RETENTION = idempotency.RETENTION
"""How long a placement job is stored. One that no worker finished by then fails, so that no order is placed late."""
KEY_SCOPE = "job"
"""The scope of the idempotency keys that jobs make for requests without one."""
MAX_CLOCK_SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredRequest:
    """A request as its client sent it, without its token: the actor was authenticated when the job was created."""

    root: str  # the URL below which the service is reached, which the links in the response begin with
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredAnswer:
    """The response to a deferred request, the same as without a job, and the order that it placed, if any."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    order_id: UUID | None = None
    is_temporary: bool = False  # the response asks its client to repeat the request, which the worker then does

    @property
    def succeeded(self) -> bool:
        return self.status < 400


@dataclass(slots=True, kw_only=True)
class PlacementJob(Job):
    """Places one order. It is repeated after a crash, and its idempotency key has the order placed once."""

    request: DeferredRequest
    client_key: IdempotencyKey | None = None  # the key that the client sent; a second request with it gets this job
    answer: DeferredAnswer | None = None

    @classmethod
    def create(
        cls, request: DeferredRequest, *, client_key: IdempotencyKey | None, job_id: UUID, by: Actor, at: datetime
    ) -> PlacementJob:
        return cls(id=job_id, actor=by, request=request, client_key=client_key, created_at=at, leased_until=at)

    @property
    def idempotency_key(self) -> IdempotencyKey:
        """The key of the client, or one that no other request has."""
        return self.client_key or IdempotencyKey(
            subject=self.actor.subject, scope=KEY_SCOPE, key=str(self.id), fingerprint=str(self.id)
        )

    def has_placed(self, order: Order) -> bool:
        """Return whether an earlier attempt of this job may have placed the order that was stored under its key.

        Such an order is no repetition for the client, who has seen no response yet.
        """
        return self.attempts > 1 and order.created_at >= self.created_at - MAX_CLOCK_SKEW

    def is_expired(self, at: datetime) -> bool:
        return at - self.created_at >= RETENTION

    def finish(self, answer: DeferredAnswer) -> None:
        self.answer = answer
        self.processed = 1
        self.attempts = 0
        self.status = JobStatus.DONE
