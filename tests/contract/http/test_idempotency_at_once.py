"""Concurrent requests with one Idempotency-Key: one order and one event; the others get 409 or a replay."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import psycopg
import pytest
from werkzeug.test import TestResponse

from orders_adapters.testing.threads import at_once, other_thread
from orders_domain import Role
from tests.contract.http.test_idempotency import HOME, of_products, send, stocked
from tests.support.depth import effort
from tests.support.service_stack import Stack

GROUPS = effort(5, 200)
SENDERS = 32


@contextmanager
def held(stack: Stack, product: int) -> Iterator[None]:
    """Lock the product in another transaction, so that a request waits in the middle of its own."""
    with psycopg.connect(stack.settings.database_url.replace("+psycopg", "")) as other:
        other.execute("SELECT 1 FROM products WHERE id = %s FOR UPDATE", [product])
        yield


@pytest.mark.clause("004-04")
def test_concurrent_repeat_is_409(real_stack: Stack) -> None:
    ann = real_stack.caller()
    ann.place()  # Ann's user row exists, because first orders of a new user wait for each other
    product = stocked(real_stack)
    body = HOME | {"order_items": [{"product_id": product, "quantity": 10}]}

    with other_thread() as first:
        with held(real_stack, product):
            doing = first.submit(send, ann, "/api/v1/orders/", body, "key")
            _until_somebody_waits(real_stack)
            second = send(ann, "/api/v1/orders/", body, "key")
            other_key = ann.post({"items": [{}], "total_price": 1}, **{"Idempotency-Key": "other"})
        placed = doing.result(20)

    assert (second.status_code, second.headers["Retry-After"]) == (409, "1")
    assert "Idempotency-Key" in second.text
    assert other_key.status_code == 201
    assert placed.status_code == 200
    assert send(ann, "/api/v1/orders/", body, "key").data == placed.data


def _until_somebody_waits(stack: Stack) -> None:
    """Return when a transaction waits for the lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(500):
        if stack.rows(waiting) != [(0,)]:
            return
        threading.Event().wait(0.01)
    raise AssertionError("the first request does not come to the stock")


@pytest.mark.timeout(600)
def test_concurrent_repeats_make_one_order(real_stack: Stack) -> None:
    root = real_stack.caller(role=Role.ADMIN)
    made = root.post({"name": "Lamp", "price": 1, "stock_quantity": 10**6}, path="/api/v1/products/").json
    product = made["product_id"]
    body = HOME | {"order_items": [{"product_id": product, "quantity": 1}]}
    real_stack.relayed()
    outcomes: Counter[str] = Counter()
    placed = set()

    for group in range(GROUPS):
        ann = real_stack.caller()
        responses = at_once(*[partial(send, ann, "/api/v1/orders/", body, f"group {group}")] * SENDERS)
        outcomes.update(_outcome(response) for response in responses)
        bodies = {
            response.data
            for response in responses
            if isinstance(response, TestResponse) and response.status_code == 200
        }
        assert len(bodies) == 1
        placed |= bodies

    print(dict(outcomes))
    assert outcomes["placed"] == len(placed) == GROUPS
    assert outcomes.keys() <= {"placed", "replayed", "in progress"}
    movements = real_stack.rows(
        f"SELECT order_id FROM stock_movements WHERE product_id = {product} AND kind = 'deducted'"
    )
    assert len(movements) == len(set(movements)) == GROUPS
    ((left,),) = real_stack.rows(f"SELECT stock_quantity FROM products WHERE id = {product}")
    assert left == 10**6 - GROUPS
    published = real_stack.relayed()
    assert Counter(key for key, _ in published.news) == {"orders.order_placed.v1": GROUPS}
    assert len({event["subject"] for _, event in published.news}) == GROUPS
    assert len(published.tasks) == GROUPS


def _outcome(response: object) -> str:
    assert isinstance(response, TestResponse), response
    if response.status_code == 200:
        return "replayed" if response.headers.get("x-idempotent-replay") == "true" else "placed"
    return "in progress" if response.status_code == 409 else f"{response.status_code} {response.text[:200]}"


def test_embedded_store_makes_one_order(embedded_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(embedded_stack.directory)
    ann = embedded_stack.caller()
    placing = of_products(embedded_stack, ann)

    responses = at_once(*[lambda: send(ann, placing.path, placing.body, "key")] * 8)

    outcomes = Counter(_outcome(response) for response in responses)
    assert outcomes["placed"] == 1
    assert outcomes.keys() <= {"placed", "replayed", "in progress"}
