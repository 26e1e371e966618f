"""Routes of bulk status changes and of the jobs that run large ones (clauses 002-32, 002-34)."""

from typing import Any
from uuid import UUID

from flask import Response, url_for

from orders_domain.errors import JobNotFound, OrderNotFound
from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.jobs import BulkStatusJob, JobStatus
from orders_domain.model.order_ref import parse_order_id
from orders_domain.use_cases import BulkChangeStatus, GetJob
from orders_flask.contracts.management import bulk_schemas as schemas
from orders_flask.contracts.management.bulk_translate import job_representation, outcome_representation
from orders_flask.contracts.management.routes import _document
from orders_flask.contracts.management.translate import VOCABULARY
from orders_flask.web.authentication import requires
from orders_flask.web.background.preferences import APPLIED, PARAMETER, RESPOND_ASYNC, prefers_async
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.responses import json_response


def register(routes: ContractBlueprint) -> None:
    """Add the routes to the orders' blueprint."""

    @routes.post("/bulk/status")
    @requires(ADMIN_ONLY)
    @routes.arguments(schemas.BulkStatusUpdate, example={"order_ids": [1], "status": "shipped"})
    @routes.response(200, schemas.BulkOutcome)
    @routes.alt_response(202, schema=schemas.JobResponse, description="`Prefer: respond-async`: a job to poll.")
    @routes.doc(
        parameters=[PARAMETER],
        **_document(
            400,
            401,
            403,
            413,
            415,
            503,
            use_case="bulk_change_status",
            summary="Change the status of many orders (administrators)",
            description="Each order is changed or reported by itself.",
        ),
    )
    def bulk_status(body: dict[str, Any]) -> Any:
        request = BulkChangeStatus(
            actor=actor(),
            order_ids=tuple(body["order_ids"]),
            target=VOCABULARY.parse(body["status"]),
            reason=body["reason"],
            asynchronous=prefers_async(),
        )
        job = use_cases().bulk_change_status(request)
        return outcome_representation(job) if job.status is JobStatus.DONE else _accepted(job)

    @routes.get("/jobs/<job_id>")
    @routes.response(200, schemas.JobResponse)
    @routes.doc(
        **_document(
            401,
            403,
            404,
            503,
            use_case="get_job",
            summary="Get the progress of a job (administrators)",
            description="Poll it at the Location of the response that created it.",
            not_found="The job does not exist.",
        )
    )
    def job(job_id: str) -> Any:
        return job_representation(use_cases().get_job(GetJob(actor=actor(), job_id=_job_id(job_id))))


def _accepted(job: BulkStatusJob) -> Response:
    headers = {"Location": url_for(".job", job_id=job.id), "Retry-After": "1", APPLIED: RESPOND_ASYNC}
    return json_response(schemas.JobResponse, job_representation(job), status=202, headers=headers)


def _job_id(text: str) -> UUID:
    """Parse a job id.

    Raises:
        JobNotFound: the text is not a UUID.
    """
    try:
        return parse_order_id(text)
    except OrderNotFound:
        raise JobNotFound(text) from None
