"""Blueprint of the console: every request but those of the sign-in page needs a session with rights of an operator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response as AnyResponse

from orders_domain.errors import AccessDenied, InvalidToken
from orders_domain.model.access import SHOP
from orders_flask.console import formats, session
from orders_flask.console.errors import error_page
from orders_flask.console.pages import sign_in_url, to_address
from orders_flask.web.context import actor
from orders_flask.web.rate_limiting import limit_address, limit_subject

MAX_FORM_BYTES = 128 * 1024
"""The most bytes of a form; one of the bulk actions has the orders of a page."""
OPEN = frozenset({"static", "sign_in", "begin_session"})
"""The functions that need no session."""
FOR_EVERYBODY = frozenset({"end_session"})
"""The functions that a signed-in customer can use."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class ConsoleBlueprint(Blueprint):
    """Routes that take a session instead of a bearer token, and whose errors are pages."""

    authenticates = True  # so that a request is counted here, by its subject

    def __init__(self, name: str, import_name: str, **about: Any) -> None:
        super().__init__(name, import_name, **about)
        formats.install(self)
        self.before_request(_authenticate)
        self.after_request(_protect)
        self.register_error_handler(Exception, error_page)
        self.get("/<path:unknown>", endpoint="unknown")(_unknown)

    def needs_token(self, function: str, config: Mapping[str, Any]) -> bool:
        """Return whether the body of a request to this function is read only with a session."""
        return function not in OPEN

    def max_body_bytes(self, function: str, config: Mapping[str, Any]) -> int:
        """Return the size limit of the forms of this function."""
        return MAX_FORM_BYTES


def _authenticate() -> AnyResponse | None:
    """Identify the actor; redirect to the sign-in page without a valid session.

    Raises:
        TooManyRequests: the subject or the address has exceeded RATE_LIMIT.
        AccessDenied: the actor has no right to any order of others.
        Forbidden: a form is not one of this session.
    """
    request.max_content_length = MAX_FORM_BYTES
    function = (request.endpoint or "").rpartition(".")[2]
    if function in OPEN:
        limit_address()
    else:
        try:
            session.identify()
        except InvalidToken:
            limit_address()
            return to_address(sign_in_url())
        limit_subject(actor().subject)
        if function not in FOR_EVERYBODY and not SHOP.grants_all(actor()):
            raise AccessDenied("The console is for operators: the account must be an administrator or have a scope.")
    if request.method == "POST" and not session.is_own_form():
        raise Forbidden("The form must be one of this session. Open the page again, and repeat the action.")
    return None


def _protect(response: Response) -> Response:
    """Allow the page nothing but the own files, and let no cache store it."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Frame-Options"] = "DENY"
    if request.endpoint == "console.static" and response.status_code in (200, 304):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"  # the URL changes with the content
        return response
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Cookie")
    return session.remember(response)


def _unknown(unknown: str) -> Response:
    raise NotFound("The console has no such page.")
