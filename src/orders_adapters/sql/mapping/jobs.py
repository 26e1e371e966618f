"""Mapping between rows and jobs of each kind."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from orders_adapters.sql.tables.jobs import JobKind
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.jobs import BulkStatusJob, DeferredAnswer, DeferredRequest, Failure, Job, PlacementJob
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import OrderStatus, TargetStatus

PROGRESS = ("status", "processed", "failures", "attempts", "answer", "answer_body")
"""The columns that a worker changes, besides the lease."""
_OTHER_KINDS = ("order_ids", "target_status", "equivalent_statuses", "reason", "request", "request_body")
_KEY = ("key_scope", "client_key", "fingerprint")


def values(job: Job) -> dict[str, Any]:
    """Return the values of all columns."""
    content = _bulk_values(job) if isinstance(job, BulkStatusJob) else _placement_values(job)
    return dict.fromkeys((*_OTHER_KINDS, *_KEY)) | {
        "id": job.id,
        "actor": job.actor.subject,
        "role": job.actor.role,
        "scopes": sorted(job.actor.scopes),
        "request_id": job.actor.request_id,
        "traceparent": job.actor.traceparent,
        "created_at": job.created_at,
        "leased_until": job.leased_until,
        **content,
        **progress_values(job),
    }


def progress_values(job: Job) -> dict[str, Any]:
    """Return the values of the columns ``PROGRESS``."""
    failed = job.failed if isinstance(job, BulkStatusJob) else ()
    answer = job.answer if isinstance(job, PlacementJob) else None
    order_id = str(answer.order_id) if answer and answer.order_id else None
    return {
        "status": job.status,
        "processed": job.processed,
        "failures": [_failure_values(failure) for failure in failed],
        "attempts": job.attempts,
        "answer": answer and {"status": answer.status, "headers": dict(answer.headers), "order_id": order_id},
        "answer_body": answer and answer.body,
    }


def to_job(row: Row[Any]) -> Job:
    shared = {
        "id": row.id,
        "actor": Actor(
            subject=row.actor,
            role=Role(row.role),
            scopes=frozenset(row.scopes),
            request_id=row.request_id,
            traceparent=row.traceparent,
        ),
        "created_at": row.created_at,
        "leased_until": row.leased_until,
        "status": row.status,
        "processed": row.processed,
        "attempts": row.attempts,
    }
    if row.kind is JobKind.PLACEMENT:
        return PlacementJob(
            **shared,
            request=DeferredRequest(**row.request, body=row.request_body),
            client_key=_to_key(row),
            answer=_to_answer(row),
        )
    return BulkStatusJob(
        **shared,
        order_ids=tuple(_from_json(order_id) for order_id in row.order_ids),
        target=TargetStatus(row.target_status, frozenset(map(OrderStatus, row.equivalent_statuses))),
        reason=row.reason,
        failed=tuple(_to_failure(values) for values in row.failures),
    )


def _bulk_values(job: BulkStatusJob) -> dict[str, Any]:
    return {
        "kind": JobKind.BULK_STATUS,
        "order_ids": [_to_json(order_id) for order_id in job.order_ids],
        "target_status": job.target.status,
        "equivalent_statuses": sorted(status.value for status in job.target.equivalent),
        "reason": job.reason,
    }


def _placement_values(job: Job) -> dict[str, Any]:
    if not isinstance(job, PlacementJob):
        raise TypeError(f"A job must be of a kind that the table has, not {type(job).__name__}.")
    request, key = job.request, job.client_key
    return {
        "kind": JobKind.PLACEMENT,
        "request": {"root": request.root, "path": request.path, "headers": dict(request.headers)},
        "request_body": request.body,
        "key_scope": key and key.scope,
        "client_key": key and key.key,
        "fingerprint": key and key.fingerprint,
    }


def _to_key(row: Row[Any]) -> IdempotencyKey | None:
    if row.client_key is None:
        return None
    return IdempotencyKey(subject=row.actor, scope=row.key_scope, key=row.client_key, fingerprint=row.fingerprint)


def _to_answer(row: Row[Any]) -> DeferredAnswer | None:
    if row.answer is None:
        return None
    order_id = row.answer["order_id"]
    return DeferredAnswer(
        status=row.answer["status"],
        headers=row.answer["headers"],
        body=row.answer_body,
        order_id=UUID(order_id) if order_id else None,
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
