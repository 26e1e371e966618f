"""Shipments: parcels with units of lines, and the events of carriers, each recorded once."""

from typing import Any
from uuid import uuid4

import pytest

from orders_adapters.testing.threads import at_once
from orders_domain import Role
from tests.contract.http.shop.client import GIFT, Shopkeeper, problem, shopkeeper
from tests.contract.http.shop.test_changes import stock_of, stocked
from tests.contract.http.shop.test_ucp import viewed
from tests.support.client import Answer
from tests.support.depth import effort
from tests.support.service_stack import Stack

ROUNDS = effort(3, 500)
THREADS = effort(6, 32)
MINIMAL = "return=minimal"
NOON = "2025-11-20T12:00:00Z"


@pytest.fixture
def shop(stack: Stack) -> Shopkeeper:
    return shopkeeper(stack)


def ship(shop: Shopkeeper, order: dict[str, Any], units: int, *, number: int = 1, **texts: str) -> dict[str, Any]:
    body = {"lines": [{"number": number, "quantity": units}], **texts}
    response = shop.change(order, "shipments", body)
    assert response.status_code == 201, response.text
    return dict(response.json)


def track(shop: Shopkeeper, order: dict[str, Any], parcel: int, state: str, *, event_id: str | None = None) -> Answer:
    body = {"event_id": event_id or str(uuid4()), "state": state, "occurred_at": NOON}
    return shop.post(f"/shipments/{order['shipments'][parcel]['id']}/events", body)


def test_order_is_shipped_and_delivered_by_its_parcels(shop: Shopkeeper) -> None:
    order = shop.place(GIFT, {"title": "Card", "quantity": 1, "unit_price_minor": 5})
    seen = [ship(shop, order, 2, carrier="DHL", tracking_number="JD1")]
    assert "ship" in seen[0]["allowed_actions"]
    seen.append(shop.change(order, "shipments").json)
    order = seen[-1]
    seen += [track(shop, order, 0, "delivered").json, track(shop, order, 1, "in_transit").json]
    seen.append(track(shop, order, 1, "delivered").json)

    assert [(after["status"], after["fulfillment_status"]) for after in seen] == [
        ("pending", "part"),
        ("shipped", "whole"),
        ("shipped", "whole"),
        ("shipped", "whole"),
        ("delivered", "delivered"),
    ]
    first, second = seen[-1]["shipments"]
    assert (first["number"], first["carrier"], first["tracking_number"]) == (1, "DHL", "JD1")
    assert second["lines"] == [{"number": 1, "quantity": 1}, {"number": 2, "quantity": 1}]
    assert [line["shipped"] for line in seen[-1]["lines"]] == [3, 1]
    assert shop.order(order) == seen[-1]
    view = viewed(shop, order)
    assert [event["type"] for event in view["fulfillment"]["events"]] == [
        "shipped", "shipped", "delivered", "in_transit", "delivered"
    ]  # fmt: skip
    assert {item["status"] for item in view["line_items"]} == {"fulfilled"}
    problem(shop.change(order, "shipments"), 409, "not_open")


def test_rest_is_cancelled_after_a_parcel(stack: Stack) -> None:
    admin, product = stocked(stack, 10)
    order = ship(admin, admin.place({"product_id": product, "quantity": 5}), 2)

    for verb in ("PUT", "POST"):
        by_word = (
            admin.caller.ask("PUT", f"/api/v1/orders/{order['number']}/status", json={"status": "cancelled"})
            if verb == "PUT"
            else admin.caller.ask("POST", f"/api/orders/{order['id']}/cancel")
        )
        assert by_word.status_code in {400, 409}, verb
    order = admin.changed(order, "cancel", {"reason": "the rest is lost"})

    assert (order["status"], order["fulfillment_status"]) == ("shipped", "whole")
    assert (order["lines"][0]["shipped"], order["lines"][0]["cancelled"]) == (2, 3)
    assert stock_of(admin, product) == 8
    assert track(admin, order, 0, "delivered").json["status"] == "delivered"


def test_delivered_parcels_and_a_cancelled_rest_deliver(shop: Shopkeeper) -> None:
    order = ship(shop, shop.place(), 2)
    track(shop, order, 0, "delivered")

    order = shop.change(order, "cancel", {"reason": "lost"}).json

    assert order["status"] == "delivered"
    assert shop.order(order) == order


def test_only_lines_of_the_order_are_shipped(shop: Shopkeeper) -> None:
    order = shop.place(GIFT, {"title": "Card", "quantity": 1, "unit_price_minor": 5})

    for number in (0, 3):
        body = {"lines": [{"number": 1, "quantity": 1}, {"number": number, "quantity": 1}]}
        refused = problem(shop.change(order, "shipments", body), 422, "invalid_request")
        assert [flaw["pointer"].split("/")[1] for flaw in refused["errors"]] == ["lines"]
    assert shop.order(order)["shipments"] == []


def test_held_order_is_not_shipped(shop: Shopkeeper) -> None:
    order = shop.changed(shop.place(), "hold", {"reason": "address"})

    assert "address" in problem(shop.change(order, "shipments"), 409, "not_allowed")["detail"]


def test_event_is_recorded_once_and_moves_forward(shop: Shopkeeper) -> None:
    order, event = ship(shop, shop.place(), 1), str(uuid4())

    answers = at_once(*[lambda: track(shop, order, 0, "out_for_delivery", event_id=event)] * THREADS)

    assert {answer.status_code for answer in answers} == {200}  # type: ignore[union-attr]
    problem(track(shop, order, 0, "delivered", event_id=event), 409, "event_differs")
    late = track(shop, order, 0, "in_transit").json["shipments"][0]
    assert (late["state"], len(late["events"])) == ("out_for_delivery", 2)
    back = [track(shop, order, 0, state).json["shipments"][0]["state"] for state in ("failed", "delivered", "returned")]
    assert back == ["failed", "delivered", "returned"]


def test_last_unit_is_shipped_or_cancelled(stack: Stack) -> None:
    admin, product = stocked(stack, 10 * ROUNDS)
    for number in range(ROUNDS):
        order = ship(admin, admin.place({"product_id": product, "quantity": 2}), 1)
        before = stock_of(admin, product)
        unit = [{"number": 1, "quantity": 1}]

        def shipping(order: dict[str, Any] = order, unit: Any = unit) -> Answer:
            return admin.change(order, "shipments", {"lines": unit})

        def cancelling(order: dict[str, Any] = order, unit: Any = unit) -> Answer:
            return admin.change(order, "cancel", {"lines": unit, "reason": "late"})

        answers = at_once(*[shipping, cancelling] * (THREADS // 2))

        codes = sorted(answer.status_code for answer in answers)  # type: ignore[union-attr]
        assert (codes[0] in {200, 201}, codes[1:]) == (True, [409] * (THREADS - 1)), number
        line = admin.order(order)["lines"][0]
        assert line["shipped"] + line["cancelled"] == 2
        assert stock_of(admin, product) == before + line["cancelled"]


def test_parcels_are_refused_by_rights_and_existence(stack: Stack, shop: Shopkeeper) -> None:
    stranger = shopkeeper(stack, scopes=())
    order = ship(shop, shop.place(), 1)

    problem(stranger.change(order, "shipments"), 404, "order_hidden")
    problem(track(stranger, order, 0, "delivered"), 404, "order_hidden")
    for unknown in (str(uuid4()), "7"):
        body = {"event_id": "1", "state": "delivered", "occurred_at": NOON}
        problem(shop.post(f"/shipments/{unknown}/events", body), 404, "shipment_not_found")


def test_event_of_the_future_is_refused(shop: Shopkeeper) -> None:
    order = ship(shop, shop.place(), 1)
    body = {"event_id": "1", "state": "delivered", "occurred_at": "9999-01-01T00:00:00Z"}

    refused = problem(shop.post(f"/shipments/{order['shipments'][0]['id']}/events", body), 422, "invalid_request")

    assert [flaw["pointer"] for flaw in refused["errors"]] == ["/occurred_at"]


def test_minimal_response_has_the_address_of_events(shop: Shopkeeper) -> None:
    order = shop.place()
    body = {"lines": [{"number": 1, "quantity": 2}]}
    path, key = f"/orders/{order['id']}/shipments", str(uuid4())

    created = shop.post(path, body, prefer="return=minimal; foo, respond-async", key=key)
    repeated = shop.post(path, body, prefer='Return="minimal"', key=key)
    present = shop.order(order)
    location = f"/v1/shipments/{present['shipments'][0]['id']}/events"
    event = {"event_id": "1", "state": "in_transit", "occurred_at": NOON}
    tracked = shop.post(location.removeprefix("/v1"), event, prefer=MINIMAL)
    stale = shop.post(path, {}, prefer=MINIMAL, match='"1"')

    for answer, version in ((created, '"2"'), (repeated, '"2"'), (tracked, '"3"')):
        assert (answer.status_code, answer.text, answer.headers["ETag"]) == (204, "", version)
        assert answer.headers["Preference-Applied"] == MINIMAL
    assert [answer.headers["Location"] for answer in (created, repeated)] == [location] * 2
    assert repeated.headers["x-idempotent-replay"] == "true"
    assert shop.order(order)["shipments"][0]["state"] == "in_transit"
    assert "order" not in problem(stale, 412, "version_mismatch")


@pytest.mark.timeout(effort(300, 1_800))
def test_many_parcels_take_constant_statements(stack: Stack) -> None:
    count = effort(12, 1_000)
    admin = Shopkeeper(stack.caller(role=Role.ADMIN))
    order = admin.place(*[{"title": f"Book {n}", "quantity": 1, "unit_price_minor": 5} for n in range(count)])
    sent = []
    for number in range(1, count):
        with stack.statements() as statements:
            response = admin.post(
                f"/orders/{order['id']}/shipments", {"lines": [{"number": number, "quantity": 1}]}, prefer=MINIMAL
            )
        assert response.status_code == 204, response.text
        sent.append(len(statements))

    assert len(set(sent)) == 1, sent
    assert ship(admin, order, 1, number=count)["status"] == "shipped"
