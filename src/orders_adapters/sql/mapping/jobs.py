"""Mapping between rows and jobs of each kind."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from orders_adapters.sql.tables.jobs import JobKind
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.jobs import (
    BulkStatusJob,
    DeferredAnswer,
    DeferredRequest,
    ExportJob,
    Failure,
    FileFormat,
    FileJob,
    ImportJob,
    Job,
    PlacementJob,
)
from orders_domain.model.order_filter import Cursor, OrderFilter
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import OrderStatus, TargetStatus

PROGRESS = ("status", "processed", "failures", "attempts", "answer", "answer_body", "file_progress")
"""The columns that a worker changes, besides the lease."""
_OTHER_KINDS = (
    "order_ids",
    "target_status",
    "equivalent_statuses",
    "reason",
    "request",
    "request_body",
    "file_options",
)


def values(job: Job) -> dict[str, Any]:
    """Return the values of all columns."""
    key = job.client_key if isinstance(job, PlacementJob | FileJob) else None
    return dict.fromkeys(_OTHER_KINDS) | {
        "id": job.id,
        "actor": job.actor.subject,
        "role": job.actor.role,
        "scopes": sorted(job.actor.scopes),
        "request_id": job.actor.request_id,
        "traceparent": job.actor.traceparent,
        "created_at": job.created_at,
        "leased_until": job.leased_until,
        "key_scope": key and key.scope,
        "client_key": key and key.key,
        "fingerprint": key and key.fingerprint,
        **_content(job),
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
        "file_progress": _file_progress(job) if isinstance(job, FileJob) else None,
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
    if row.kind in _FILE_KINDS:
        return _to_file_job(row, shared)
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


_FILE_KINDS = (JobKind.EXPORT, JobKind.IMPORT)


def _content(job: Job) -> dict[str, Any]:
    """Return the values of the columns that jobs of this kind have."""
    match job:
        case BulkStatusJob():
            return _bulk_values(job)
        case PlacementJob():
            return _placement_values(job)
        case ExportJob():
            return {"kind": JobKind.EXPORT, "file_options": _export_options(job)}
        case ImportJob():
            return {"kind": JobKind.IMPORT, "file_options": _import_options(job)}
    raise TypeError(f"A job must be of a kind that the table has, not {type(job).__name__}.")


def _export_options(job: ExportJob) -> dict[str, Any]:
    selected = job.order_filter
    return {
        "format": job.file_format.value,
        "view": job.view,
        "bom": job.with_bom,
        "user_id": selected.user_id,
        "statuses": selected.statuses and sorted(status.value for status in selected.statuses),
        "placed_from": selected.placed_from and selected.placed_from.isoformat(),
        "placed_before": selected.placed_before and selected.placed_before.isoformat(),
    }


def _import_options(job: ImportJob) -> dict[str, Any]:
    return {
        "format": job.file_format.value,
        "sent_size": job.sent_size,
        "sent_lines": job.sent_lines,
        "dry_run": job.dry_run,
    }


def _file_progress(job: FileJob) -> dict[str, Any]:
    progress: dict[str, Any] = {"size": job.size, "failure": job.failure}
    if isinstance(job, ExportJob):
        after = job.cursor
        position = after and [after.created_at.isoformat(), str(after.order_id)]
        return progress | {"rows": job.rows, "cursor": position}
    if isinstance(job, ImportJob):
        return progress | {"next_line": job.next_line, "counts": dict(job.counts)}
    return progress


def _to_file_job(row: Row[Any], shared: Mapping[str, Any]) -> FileJob:
    options, progress, key = row.file_options, row.file_progress, _to_key(row)
    if key is None:
        raise ValueError(f"The job {row.id} must have a key.")
    common = {
        **shared,
        "file_format": FileFormat(options["format"]),
        "client_key": key,
        "size": progress["size"],
        "failure": progress["failure"],
    }
    if row.kind is JobKind.IMPORT:
        return ImportJob(
            **common,
            **{name: options[name] for name in ("sent_size", "sent_lines", "dry_run")},
            next_line=progress["next_line"],
            counts=progress["counts"],
        )
    return ExportJob(
        **common,
        order_filter=_to_filter(options),
        view=options["view"],
        with_bom=options["bom"],
        rows=progress["rows"],
        cursor=_to_cursor(progress["cursor"]),
    )


def _to_filter(options: Mapping[str, Any]) -> OrderFilter:
    since, before, statuses = options["placed_from"], options["placed_before"], options["statuses"]
    return OrderFilter(
        user_id=options["user_id"],
        statuses=frozenset(map(OrderStatus, statuses)) if statuses else None,
        placed_from=datetime.fromisoformat(since) if since else None,
        placed_before=datetime.fromisoformat(before) if before else None,
    )


def _to_cursor(position: list[str] | None) -> Cursor | None:
    return Cursor(datetime.fromisoformat(position[0]), UUID(position[1])) if position else None


def _bulk_values(job: BulkStatusJob) -> dict[str, Any]:
    return {
        "kind": JobKind.BULK_STATUS,
        "order_ids": [_to_json(order_id) for order_id in job.order_ids],
        "target_status": job.target.status,
        "equivalent_statuses": sorted(status.value for status in job.target.equivalent),
        "reason": job.reason,
    }


def _placement_values(job: PlacementJob) -> dict[str, Any]:
    request = job.request
    return {
        "kind": JobKind.PLACEMENT,
        "request": {"root": request.root, "path": request.path, "headers": dict(request.headers)},
        "request_body": request.body,
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
