"""Versions over HTTP: an order's version is its ETag."""

import re

from flask import Response, request

from orders_domain.model.order import Order

_TAG = re.compile(r'"([1-9][0-9]{0,8})"')
CONDITIONS = {
    304: {
        "in": "header",
        "name": "If-None-Match",
        "description": "Versions that one has, as `ETag` names them: the order is sent if it is at another.",
        "schema": {"type": "string"},
    },
    412: {
        "in": "header",
        "name": "If-Match",
        "description": "Versions, as `ETag` names them: the change happens if the order is at one of them.",
        "schema": {"type": "string"},
    },
}
"""The header that each conditional answer hangs on, as OpenAPI describes it."""


def etag(order: Order) -> dict[str, str]:
    """Return the headers that name the order's version."""
    return {"ETag": f'"{order.version}"'}


def not_modified(response: Response) -> Response:
    """Turn the answer to a GET into 304 where ``If-None-Match`` names the version it bears."""
    if request.method in ("GET", "HEAD") and response.status_code == 200 and "ETag" in response.headers:
        response.make_conditional(request)
    return response


def if_match_versions() -> frozenset[int] | None:
    """Return the versions that ``If-Match`` names, as ``etag`` writes them and no otherwise; None where any will do."""
    named = request.headers.get("If-Match")
    if named is None or named.strip() == "*":
        return None
    tags = (_TAG.fullmatch(tag.strip()) for tag in named.split(","))
    return frozenset(int(tag[1]) for tag in tags if tag)
