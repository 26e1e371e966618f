"""Changes of orders: confirm, cancel, hold, release, notes, tags and metadata, alone and at the same time."""

from typing import Any
from uuid import uuid4

import pytest

from orders_adapters.testing.threads import at_once
from orders_domain import Role
from tests.contract.http.management.client import shopper
from tests.contract.http.shop.client import GIFT, Shopkeeper, problem, shopkeeper
from tests.support.depth import effort
from tests.support.service_stack import Stack

ROUNDS = effort(3, 500)
THREADS = effort(6, 32)


@pytest.fixture
def shop(stack: Stack) -> Shopkeeper:
    return shopkeeper(stack)


def stocked(stack: Stack, stock: int = 10) -> tuple[Shopkeeper, int]:
    """An administrator, and a new product."""
    keeper = shopper(stack, role=Role.ADMIN)
    return Shopkeeper(keeper), int(keeper.product(stock=stock)["product_id"])


def stock_of(admin: Shopkeeper, product: int) -> int:
    return int(admin.caller.ask("GET", f"/api/v1/products/{product}").json["stock_quantity"])


def test_order_is_confirmed_and_held(shop: Shopkeeper) -> None:
    order = shop.changed(shop.place(), "confirm")
    assert order["status"] == "confirmed"

    held = shop.changed(order, "hold", {"reason": "address"})

    assert (held["hold"]["reason"], held["hold"]["by"]) == ("address", shop.caller.subject)
    assert set(held["allowed_actions"]) == {"release", "annotate"}
    for verb, body in (("cancel", {"reason": "x"}), ("hold", {"reason": "y"})):
        refused = problem(shop.change(held, verb, body), 409, "not_allowed")
        assert "address" in refused["detail"]
        assert set(refused["allowed_actions"]) == {"release", "annotate"}
    released = shop.changed(held, "release")
    assert released["hold"] is None
    problem(shop.change(released, "release"), 409, "not_allowed")


def test_held_order_is_not_shipped_by_another_contract(stack: Stack) -> None:
    admin, _ = stocked(stack)
    order = admin.changed(admin.place(), "hold", {"reason": "fraud"})

    shipped = admin.caller.ask("PUT", f"/api/v1/orders/{order['number']}/status", json={"status": "shipped"})
    canceled = admin.caller.ask("POST", f"/api/orders/{order['id']}/cancel")

    assert (shipped.status_code, canceled.status_code) == (400, 409)
    assert "fraud" in shipped.text
    assert admin.order(order) == order


def test_units_are_cancelled_with_their_stock(stack: Stack) -> None:
    admin, product = stocked(stack, 10)
    order = admin.place({"product_id": product, "quantity": 4}, GIFT, charges=[{"kind": "fee", "amount_minor": 7}])
    price = order["lines"][1]["unit_price_minor"]

    order = admin.changed(order, "cancel", {"reason": "late", "lines": [{"number": 2, "quantity": 3}]})

    assert [line["cancelled"] for line in order["lines"]] == [0, 3]
    assert order["totals"]["cancelled_minor"] == 3 * price
    assert order["totals"]["due_minor"] == order["totals"]["total_minor"] - 3 * price
    assert (order["status"], stock_of(admin, product)) == ("pending", 9)
    refused = admin.change(order, "cancel", {"reason": "late", "lines": [{"number": 2, "quantity": 2}]})
    assert "has 1 open units, not 2" in problem(refused, 409, "not_open")["detail"]

    order = admin.changed(order, "cancel", {"reason": "all"})

    assert (order["status"], order["cancellation_reason"]) == ("canceled", "all")
    assert [line["cancelled"] for line in order["lines"]] == [3, 4]
    assert (order["totals"]["due_minor"], stock_of(admin, product)) == (0, 10)
    problem(admin.change(order, "cancel", {"reason": "again"}), 409, "not_open")


def test_unit_is_cancelled_once_by_many(stack: Stack) -> None:
    admin, product = stocked(stack, 100 + ROUNDS)
    for number in range(ROUNDS):
        order = admin.place({"product_id": product, "quantity": 1})
        body = {"reason": "late", "lines": [{"number": 1, "quantity": 1}]}

        answers = at_once(*[lambda order=order, body=body: admin.change(order, "cancel", body)] * THREADS)

        codes = sorted(answer.status_code for answer in answers)  # type: ignore[union-attr]
        assert codes == [200] + [409] * (THREADS - 1), number
        assert stock_of(admin, product) == 100 + ROUNDS


def test_repeated_change_gets_the_first_response(shop: Shopkeeper) -> None:
    order, key = shop.place(), str(uuid4())
    match, body = f'"{order["version"]}"', {"reason": "address"}
    first = shop.change(order, "hold", body, key=key, match=match)
    shop.changed(first.json, "release")

    again = shop.change(order, "hold", body, key=key, match=match)

    assert (again.status_code, again.headers["x-idempotent-replay"]) == (200, "true")
    assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])


def test_one_of_many_conditional_changes_succeeds(shop: Shopkeeper) -> None:
    order = shop.place()

    answers = at_once(*[lambda: shop.change(order, "notes", {"text": "Called."}, match='"1"')] * THREADS)

    assert sorted(answer.status_code for answer in answers) == [200] + [412] * (THREADS - 1)  # type: ignore[union-attr]
    assert shop.order(order)["version"] == 2


def test_tags_and_metadata_are_changed(shop: Shopkeeper) -> None:
    order = shop.place(tags=["a"], metadata={"a": {"b": 1, "c": 2}, "d": 3})

    tagged = shop.send("PUT", order, "tags", {"tags": ["c", "b"]}).json
    patched = shop.send("PATCH", order, "metadata", {"a": {"b": None, "e": [1]}, "d": None, "f": "x"}).json
    same = shop.send("PATCH", order, "metadata", {"f": "x"}).json
    flagged = shop.send("PATCH", order, "metadata", {"a": {"e": [True]}}).json

    assert (tagged["tags"], tagged["version"]) == (["b", "c"], 2)
    assert (patched["metadata"], patched["version"]) == ({"a": {"c": 2, "e": [1]}, "f": "x"}, 3)
    assert same == patched
    assert flagged["metadata"]["a"]["e"][0] is True  # and not 1, which Python takes for the same
    assert shop.order(order) == flagged


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        ("PUT", "tags", {"tags": [str(number) for number in range(51)]}, "/tags"),
        ("PUT", "tags", {}, "/tags"),
        ("PATCH", "metadata", {str(number): 1 for number in range(51)}, "/metadata"),
        ("PATCH", "metadata", {"x" * 65: 1}, "/metadata"),
    ],
)
def test_annotation_beyond_its_bounds_is_rejected(
    shop: Shopkeeper, method: str, path: str, body: dict[str, Any], pointer: str
) -> None:
    order = shop.place()

    refused = problem(shop.send(method, order, path, body), 422, "invalid_request")

    assert [flaw["pointer"] for flaw in refused["errors"]] == [pointer]
    assert shop.order(order) == order


def test_internal_note_is_shown_to_staff_only(stack: Stack, shop: Shopkeeper) -> None:
    customer = shopkeeper(stack, scopes=())
    order = shop.place(customer={"user_id": customer.caller.subject})
    order = shop.changed(order, "notes", {"text": "Fraud?", "visibility": "internal"})
    order = shop.changed(order, "notes", {"text": "Ships on Friday.", "visibility": "customer"})

    def notes(reader: Shopkeeper) -> list[str]:
        entries = reader.get(f"/orders/{order['id']}/timeline").json["data"]
        assert [entry["version"] for entry in entries] == sorted(entry["version"] for entry in entries)
        return [entry["details"]["note"]["text"] for entry in entries if "note" in entry["details"]]

    assert notes(shop) == ["Fraud?", "Ships on Friday."]
    assert notes(customer) == ["Ships on Friday."]
    seen = customer.caller.ask("GET", f"/api/v1/orders/{order['number']}/history")
    assert (seen.status_code, "Fraud" in seen.text) == (200, False)
