"""Responses of this contract, the headers that it requires, and its documentation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Response, current_app, json, request, url_for

from orders_domain.model.idempotency import DuplicateRequest, IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.use_cases import GetOrderAt
from orders_flask.contracts.shop.errors import HeaderRequired
from orders_flask.contracts.shop.response_schemas import ShopProblem
from orders_flask.contracts.shop.translate import representation
from orders_flask.web.context import actor, use_cases
from orders_flask.web.etags import CONDITIONS, etag, if_match_versions
from orders_flask.web.idempotency import HEADER, REPLAY_HEADER, REQUIRED, idempotency_key
from orders_flask.web.openapi import operation

SCOPE = "shop"
_documented = partial(operation, ShopProblem, media_type="application/problem+json")
_MATCH = {**CONDITIONS[412], "required": True}


def required_key() -> IdempotencyKey:
    """Return the key of this request.

    Raises:
        HeaderRequired: it has none.
        InvalidValue: it does not have 1 to 255 characters.
    """
    if key := idempotency_key(SCOPE):
        return key
    raise HeaderRequired(HEADER, status=400, code="idempotency_key_required")


def required_versions() -> frozenset[int] | None:
    """Return the versions of ``If-Match``; None for ``*``.

    Raises:
        HeaderRequired: the request has no such header.
    """
    if "If-Match" not in request.headers:
        raise HeaderRequired("If-Match", status=428, code="if_match_required")
    return if_match_versions()


def answered(
    change: Callable[[], Order], *, status: int = 200, render: Callable[..., Response] | None = None
) -> Response:
    """Return the response of a change; a repeated request gets the response of the first one, marked as a replay.

    A replay is the order as it was at the version of the first response, folded from its history. ``render`` returns
    the response of an order and a status, by default the order.
    """
    render = render or order_response
    try:
        return render(change(), status=status)
    except DuplicateRequest as duplicate:
        request = GetOrderAt(actor=actor(), order_id=duplicate.order.id, version=duplicate.version)
        response = render(use_cases().get_order_at(request), status=status)
        response.headers[REPLAY_HEADER] = "true"
        return response


def order_response(order: Order, *, status: int = 200) -> Response:
    response = json_response(representation(order, actor()), status=status)
    response.headers.update(etag(order))
    if status == 201:
        response.headers["Location"] = url_for(".get", order_ref=order.id)
    return response


def json_response(body: Any, *, status: int = 200) -> Response:
    return current_app.response_class(json.dumps(body), status=status, mimetype="application/json")


def documented(*statuses: int, changes: bool = True, posts: bool = True, **texts: Any) -> dict[str, Any]:
    """Return the arguments of ``Blueprint.doc``; a change requires If-Match, and a POST requires Idempotency-Key."""
    documented = _documented(*statuses, **texts)
    parameters = [REQUIRED] if posts else []
    if changes:
        parameters.append(_MATCH)
        problem = {"content": {"application/problem+json": {"schema": ShopProblem}}}
        for status, description in (("412", "The order is at another version; the body has it."), ("428", _MISSING)):
            documented["responses"][status] = {"description": description, **problem}
    others = [parameter for parameter in documented.get("parameters", []) if parameter["name"] != "If-Match"]
    return {**documented, "parameters": others + parameters}


_MISSING = "The header If-Match is missing."
