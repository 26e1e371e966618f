"""Reasons for the cancellations of administrators: in the history, in the events and in the answer of `checkout`."""

import pytest

from tests.contract.http.management.client import ORDERS, Shopper, shopper
from tests.support.service_stack import Stack


@pytest.mark.clause("002-08", "002-16")
@pytest.mark.parametrize("bulk", [False, True], ids=["single", "bulk"])
def test_reason_of_a_cancellation_is_recorded(stack: Stack, root: Shopper, bulk: bool) -> None:
    order = shopper(stack).ordered((root.product(), 1))
    body = {"status": "cancelled", "reason": "Sold out"}

    if bulk:
        response = root.post(body | {"order_ids": [order["order_id"]]}, path=f"{ORDERS}/bulk/status")
    else:
        response = root.ask("PUT", f"{ORDERS}/{order['order_id']}/status", json=body)

    assert response.status_code == 200, response.text
    history = root.ask("GET", f"{ORDERS}/{order['order_id']}/history").json
    assert (history[-1]["to_status"], history[-1]["details"]) == ("cancelled", {"reason": "Sold out"})
    number = order["order_id"]
    (stored,) = stack.rows(f"SELECT cancellation_reason FROM orders WHERE number = {number}")
    assert stored == ("Sold out",)


def test_cancellation_needs_no_reason(stack: Stack, root: Shopper) -> None:
    order = shopper(stack).ordered((root.product(), 1))

    assert root.put(order, "cancelled").status_code == 200
    assert root.ask("GET", f"{ORDERS}/{order['order_id']}/history").json[-1]["details"] == {}


@pytest.mark.parametrize(
    ("status", "reason"),
    [("shipped", "Sold out"), ("cancelled", "x" * 201), ("cancelled", 7), ("cancelled", "a\0b")],
    ids=["no cancellation", "too long", "number", "NUL"],
)
def test_bad_reason_is_400_and_changes_nothing(stack: Stack, root: Shopper, status: str, reason: object) -> None:
    order = shopper(stack).ordered((root.product(), 1))
    body = {"status": status, "reason": reason}

    single = root.ask("PUT", f"{ORDERS}/{order['order_id']}/status", json=body)
    bulk = root.post(body | {"order_ids": [order["order_id"]]}, path=f"{ORDERS}/bulk/status")

    assert (single.status_code, bulk.status_code) == (400, 400)
    assert "reason" in single.json["detail"]["errors"]
    assert root.see(order).json["status"] == "pending"
