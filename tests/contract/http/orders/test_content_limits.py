"""Limits of an order's own content, by settings and alike in every contract that takes such content."""

from collections.abc import Callable
from typing import Any

import pytest

from orders_flask import Settings
from tests.contract.http.checkout.carts import LAMP, cart
from tests.contract.http.checkout.client import order
from tests.support.client import Answer, Caller
from tests.support.service_stack import Stack


def by_orders(caller: Caller, note: Any) -> Answer:
    return caller.post({"items": [{"note": note}], "total_price": 1})


def by_shop(caller: Caller, note: Any) -> Answer:
    line = {"title": "Tea", "quantity": 1, "unit_price_minor": 100, "content": {"note": note}}
    return caller.ask("POST", "/v1/orders", json={"lines": [line]}, headers={"Idempotency-Key": str(len(str(note)))})


def by_checkout(caller: Caller, note: Any) -> Answer:
    return order(caller, cart(caller.subject, LAMP | {"note": note}), key=str(len(str(note))))


@pytest.mark.parametrize("place", [by_orders, by_shop, by_checkout])
def test_content_beyond_a_limit_is_422(build: Callable[..., Stack], place: Callable[[Caller, Any], Answer]) -> None:
    stack = build(Settings(order_max_bytes=2_000, order_max_values=100, log_level="ERROR"))
    caller = stack.caller(scopes=("orders:write",))

    answers = [place(caller, note) for note in ("x" * 900, "x" * 2_000, [0] * 100)]

    assert [answer.status_code for answer in answers] == [201, 422, 422], answers[0].text
    assert all("at most 2,000 bytes of JSON and 100 values" in answer.text for answer in answers[1:]), answers[1].text
