"""POST /api/orders/{id}/cancel: allowed statuses, optional reason, idempotency."""

from typing import Any
from uuid import UUID

import pytest

from orders_domain import Actor, OrderStatus, Role, TargetStatus
from orders_domain.use_cases import BulkChangeStatus
from tests.contract.http.checkout.carts import cart
from tests.contract.http.checkout.client import cancel, look, order, refused
from tests.support.client import Caller, as_json
from tests.support.service_stack import Stack

WAYS = {
    "pending": [],
    "confirmed": ["confirmed"],
    "shipped": ["shipped"],
    "delivered": ["shipped", "delivered"],
    "canceled": ["cancelled"],
}


@pytest.fixture
def root(stack: Stack) -> Caller:
    return stack.caller(role=Role.ADMIN)


def pay(stack: Stack, order_id: str) -> None:
    """Set the status PAID as `orders bulk-status` does, because no contract lets an administrator set it."""
    paid = TargetStatus(OrderStatus.PAID, frozenset({OrderStatus.PAID}))
    operator = Actor(subject="cli", role=Role.ADMIN)
    job = stack.container.bulk_change_status(BulkChangeStatus(actor=operator, order_ids=(UUID(order_id),), target=paid))
    assert job.failed == ()


def brought_to(status: str, *, stack: Stack, owner: Caller, root: Caller) -> str:
    """Return the id of the owner's order after an administrator has set the status."""
    order_id: str = order(owner, cart(owner.subject)).json["orderId"]
    if status == "paid":
        pay(stack, order_id)
    for word in WAYS.get(status, []):
        changed = root.ask("PUT", f"/api/v1/orders/{order_id}/status", **as_json({"status": word}))
        assert changed.status_code == 200, changed.text
    return order_id


@pytest.mark.clause("004-08", "004-09")
@pytest.mark.parametrize("status", [*WAYS, "paid"])
def test_cancel_depends_on_the_order_status(
    stack: Stack, ann: Caller, root: Caller, operator: Caller, status: str
) -> None:
    order_id = brought_to(status, stack=stack, owner=ann, root=root)
    shown = look(ann, order_id).json
    before = stack.everything()

    response = cancel(operator, order_id, reason="customer_request")

    assert shown["status"] == status
    if status in ("pending", "confirmed", "paid"):
        assert (response.status_code, response.json["status"]) == (200, "canceled")
        assert look(ann, order_id).json == response.json["order"]
        assert response.json["order"]["canceledAt"] == response.json["order"]["updatedAt"]
    else:
        assert refused(response, 409) == {"error": "Order already finalized", "order": shown}
        assert response.headers["ETag"] == look(ann, order_id).headers["ETag"]
        assert stack.everything() == before
        assert look(ann, order_id).json == shown


@pytest.mark.parametrize("reason", ["", "customer_request", "r" * 200, "Grund: «Straße» \U0001f375", None])
def test_cancel_stores_reason_up_to_200_chars(stack: Stack, ann: Caller, operator: Caller, reason: str | None) -> None:
    order_id = order(ann, cart(ann.subject)).json["orderId"]

    response = cancel(operator, order_id, reason=reason)

    assert (response.status_code, response.json["order"]["cancellationReason"]) == (200, reason)
    assert look(ann, order_id).json["cancellationReason"] == reason


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain"])
def test_cancel_needs_no_body(stack: Stack, ann: Caller, operator: Caller, content_type: str | None) -> None:
    order_id = order(ann, cart(ann.subject)).json["orderId"]

    response = operator.ask("POST", f"/api/orders/{order_id}/cancel", content_type=content_type)

    assert (response.status_code, response.json["order"]["cancellationReason"]) == (200, None)


@pytest.mark.clause("004-14")
@pytest.mark.parametrize(
    "body", [{"reason": "r" * 201}, {"reason": 7}, {"reason": ["x"]}, {"reason": "a\x00b"}, {"reasons": "x"}, [], "x"]
)
def test_invalid_reason_is_422(stack: Stack, ann: Caller, operator: Caller, body: Any) -> None:
    order_id = order(ann, cart(ann.subject)).json["orderId"]
    before = stack.everything()

    problem = refused(operator.post(body, path=f"/api/orders/{order_id}/cancel"), 422)

    assert problem["details"]
    assert stack.everything() == before


@pytest.mark.clause("004-14")
@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"reason": NaN}', b'{"reason": "a", "reason": "b"}'])
def test_unreadable_body_is_422_or_415(stack: Stack, ann: Caller, operator: Caller, body: bytes) -> None:
    order_id = order(ann, cart(ann.subject)).json["orderId"]
    path = f"/api/orders/{order_id}/cancel"

    refused(operator.ask("POST", path, data=body, content_type="application/json"), 422)
    refused(operator.ask("POST", path, data=b"reason=x", content_type="application/x-www-form-urlencoded"), 415)
    assert look(ann, order_id).json["status"] == "pending"


def test_cancel_requires_the_current_version(stack: Stack, ann: Caller, operator: Caller) -> None:
    order_id = order(ann, cart(ann.subject)).json["orderId"]
    assert look(ann, order_id).headers["ETag"] == '"1"'

    refused(cancel(operator, order_id, headers={"If-Match": '"2"'}), 412)
    response = cancel(operator, order_id, headers={"If-Match": '"1"'})

    assert (response.status_code, response.headers["ETag"]) == (200, '"2"')
    assert look(ann, order_id, **{"If-None-Match": '"2"'}).status_code == 304


@pytest.mark.clause("004-08")
def test_cancel_restores_stock_once(stack: Stack, ann: Caller, root: Caller, operator: Caller) -> None:
    lamp = root.post({"name": "Lamp", "price": 25, "stock_quantity": 10}, path="/api/v1/products/").json["product_id"]
    home = {f"shipping_{part}": "x" for part in ("address_line1", "city", "state", "postal_code", "country")}
    bought = ann.post(home | {"order_items": [{"product_id": lamp, "quantity": 4}]}, path="/api/v1/orders/").json
    ((order_id,),) = stack.rows(f"SELECT id FROM orders WHERE number = {bought['order_id']}")

    by_operator = cancel(operator, uuid_of(order_id)).status_code
    statuses = [cancel(root, uuid_of(order_id)).status_code for _ in range(3)]

    assert by_operator == 403  # only administrators change orders of `management`
    assert statuses == [200, 409, 409]
    assert root.ask("GET", f"/api/v1/products/{lamp}").json["stock_quantity"] == 10


def uuid_of(stored: object) -> str:
    digits = str(stored).replace("-", "")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


@pytest.mark.clause("004-11", "004-13")
def test_events_are_published_through_outbox(stack: Stack, ann: Caller, operator: Caller) -> None:
    stack.relayed()
    order_id = order(ann, cart(ann.subject)).json["orderId"]
    order(ann, cart(ann.subject))
    cancel(operator, order_id, reason="customer_request")
    cancel(operator, order_id, reason="again")
    ((waiting,),) = stack.rows("SELECT count(*) FROM outbox WHERE state = 'waiting' AND type LIKE 'orders.order_%'")

    published = stack.relayed()

    assert waiting == 2
    events = [(key, event["data"]) for key, event in published.news if event["subject"] == order_id]
    assert [key for key, _ in events] == [
        "orders.order_placed.v1", "orders.order_canceled.v1", "orders.user_notification.v1"
    ]  # fmt: skip
    assert "reason" not in events[0][1]
    assert events[1][1]["reason"] == "customer_request"
    assert [task["user_id"] for task in published.tasks] == [ann.subject]


@pytest.mark.clause("004-11")
def test_guest_order_events_have_no_user(stack: Stack, operator: Caller) -> None:
    stack.relayed()
    order_id = order(operator, cart(None)).json["orderId"]

    published = stack.relayed()

    assert [(task["order_id"], task["user_id"]) for task in published.tasks] == [(order_id, None)]
    assert [event["data"]["user_id"] for _, event in published.news] == [None]


@pytest.mark.clause("004-08")
@pytest.mark.parametrize("order_id", ["zzz", "00000000-0000-7000-8000-000000000000", "own"])
@pytest.mark.parametrize("body", [{}, {"reason": 5}])
def test_cancel_without_scope_is_403(stack: Stack, ann: Caller, order_id: str, body: dict[str, Any]) -> None:
    order_id = order(ann, cart(ann.subject)).json["orderId"] if order_id == "own" else order_id
    before = stack.everything()

    response = ann.ask("POST", f"/api/orders/{order_id}/cancel", **as_json(body))

    assert response.status_code == 403
    assert stack.everything() == before
