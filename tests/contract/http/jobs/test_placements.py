"""Orders placed by jobs (RFC 7240, `Prefer: respond-async`): the answer is the one that the request would have had."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from orders_domain import Role
from orders_flask import Settings
from tests.contract.http.checkout.carts import another, cart
from tests.contract.http.management.client import SHIPPING
from tests.support.client import TEA, Answer, Caller, as_json
from tests.support.service_stack import Stack

Request = tuple[str, dict[str, Any]]
ASYNC = {"Prefer": "wait=10, Respond-Async"}
CONTRACTS = ["orders", "management", "ostore", "checkout"]
ITS_OWN = {"ETag", "Location", "X-Request-ID", "Content-Length", "X-Content-Type-Options"}


def product(stack: Stack, stock: int = 100) -> int:
    root = stack.caller("root", role=Role.ADMIN)
    body = {"name": "Tea", "price": 3.5, "stock_quantity": stock}
    return int(root.post(body, path="/api/v1/products/").json["product_id"])


def request_to(stack: Stack, contract: str, ann: Caller, *, quantity: int = 1) -> Request:
    """The path and the body of a request that places an order."""
    if contract == "orders":
        return "/orders/", {"items": [TEA], "total_price": 75}
    if contract == "checkout":
        return "/api/orders", {"cartSnapshot": another(cart(ann.subject))}
    bought = product(stack)
    if contract == "ostore":
        items = [{"productID": bought, "quantity": quantity}]
        return "/ostore/orders", {"userID": ann.subject, "orderItems": items}
    return "/api/v1/orders/", SHIPPING | {"order_items": [{"product_id": bought, "quantity": quantity}]}


def defer(caller: Caller, request: Request, key: str | None = None) -> Answer:
    """Send a request to be processed by a job; with a key of its own unless one is given, and without one for ""."""
    path, body = request
    keyed = {} if key == "" else {"Idempotency-Key": key or str(uuid4())}
    return caller.ask("POST", path, headers=ASYNC | keyed, **as_json(body))


def run(stack: Stack) -> None:
    """Run all due jobs, as the job worker of a web process does."""
    stack.container.job_worker(wait=lambda _: None).step()


def state(caller: Caller, response: Answer) -> dict[str, Any]:
    assert response.status_code == 202, response.text
    return dict(caller.ask("GET", response.headers["Location"]).json)


@pytest.mark.clause("002-34")
@pytest.mark.parametrize("contract", CONTRACTS)
def test_answer_is_that_of_the_request(stack: Stack, ann: Caller, contract: str) -> None:
    request = request_to(stack, contract, ann)
    second = (request[0], {"cartSnapshot": another(cart(ann.subject))}) if contract == "checkout" else request
    at_once = ann.ask("POST", second[0], headers={"Idempotency-Key": "at once"}, **as_json(second[1]))

    response = defer(ann, request)
    queued = state(ann, response)
    run(stack)
    done = state(ann, response)

    assert response.headers["Preference-Applied"] == "respond-async"
    assert response.headers["Retry-After"] == "1"
    assert (queued["status"], queued["order"], queued["answer"]) == ("queued", None, None)
    assert done["status"] == "succeeded"
    assert done["answer"]["status"] == at_once.status_code
    assert done["answer"]["headers"].keys() | ITS_OWN == dict(at_once.headers).keys() | ITS_OWN
    assert done["answer"]["body"].keys() == at_once.json.keys()
    order = ann.ask("GET", done["order"])
    assert order.status_code == 200
    assert order.headers["ETag"] == done["answer"]["headers"]["ETag"]


@pytest.mark.clause("002-34", "002-03")
def test_failed_job_has_the_answer_of_the_error(stack: Stack, ann: Caller) -> None:
    request = request_to(stack, "management", ann, quantity=101)
    at_once = ann.ask("POST", request[0], **as_json(request[1]))

    response = defer(ann, request)
    run(stack)
    done = state(ann, response)

    assert (done["status"], done["order"]) == ("failed", None)
    assert done["answer"]["status"] == at_once.status_code == 400
    assert done["answer"]["body"] == at_once.json


def test_invalid_request_is_refused_at_once(stack: Stack, ann: Caller) -> None:
    response = defer(ann, ("/orders/", {"items": [TEA], "total_price": 76, "colour": "red"}))

    assert response.status_code == 422
    assert "Location" not in response.headers


@pytest.mark.clause("004-04")
def test_key_gets_its_job_and_then_the_answer(stack: Stack, ann: Caller) -> None:
    request = request_to(stack, "checkout", ann)
    other = (request[0], {"cartSnapshot": another(cart(ann.subject))})

    first, again = defer(ann, request, "key"), defer(ann, request, "key")
    reused = defer(ann, other, "key")
    run(stack)
    stored, at_once = (
        defer(ann, request, "key"),
        ann.ask("POST", request[0], headers={"Idempotency-Key": "key"}, **as_json(request[1])),
    )

    assert first.headers["Location"] == again.headers["Location"]
    assert reused.status_code == 422
    done = state(ann, first)
    assert (done["answer"]["status"], done["answer"]["headers"]["x-idempotent-replay"]) == (201, "false")
    for response in (stored, at_once):
        assert (response.status_code, response.json) == (200, done["answer"]["body"])
        assert response.headers["x-idempotent-replay"] == "true"
    assert stack.rows(f"SELECT count(*) FROM orders WHERE user_id = '{ann.subject}'") == [(1,)]


def test_order_of_the_same_key_is_replayed_by_the_job(stack: Stack, ann: Caller) -> None:
    request = request_to(stack, "orders", ann)
    placed = ann.ask("POST", request[0], headers={"Idempotency-Key": "key"}, **as_json(request[1]))

    response = defer(ann, request, "key")
    run(stack)
    answer = state(ann, response)["answer"]

    assert (answer["status"], answer["body"]) == (201, placed.json)
    assert answer["headers"]["x-idempotent-replay"] == "true"


def test_job_of_another_user_is_not_found(stack: Stack, ann: Caller) -> None:
    where = defer(ann, request_to(stack, "orders", ann)).headers["Location"]

    for other in (stack.caller(), stack.caller("root", role=Role.ADMIN)):
        assert other.ask("GET", where).status_code == 404
    assert ann.ask("GET", where.rpartition("/")[0] + "/1").status_code == 404
    assert ann.ask("GET", where.replace("/orders/", "/api/orders/", 1)).status_code == 200


def test_job_has_the_scopes_of_its_token(stack: Stack, ann: Caller) -> None:
    operator = stack.caller(scopes=("orders:write",))
    request = request_to(stack, "checkout", ann)

    response, refused = defer(operator, request), defer(stack.caller(), request)
    run(stack)

    assert state(operator, response)["answer"]["status"] == 201
    assert refused.status_code == 202
    assert stack.rows(f"SELECT count(*) FROM orders WHERE user_id = '{ann.subject}'") == [(1,)]


def test_content_is_answered_as_it_was_sent(stack: Stack, ann: Caller) -> None:
    item = '{"sku": "x", "big": 9007199254740993, "one": 1.0}'
    body = f'{{"items": [{item}], "total_price": 1}}'

    response = ann.ask("POST", "/orders/", headers=ASYNC, data=body, content_type="application/json")
    run(stack)
    shown = ann.ask("GET", response.headers["Location"]).text

    assert "9007199254740993" in shown
    assert '"one":1.0' in shown
    assert json.loads(shown)["answer"]["body"]["items"][0] == json.loads(item)


def test_large_order_is_deferred_where_it_is_set(embedded_stack: Stack, build: Callable[..., Stack]) -> None:
    stack = build(replace(Settings(database_url="memory://"), async_lines="orders=2 management=1"))
    ann = stack.caller()
    two, three = ({"items": [TEA] * lines, "total_price": 75 * lines} for lines in (2, 3))

    small, large = (ann.ask("POST", "/orders/", **as_json(body)) for body in (two, three))
    run(stack)

    assert (small.status_code, large.status_code) == (201, 202)
    assert "Preference-Applied" not in large.headers
    assert state(ann, large)["status"] == "succeeded"
