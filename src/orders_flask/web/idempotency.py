"""Idempotency keys over HTTP: a repeated request gets the same response, byte for byte (clause 004-04)."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

from flask import Response, current_app, g, request

from orders_domain.errors import IdempotencyKeyReused, InvalidValue, OrdersError, RequestInProgress
from orders_domain.model.idempotency import MAX_KEY_LENGTH, DuplicateRequest, IdempotencyKey
from orders_domain.model.jobs import PlacementJob
from orders_domain.model.order import Order
from orders_domain.use_cases.background.purge_expired_data import MESSAGE_RETENTION
from orders_flask.web.background import placements
from orders_flask.web.context import actor

HEADER = "Idempotency-Key"
FIELD_NAMES = {"key": HEADER}
"""The published name of the domain's field."""
TEXTS: Mapping[type[OrdersError], str] = {
    RequestInProgress: f"A request with this {HEADER} is still in progress.",
    IdempotencyKeyReused: f"This {HEADER} was used for another request.",
}
"""The published texts of the domain's errors, which do not know the header."""
REPLAY_HEADER = "x-idempotent-replay"

PARAMETER = {
    "in": "header",
    "name": HEADER,
    "description": "A repeated request with the same key is not executed again; its response is the first one. "
    "Keys are stored for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
}
REQUIRED = {**PARAMETER, "required": True}
OF_A_CHANGE = {
    **PARAMETER,
    "description": "A repeated request with the same key changes nothing; its response is the present state. "
    f"Keys are stored for {MESSAGE_RETENTION.days} days.",
}
"""The key of an operation that places no order."""


def idempotency_key(scope: str, *, members: Collection[str] | None = None) -> IdempotencyKey | None:
    """Return the key of this request, or None if it has none; the request of a job has one in any case.

    ``members`` are those of the body by which a repetition is recognized, by default all.

    Raises:
        InvalidValue: the key does not have 1 to 255 characters.
    """
    if (key := request.headers.get(HEADER)) is None:
        return job.idempotency_key if (job := _job()) else None
    g.client_key = IdempotencyKey(subject=actor().subject, scope=scope, key=key, fingerprint=_fingerprint(members))
    return cast(IdempotencyKey, g.client_key)


def required_idempotency_key(scope: str, *, members: Collection[str] | None = None) -> IdempotencyKey:
    """Return the key of this request, which is mandatory (clause 004-03); ``members`` as for ``idempotency_key``.

    Raises:
        InvalidValue: the key is missing, or does not have 1 to 255 characters.
    """
    if key := idempotency_key(scope, members=members):
        return key
    raise InvalidValue(f"The header {HEADER} is required.", field=HEADER)


def placed_or_replayed(
    place: Callable[[], Order],
    render: Callable[[Order], Response],
    *,
    lines: int = 0,
    replayed_as: int | None = None,
) -> Response:
    """Return the response for the new order; for a duplicate request, the same response marked as a replay.

    A replay renders the order as it was placed, so that its body equals the first one byte for byte, whatever
    happened to the order since. ``replayed_as`` is the status of a replay, if it differs.

    If the client prefers it, or an order of so many ``lines`` is to be placed by a job, nothing is placed, and the
    response is 202. The key of a finished job gets the job's answer.
    """
    if placements.is_wanted(lines):
        return _deferred(placements.accept(g.get("client_key")), replayed_as)
    try:
        return render(_noted(place()))
    except DuplicateRequest as duplicate:
        response = render(_noted(duplicate.order))
        if (job := _job()) and job.has_placed(duplicate.order):
            return response
        response.status_code = replayed_as or response.status_code
        response.headers[REPLAY_HEADER] = "true"
        return response


def _deferred(job: PlacementJob, replayed_as: int | None) -> Response:
    """Return 202, or the answer of a finished job as a replay."""
    if not (answer := job.answer):
        return placements.accepted(job)
    status = replayed_as if replayed_as and answer.succeeded else answer.status
    headers = {**answer.headers, REPLAY_HEADER: "true"}
    return current_app.response_class(answer.body, status=status, headers=headers)


def _job() -> PlacementJob | None:
    """Return the job whose request this is, if it is one's."""
    return cast("PlacementJob | None", g.get("job"))


def _noted(order: Order) -> Order:
    """Note the placed order for the job of this request, if it has one."""
    g.placed_order_id = order.id
    return order


def _fingerprint(members: Collection[str] | None) -> str:
    """Return a hash of the operation and its arguments.

    It is independent of the URL prefix, and of the spelling of the JSON: white space, member order, and 5 or 5.0.
    """
    operation = (request.endpoint or "").rpartition(".")[2]
    body = g.get("body")
    if members is not None:
        body = {name: body[name] for name in members}
    canonical = json.dumps([operation, request.view_args, _normalized(body)], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _normalized(value: Any) -> Any:
    """Return the JSON with whole numbers as integers, however they were written."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_normalized(element) for element in value]
    if isinstance(value, dict):
        return {name: _normalized(member) for name, member in value.items()}
    return value
