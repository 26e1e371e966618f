"""Versions over HTTP: an order's version is its ETag."""

from flask import Response, request

from orders_domain.order import Order


def etag(order: Order) -> dict[str, str]:
    """Return the headers that name the order's version."""
    return {"ETag": f'"{order.version}"'}


def answer_not_modified(response: Response) -> Response:
    """Turn the answer to a GET into 304 where ``If-None-Match`` names the version it bears."""
    if request.method in ("GET", "HEAD") and response.status_code == 200 and "ETag" in response.headers:
        response.make_conditional(request)
    return response


def versions_wanted() -> frozenset[int] | None:
    """Return the versions that ``If-Match`` names; None where any will do."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    return frozenset(
        int(tag) for tag in request.if_match.as_set() if tag and tag.isascii() and tag.isdigit() and len(tag) < 10
    )
