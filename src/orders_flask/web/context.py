"""How a route reaches the use cases: through the app it belongs to, never through anything global."""

from typing import cast

from flask import Flask, current_app, g

from orders_domain.model.actor import Actor
from orders_domain.model.auth_token import AuthenticatedToken
from orders_flask.bootstrap.container import Container

_KEY = "orders"


def install(app: Flask, container: Container) -> None:
    app.extensions[_KEY] = container


def of(app: Flask) -> Container:
    """Return the container of an app."""
    return cast(Container, app.extensions[_KEY])


def core() -> Container:
    """Return the container of the app that serves this request."""
    return of(current_app)


def actor() -> Actor:
    """Return who makes this request; routes behind ``bearer.authenticate`` only."""
    return cast(Actor, g.actor)


def bearer() -> AuthenticatedToken:
    """Return what the token of this request says; behind ``bearer.authenticate`` only."""
    return cast(AuthenticatedToken, g.auth_token)
