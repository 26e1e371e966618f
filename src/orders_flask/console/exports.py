"""Pages of exports: start one, follow its progress, and download its file."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, request
from werkzeug.wrappers import Response

from orders_domain.errors import OrdersError
from orders_domain.model.jobs import FileFormat
from orders_domain.model.jobs.files import DuplicateFileJob, FileJob
from orders_domain.model.order_filter import OrderFilter
from orders_domain.use_cases import GetFileJob, StartExport
from orders_domain.use_cases.background.start_file_job import EXPORTS
from orders_flask.console.forms import form_key
from orders_flask.console.jobs import ENDED
from orders_flask.console.order_query import STATUSES, parse_query
from orders_flask.console.pages import page, to
from orders_flask.web.authentication import requires
from orders_flask.web.background.file_transfer import file_response
from orders_flask.web.context import actor, use_cases
from orders_flask.web.error_handlers import described

_FIELDS = ("status", "created_from", "created_to")
"""The fields of the list that an export has, too."""


def register(console: Blueprint) -> None:
    console.get("/exports/new")(requires(EXPORTS)(new_export))
    console.post("/exports")(requires(EXPORTS)(start_export))
    console.get("/exports/<uuid:job_id>")(export)
    console.get("/exports/<uuid:job_id>/file")(export_file)


def new_export() -> Response:
    return _form()


def start_export() -> Response:
    """Start a job that writes the orders to a file, and show its progress."""
    query = parse_query({name: request.form.get(name, "") for name in _FIELDS})
    if query.errors:
        return _form(status=422, errors=query.errors)
    selected = query.order_filter
    try:
        wanted = StartExport(
            actor=actor(),
            order_filter=OrderFilter(
                statuses=selected.statuses, placed_from=selected.placed_from, placed_before=selected.placed_before
            ),
            view="items" if request.form.get("view") == "items" else "orders",
            file_format=FileFormat.JSON_LINES if request.form.get("format") == "jsonl" else FileFormat.CSV,
            idempotency_key=form_key(),
        )
        job: FileJob = use_cases().start_export(wanted)
    except DuplicateFileJob as known:
        job = known.job
    except OrdersError as error:
        problem = described(error)
        return _form(status=problem.status, failure=problem.detail)
    return to("export", job_id=job.id)


def export(job_id: UUID) -> Response:
    job = use_cases().get_export(GetFileJob(actor=actor(), job_id=job_id))
    return page("export.html", job=job, has_ended=job.status in ENDED)


def export_file(job_id: UUID) -> Response:
    file = use_cases().read_export(GetFileJob(actor=actor(), job_id=job_id))
    return file_response(file, name=f"orders-{file.job.created_at:%Y%m%d-%H%M%S}")


def _form(*, status: int = 200, failure: str = "", errors: object = None) -> Response:
    given = {name: request.values.get(name, "") for name in (*_FIELDS, "view", "format")}
    return page(
        "new_export.html", status=status, given=given, failure=failure, errors=errors or {}, statuses=list(STATUSES)
    )
