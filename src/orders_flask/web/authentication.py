"""Bearer authentication, which runs before any other part of a request is read."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import structlog
from flask import g, request

from orders_domain.errors import InvalidToken
from orders_domain.model.access import AccessPolicy
from orders_domain.model.accounts.contact import Contact
from orders_flask.web.context import actor, use_cases
from orders_flask.web.path_params import order_id_from_path
from orders_flask.web.rate_limiting import limit_address, limit_subject

CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
SCHEME = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def authenticate() -> None:
    """Verify the bearer token; set ``g.auth_token`` and ``g.actor``; count the request of the subject or the address.

    Raises:
        TooManyRequests: the subject, or the address of a client without a valid token, has exceeded RATE_LIMIT.
        InvalidToken: the token is missing or invalid (clauses 000-06, 000-10, 000-14, 000-17), or revoked
            (clause 003-13).
        StoreUnavailable: the store of revoked tokens cannot be read.
    """
    if job := g.get("job"):  # the request was authenticated and counted when the job was created
        g.actor = job.actor
        return
    try:
        _verify_token()
    except InvalidToken:
        limit_address()
        raise
    limit_subject(actor().subject)


def _verify_token() -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("The Authorization header must have a bearer token.")
    identify(token.strip())


def identify(token: str) -> None:
    """Verify the token; set ``g.auth_token`` and ``g.actor``.

    Raises:
        InvalidToken: the token is invalid or revoked.
        StoreUnavailable: the store of revoked tokens cannot be read.
    """
    # Prefetch, because one round trip can read both the token's revocation and the cached order.
    use_cases().prefetch_order(order_id_from_path() if request.method in ("GET", "HEAD") else None)
    g.auth_token = use_cases().authenticate(token)
    user = g.auth_token.actor
    contact = user.contact if request.method in ("GET", "HEAD") else user.contact.or_else(accepted_language())
    g.actor = replace(user, request_id=g.request_id, traceparent=g.traceparent, contact=contact)
    structlog.contextvars.bind_contextvars(user=g.actor.subject)


def accepted_language() -> Contact:
    """Return the first choice of Accept-Language, as the language of letters about what this request places."""
    return Contact.of(language=request.accept_languages.best)


def requires(access: AccessPolicy) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that authorizes the actor before the route parses its query and body.

    The use case authorizes again. The early check makes 403 take precedence over validation errors.

    Raises:
        AccessDenied: the policy rejects the actor regardless of the order.
    """

    def guard(route: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(route)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            access.authorize(actor())
            return route(*args, **kwargs)

        return guarded

    return guard
