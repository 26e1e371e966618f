"""W3C Trace Context: events carry the span of the request that caused them."""

from typing import Any

import pytest

from orders_domain import Role
from tests.support.client import TEA, Caller, as_json
from tests.support.service_stack import Stack

SPAN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


def traced_events(stack: Stack) -> list[tuple[str, Any]]:
    """The type and the trace of each event on the exchange."""
    return [(key, event.get("traceparent")) for key, event in stack.relayed().news]


@pytest.fixture(autouse=True)
def nothing_on_its_way(stack: Stack) -> None:
    stack.relayed()


@pytest.fixture(params=["real"])
def stack(request: pytest.FixtureRequest) -> Stack:
    """A stack with a broker, because the trace is read from published messages."""
    stack: Stack = request.getfixturevalue("real_stack")
    return stack


@pytest.mark.clause("004-11")
def test_event_has_the_span_of_its_request(stack: Stack, ann: Caller) -> None:
    order = ann.post({"items": [TEA], "total_price": 75}, traceparent=SPAN).json
    ann.patch(order, "PAID", headers={"traceparent": OTHER})
    ann.patch(order, "SHIPPED")

    assert traced_events(stack) == [
        ("orders.order_placed.v1", SPAN),
        ("orders.order_status_changed.v1", OTHER),
        ("orders.order_status_changed.v1", None),
    ]


def test_message_headers_have_the_span(stack: Stack, ann: Caller) -> None:
    ann.post({"items": [TEA], "total_price": 75}, traceparent=SPAN)
    stack.container.relay_events()

    assert stack.broker
    with stack.broker.channel() as channel:
        for queue in (stack.settings.new_order_queue, stack.listening):
            _, properties, _ = channel.basic_get(queue, auto_ack=True)
            assert properties.headers["traceparent"] == SPAN


def test_low_stock_event_has_the_order_span(stack: Stack, ann: Caller) -> None:
    root = stack.caller(role=Role.ADMIN)
    lamp = root.post({"name": "Lamp", "price": 1, "stock_quantity": 6}, path="/api/v1/products/").json["product_id"]
    address = {f"shipping_{part}": "x" for part in ("address_line1", "city", "state", "postal_code", "country")}
    placed = ann.post(
        address | {"order_items": [{"product_id": lamp, "quantity": 1}]}, path="/api/v1/orders/", traceparent=SPAN
    )

    assert placed.status_code == 200, placed.text
    assert traced_events(stack) == [("orders.order_placed.v1", SPAN), ("orders.stock_low.v1", SPAN)]


def test_job_continues_the_request_span(stack: Stack, ann: Caller) -> None:
    root = stack.caller(role=Role.ADMIN)
    order = ann.place()
    stack.relayed()
    unknown = list(range(10**9, 10**9 + 100))
    accepted = root.ask(
        "POST",
        "/api/v1/orders/bulk/status",
        headers={"traceparent": SPAN, "Prefer": "respond-async"},
        **as_json({"order_ids": [order["id"], *unknown], "status": "confirmed"}),
    )
    assert accepted.status_code == 202, accepted.text

    stack.container.job_worker().step()

    assert traced_events(stack) == [("orders.order_status_changed.v1", SPAN), ("orders.user_notification.v1", SPAN)]


@pytest.mark.parametrize(
    "none",
    [
        "",
        "hello",
        SPAN.upper(),
        SPAN.removesuffix("-01"),
        f"{SPAN}-more",
        f"ff{SPAN[2:]}",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
        "x" * 4000,
    ],
)
def test_invalid_traceparent_is_ignored(stack: Stack, ann: Caller, none: str) -> None:
    response = ann.post({"items": [TEA], "total_price": 75}, traceparent=none)

    assert response.status_code == 201
    assert traced_events(stack) == [("orders.order_placed.v1", None)]
