"""Orders of the contract `shop`: placing, reading, listing, and what is refused."""

from typing import Any
from uuid import uuid4

import pytest

from orders_domain import Role
from orders_domain.ports.outbox import OutboxState
from tests.contract.http.management.client import shopper
from tests.contract.http.rights.people import People
from tests.contract.http.shop.client import GIFT, Shopkeeper, problem, shopkeeper
from tests.support.client import as_json
from tests.support.service_stack import Stack

HOME = {"line1": "1 High Street", "city": "Leeds", "state": "Yorkshire", "postal_code": "LS1", "country": "UK"}


@pytest.fixture
def shop(stack: Stack) -> Shopkeeper:
    return shopkeeper(stack)


def lamps(stack: Stack, *, stock: int = 10) -> dict[str, Any]:
    return dict(shopper(stack, role=Role.ADMIN).product(stock=stock))


def test_order_has_lines_charges_and_totals(stack: Stack, shop: Shopkeeper) -> None:
    lamp = lamps(stack)
    price = round(lamp["price"] * 100)

    order = shop.place(
        {"product_id": lamp["product_id"], "quantity": 2},
        {"sku": lamp["sku"], "quantity": 1},
        GIFT | {"content": {"wrap": "red"}},
        charges=[
            {"kind": "shipping", "amount_minor": 500, "text": "Parcel"},
            {"kind": "discount", "amount_minor": -100, "line": 3},
            {"kind": "tax", "amount_minor": 19, "included": True},
        ],
        customer={"name": "Ada", "email": "ada@example.com"},
        shipping_address=HOME,
        tags=["vip", "gift", "vip"],
        metadata={"campaign": "spring"},
    )

    gift, lamp_line = order["lines"]
    assert (gift["number"], gift["title"], gift["content"]) == (1, "Gift", {"wrap": "red"})
    assert (lamp_line["sku"], lamp_line["title"], lamp_line["quantity"]) == (lamp["sku"], lamp["name"], 3)
    assert [charge["line"] for charge in order["charges"]] == [None, 1, None]
    assert order["totals"] == {
        "lines_minor": 3_000 + 3 * price,
        "charges_minor": 400,
        "total_minor": 3_400 + 3 * price,
        "cancelled_minor": 0,
        "due_minor": 3_400 + 3 * price,
        "authorized_minor": 0,
        "captured_minor": 0,
        "refunded_minor": 0,
        "balance_minor": 3_400 + 3 * price,
    }
    assert order["customer"] == {
        "user_id": shop.caller.subject, "name": "Ada", "email": "ada@example.com", "phone": None,
        "language": None,
    }  # fmt: skip
    assert order["shipping_address"] == HOME | {"line2": None}
    assert (order["tags"], order["metadata"]) == (["gift", "vip"], {"campaign": "spring"})
    assert (order["origin"], order["status"], order["version"]) == ("shop", "pending", 1)
    assert shop.order(order) == order
    assert shop.get(f"/orders/{order['number']}").json == order


def test_history_and_events_have_no_personal_data(stack: Stack, shop: Shopkeeper) -> None:
    order = shop.place(customer={"name": "Planted Name", "email": "planted@example.com"}, billing_address=HOME)

    history = stack.container.queries().history(order["number"])
    published = stack.container.outbox().select(states=frozenset(OutboxState), limit=10_000)

    events = [message.event.data for message in published if str(message.event.order_id) == order["id"]]
    assert len(events) == 1
    assert "lanted" not in repr([entry.details for entry in history]) + repr(events)


def test_repeated_request_gets_the_first_response(shop: Shopkeeper) -> None:
    body = {"lines": [GIFT], "customer": {"name": "Ada"}}
    first = shop.post("/orders", body, key=(key := str(uuid4())))
    shop.changed(first.json, "hold", {"reason": "address"})

    again = shop.post("/orders", body, key=key)

    assert (again.status_code, again.headers["x-idempotent-replay"]) == (201, "true")
    assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])
    problem(shop.post("/orders", {"lines": [GIFT], "tags": ["x"]}, key=key), 422, "idempotency_key_reused")


def test_reference_is_one_order(shop: Shopkeeper) -> None:
    reference = str(uuid4())
    order = shop.place(reference=reference)

    taken = problem(shop.post("/orders", {"lines": [GIFT], "reference": reference}), 409, "reference_taken")

    assert taken["order_id"] == order["id"]
    shown = [order, shop.order(order), *shop.get(f"/orders?reference={reference}").json["data"]]
    assert [(each["source"], each["reference"]) for each in shown] == [("shop", reference)] * 3
    assert shop.place(reference=reference, source="market")["id"] != order["id"]
    assert shop.listed(f"reference={reference}&source=shop") == [order["id"]]


def test_expected_total_is_compared(shop: Shopkeeper) -> None:
    body = {"lines": [GIFT], "expected_total_minor": 2_999}

    refused = problem(shop.post("/orders", body), 409, "total_mismatch")

    assert (refused["expected_total_minor"], refused["total_minor"]) == (2_999, 3_000)
    assert shop.place(expected_total_minor=3_000)["totals"]["total_minor"] == 3_000


def test_short_stock_lists_every_product(stack: Stack, shop: Shopkeeper) -> None:
    few, fewer = lamps(stack, stock=2), lamps(stack, stock=1)
    lines = [{"product_id": lamp["product_id"], "quantity": 3} for lamp in (few, fewer)]

    refused = problem(shop.post("/orders", {"lines": lines}), 409, "insufficient_stock")

    assert [(shortage["line"], shortage["available"]) for shortage in refused["shortages"]] == [(1, 2), (2, 1)]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/lines"),
        ({"lines": []}, "/lines"),
        ({"lines": [{"quantity": 1}]}, "/lines/0"),
        ({"lines": [{"product_id": 1, "sku": "x", "quantity": 1}]}, "/lines/0"),
        ({"lines": [{"product_id": 1, "quantity": 0}]}, "/lines/0/quantity"),
        ({"lines": [GIFT | {"unit_price_minor": 1.5}]}, "/lines/0/unit_price_minor"),
        ({"lines": [GIFT | {"price": 1}]}, "/lines/0/price"),
        ({"lines": [{"sku": "no-such-sku", "quantity": 1}]}, "/lines/0/sku"),
        ({"lines": [GIFT], "charges": [{"kind": "discount", "amount_minor": 5}]}, "/charges/0/amount_minor"),
        ({"lines": [GIFT], "charges": [{"kind": "fee", "amount_minor": 5, "line": 2}]}, "/charges/0/line"),
        ({"lines": [GIFT], "charges": [{"kind": "discount", "amount_minor": -3_001}]}, "/charges"),
        ({"lines": [GIFT], "currency": "XXX"}, "/currency"),
        ({"lines": [GIFT], "metadata": {"x": "y" * 20_000}}, "/metadata"),
        ({"lines": [GIFT], "tags": ["x" * 65]}, "/tags/0"),
        ({"lines": [GIFT], "shipping_address": HOME | {"city": " "}}, "/shipping_address/city"),
        ({"lines": [GIFT], "unheard_of": 1}, "/unheard_of"),
    ],
)
def test_invalid_body_is_rejected_by_pointer(shop: Shopkeeper, body: dict[str, Any], pointer: str) -> None:
    refused = problem(shop.post("/orders", body), 422, "invalid_request")

    assert [flaw["pointer"] for flaw in refused["errors"]] == [pointer]


def test_required_headers_are_named(shop: Shopkeeper) -> None:
    order = shop.place()
    path = f"/v1/orders/{order['id']}/hold"
    key, body = {"Idempotency-Key": str(uuid4())}, as_json({"reason": "address"})

    without_key = shop.caller.ask("POST", path, headers={"If-Match": "*"}, **body)
    without_match = shop.caller.ask("POST", path, headers=key, **body)
    stale = shop.caller.ask("POST", path, headers=key | {"If-Match": '"7"'}, **body)

    problem(without_key, 400, "idempotency_key_required")
    problem(without_match, 428, "if_match_required")
    assert problem(stale, 412, "version_mismatch")["order"] == order
    assert shop.order(order) == order


def test_customer_states_no_prices(stack: Stack) -> None:
    customer, lamp = shopkeeper(stack, scopes=()), lamps(stack)
    line = {"product_id": lamp["product_id"], "quantity": 1}

    order = customer.place(line, tags=["gift"])

    assert set(order["allowed_actions"]) == {"cancel"}
    for body in (
        {"lines": [GIFT]},
        {"lines": [line], "charges": [{"kind": "discount", "amount_minor": -1}]},
        {"lines": [line], "reference": "R-1"},
        {"lines": [line], "customer": {"user_id": "another"}},
    ):
        problem(customer.post("/orders", body), 403, "access_denied")


def test_others_order_is_not_found(stack: Stack, shop: Shopkeeper) -> None:
    order = shop.place()
    stranger, reader = shopkeeper(stack, scopes=()), shopkeeper(stack, scopes=("orders:read",))

    problem(stranger.get(f"/orders/{order['id']}"), 404, "order_hidden")
    problem(stranger.change(order, "cancel", {"reason": "x"}), 404, "order_hidden")
    assert reader.order(order)["allowed_actions"] == []
    problem(reader.change(order, "hold", {"reason": "x"}), 403, "action_not_permitted")
    assert stranger.listed("limit=200") == []
    problem(stranger.get(f"/orders?user_id={shop.caller.subject}"), 403, "access_denied")


def test_stuck_orders_are_old_and_open(stack: Stack, shop: Shopkeeper) -> None:
    tag = str(uuid4())
    orders = [shop.place(tags=[tag]) for _ in range(3)]
    shop.changed(orders[2], "cancel", {"reason": "late"})
    for order in orders[1:]:
        stack.rows(f"UPDATE orders SET updated_at = '2026-03-14' WHERE number = {order['number']} RETURNING id")

    assert shop.listed(f"tag={tag}&stuck_hours=24") == [orders[1]["id"]]
    assert shop.listed(f"tag={tag}&stuck_hours=24&status=pending") == [orders[1]["id"]]
    assert shop.listed(f"tag={tag}&stuck_hours=24&status=canceled") == []
    assert shop.get("/orders?stuck_hours=0").status_code == 400


def test_list_filters_and_pages(shop: Shopkeeper) -> None:
    tag = str(uuid4())
    orders = [shop.place(tags=[tag], reference=f"{tag}-{number}") for number in range(5)]
    shop.changed(orders[3], "hold", {"reason": "address"})
    every = [order["id"] for order in orders]

    assert shop.listed(f"tag={tag}") == every[::-1]
    assert shop.listed(f"tag={tag}&sort=created_at") == every
    assert shop.listed(f"tag={tag}&hold=true") == [every[3]]
    assert shop.listed(f"tag={tag}&sort=-updated_at")[0] == every[3]
    assert shop.listed(f"tag={tag}&min_total_minor=3000&max_total_minor=3000&currency=USD") == every[::-1]
    assert shop.listed(f"tag={tag}&status=shipped") == shop.listed(f"tag={tag}&payment_status=paid") == []
    seen, path = [], f"/orders?tag={tag}&limit=2"
    while path:
        page = shop.get(path)
        seen += [order["id"] for order in page.json["data"]]
        after = page.json["next_cursor"]
        assert ("Link" in page.headers) == (after is not None)
        path = f"/orders?tag={tag}&limit=2&cursor={after}" if after else ""
    assert seen == every[::-1]


@pytest.mark.parametrize("query", ["x=1", "status=SHIPPED", "limit=0", "limit=201", "cursor=x", "hold=1", "sort=id"])
def test_invalid_query_is_rejected_by_name(shop: Shopkeeper, query: str) -> None:
    refused = problem(shop.get(f"/orders?{query}"), 400, "malformed_request")

    assert [flaw["parameter"] for flaw in refused["errors"]] == [query.partition("=")[0]]


@pytest.mark.parametrize("origin", ["orders", "management", "ostore", "checkout"])
def test_orders_of_every_contract_are_shown(stack: Stack, origin: str) -> None:
    people = People(stack)
    placed = people.placed(origin)

    shown = Shopkeeper(people["operator"]).order({"id": placed.id})

    assert (shown["origin"], shown["number"]) == (origin, placed.number)
    assert sum(line["subtotal_minor"] or 0 for line in shown["lines"]) in {0, shown["totals"]["lines_minor"]}
    assert [line["number"] for line in shown["lines"]] == list(range(1, len(shown["lines"]) + 1))
