"""Conditional requests: the version of an order or a product is its ETag."""

import re

from flask import Response, request

from orders_domain.model.order import Order
from orders_domain.model.product import Product

_TAG = re.compile(r'"([1-9][0-9]{0,8})"')
CONDITIONS = {
    304: {
        "in": "header",
        "name": "If-None-Match",
        "description": "ETags of known versions. If the current version is one of them, the response is 304.",
        "schema": {"type": "string"},
    },
    412: {
        "in": "header",
        "name": "If-Match",
        "description": "ETags of expected versions. If the current version is not one of them, the response is 412.",
        "schema": {"type": "string"},
    },
}
"""The OpenAPI parameter of the request header that leads to each status."""


def etag(current: Order | Product) -> dict[str, str]:
    """Return the ``ETag`` header of the version."""
    return {"ETag": f'"{current.version}"'}


def not_modified(response: Response) -> Response:
    """Turn a GET response into 304 if ``If-None-Match`` matches its ETag."""
    if request.method in ("GET", "HEAD") and response.status_code == 200 and "ETag" in response.headers:
        response.make_conditional(request)
    return response


def if_match_versions() -> frozenset[int] | None:
    """Return the versions of ``If-Match``, or None if any version matches. Other ETags than ours match no version."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    tags = (_TAG.fullmatch(tag.strip()) for tag in header.split(","))
    return frozenset(int(tag[1]) for tag in tags if tag)
