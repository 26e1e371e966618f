"""Placement jobs over HTTP: their acceptance with 202, and the route that shows their state and their answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import marshmallow
from flask import Response, current_app, g, json, request, url_for
from marshmallow import fields, validate

from orders_domain.errors import JobNotFound, OrderNotFound
from orders_domain.model.accounts.actor import Role
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.jobs import DeferredRequest, JobStatus, PlacementJob
from orders_domain.model.order_ref import parse_order_id
from orders_domain.use_cases import DeferPlacement, GetPlacement
from orders_flask.web.background.preferences import APPLIED, RESPOND_ASYNC, prefers_async
from orders_flask.web.context import actor, use_cases

STATES = ("queued", "running", "succeeded", "failed")
RETRY_AFTER = "1"  # seconds between two requests for the state of a job
_PASSED_ON = ("Content-Type", "Idempotency-Key")
"""The headers that decide about the placement; the token was verified, and its actor is stored."""


class DeferredResponse(marshmallow.Schema):
    """The response that the request would have had without a job."""

    status = fields.Integer(required=True)
    headers = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    body = fields.Raw(required=True, metadata={"description": "The JSON of the response, byte for byte."})


class PlacementResponse(marshmallow.Schema):
    """A job that places one order, and its results once it has ended."""

    id = fields.UUID(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATES))
    order = fields.String(required=True, allow_none=True, metadata={"description": "The path of the placed order."})
    answer = fields.Nested(DeferredResponse, required=True, allow_none=True)


def is_wanted(lines: int) -> bool:
    """Return whether the placement is to be deferred: its client prefers it, or it has too many lines.

    The request of a job is never deferred, and neither is that of a client without a token, who could not poll.
    """
    if "job" in g or actor().role is Role.SYSTEM:
        return False
    limit = use_cases().async_order_lines.get(_contract())
    return prefers_async() or (limit is not None and lines > limit)


def accept(client_key: IdempotencyKey | None) -> PlacementJob:
    """Create the job of this request, or return the earlier one of the same key.

    Raises:
        IdempotencyKeyReused: another request was accepted with the same key.
        StoreUnavailable: the store is unavailable.
    """
    headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
    deferred = DeferredRequest(
        root=request.root_url, path=request.path, headers=headers, body=request.get_data(cache=True)
    )
    return use_cases().defer_placement(DeferPlacement(actor=actor(), request=deferred, idempotency_key=client_key))


def accepted(job: PlacementJob) -> Response:
    """Return 202 and where to poll (RFC 7240, section 4.1)."""
    headers = {"Location": url_for(".placement", job_id=job.id), "Retry-After": RETRY_AFTER}
    if prefers_async():
        headers[APPLIED] = RESPOND_ASYNC
    return _response(job, 202, headers)


def register(routes: Any, document: Callable[..., dict[str, Any]], *, order_path: Callable[[UUID], str]) -> None:
    """Add the route of jobs to a contract's blueprint; ``order_path`` returns the path of an order."""

    @routes.get("/placements/<job_id>", endpoint="placement")
    @routes.response(200, PlacementResponse)
    @routes.doc(
        **document(
            401,
            404,
            503,
            use_case="get_placement",
            summary="Get the state of an own placement job",
            description="A job has ended if its status is succeeded or failed; then it has the answer to the request.",
            not_found="The job does not exist, has expired, or belongs to another user.",
        )
    )
    def placement(job_id: str) -> Any:
        job = use_cases().get_placement(GetPlacement(actor=actor(), job_id=_job_id(job_id)))
        headers = {} if is_finished(job) else {"Retry-After": RETRY_AFTER}
        return _response(job, 200, headers, order_path=order_path)


def is_finished(job: PlacementJob) -> bool:
    return job.status in (JobStatus.DONE, JobStatus.FAILED)


def _response(
    job: PlacementJob, status: int, headers: dict[str, str], *, order_path: Callable[[UUID], str] | None = None
) -> Response:
    """Return the representation. The body of the answer is not parsed, so that it stays as it would have been sent."""
    answer = job.answer
    path = order_path(answer.order_id) if order_path and answer and answer.order_id else None
    members: list[tuple[str, str]] = [
        ("id", json.dumps(str(job.id))),
        ("status", json.dumps(_state(job))),
        ("order", json.dumps(path)),
    ]
    if answer:
        parts = f'"status":{answer.status},"headers":{json.dumps(dict(answer.headers))},"body":{answer.body.decode()}'
        members.append(("answer", f"{{{parts}}}"))
    else:
        members.append(("answer", "null"))
    text = ",".join(f'"{name}":{value}' for name, value in members)
    response = current_app.response_class(f"{{{text}}}", status=status, mimetype="application/json")
    response.headers.update(headers)
    return response


def _state(job: PlacementJob) -> str:
    if job.status is JobStatus.DONE and job.answer:
        return "succeeded" if job.answer.succeeded else "failed"
    return job.status.value


def _contract() -> str:
    """Return the name of the contract of this request; its blueprints at further prefixes have a number."""
    return (request.blueprint or "").partition("-")[0]


def _job_id(text: str) -> UUID:
    """Parse a job id.

    Raises:
        JobNotFound: the text is not a UUID.
    """
    try:
        return parse_order_id(text)
    except OrderNotFound:
        raise JobNotFound(text) from None
