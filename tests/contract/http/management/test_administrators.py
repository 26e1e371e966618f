"""Admin routes of `management`: a customer gets 403 before the body is read."""

from __future__ import annotations

import pytest

from tests.contract.http.management.client import ORDERS, PRODUCTS, Shopper, detail
from tests.support.service_stack import Stack

ROUTES = [
    f"GET {ORDERS}/?limit=none",
    f"PUT {ORDERS}/1/status",
    f"PUT {ORDERS}/no-0rder/status",
    f"POST {ORDERS}/bulk/status",
    f"GET {ORDERS}/analytics?bucket=none",
    f"POST {PRODUCTS}/",
    f"PATCH {PRODUCTS}/1",
]


@pytest.mark.clause("002-07", "002-20")
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("sent", [b"{", b"{}", b'{"nothing": 1}', b"\xff", b"[" * 50_000])
def test_customer_with_invalid_body_is_403(stack: Stack, ann: Shopper, route: str, sent: bytes) -> None:
    method, path = route.split()
    before = stack.everything()

    for content_type in ("application/json", "text/plain"):
        response = ann.ask(method, path, data=sent, content_type=content_type)
        assert detail(response, 403).startswith("This operation requires the administrator role")

    assert stack.everything() == before


@pytest.mark.clause("002-20")
@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("ref", ["9" * 19, "9" * 5_000, "0", "-1", "x"])
def test_unknown_product_is_404(root: Shopper, method: str, ref: str) -> None:
    response = root.ask(method, f"{PRODUCTS}/{ref}", data=b'{"name": "x"}', content_type="application/json")

    assert detail(response, 404) == "There is no such product."


@pytest.mark.parametrize("name", ["my-orders", "analytics", "templates", "bulk/status", "health/stock-check"])
def test_named_path_rejects_order_methods(root: Shopper, name: str) -> None:
    for method in ("DELETE", "PUT"):
        response = root.ask(method, f"{ORDERS}/{name}")
        detail(response, 405)
        assert method not in response.headers["Allow"]
