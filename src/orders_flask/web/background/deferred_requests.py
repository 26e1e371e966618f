"""Processing of deferred requests by the application itself, so that the answer is the one without a job."""

from flask import Flask, g
from werkzeug.test import EnvironBuilder

from orders_domain.model.jobs import DeferredAnswer, PlacementJob

_REPLACED = frozenset({"content-length", "x-request-id", "x-content-type-options"})
"""Headers of the exchange, which the response to a poll has anew."""


def answer(app: Flask, job: PlacementJob) -> DeferredAnswer:
    """Return the response of the application to the job's request.

    The request has no token: ``g.job`` stands for it, which only this function sets.
    """
    with app.request_context(_environment(job)):
        g.job = job
        response = app.full_dispatch_request()
        return DeferredAnswer(
            status=response.status_code,
            headers={name: value for name, value in response.headers if name.lower() not in _REPLACED},
            body=response.get_data(),
            order_id=g.get("placed_order_id"),
            is_temporary="Retry-After" in response.headers,
        )


def _environment(job: PlacementJob) -> dict[str, object]:
    request = job.request
    headers = dict(request.headers)
    if job.actor.request_id:
        headers["X-Request-ID"] = job.actor.request_id
    if job.actor.traceparent:
        headers["traceparent"] = job.actor.traceparent
    builder = EnvironBuilder(
        request.path, base_url=request.root, method="POST", headers=list(headers.items()), data=request.body
    )
    try:
        return builder.get_environ()
    finally:
        builder.close()
