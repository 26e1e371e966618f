"""Isolation between users: every route that names an order, a template or a job, called by a stranger.

A route that is missing in the table fails the first test, so that each new route states its response to a stranger.
"""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from orders_domain import Role
from tests.contract.http.management.client import Shopper, body, shopper
from tests.support.client import as_json
from tests.support.service_stack import Stack

ORDER = {"GET /orders/{order}": 404, "PATCH /orders/{order}": 404}  # by id only
SHOP: dict[str, dict[str, object]] = {
    "GET /v1/stock-holds/{hold}": {},
    "DELETE /v1/stock-holds/{hold}": {},
    "GET /v1/orders/{order}": {},
    "GET /v1/orders/{order}/timeline": {},
    "POST /v1/orders/{order}/confirm": {},
    "POST /v1/orders/{order}/release": {},
    "POST /v1/orders/{order}/hold": {"reason": "x"},
    "POST /v1/orders/{order}/cancel": {"reason": "x"},
    "POST /v1/orders/{order}/notes": {"text": "x"},
    "POST /v1/orders/{order}/payments": {"provider": "x", "reference": "x", "kind": "captured", "amount_minor": 1},
    "POST /v1/orders/{order}/shipments": {},
    "POST /v1/shipments/{order}/events": {
        "event_id": "x",
        "state": "delivered",
        "occurred_at": "2026-11-27T09:00:00Z",
    },
    "POST /v1/orders/{order}/returns": {"lines": [{"number": 1, "quantity": 1}], "reason": "x"},
    "POST /v1/returns/{order}/receive": {"lines": [{"number": 1, "quantity": 1, "restock": True}]},
    "POST /v1/returns/{order}/refuse": {"reason": "x"},
    "POST /v1/orders/{order}/refunds": {"amount_minor": 1, "reason": "x"},
    "POST /v1/orders/{order}/refunds/{order}/retry": {},
    "PUT /v1/orders/{order}/tags": {"tags": ["x"]},
    "PATCH /v1/orders/{order}/metadata": {"x": 1},
}
"""The routes of `shop`, with a valid body."""
WEBHOOKS: dict[str, dict[str, object]] = {
    "GET /v1/webhooks/{webhook}": {},
    "DELETE /v1/webhooks/{webhook}": {},
    "POST /v1/webhooks/{webhook}/enable": {},
    "POST /v1/webhooks/{webhook}/disable": {},
    "POST /v1/webhooks/{webhook}/test": {},
    "POST /v1/webhooks/{webhook}/rotate-secret": {"overlap_seconds": 1},
    "GET /v1/webhooks/{webhook}/deliveries": {},
    "POST /v1/webhooks/{webhook}/deliveries/{delivery}/redeliver": {},
}
"""The routes of webhooks, which are an administrator's."""
MATRIX = (
    ORDER
    | dict.fromkeys(SHOP, 404)
    | dict.fromkeys(WEBHOOKS, 403)
    | {
        "GET /orders/user/{user}": 403,
        "GET /api/v1/orders/{order}": 403,
        "DELETE /api/v1/orders/{order}": 403,
        "PUT /api/v1/orders/{order}/status": 403,
        "GET /api/v1/orders/{order}/statistics": 403,
        "GET /api/v1/orders/{order}/history": 403,
        "GET /api/v1/orders/jobs/{job}": 403,
        "POST /api/v1/orders/templates/{template}/place": 404,
        "DELETE /api/v1/orders/templates/{template}": 404,
        "GET /ostore/orders/{order}": 404,
        "GET /api/orders/{order}": 403,
        "POST /api/orders/{order}/cancel": 403,
        "GET /orders/placements/{job}": 404,
        "GET /api/v1/orders/placements/{job}": 404,
        "GET /ostore/orders/placements/{job}": 404,
        "GET /api/orders/placements/{job}": 404,
        "GET /v1/exports/{job}": 403,
        "GET /v1/exports/{job}/file": 403,
        "GET /v1/imports/{job}": 403,
        "GET /v1/imports/{job}/refused-lines": 403,
    }
)
OPERATORS = {"GET /api/orders/{order}", "POST /api/orders/{order}/cancel", *SHOP}
"""`orders:write` opens these to anybody; that is for the tests of `checkout` and `shop`."""

EVERYBODYS = {
    "GET /api/v1/products/{product}",
    "PATCH /api/v1/products/{product}",
    "PUT /api/v1/products/{product}",
    "POST /api/v1/products/{product}/restock",
    "GET /api/v1/products/{product}/movements",
    "GET /api/v1/products/{product}/history",
}
"""They name nothing that belongs to anybody."""

BODIES: dict[str, dict[str, object]] = {"PATCH": {"status": "PAID"}, "PUT": {"status": "shipped"}}
REQUIRED = {"Idempotency-Key": "a stranger's", "If-Match": "*"}


def test_matrix_lists_every_route_with_an_id(stack: Stack) -> None:
    """The console has no part in it, because a stranger gets no page of it at all."""
    routes = {
        f"{method} {_shape(rule.rule)}"
        for rule in stack.app.url_map.iter_rules()
        if "<" in rule.rule and not rule.rule.startswith(("/docs", "/console"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert routes == {_shape(route) for route in MATRIX.keys() | EVERYBODYS}


def _shape(route: str) -> str:
    """The route with uniform parameter names and without a trailing slash."""
    return re.sub(r"<[^>]+>|\{[^}]+\}", "*", route).rstrip("/")


@pytest.mark.clause("000-09", "000-13", "002-05", "002-20")
@pytest.mark.parametrize("scopes", [(), ("orders:write",)], ids=["a customer", "orders:write"])
@pytest.mark.parametrize("cached", [False, True], ids=["not cached", "cached"])
def test_stranger_is_rejected_on_every_route(stack: Stack, cached: bool, scopes: tuple[str, ...]) -> None:
    owner, root, stranger = shopper(stack), shopper(stack, role=Role.ADMIN), shopper(stack, scopes=scopes)
    tea = root.product()
    named, order = _named(stack, owner, tea)
    if cached:
        owner.ask("GET", f"/orders/{order['id']}")
    before, copy = stack.everything(), stack.cached(order)

    responses = {
        (route, ref): stranger.ask(
            method,
            path.format(**named, order=ref),
            headers=REQUIRED if route in SHOP else {},
            **as_json((SHOP | WEBHOOKS).get(route, BODIES.get(method, {}))),
        )
        for route in MATRIX.keys() - (OPERATORS if scopes else set())
        for method, path in [route.split()]
        for ref in ([order["id"]] if route in ORDER or route in OPERATORS else [order["id"], order["order_id"]])
    }

    seen = {sent: response.status_code for sent, response in responses.items()}
    assert {sent: status for sent, status in seen.items() if status != MATRIX[sent[0]]} == {}
    assert [
        sent for sent, response in responses.items() if "12 Hill Road" in response.text or tea["name"] in response.text
    ] == []
    assert stack.everything() == before
    assert (copy is not None) == cached
    assert stack.cached(order) == copy


def _named(stack: Stack, owner: Shopper, tea: dict[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """The path parameters that belong to the owner, and the order by number and id."""
    order: dict[str, object] = owner.ordered((tea, 1))
    [(order_id,)] = stack.rows(f"SELECT id FROM orders WHERE number = {order['order_id']}")
    template = owner.post({"name": "weekly"} | body((tea["product_id"], 1)), path="/api/v1/orders/templates")
    held = {"lines": [{"product_id": tea["product_id"], "quantity": 1}], "seconds": 60}
    hold = owner.ask("POST", "/v1/stock-holds", headers={"Idempotency-Key": "h"}, **as_json(held)).json["id"]
    named = {"user": owner.subject, "template": template.json["template_id"], "job": UUID(int=7), "hold": hold}
    named |= {"webhook": UUID(int=7), "delivery": 1}
    return named, order | {"id": str(UUID(str(order_id)))}
