"""How a route reaches the use cases: through the app it belongs to, never through anything global."""

from typing import cast

from flask import Flask, current_app, g

from orders_domain.model.actor import Actor
from orders_domain.model.auth_token import AuthenticatedToken
from orders_flask.bootstrap.container import Container

_KEY = "orders"


def init_app(app: Flask, container: Container) -> None:
    app.extensions[_KEY] = container


def container_of(app: Flask) -> Container:
    """Return the container of an app."""
    return cast(Container, app.extensions[_KEY])


def use_cases() -> Container:
    """Return the container of the app that serves this request."""
    return container_of(current_app)


def actor() -> Actor:
    """Return who makes this request; routes behind ``bearer.authenticate`` only."""
    return cast(Actor, g.actor)


def authenticated_token() -> AuthenticatedToken:
    """Return what the token of this request says; behind ``bearer.authenticate`` only."""
    return cast(AuthenticatedToken, g.auth_token)
