"""Main path of `checkout`: place, read and cancel an order of a signed cart."""

import re
from typing import Any

import pytest

from tests.contract.http.checkout.carts import cart
from tests.contract.http.checkout.client import cancel, look, order
from tests.support.client import Caller
from tests.support.service_stack import Stack

JSON = {"content_type": "application/json"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.mark.clause("004-02", "004-03", "004-04")
def test_signed_cart_creates_one_order(stack: Stack, ann: Caller) -> None:
    first, again = (order(ann, cart(ann.subject)) for _ in range(2))

    assert (first.status_code, first.json.keys()) == (201, {"orderId"})
    assert (again.status_code, again.data, again.headers["x-idempotent-replay"]) == (200, first.data, "true")
    assert first.headers["x-idempotent-replay"] == "false"
    assert stack.rows(f"SELECT count(*) FROM orders WHERE user_id = '{ann.subject}'") == [(1,)]


@pytest.mark.clause("004-06", "004-07")
def test_order_is_shown_with_its_cart(stack: Stack, ann: Caller) -> None:
    snapshot = cart(ann.subject)
    order_id = order(ann, snapshot).json["orderId"]

    response = look(ann, order_id)

    assert response.status_code == 200
    shown = response.json
    assert MOMENT.fullmatch(shown["createdAt"])
    assert shown == {
        "id": order_id,
        "status": "pending",
        "currency": "USD",
        "userId": ann.subject,
        "totals": {"itemCount": 2, "totalQuantity": 3, "subtotalCents": 7500, "currency": "USD"},
        "cartSnapshot": snapshot,
        "cancellationReason": None,
        "canceledAt": None,
        "createdAt": shown["createdAt"],
        "updatedAt": shown["createdAt"],
    }
    assert list(shown["cartSnapshot"]) == list(snapshot)
    assert '"factor":1.0' in response.text


@pytest.mark.clause("004-08", "004-09")
def test_operator_cancels_order_with_reason(stack: Stack, ann: Caller, operator: Caller) -> None:
    order_id = order(ann, cart(ann.subject)).json["orderId"]

    first, again = (cancel(operator, order_id, reason="customer_request") for _ in range(2))

    assert (first.status_code, first.json["status"]) == (200, "canceled")
    shown = first.json["order"]
    assert (shown["status"], shown["cancellationReason"]) == ("canceled", "customer_request")
    assert MOMENT.fullmatch(shown["canceledAt"])
    assert look(ann, order_id).json == shown
    assert again.status_code == 409
    assert again.json == {"error": "Order already finalized", "order": shown}


@pytest.mark.parametrize(
    "body", [{}, {"content_type": "application/json"}, {"data": b"{}", **JSON}, {"data": b'{"reason": null}', **JSON}]
)
def test_cancel_reason_is_optional(ann: Caller, operator: Caller, body: dict[str, Any]) -> None:
    order_id = order(ann, cart(ann.subject)).json["orderId"]

    response = operator.ask("POST", f"/api/orders/{order_id}/cancel", **body)

    assert response.status_code == 200, response.text
    assert response.json["order"]["cancellationReason"] is None


@pytest.mark.clause("004-05", "004-14")
def test_tampered_cart_is_422(stack: Stack, ann: Caller) -> None:
    snapshot = cart(ann.subject)
    snapshot["items"][0] = snapshot["items"][0] | {"title": "Lamp "}

    response = order(ann, snapshot)

    assert response.status_code == 422
    assert response.json["error"] == "Invalid snapshot payload"
    assert response.json["details"].keys() == {"signature"}
    assert stack.rows(f"SELECT count(*) FROM orders WHERE user_id = '{ann.subject}'") == [(0,)]


@pytest.mark.clause("004-07")
def test_guest_order_is_readable_by_operator(stack: Stack, ann: Caller, operator: Caller) -> None:
    assert order(ann, cart(None)).status_code == 403
    order_id = order(operator, cart(None)).json["orderId"]

    assert look(ann, order_id).status_code == 403
    assert look(operator, order_id).json["userId"] is None
    cancelled = cancel(operator, order_id)
    assert (cancelled.status_code, cancelled.json["order"]["cancellationReason"]) == (200, None)
