"""Job repository. A worker renews the lease of its job; the lease of a dead worker expires."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row, bindparam, delete, insert, select, update

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.tables.column_types import UtcDateTime
from orders_domain.errors import JobLeaseLost, JobNotFound
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.job import BulkStatusJob, Failure, JobStatus
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import OrderStatus, TargetStatus
from orders_domain.ports.jobs import JobRepository

_jobs = tables.jobs.c

_BY_ID = select(tables.jobs).where(_jobs.id == bindparam("job_id"))
_IS_DUE = (_jobs.status.in_(tables.UNFINISHED), _jobs.leased_until <= bindparam("now", type_=UtcDateTime))
_DUE = select(_jobs.id).where(*_IS_DUE).order_by(_jobs.leased_until, _jobs.id).limit(bindparam("limit"))
# The row lock serializes concurrent claims, so that later ones see the lease of the first.
_ACQUIRE = (
    update(tables.jobs)
    .where(_jobs.id == bindparam("job_id"), *_IS_DUE)
    .values(status=JobStatus.RUNNING, leased_until=bindparam("until"), attempts=_jobs.attempts + 1)
    .returning(tables.jobs)
)
# The expiry identifies a lease, because a job is not acquired again before its lease expires.
_SAVE_PROGRESS = (
    update(tables.jobs)
    .where(_jobs.id == bindparam("job_id"), _jobs.leased_until == bindparam("held_lease", type_=UtcDateTime))
    .values({name: bindparam(name) for name in ("status", "processed", "failures", "attempts", "leased_until")})
)
_DELETE_FINISHED = delete(tables.jobs).where(
    _jobs.status.not_in(tables.UNFINISHED), _jobs.created_at < bindparam("before", type_=UtcDateTime)
)


def _no_op() -> None:
    """Notify no worker."""


class SqlJobRepository(JobRepository):
    """``on_add`` is called after each new job to wake the worker of this process. It must not block or raise."""

    def __init__(self, engine: Engine, *, on_add: Callable[[], None] = _no_op) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)
        self._on_add = on_add

    def add(self, job: BulkStatusJob) -> None:
        with translate_errors(), self._engine.begin() as connection:
            connection.execute(insert(tables.jobs).inline(), _values(job))
        self._on_add()

    def get(self, job_id: UUID) -> BulkStatusJob:
        with translate_errors(), self._autocommit.connect() as connection:
            row = connection.execute(_BY_ID, {"job_id": job_id}).one_or_none()
        if row is None:
            raise JobNotFound(job_id)
        return _to_job(row)

    def list_due(self, now: datetime, *, limit: int = 10) -> Sequence[UUID]:
        with translate_errors(), self._autocommit.connect() as connection:
            return connection.scalars(_DUE, {"now": now, "limit": limit}).all()

    def acquire(self, job_id: UUID, *, now: datetime, until: datetime) -> BulkStatusJob | None:
        with translate_errors(), self._engine.begin() as connection:
            row = connection.execute(_ACQUIRE, {"job_id": job_id, "now": now, "until": until}).one_or_none()
        return None if row is None else _to_job(row)

    def save_progress(self, job: BulkStatusJob, *, until: datetime) -> None:
        values = {
            "job_id": job.id,
            "held_lease": job.leased_until,
            "status": job.status,
            "processed": job.processed,
            "failures": [_failure_values(failure) for failure in job.failed],
            "attempts": job.attempts,
            "leased_until": until,
        }
        with translate_errors(), self._engine.begin() as connection:
            if connection.execute(_SAVE_PROGRESS, values).rowcount != 1:
                raise JobLeaseLost(job.id)
        job.leased_until = until

    def delete_finished(self, *, created_before: datetime) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return connection.execute(_DELETE_FINISHED, {"before": created_before}).rowcount


def _values(job: BulkStatusJob) -> dict[str, Any]:
    return {
        "id": job.id,
        "actor": job.actor.subject,
        "role": job.actor.role,
        "request_id": job.actor.request_id,
        "traceparent": job.actor.traceparent,
        "order_ids": [_to_json(order_id) for order_id in job.order_ids],
        "target_status": job.target.status,
        "equivalent_statuses": sorted(status.value for status in job.target.equivalent),
        "status": job.status,
        "processed": job.processed,
        "failures": [_failure_values(failure) for failure in job.failed],
        "attempts": job.attempts,
        "created_at": job.created_at,
        "leased_until": job.leased_until,
    }


def _to_job(row: Row[Any]) -> BulkStatusJob:
    return BulkStatusJob(
        id=row.id,
        actor=Actor(subject=row.actor, role=Role(row.role), request_id=row.request_id, traceparent=row.traceparent),
        order_ids=tuple(_from_json(order_id) for order_id in row.order_ids),
        target=TargetStatus(row.target_status, frozenset(map(OrderStatus, row.equivalent_statuses))),
        status=row.status,
        processed=row.processed,
        failed=tuple(_to_failure(values) for values in row.failures),
        attempts=row.attempts,
        created_at=row.created_at,
        leased_until=row.leased_until,
    )


def _to_json(order_id: OrderRef) -> int | str:
    return order_id if isinstance(order_id, int) else str(order_id)


def _from_json(order_id: int | str) -> OrderRef:
    return order_id if isinstance(order_id, int) else UUID(order_id)


def _failure_values(failure: Failure) -> list[int | str | None]:
    current = failure.current.value if failure.current else None
    return [_to_json(failure.order_id), failure.code, failure.sentence, current]


def _to_failure(values: list[Any]) -> Failure:
    order_id, code, sentence, current = values
    status = OrderStatus(current) if current else None
    return Failure(order_id=_from_json(order_id), code=code, sentence=sentence, current=status)
