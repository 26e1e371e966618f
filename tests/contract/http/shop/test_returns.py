"""Returns: shipped units that come back in parts, are restocked or written off, each once."""

from typing import Any
from uuid import uuid4

import pytest

from orders_adapters.testing.threads import at_once
from orders_domain import Role
from tests.contract.http.management.client import body
from tests.contract.http.shop.client import GIFT, Shopkeeper, problem, shopkeeper
from tests.contract.http.shop.test_changes import stock_of, stocked
from tests.contract.http.shop.test_shipments import ROUNDS, THREADS, ship
from tests.contract.http.shop.test_ucp import viewed
from tests.support.client import Answer, as_json
from tests.support.service_stack import Stack


def units(*lines: tuple[int, int]) -> list[dict[str, int]]:
    return [{"number": number, "quantity": quantity} for number, quantity in lines]


def returning(shop: Shopkeeper, order: dict[str, Any], *lines: tuple[int, int]) -> Answer:
    return shop.change(order, "returns", {"lines": units(*lines), "reason": "too small"})


def receive(shop: Shopkeeper, order: dict[str, Any], *parts: tuple[int, int, bool], number: int = 0) -> Answer:
    lines = [{"number": line, "quantity": quantity, "restock": restock} for line, quantity, restock in parts]
    return shop.post(f"/returns/{order['returns'][number]['id']}/receive", {"lines": lines})


def refuse(shop: Shopkeeper, order: dict[str, Any], number: int = 0) -> Answer:
    return shop.post(f"/returns/{order['returns'][number]['id']}/refuse", {"reason": "too late"})


def test_units_come_back_in_parts(stack: Stack) -> None:
    admin, product = stocked(stack, 10)
    order = ship(admin, admin.place({"product_id": product, "quantity": 5}, GIFT), 4, number=2)
    assert ("return" in order["allowed_actions"], order["returns"]) == (True, [])

    for too_many in (5, 9):
        refused = problem(returning(admin, order, (2, too_many)), 409, "not_shipped")
        assert "return" in refused["allowed_actions"]
    order = returning(admin, order, (2, 3)).json
    problem(returning(admin, order, (2, 2)), 409, "not_shipped")
    assert order["allowed_actions"][-4:] == ["return", "receive_return", "record_payment", "annotate"]
    pending = viewed(admin, order)["adjustments"]
    order = receive(admin, order, (2, 1, True), (2, 1, False)).json
    problem(receive(admin, order, (2, 2, True)), 409, "not_allowed")
    problem(receive(admin, order, (1, 1, True)), 409, "not_allowed")
    order = receive(admin, order, (2, 1, True)).json
    problem(refuse(admin, order), 409, "not_allowed")

    assert [(item["type"], item["status"], item["line_items"]) for item in pending] == [
        ("return", "pending", [{"id": "2", "quantity": -3}])
    ]
    [known] = order["returns"]
    parts = [{"number": 2, "quantity": 1, "restocked": restocked} for restocked in (True, False, True)]
    assert (known["state"], known["received"], known["reason"]) == ("received", parts, "too small")
    assert [(line["shipped"], line["returned"]) for line in order["lines"]] == [(0, 0), (4, 3)]
    assert stock_of(admin, product) == 7
    view = viewed(admin, order)
    assert view["line_items"][1]["quantity"] == {"original": 5, "total": 2, "fulfilled": 1}
    assert [(item["type"], item["status"]) for item in view["adjustments"]] == [("return", "completed")] * 2
    timeline = admin.get(f"/orders/{order['id']}/timeline").json["data"]
    assert [entry["kind"] for entry in timeline[2:]] == ["return_authorized", *["return_received"] * 2]
    assert timeline[3]["details"]["received"] == parts[:2]


def test_rest_of_a_return_is_refused(stack: Stack) -> None:
    shop = shopkeeper(stack)
    order = shop.place()
    shop.caller.ask("PUT", f"/api/v1/orders/{order['number']}/status", json={"status": "shipped"})
    by_word = Shopkeeper(stack.caller(role=Role.ADMIN))
    by_word.caller.ask("PUT", f"/api/v1/orders/{order['number']}/status", json={"status": "shipped"})
    order = returning(shop, order, (1, 3)).json
    receive(shop, order, (1, 1, False))

    order = refuse(shop, order).json
    again = returning(shop, order, (1, 2)).json

    assert [known["state"] for known in again["returns"]] == ["refused", "authorized"]
    assert (order["returns"][0]["refusal"], order["lines"][0]["returned"]) == ("too late", 1)
    problem(receive(shop, order, (1, 1, True)), 409, "not_allowed")
    assert [item["status"] for item in viewed(shop, again)["adjustments"]] == ["completed", "failed", "pending"]


def test_return_is_received_once(stack: Stack) -> None:
    admin, product = stocked(stack, 10 * ROUNDS)
    for number in range(ROUNDS):
        order = ship(admin, admin.place({"product_id": product, "quantity": 2}), 2)
        order = returning(admin, order, (1, 2)).json
        before = stock_of(admin, product)

        answers = at_once(*[lambda order=order: receive(admin, order, (1, 2, True))] * THREADS)

        codes = sorted(answer.status_code for answer in answers)  # type: ignore[union-attr]
        assert codes == [200] + [409] * (THREADS - 1), number
        assert stock_of(admin, product) == before + 2
        assert admin.order(order)["lines"][0]["returned"] == 2


def test_returns_are_refused_by_rights_and_bodies(stack: Stack) -> None:
    shop, customer = shopkeeper(stack), shopkeeper(stack, scopes=())
    order = ship(shop, shop.place(), 2)
    mine = ship(shop, shop.place(customer={"user_id": customer.caller.subject}), 1)
    order, returned = returning(shop, order, (1, 1)).json, returning(shop, mine, (1, 1)).json

    problem(returning(customer, order, (1, 1)), 404, "order_hidden")
    problem(receive(customer, order, (1, 1, True)), 404, "order_hidden")
    assert "return" not in customer.order(mine)["allowed_actions"]
    problem(receive(customer, returned, (1, 1, True)), 403, "action_not_permitted")
    for unknown in (str(uuid4()), "7"):
        receipt = {"lines": [{"number": 1, "quantity": 1, "restock": True}]}
        problem(shop.post(f"/returns/{unknown}/receive", receipt), 404, "return_not_found")
    for lines, pointer in (
        ([], "/lines"),
        ([{"number": 1, "quantity": 0, "restock": True}], "/lines/0/quantity"),
        ([{"number": 1, "quantity": 1, "restock": "yes"}], "/lines/0/restock"),
        ([{"number": 1, "quantity": 1}], "/lines/0/restock"),
        ([{"number": 2, "quantity": 1, "restock": True}], "/lines"),
        ([{"number": 1, "quantity": 1, "restock": True}] * 2, "/lines"),
    ):
        answer = shop.post(f"/returns/{order['returns'][0]['id']}/receive", {"lines": lines})
        assert problem(answer, 422, "invalid_request")["errors"][0]["pointer"] == pointer, lines


@pytest.mark.parametrize("headers", [{"If-Match": "*"}, {"Idempotency-Key": "1"}])
def test_headers_are_required(stack: Stack, headers: dict[str, str]) -> None:
    shop = shopkeeper(stack)
    order = returning(shop, ship(shop, shop.place(), 1), (1, 1)).json

    path = f"/v1/returns/{order['returns'][0]['id']}/refuse"
    answer = shop.caller.ask("POST", path, headers=headers, **as_json({"reason": "too late"}))

    missing = (428, "if_match_required") if "Idempotency-Key" in headers else (400, "idempotency_key_required")
    problem(answer, *missing)


def test_order_with_a_parcel_is_not_deleted(stack: Stack) -> None:
    """The owner may delete it by the access rules, and its stock would be released."""
    admin, product = stocked(stack, 10)
    lines = body((product, 3))
    number = admin.caller.ask("POST", "/api/v1/orders/", **as_json(lines)).json["order_id"]
    ship(admin, admin.get(f"/orders/{number}").json, 1)

    refused = admin.caller.ask("DELETE", f"/api/v1/orders/{number}")

    assert refused.status_code == 400, refused.text
    assert stock_of(admin, product) == 7
