"""Idempotency keys over HTTP: the same answer, byte for byte, however often a request is sent (clause 004-04)."""

import hashlib
import json
from collections.abc import Callable

from flask import Response, current_app, g, request

from orders_domain.errors import AlreadyDone, Refused
from orders_domain.once import LONGEST_KEY, Once
from orders_domain.order import Order
from orders_flask.web.core import actor

HEADER = "Idempotency-Key"
REPLAY = {"x-idempotent-replay": "true"}
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")

PARAMETER = {
    "in": "header",
    "name": HEADER,
    "description": "The same key and the same request: the same answer, and nothing is done twice. Kept for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}
REQUIRED = {**PARAMETER, "required": True}


def once(scope: str, answer: Callable[[Order], Response], *, replayed_as: int | None = None) -> Once | None:
    """Return what makes this request happen once, or None where its client gave no key.

    The answer kept is the one that ``answer`` makes of the new order; ``replayed_as`` is its status when told again,
    where that is another one.

    Raises:
        Refused: the key is not 1 to 255 characters.
    """
    if (key := request.headers.get(HEADER)) is None:
        return None
    return Once(
        subject=actor().subject,
        scope=scope,
        key=key,
        fingerprint=_fingerprint(),
        answer=lambda order: _kept(answer(order), replayed_as),
    )


def once_required(scope: str, answer: Callable[[Order], Response], *, replayed_as: int | None = None) -> Once:
    """Return what makes this request happen once (clause 004-03).

    Raises:
        Refused: there is no key, or it is not 1 to 255 characters.
    """
    if wanted := once(scope, answer, replayed_as=replayed_as):
        return wanted
    raise Refused(f"The header {HEADER} is required.", field=HEADER)


def told_again(done: AlreadyDone) -> Response:
    """Return the answer that was kept."""
    status, headers, body = json.loads(done.answer)
    return current_app.response_class(body, status=status, headers=headers | REPLAY)


def _kept(answer: Response, status: int | None) -> bytes:
    headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    return json.dumps([status or answer.status_code, headers, answer.get_data(as_text=True)]).encode()


def _fingerprint() -> str:
    """What was asked for, whatever the prefix it was sent to, the white space and the order of members."""
    operation = (request.endpoint or "").rpartition(".")[2]
    asked = json.dumps([operation, request.view_args, g.get("body")], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()
