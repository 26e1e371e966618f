"""Pages of the session: sign in and sign out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from orders_domain.errors import InvalidToken, InvalidValue, OrdersError
from orders_domain.use_cases import SignIn, SignOut
from orders_flask.console import session
from orders_flask.console.pages import own_path, page, to
from orders_flask.web.context import authenticated_token, use_cases
from orders_flask.web.error_handlers import described
from orders_flask.web.proxies.client_address import client_address

MAX_TOKEN = 3_900
"""The most characters of a token; a cookie has 4,096 bytes with its name and attributes."""


def register(console: Blueprint) -> None:
    console.get("/sign-in")(sign_in)
    console.post("/sign-in")(begin_session)
    console.post("/sign-out")(end_session)


def sign_in() -> Response:
    """Show the form; a session that is valid leads to the orders."""
    try:
        session.identify()
    except InvalidToken:
        return _form()
    return to("orders")


def begin_session() -> Response:
    """Begin a session with an e-mail address and a password, or with a token of an identity provider."""
    form = request.form
    try:
        session.begin(_given_token() or _new_token())
    except InvalidToken as error:
        return _form(error=error, failure="The token must be valid, and is not.")
    except OrdersError as error:
        return _form(error=error)
    return redirect(request.root_path + (own_path(form.get("next", "")) or "/console/orders"), 303)


def end_session() -> Response:
    use_cases().sign_out(SignOut(token=authenticated_token()))
    session.end()
    return to("sign_in")


def _given_token() -> str:
    """Return the token of the form.

    Raises:
        InvalidValue: it is too long for a cookie, so that the browser would drop it.
    """
    token = request.form.get("token", "").strip()
    if len(token) > MAX_TOKEN:
        raise InvalidValue(f"A token must have at most {MAX_TOKEN:,} characters to be a session.", field="token")
    return token


def _new_token() -> str:
    form = request.form
    credentials = SignIn(
        email=form.get("email", "").strip(), password=form.get("password", ""), address=client_address()
    )
    return use_cases().sign_in(credentials).access


def _form(*, error: OrdersError | None = None, failure: str = "") -> Response:
    values: dict[str, Any] = {"next": request.values.get("next", ""), "email": request.form.get("email", "")}
    if error is None:
        return page("sign_in.html", **values)
    problem = described(error)
    response = page("sign_in.html", status=problem.status, failure=failure or problem.detail, **values)
    if "Retry-After" in problem.headers:
        response.headers["Retry-After"] = problem.headers["Retry-After"]
    return response
