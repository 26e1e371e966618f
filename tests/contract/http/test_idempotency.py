"""Idempotency-Key on every POST that creates an order: repeated requests replay the stored response."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flask
import pytest

from orders_domain import Role
from tests.contract.http.checkout.carts import cart
from tests.support.client import TEA, Answer, Caller, as_json, refused
from tests.support.service_stack import Stack

TEAS = {"items": [TEA], "total_price": 75}
HOME = {
    "shipping_address_line1": "12 Hill Road",
    "shipping_city": "Leeds",
    "shipping_state": "Yorkshire",
    "shipping_postal_code": "LS1",
    "shipping_country": "UK",
}


@dataclass(frozen=True, kw_only=True)
class Placing:
    """A POST that creates an order: path, body, and another body for the same key."""

    path: str
    body: dict[str, Any] | None
    other_path: str
    other_body: dict[str, Any] | None
    status: int
    replayed_as: int | None = None  # the status of a replay, if it differs
    refusal: int = 422  # of a bad request
    needs_key: bool = False


def of_items(stack: Stack, caller: Caller) -> Placing:
    other = {"items": [TEA, TEA], "total_price": 150}
    return Placing(path="/orders/", body=TEAS, other_path="/orders/", other_body=other, status=201)


def of_products(stack: Stack, caller: Caller) -> Placing:
    product = stocked(stack)
    body, other = (HOME | {"order_items": [{"product_id": product, "quantity": quantity}]} for quantity in (2, 3))
    path = "/api/v1/orders/"
    return Placing(path=path, body=body, other_path=path, other_body=other, status=200, refusal=400)


def of_a_template(stack: Stack, caller: Caller) -> Placing:
    product = stocked(stack)
    first, second = (
        caller.post(
            HOME | {"name": "Weekly", "order_items": [{"product_id": product, "quantity": 2}]},
            path="/api/v1/orders/templates",
        ).json["template_id"]
        for _ in range(2)
    )
    path, other = (f"/api/v1/orders/templates/{template_id}/place" for template_id in (first, second))
    return Placing(path=path, body=None, other_path=other, other_body=None, status=200, refusal=400)


def of_a_shipment(stack: Stack, caller: Caller) -> Placing:
    product = stocked(stack)
    body, other = (
        {"userID": caller.subject, "orderItems": [{"productID": product, "quantity": quantity}]} for quantity in (2, 3)
    )
    path = "/ostore/orders/"
    return Placing(path=path, body=body, other_path=path, other_body=other, status=201, refusal=400)


def of_a_cart(stack: Stack, caller: Caller) -> Placing:
    body, other = ({"cartSnapshot": cart(caller.subject, cartVersion=version)} for version in (5, 6))
    path = "/api/orders/"
    return Placing(path=path, body=body, other_path=path, other_body=other, status=201, replayed_as=200, needs_key=True)


def stocked(stack: Stack) -> int:
    """A product with ten units in stock."""
    root = stack.caller(role=Role.ADMIN)
    response = root.post({"name": "Lamp", "price": 12.5, "stock_quantity": 10}, path="/api/v1/products/")
    assert response.status_code == 201, response.text
    return int(response.json["product_id"])


@pytest.fixture(params=[of_items, of_products, of_a_template, of_a_shipment, of_a_cart])
def placing(request: pytest.FixtureRequest, stack: Stack, ann: Caller) -> Placing:
    """Every POST that creates an order."""
    kind: Callable[[Stack, Caller], Placing] = request.param
    return kind(stack, ann)


def send(caller: Caller, path: str, body: dict[str, Any] | None, key: str | None) -> Answer:
    headers = {} if key is None else {"Idempotency-Key": key}
    return caller.ask("POST", path, headers=headers, **({} if body is None else as_json(body)))


def orders_of(stack: Stack, caller: Caller) -> int:
    ((count,),) = stack.rows(f"SELECT count(*) FROM orders WHERE user_id = '{caller.subject}'")
    return int(count)


@pytest.mark.clause("004-04")
def test_repeated_request_replays_the_response(stack: Stack, ann: Caller, placing: Placing) -> None:
    first = send(ann, placing.path, placing.body, "key")
    before = stack.everything()
    replays = [send(ann, placing.path, placing.body, "key") for _ in range(3)]

    assert first.status_code == placing.status
    assert first.headers.get("x-idempotent-replay") == ("false" if placing.replayed_as else None)
    for replay in replays:
        assert (replay.status_code, replay.data) == (placing.replayed_as or placing.status, first.data)
        assert replay.headers["x-idempotent-replay"] == "true"
        for header in ("Content-Type", "ETag", "Location"):
            assert replay.headers.get(header) == first.headers.get(header)
    assert stack.everything() == before
    assert orders_of(stack, ann) == 1


def test_replay_ignores_later_status_changes(stack: Stack, ann: Caller) -> None:
    first = send(ann, "/orders/", TEAS, "key")
    ann.patch(first.json, "CANCELED")

    again = send(ann, "/orders/", TEAS, "key")

    assert again.data == first.data
    assert again.json["status"] == "PENDING"
    assert again.headers["ETag"] == first.headers["ETag"] == '"1"'


def test_key_reuse_with_other_request_is_422(stack: Stack, ann: Caller, placing: Placing) -> None:
    send(ann, placing.path, placing.body, "key")

    other = send(ann, placing.other_path, placing.other_body, "key")

    assert other.status_code == 422
    assert "Idempotency-Key" in other.text
    assert orders_of(stack, ann) == 1


def test_replay_ignores_json_formatting(stack: Stack, ann: Caller) -> None:
    first = send(ann, "/orders/", TEAS, "key")
    spelt = json.dumps(dict(reversed(TEAS.items())), indent=4)

    again = ann.ask("POST", "/orders", headers={"Idempotency-Key": "key"}, data=spelt, content_type="application/json")

    assert again.data == first.data
    assert again.headers["x-idempotent-replay"] == "true"


@pytest.mark.parametrize("other", ["5.0", "50e-1", "0.5E1"])
def test_replay_ignores_the_spelling_of_numbers(stack: Stack, ann: Caller, other: str) -> None:
    spelt = '{"items": [{"price": 1e2, "weight": [%s], "quantity": 1}], "total_price": 100.00}'
    key, kind = {"Idempotency-Key": "spelt"}, "application/json"

    first, again, differs, text = (
        ann.ask("POST", "/orders/", headers=key, data=spelt % number, content_type=kind)
        for number in ("5", other, "5.000001", '"5"')
    )

    assert (first.status_code, again.data) == (201, first.data)
    assert again.headers["x-idempotent-replay"] == "true"
    assert (differs.status_code, text.status_code) == (422, 422)


def test_missing_key_is_optional_or_rejected(stack: Stack, ann: Caller, placing: Placing) -> None:
    responses = [send(ann, placing.path, placing.body, None) for _ in range(2)]

    if placing.needs_key:
        assert [response.status_code for response in responses] == [placing.refusal] * 2
        assert all("Idempotency-Key" in response.text for response in responses)
    else:
        assert [response.status_code for response in responses] == [placing.status] * 2
    assert orders_of(stack, ann) == (0 if placing.needs_key else 2)


def test_key_is_scoped_to_the_subject(stack: Stack, ann: Caller) -> None:
    bob = stack.caller()

    responses = [send(caller, "/orders/", TEAS, "key") for caller in (ann, bob)]

    assert responses[0].json["id"] != responses[1].json["id"]
    assert responses[1].json["user_id"] == bob.subject


def test_key_is_scoped_to_the_contract(stack: Stack, ann: Caller) -> None:
    products = of_products(stack, ann)

    responses = [send(ann, "/orders/", TEAS, "key"), send(ann, products.path, products.body, "key")]

    assert [response.status_code for response in responses] == [201, 200]
    assert orders_of(stack, ann) == 2


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_key_of_invalid_length_is_rejected(stack: Stack, ann: Caller, placing: Placing, key: str) -> None:
    response = send(ann, placing.path, placing.body, key)

    assert response.status_code == placing.refusal
    assert "Idempotency-Key" in response.text
    assert orders_of(stack, ann) == 0


@pytest.mark.parametrize("key", ["k", "k" * 255, "'; DROP TABLE orders; --", '"quoted"', "caf\u00e9"])
def test_key_accepts_any_characters(stack: Stack, ann: Caller, key: str) -> None:
    first, again = (send(ann, "/orders/", TEAS, key) for _ in range(2))

    assert first.status_code == 201
    assert again.data == first.data


def test_rejected_request_leaves_the_key_free(stack: Stack, ann: Caller) -> None:
    refused(send(ann, "/orders/", {"items": [TEA], "total_price": 74}, "key"), 422)

    assert send(ann, "/orders/", TEAS, "key").status_code == 201


def test_stock_shortage_leaves_the_key_free(stack: Stack, ann: Caller) -> None:
    product = stocked(stack)
    body = HOME | {"order_items": [{"product_id": product, "quantity": 11}]}
    assert send(ann, "/api/v1/orders/", body, "key").status_code == 400
    root = stack.caller(role=Role.ADMIN)
    root.ask("PATCH", f"/api/v1/products/{product}", **as_json({"stock_quantity": 11}))

    first, again = (send(ann, "/api/v1/orders/", body, "key") for _ in range(2))

    assert (first.status_code, again.data) == (200, first.data)


def test_replay_succeeds_after_stock_runs_out(stack: Stack, ann: Caller) -> None:
    body = HOME | {"order_items": [{"product_id": stocked(stack), "quantity": 10}]}

    first, again = (send(ann, "/api/v1/orders/", body, "key") for _ in range(2))

    assert (first.status_code, again.status_code, again.data) == (200, 200, first.data)


def test_replay_succeeds_after_template_deletion(stack: Stack, ann: Caller) -> None:
    placing = of_a_template(stack, ann)
    first = send(ann, placing.path, None, "key")
    ann.ask("DELETE", placing.path.removesuffix("/place"))

    assert send(ann, placing.path, None, "key").data == first.data
    assert send(ann, placing.path, None, "other key").status_code == 404


def test_key_adds_few_statements_and_replay_one(stack: Stack, ann: Caller) -> None:
    ann.place()  # because the first order of a user has statements of its own
    with stack.statements() as without:
        send(ann, "/orders/", TEAS, None)
    with stack.statements() as first, stack.transactions() as transactions:
        send(ann, "/orders/", TEAS, "key")
    with stack.statements() as again:
        send(ann, "/orders/", TEAS, "key")

    added = 2 if stack.settings.uses_default_database else 1
    assert (len(first), len(again)) == (len(without) + added, 1)
    # On PostgreSQL each of the statements is a transaction.
    assert transactions.count("begin") == (1 if stack.settings.uses_default_database else 0)


def test_response_is_rendered_once_after_the_commit(
    stack: Stack, ann: Caller, placing: Placing, monkeypatch: pytest.MonkeyPatch
) -> None:
    dumps = flask.json.dumps
    with stack.transactions() as seen:

        def rendered(body: Any) -> str:
            seen.append("rendered")
            return dumps(body)

        monkeypatch.setattr(flask.json, "dumps", rendered)
        send(ann, placing.path, placing.body, "key")

    assert seen.count("rendered") == 1
    assert seen[-1] == "rendered"
    assert seen[-2] == "commit" or not stack.settings.uses_default_database  # PostgreSQL may commit with the statement


def test_openapi_documents_the_key_header(stack: Stack, ann: Caller) -> None:
    paths = ann.ask("GET", "/openapi.json").json["paths"]

    makers = ("/orders/", "/api/v1/orders/", "/api/v1/orders/templates/{ref}/place", "/ostore/orders/", "/api/orders/")
    for path in makers:
        operation = paths[path]["post"]
        assert "Idempotency-Key" in [parameter["name"] for parameter in operation["parameters"]]
        assert {"409", "422"} <= operation["responses"].keys()
