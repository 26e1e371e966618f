"""General limit of requests: by subject if the token is valid, otherwise by the address of the client."""

from flask import Flask, current_app, request

from orders_domain.use_cases import LimitRequests
from orders_flask.web.context import use_cases
from orders_flask.web.proxies.client_address import client_address

EXEMPT = "operations"  # the blueprint of health and metrics


def install(app: Flask) -> None:
    app.before_request(_limit_open_routes)


def limit_subject(subject: str) -> None:
    """Count a request of the subject.

    Raises:
        TooManyRequests: the limit is exceeded.
    """
    if limit := use_cases().request_limit:
        use_cases().limit_requests(LimitRequests(sender=f"subject {subject}", limit=limit))


def limit_address() -> None:
    """Count a request of this client's address, unless the address is unknown.

    Raises:
        TooManyRequests: the limit is exceeded.
    """
    limit = use_cases().request_limit
    if limit and (address := client_address()):
        use_cases().limit_requests(LimitRequests(sender=f"address {address}", limit=limit))


def _limit_open_routes() -> None:
    """Count by address, unless the route authenticates the request and so counts it itself."""
    blueprint = current_app.blueprints.get(request.blueprint or "")
    if request.blueprint != EXEMPT and not getattr(blueprint, "authenticates", False):
        limit_address()
