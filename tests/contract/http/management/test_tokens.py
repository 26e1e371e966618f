"""Authentication of `management`: every route against forged tokens and roles."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest

from orders_domain import Role
from tests.contract.http.auth.test_token_verification import FORGED, SCHEMES, as_a_server_hears_it, forged_for
from tests.contract.http.management.client import Shopper, body, detail, twin
from tests.support.client import ask
from tests.support.secrets import JWT_SECRET
from tests.support.service_stack import Stack

ROUTES = [
    "POST /api/v1/orders/",
    "GET /api/v1/orders/",
    "GET /api/v1/orders/my-orders",
    "GET /api/v1/orders/{order}",
    "HEAD /api/v1/orders/{order}",
    "DELETE /api/v1/orders/{order}",
    "PUT /api/v1/orders/{order}/status",
    "GET /api/v1/orders/{order}/statistics",
    "GET /api/v1/orders/{order}/history",
    "GET /api/v1/orders/health/stock-check",
    "GET /api/v1/orders/analytics",
    "POST /api/v1/orders/bulk/status",
    "GET /api/v1/orders/jobs/1",
    "POST /api/v1/orders/templates",
    "GET /api/v1/orders/templates",
    "POST /api/v1/orders/templates/1/place",
    "DELETE /api/v1/orders/templates/1",
    "GET /api/v1/products/",
    "GET /api/v1/products/{product}",
    "POST /api/v1/products/",
    "PATCH /api/v1/products/{product}",
    "PUT /api/v1/products/{product}",
    "POST /api/v1/products/{product}/restock",
    "GET /api/v1/products/{product}/movements",
    "GET /api/v1/products/{product}/history",
    "GET /api/v1/orders/placements/1",
]


def test_route_table_matches_the_application(stack: Stack) -> None:
    rules = [
        rule for rule in stack.app.url_map.iter_rules() if rule.rule.startswith(("/api/v1/orders", "/api/v1/products"))
    ]
    routes = {
        f"{method} {_shape(rule.rule)}" for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert routes == {_shape(route) for route in ROUTES if not route.startswith("HEAD")}


def _shape(path: str) -> str:
    """The path with uniform parameter names and without a trailing slash."""
    return re.sub(r"<[^>]+>|\{[^}]+\}|\b1\b", "*", path).rstrip("/")


@pytest.fixture(params=ROUTES)
def opened_by(request: pytest.FixtureRequest, stack: Stack, root: Shopper) -> Iterator[Callable[[str | None], bool]]:
    """Send each header as Authorization to a route. No request may create or change an order."""
    owner = twin(stack, Shopper(app=stack.app, subject="alice-forged", token=""), role=Role.ADMIN)
    tea = root.product()
    order = owner.ordered((tea, 1))
    method, path = request.param.format(order=order["order_id"], product=tea["product_id"]).split()
    bodies: dict[str, object] = {
        "POST": body((tea["product_id"], 1)) if "orders" in path else {"name": "x", "price": 1, "stock_quantity": 1},
        "PUT": {"status": "shipped"},
        "PATCH": {"stock_quantity": 0},
    }
    sent = json.dumps(bodies.get(method))
    before = stack.everything()

    def opened(authorization: str | None) -> bool:
        environ = {} if authorization is None else {"HTTP_AUTHORIZATION": as_a_server_hears_it(authorization)}
        response = ask(stack.app, method, path, data=sent, content_type="application/json", environ_overrides=environ)
        if method != "HEAD" and response.status_code == 401:
            assert detail(response, 401) == "The bearer token is missing or not valid."
        return response.status_code != 401 or response.headers["WWW-Authenticate"] != 'Bearer error="invalid_token"'

    yield opened
    assert stack.everything() == before


@pytest.mark.clause("002-04", "002-20", "002-21")
def test_forged_token_is_rejected_on_routes(
    request: pytest.FixtureRequest, opened_by: Callable[[str | None], bool]
) -> None:
    number = ROUTES.index(request.node.callspec.params["opened_by"])

    assert len(FORGED) >= 140
    assert [label for label, token in forged_for(number) if opened_by(f"Bearer {token}")] == []


@pytest.mark.clause("002-04", "002-20")
def test_missing_bearer_token_is_rejected(stack: Stack, opened_by: Callable[[str | None], bool]) -> None:
    good = stack.caller("alice-forged").token

    assert not opened_by(None)
    assert [scheme for scheme in SCHEMES if opened_by(scheme.replace("{}", good))] == []


@pytest.mark.clause("002-21")
def test_expired_token_is_rejected(stack: Stack, root: Shopper) -> None:
    fresh, stale = (
        stack.container.issue_dev_token(subject=root.subject, role=Role.ADMIN, scopes=(), seconds=seconds)
        for seconds in (60, 0)
    )

    responses = [
        ask(stack.app, "GET", path, headers={"Authorization": f"Bearer {token}"})
        for path in ("/api/v1/orders/", "/api/v1/orders/my-orders", "/api/v1/products/")
        for token in (fresh, stale)
    ]

    assert [response.status_code for response in responses] == [200, 401] * 3


def test_unauthenticated_request_is_401_first(stack: Stack) -> None:
    response = ask(stack.app, "POST", "/api/v1/orders/", data=b"x" * 2_000_000, content_type="text/plain")

    detail(response, 401)


def test_forgeries_use_the_service_secret(stack: Stack) -> None:
    assert stack.settings.jwt_secret == JWT_SECRET
