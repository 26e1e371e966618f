"""Bearer tokens: every route of a contract knows who asks before it reads anything else of the request."""

from dataclasses import replace

import structlog
from flask import g, request

from orders_domain.errors import InvalidToken
from orders_flask.web.core import core

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
    g.bearer = core().identify(token.strip())
    g.actor = replace(g.bearer.actor, request_id=g.request_id, traceparent=g.traceparent)
    structlog.contextvars.bind_contextvars(user=g.actor.subject)
