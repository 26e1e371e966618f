"""Idempotency keys over HTTP: the same answer, byte for byte, however often a request is sent (clause 004-04)."""

import hashlib
import json
from collections.abc import Callable

from flask import Response, g, request

from orders_domain.errors import InvalidValue
from orders_domain.model.idempotency import MAX_KEY_LENGTH, DuplicateRequest, IdempotencyKey
from orders_domain.model.order import Order
from orders_flask.web.context import actor

HEADER = "Idempotency-Key"
REPLAY = {"x-idempotent-replay": "true"}

PARAMETER = {
    "in": "header",
    "name": HEADER,
    "description": "The same key and the same request: the same answer, and nothing is done twice. Kept for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
}
REQUIRED = {**PARAMETER, "required": True}


def idempotency_key(scope: str) -> IdempotencyKey | None:
    """Return what makes this request happen once, or None where its client gave no key.

    Raises:
        Refused: the key is not 1 to 255 characters.
    """
    if (key := request.headers.get(HEADER)) is None:
        return None
    return IdempotencyKey(subject=actor().subject, scope=scope, key=key, fingerprint=_fingerprint())


def required_idempotency_key(scope: str) -> IdempotencyKey:
    """Return what makes this request happen once (clause 004-03).

    Raises:
        Refused: there is no key, or it is not 1 to 255 characters.
    """
    if wanted := idempotency_key(scope):
        return wanted
    raise InvalidValue(f"The header {HEADER} is required.", field=HEADER)


def placed_or_replayed(
    place: Callable[[], Order], render: Callable[[Order], Response], *, replayed_as: int | None = None
) -> Response:
    """Return the response for the new order; for a repetition, the same response again, marked as a replay.

    A repetition renders the order as it was placed, so that its response is the first one byte for byte, whatever
    happened to the order since. ``replayed_as`` is the status of a replay, if it is another one.
    """
    try:
        return render(place())
    except DuplicateRequest as done:
        response = render(done.order)
        response.status_code = replayed_as or response.status_code
        response.headers.update(REPLAY)
        return response


def _fingerprint() -> str:
    """What was asked for, whatever the prefix it was sent to, the white space and the order of members."""
    operation = (request.endpoint or "").rpartition(".")[2]
    asked = json.dumps([operation, request.view_args, g.get("body")], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()
