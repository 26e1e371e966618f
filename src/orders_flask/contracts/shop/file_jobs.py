"""Exports and imports over HTTP: their schemas, representations and responses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, url_for
from marshmallow import Schema, fields, validate

from orders_domain.errors import JobNotFound, OrderNotFound
from orders_domain.model.jobs import ExportJob, FileFormat, FileJob, ImportJob, JobStatus
from orders_domain.model.jobs.files import DuplicateFileJob
from orders_domain.model.order_ref import parse_order_id
from orders_domain.use_cases import GetFileJob
from orders_flask.contracts.shop.response_schemas import ShopProblem
from orders_flask.contracts.shop.responses import documented, json_response
from orders_flask.contracts.shop.translate import VOCABULARY, moment
from orders_flask.files.order_rows import VIEWS
from orders_flask.web.background.file_transfer import MEDIA_TYPES
from orders_flask.web.context import actor
from orders_flask.web.fields import BoundedList, DateOrDateTime, status, text_field
from orders_flask.web.idempotency import REPLAY_HEADER

NOT_FOUND = "The job does not exist, has expired, or belongs to another user."
RETRY_AFTER = "1"  # seconds between two requests for the state of a job
_MOMENT = {"type": "string", "format": "date-time"}
_TEXTS: dict[str, Any] = {media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()}
_PROBLEM = {"content": {"application/problem+json": {"schema": ShopProblem}}}


def _count(description: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": description})


class ShopExportCreate(Schema):
    """Request body: the orders to export, by default all, and the form of the file."""

    optional_body = True

    format = fields.String(
        load_default=FileFormat.CSV.value, validate=validate.OneOf([form.value for form in FileFormat])
    )
    view = fields.String(
        load_default="orders",
        validate=validate.OneOf(list(VIEWS)),
        metadata={"description": "One row per order, or per item of an order."},
    )
    bom = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Whether a CSV file begins with a byte order mark, by which Excel recognizes UTF-8."},
    )
    user_id = text_field(255)
    statuses = BoundedList(status(VOCABULARY), limit=len(VOCABULARY.names))
    created_from = DateOrDateTime()
    created_to = DateOrDateTime(description="An ISO 8601 date or datetime; that day or moment is included.")


class ShopImportQuery(Schema):
    """Query of an import."""

    dry_run = fields.String(
        load_default="false",
        validate=validate.OneOf(["true", "false"]),
        metadata={"description": "Whether the lines are only validated and counted."},
    )


class ShopFileJob(Schema):
    """A job that writes a file."""

    id = fields.UUID(required=True)
    status = fields.String(required=True, validate=validate.OneOf([state.value for state in JobStatus]))
    failure = fields.String(required=True, allow_none=True, metadata={"description": "Why the job failed."})
    created_at = fields.Raw(required=True, metadata=_MOMENT)
    expires_at = fields.Raw(required=True, metadata=_MOMENT)


class ShopExport(ShopFileJob):
    """An export, and the path of its file when it is done."""

    orders = _count("The orders written so far.")
    rows = _count("The rows written so far, without the header.")
    bytes = _count("The size of the file so far.")
    file = fields.String(required=True, allow_none=True)


class ShopImport(ShopFileJob):
    """An import: its lines so far by outcome, and the path of the file of refused lines when it is done."""

    dry_run = fields.Boolean(required=True)
    lines_sent = _count("About the lines of the file, because its header and blank lines count.")
    lines = _count("The lines processed so far.")
    added = _count("The products added.")
    changed = _count("The products changed.")
    unchanged = _count("The products that were so already.")
    refused = _count("The lines refused.")
    refused_lines = fields.String(required=True, allow_none=True)


Kind = TypeVar("Kind", bound=FileJob)


def accepted(start: Callable[[], Kind], members: Callable[[Any], dict[str, Any]], *, to: str) -> Response:
    """Return 202 and where to poll; a repeated request gets the job of the first one, marked as a replay."""
    try:
        job: Any = start()
        replay = {}
    except DuplicateFileJob as duplicate:
        job, replay = duplicate.job, {REPLAY_HEADER: "true"}
    response = polled(job, members(job), status=202)
    response.headers.update({"Location": url_for(to, job_id=job.id), **replay})
    return response


def polled(job: FileJob, body: dict[str, Any], *, status: int = 200) -> Response:
    response = json_response(_common(job) | body, status=status)
    if job.status not in (JobStatus.DONE, JobStatus.FAILED):
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def export_members(job: ExportJob) -> dict[str, Any]:
    return {
        "orders": job.processed,
        "rows": job.rows,
        "bytes": job.size,
        "file": _path(job, ".read_export"),
    }


def import_members(job: ImportJob) -> dict[str, Any]:
    return {
        "dry_run": job.dry_run,
        "lines_sent": job.sent_lines,
        "lines": job.processed,
        **{outcome: job.counts.get(outcome, 0) for outcome in job.OUTCOMES},
        "refused_lines": _path(job, ".read_refused_lines"),
    }


def _common(job: FileJob) -> dict[str, Any]:
    return {
        "id": str(job.id),
        "status": job.status.value,
        "failure": job.failure,
        "created_at": moment(job.created_at),
        "expires_at": moment(job.expires_at),
    }


def _path(job: FileJob, route: str) -> str | None:
    return url_for(route, job_id=job.id) if job.status is JobStatus.DONE else None


def named(job_id: str) -> GetFileJob:
    """Return the request for a job of the sender.

    Raises:
        JobNotFound: the text is not a UUID.
    """
    return GetFileJob(actor=actor(), job_id=_id(job_id))


def _id(text: str) -> UUID:
    try:
        return parse_order_id(text)
    except OrderNotFound:
        raise JobNotFound(text) from None


def documented_start(schema: type[Schema], *statuses: int, **texts: Any) -> dict[str, Any]:
    """Return the documentation of a route that starts a job."""
    documentation = documented(*statuses, changes=False, **texts)
    documentation["responses"]["429"]["description"] = (
        "Too many requests, or the sender has 5 unfinished exports and imports; retry after Retry-After seconds."
    )
    headers = {
        "Location": {"description": "The path of the job.", "schema": {"type": "string"}, "required": True},
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    }
    documentation["responses"]["202"] = {
        "description": "The job to poll.",
        "content": {"application/json": {"schema": schema}},
        "headers": headers,
    }
    return documentation


def documented_file(**texts: Any) -> dict[str, Any]:
    """Return the documentation of a route whose response is a file."""
    documentation = documented(
        *(304, 401, 403, 404, 409, 503), changes=False, posts=False, not_found=NOT_FOUND, **texts
    )
    responses = documentation["responses"]
    responses["200"] = {"description": "The file.", "content": _TEXTS}
    responses["206"] = {"description": "The range of the file that Range asks for.", "content": _TEXTS}
    responses["409"]["description"] = "The job has not ended, or has failed."
    responses["416"] = {"description": "The range begins behind the end of the file.", **_PROBLEM}
    pattern = {"type": "string", "pattern": r"^bytes=\d{1,12}-(\d{1,12})?$"}
    documentation["parameters"].append(
        {"in": "header", "name": "Range", "description": "The bytes to send, such as `bytes=1000-`.", "schema": pattern}
    )
    return documentation
