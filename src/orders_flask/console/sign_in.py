"""Pages of the session: sign in and sign out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from orders_domain.errors import InvalidToken, OrdersError
from orders_domain.use_cases import SignIn, SignOut
from orders_flask.console import session
from orders_flask.console.pages import own_path, page, to
from orders_flask.web.context import authenticated_token, use_cases
from orders_flask.web.error_handlers import described
from orders_flask.web.proxies.client_address import client_address


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
        session.begin(form.get("token", "").strip() or _new_token())
    except InvalidToken as error:
        return _form(error=error, failure="The token must be valid, and is not.")
    except OrdersError as error:
        return _form(error=error)
    return redirect(request.root_path + (own_path(form.get("next", "")) or "/console/orders"), 303)


def end_session() -> Response:
    use_cases().sign_out(SignOut(token=authenticated_token()))
    session.end()
    return to("sign_in")


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
