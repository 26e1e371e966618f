"""POST /orders/: a valid order is stored completely, an invalid one not at all."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.client import TEA, Caller, ask, refused
from tests.support.service_stack import Stack


@pytest.mark.clause("000-04", "001-03", "001-08")
def test_created_order_is_returned(ann: Caller) -> None:
    began = datetime.now(UTC)

    response = ann.post({"items": [TEA], "total_price": 75.0})

    order = response.json
    assert response.status_code == 201
    assert response.headers["Location"] == f"/orders/{order['id']}"
    assert response.headers["ETag"] == '"1"'
    assert UUID(order.pop("id")).version == 7
    placed_at = order.pop("created_at")
    assert placed_at.endswith("Z")
    assert timedelta(0) <= datetime.fromisoformat(placed_at) - began < timedelta(seconds=10)
    assert order.pop("updated_at") == placed_at
    assert order == {
        "user_id": ann.subject,
        "items": [TEA],
        "total_price": 75.0,
        "status": "PENDING",
        "currency": "USD",
        "version": 1,
    }


@pytest.mark.clause("000-04", "000-07")
def test_location_returns_the_created_order(ann: Caller) -> None:
    placed = ann.post({"items": [TEA], "total_price": 75.0})

    response = ann.ask("GET", placed.headers["Location"])

    assert (response.status_code, response.json) == (200, placed.json)
    assert response.headers["ETag"] == placed.headers["ETag"]


@pytest.mark.clause("000-04")
def test_items_are_returned_as_sent(ann: Caller) -> None:
    items: list[dict[str, Any]] = [
        {"z": 1, "a": {"deep": [1, 2.5, None, True, "茶 🍵", {"": []}]}, "price": "not a number"},
        {},
        {"big": 2**63 - 1, "small": -(2**63), "fraction": 0.1, "exponent": 1e308},
    ]

    placed = ann.post({"items": items, "total_price": 9.99}).json
    from_cache_or_store = [ann.get(placed).json for _ in range(2)]

    assert placed["items"] == items
    assert [[*item] for item in placed["items"]] == [[*item] for item in items]
    assert from_cache_or_store == [placed, placed]


@pytest.mark.clause("000-04")
@pytest.mark.parametrize("path", ["/orders", "/orders/"])
def test_collection_accepts_trailing_slash(ann: Caller, path: str) -> None:
    response = ann.post({"items": [TEA], "total_price": 75}, path=path)

    assert response.status_code == 201
    assert not response.history


@pytest.mark.parametrize(
    ("currency", "total"), [("USD", 75.5), ("EUR", 0.01), ("JPY", 7550), ("BHD", 1.005), ("CLF", 0.0001)]
)
def test_order_uses_the_requested_currency(ann: Caller, currency: str, total: float) -> None:
    response = ann.post({"items": [{"sku": "tea"}], "total_price": total, "currency": currency})

    assert response.status_code == 201
    assert ann.get(response.json).json["currency"] == currency
    assert ann.get(response.json).json["total_price"] == total


@pytest.mark.clause("000-04")
@pytest.mark.parametrize(
    ("items", "total"),
    [
        ([{"quantity": 2, "unit_price": 37.5}], 75),
        ([{"qty": 3, "price": 0.1}], 0.3),
        ([{"quantity": 1, "price": 1}, {"qty": 2, "unit_price": 2.25}], 5.5),
        ([{"quantity": 0, "price": 5}], 0),
        ([{"quantity": 1.5, "price": 0.5}], 0.75),
    ],
)
def test_matching_total_is_accepted(ann: Caller, items: list[dict[str, Any]], total: float) -> None:
    assert ann.post({"items": items, "total_price": total}).status_code == 201


@pytest.mark.clause("000-21")
@pytest.mark.parametrize(
    ("items", "total"),
    [
        ([{"quantity": 2, "unit_price": 37.5}], 74.99),
        ([{"qty": 3, "price": 0.1}], 0.31),
        ([{"quantity": 1, "price": 1}, {"qty": 2, "unit_price": 2.25}], 5),
        ([{"quantity": 0, "price": 5}], 5),
    ],
)
def test_wrong_total_is_422(ann: Caller, items: list[dict[str, Any]], total: float) -> None:
    body = refused(ann.post({"items": items, "total_price": total}), 422)

    assert "total_price" in body["errors"]
    assert ann.list().json == []


@pytest.mark.clause("000-21")
@pytest.mark.parametrize("total", [-1, 75.001, 10_000_000_001])
def test_invalid_total_is_422(ann: Caller, total: float) -> None:
    body = refused(ann.post({"items": [{"sku": "tea"}], "total_price": total}), 422)

    assert body["errors"] == {"total_price": [body["detail"]]}
    assert ann.list().json == []


@pytest.mark.parametrize(
    "items",
    [
        [{"sku": "tea"}],
        [{"quantity": 2}],
        [{"price": 2}],
        [{"quantity": "2", "price": 3}],
        [{"quantity": True, "price": 3}],
        [{"quantity": 2, "price": 3}, {"sku": "a gift"}],
    ],
)
def test_total_is_trusted_if_sum_is_unknown(ann: Caller, items: list[dict[str, Any]]) -> None:
    assert ann.post({"items": items, "total_price": 99.5}).status_code == 201


@pytest.mark.clause("000-06")
def test_create_without_token_is_401(stack: Stack) -> None:
    stack.relayed()
    before = stack.everything()

    response = ask(stack.app, "POST", "/orders/", json={"items": [TEA], "total_price": 75})

    refused(response, 401)
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert stack.everything() == before
    assert not stack.relayed().news


def test_order_with_1000_items_is_accepted(ann: Caller) -> None:
    response = ann.post({"items": [{"line": number} for number in range(1_000)], "total_price": 1})

    assert response.status_code == 201
    assert len(ann.get(response.json).json["items"]) == 1_000


@pytest.mark.clause("000-04")
def test_order_may_have_no_items(ann: Caller) -> None:
    bodies: list[dict[str, Any]] = [{"total_price": 50.5}, {"total_price": 50.5, "items": []}]
    placed = [ann.post(body) for body in bodies]

    assert [answer.status_code for answer in placed] == [201, 201]
    assert [(answer.json["items"], answer.json["total_price"]) for answer in placed] == [([], 50.5)] * 2
    assert ann.get(placed[0].json).json == placed[0].json


def test_noise_of_float_sums_is_removed(ann: Caller) -> None:
    sums = {0.1 + 0.2: 0.3, 1.1 * 3: 3.3, sum([0.1] * 10): 1.0, 1234.1 * 3: 3702.3, 19.99 * 7: 139.93}
    lines = [{"quantity": 1, "unit_price": 0.1}, {"quantity": 1, "unit_price": 0.2}]

    for noisy, meant in sums.items():
        assert ann.post({"items": [{}], "total_price": noisy}).json["total_price"] == meant
    assert ann.post({"items": lines, "total_price": 0.1 + 0.2}).status_code == 201
    for wrong in (10.005, 0.301, 10.0000001, 0.30000000001, 1e-9, 5e-324):
        refused(ann.post({"items": [{}], "total_price": wrong}), 422)


def test_order_without_items_has_the_stated_total(stack: Stack) -> None:
    ann = stack.caller()

    for body in ({"total_price": 12.5}, {"items": [], "total_price": 12.5}):
        placed = ann.post(body)
        assert (placed.status_code, placed.json["items"], placed.json["total_price"]) == (201, [], 12.5)
        assert ann.get(placed.json).json == placed.json
        shown = ann.ask("GET", f"/api/v1/orders/{placed.json['id']}/statistics")
        assert (shown.status_code, shown.json["item_count"]) == (200, 0)
    assert len(ann.ask("GET", "/api/v1/orders/my-orders").json) == len(ann.list().json) == 2
    stack.relayed()
