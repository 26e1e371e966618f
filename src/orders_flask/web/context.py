"""Request context: access to the use cases, the actor and the token; no module-level state."""

from collections.abc import Callable
from typing import cast

from flask import Flask, current_app, g

from orders_domain.model.accounts.actor import Actor
from orders_domain.model.accounts.auth_token import AuthenticatedToken
from orders_flask.use_cases import UseCases

_KEY = "orders.use_cases"


def init_app(app: Flask, use_cases: Callable[[], UseCases]) -> None:
    """Set the function that returns the use cases; the first request calls it, and so after any fork."""
    app.extensions[_KEY] = use_cases


def use_cases() -> UseCases:
    """Return the use cases of the app that serves this request."""
    return cast(UseCases, current_app.extensions[_KEY]())


def integer_user_ids() -> bool:
    """Return whether responses have the ids of users as numbers; outside an app they never have."""
    return bool(current_app) and use_cases().integer_user_ids


def actor() -> Actor:
    """Return the actor of this request; only after ``authentication.authenticate``."""
    return cast(Actor, g.actor)


def authenticated_token() -> AuthenticatedToken:
    """Return the token of this request; only after ``authentication.authenticate``."""
    return cast(AuthenticatedToken, g.auth_token)
