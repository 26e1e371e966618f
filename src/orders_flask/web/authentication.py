"""Bearer tokens: every route of a contract knows who asks before it reads anything else of the request."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import structlog
from flask import g, request

from orders_domain.errors import InvalidToken
from orders_domain.model.access import AccessPolicy
from orders_flask.web.context import actor, use_cases
from orders_flask.web.path_params import order_id_from_path

CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
SCHEME = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def authenticate() -> None:
    """Set ``g.bearer`` and ``g.actor``.

    Raises:
        InvalidToken: there is no bearer token, or none that we accept (clauses 000-06, 000-10, 000-14, 000-17), or it
            was ended (clause 003-13).
        StoreUnavailable: nobody can say whether it was ended.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("There is no bearer token.")
    # One round trip answers both whether the token was revoked and what the cache has of the order.
    use_cases().prefetch_order(order_id_from_path() if request.method in ("GET", "HEAD") else None)
    g.auth_token = use_cases().authenticate(token.strip())
    g.actor = replace(g.auth_token.actor, request_id=g.request_id, traceparent=g.traceparent)
    structlog.contextvars.bind_contextvars(user=g.actor.subject)


def requires(access: AccessPolicy) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what lets a route read its query and body only for those whom the access admits.

    The use case decides; this asks the same question early, so that whoever may not enter hears so first.

    Raises:
        AccessDenied: it is clear without a look at any order that the actor may not.
    """

    def guard(route: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(route)
        def guarded(*arguments: Any, **named: Any) -> Any:
            access.authorize(actor())
            return route(*arguments, **named)

        return guarded

    return guard
