"""Request context: access to the app's container, the actor and the token; no module-level state."""

from typing import cast

from flask import Flask, current_app, g

from orders_domain.model.actor import Actor
from orders_domain.model.auth_token import AuthenticatedToken
from orders_flask.bootstrap.container import Container

_KEY = "orders"


def init_app(app: Flask, container: Container) -> None:
    app.extensions[_KEY] = container


def container_of(app: Flask) -> Container:
    return cast(Container, app.extensions[_KEY])


def use_cases() -> Container:
    """Return the container of the current app."""
    return container_of(current_app)


def actor() -> Actor:
    """Return the actor of this request; only after ``authentication.authenticate``."""
    return cast(Actor, g.actor)


def authenticated_token() -> AuthenticatedToken:
    """Return the token of this request; only after ``authentication.authenticate``."""
    return cast(AuthenticatedToken, g.auth_token)
