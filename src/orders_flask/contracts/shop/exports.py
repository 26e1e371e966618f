"""Routes of exports: orders are written to a file by a job."""

from functools import partial
from typing import Any

from flask import Response

from orders_domain.model.jobs import FileFormat
from orders_domain.model.order_filter import OrderFilter
from orders_domain.use_cases import StartExport
from orders_domain.use_cases.background.start_file_job import EXPORTS
from orders_flask.contracts.shop import file_jobs
from orders_flask.contracts.shop.responses import documented, required_key
from orders_flask.contracts.shop.translate import VOCABULARY
from orders_flask.web.authentication import requires
from orders_flask.web.background.file_transfer import file_response
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases

_EXAMPLE = {"format": "csv", "view": "orders", "statuses": ["paid", "shipped"], "created_from": "2026-01-01"}


def register(routes: ContractBlueprint) -> None:
    _add_start(routes)

    @routes.get("/exports/<job_id>")
    @routes.response(200, file_jobs.ShopExport)
    @routes.doc(
        **documented(
            401, 403, 404, 503,
            changes=False, posts=False,
            use_case="get_export",
            summary="Get the progress of an own export",
            description="An export has ended if its status is done or failed.",
            not_found=file_jobs.NOT_FOUND,
        )
    )  # fmt: skip
    def get_export(job_id: str) -> Response:
        job = use_cases().get_export(file_jobs.named(job_id))
        return file_jobs.polled(job, file_jobs.export_members(job))

    @routes.get("/exports/<job_id>/file")
    @routes.doc(
        **file_jobs.documented_file(
            use_case="read_export",
            summary="Read the file of a finished export",
            description="CSV or JSON Lines, as `orders export` writes it. A broken download goes on with Range.",
        )
    )
    def read_export(job_id: str) -> Response:
        file = use_cases().read_export(file_jobs.named(job_id))
        return file_response(file, name=f"orders-{file.job.created_at:%Y%m%d-%H%M%S}")


def _add_start(routes: ContractBlueprint) -> None:
    @routes.post("/exports/")
    @requires(EXPORTS)
    @routes.arguments(file_jobs.ShopExportCreate, example=_EXAMPLE)
    @routes.doc(
        **file_jobs.documented_start(
            file_jobs.ShopExport,
            *(400, 401, 403, 413, 415, 422, 503),
            use_case="start_export",
            summary="Export orders to a file (administrators and orders:read)",
            description="A job writes the orders, newest first. Its file and itself are deleted after 24 hours.",
        )
    )
    def start_export(body: dict[str, Any]) -> Response:
        since, before = body.get("created_from"), body.get("created_to")
        statuses = [VOCABULARY.parse(word).equivalent for word in body.get("statuses", ())]
        order_filter = OrderFilter(
            user_id=body.get("user_id"),
            statuses=frozenset().union(*statuses) or None,
            placed_from=since.start if since else None,
            placed_before=before.end if before else None,
        )
        request = StartExport(
            actor=actor(),
            order_filter=order_filter,
            view=body["view"],
            file_format=FileFormat(body["format"]),
            with_bom=body["bom"],
            idempotency_key=required_key(),
        )
        start = partial(use_cases().start_export, request)
        return file_jobs.accepted(start, file_jobs.export_members, to=".get_export")
