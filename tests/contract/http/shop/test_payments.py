"""Payments and refunds: facts that are recorded once, and refunds that never exceed what is captured."""

from typing import Any
from uuid import uuid4

import pytest

from orders_adapters.testing.threads import at_once
from orders_domain import Role
from tests.contract.http.shop.client import GIFT, Shopkeeper, problem, shopkeeper
from tests.contract.http.shop.test_ucp import viewed
from tests.support.client import Answer
from tests.support.depth import effort
from tests.support.service_stack import Stack

ROUNDS = effort(2, 500)
THREADS = effort(6, 32)

FUTURE = "9999-01-01T00:00:00Z"


@pytest.fixture
def shop(stack: Stack) -> Shopkeeper:
    return Shopkeeper(stack.caller(role=Role.ADMIN))


def pay(shop: Shopkeeper, order: dict[str, Any], kind: str, amount: int, **fact: Any) -> Answer:
    body = {"provider": "bank", "reference": str(uuid4()), "kind": kind, "amount_minor": amount} | fact
    return shop.change(order, "payments", body)


def paid(shop: Shopkeeper, order: dict[str, Any], kind: str, amount: int, **fact: Any) -> dict[str, Any]:
    response = pay(shop, order, kind, amount, **fact)
    assert response.status_code == 201, response.text
    return dict(response.json)


def test_order_is_paid_by_the_sum_of_its_captures(shop: Shopkeeper) -> None:
    order = shop.place()

    seen = [
        paid(shop, order, kind, amount)
        for kind, amount in [("failed", 3_000), ("authorized", 3_000), ("captured", 1_000), ("captured", 2_000)]
    ]

    assert [(after["status"], after["payment_status"]) for after in seen] == [
        ("pending", "none"),
        ("pending", "authorized"),
        ("pending", "part_paid"),
        ("paid", "paid"),
    ]
    assert [after["totals"]["balance_minor"] for after in seen] == [3_000, 3_000, 2_000, 0]
    assert shop.order(order) == seen[-1]


def test_cancelled_units_reduce_what_is_due(shop: Shopkeeper) -> None:
    order = shop.changed(shop.place(), "cancel", {"reason": "late", "lines": [{"number": 1, "quantity": 2}]})

    order = paid(shop, order, "captured", 1_000)

    assert (order["status"], order["totals"]["due_minor"], order["totals"]["balance_minor"]) == ("paid", 1_000, 0)


def test_same_fact_is_recorded_once(shop: Shopkeeper) -> None:
    order, other, reference = shop.place(), shop.place(), str(uuid4())

    answers = at_once(*[lambda: pay(shop, order, "captured", 500, reference=reference)] * THREADS)

    assert sorted(answer.status_code for answer in answers) == [200] * (THREADS - 1) + [201]  # type: ignore[union-attr]
    assert shop.order(order)["totals"]["captured_minor"] == 500
    problem(pay(shop, order, "captured", 501, reference=reference), 409, "fact_differs")
    problem(pay(shop, order, "refunded", 500, reference=reference), 409, "fact_differs")
    problem(pay(shop, other, "captured", 500, reference=reference), 409, "fact_differs")
    assert shop.order(other) == other


@pytest.mark.parametrize(
    ("facts", "exceeding"),
    [
        ([("authorized", 1_000)], ("captured", 1_001)),
        ([("authorized", 1_000), ("captured", 600)], ("voided", 401)),
        ([], ("voided", 1)),
        ([("captured", 1_000)], ("refunded", 1_001)),
        ([("captured", 1_000), ("refunded", 600)], ("charged_back", 401)),
    ],
)
def test_fact_beyond_its_bounds_is_rejected(
    shop: Shopkeeper, facts: list[tuple[str, int]], exceeding: tuple[str, int]
) -> None:
    order = shop.place()
    for fact in facts:
        paid(shop, order, *fact)
    before = shop.order(order)

    problem(pay(shop, order, *exceeding), 409, "exceeds")

    assert shop.order(order) == before
    paid(shop, order, "captured", 5, provider="cash")  # another provider authorizes nothing


def test_refunds_by_lines_end_at_the_total(shop: Shopkeeper) -> None:
    charges = [
        {"kind": "shipping", "amount_minor": 500},
        {"kind": "discount", "amount_minor": -100},
        {"kind": "tax", "amount_minor": 77},
    ]
    order = shop.place(GIFT, {"title": "Card", "quantity": 7, "unit_price_minor": 33}, charges=charges)
    total = order["totals"]["total_minor"]
    order = paid(shop, order, "captured", total)
    requests: list[dict[str, Any]] = [
        {"lines": [{"number": 1, "quantity": 1}, {"number": 2, "quantity": 3}]},
        {"lines": [{"number": 2, "quantity": 4}], "charges": [1]},
        {"lines": [{"number": 1, "quantity": 2}]},
    ]

    for request in requests:
        order = shop.change(order, "refunds", request | {"reason": "broken"}).json
        order = paid(shop, order, "refunded", order["refunds"][-1]["amount_minor"])

    assert [refund["state"] for refund in order["refunds"]] == ["succeeded"] * 3
    assert (order["totals"]["refunded_minor"], order["payment_status"]) == (total, "refunded")
    for body in ({"lines": [{"number": 1, "quantity": 1}]}, {"charges": [1]}):
        problem(shop.change(order, "refunds", body | {"reason": "again"}), 409, "not_allowed")
    view = viewed(shop, order)
    assert sum(adjustment["totals"][0]["amount"] for adjustment in view["adjustments"]) == -total


def test_failed_refund_is_asked_for_again(shop: Shopkeeper) -> None:
    order = paid(shop, shop.place(), "captured", 1_000)
    order = shop.change(order, "refunds", {"amount_minor": 600, "reason": "broken"}).json
    refund = order["refunds"][0]["id"]
    problem(shop.change(order, f"refunds/{refund}/retry"), 409, "not_allowed")

    order = paid(shop, order, "refund_failed", 600)
    assert (order["refunds"][0]["state"], order["payment_status"]) == ("failed", "part_paid")
    order = shop.changed(order, f"refunds/{refund}/retry")
    assert order["refunds"][0]["state"] == "requested"
    order = paid(shop, order, "refunded", 600)

    assert [refund["state"] for refund in order["refunds"]] == ["succeeded"]
    assert (order["payment_status"], order["totals"]["refunded_minor"]) == ("part_refunded", 600)
    problem(shop.change(order, "refunds/unknown/retry"), 404, "refund_not_found")


def test_refund_beyond_the_captured_is_rejected(shop: Shopkeeper) -> None:
    order = paid(shop, shop.place(), "captured", 100)

    refused = problem(shop.change(order, "refunds", {"amount_minor": 101, "reason": "x"}), 409, "exceeds_captured")

    assert refused["left_minor"] == 100


def test_one_of_many_refunds_gets_the_captured(shop: Shopkeeper) -> None:
    for _ in range(ROUNDS):
        order = paid(shop, shop.place(), "captured", 100)
        body = {"amount_minor": 60, "reason": "broken"}

        answers = at_once(*[lambda order=order, body=body: shop.change(order, "refunds", body)] * THREADS)

        assert sorted(answer.status_code for answer in answers) == [201] + [409] * (THREADS - 1)  # type: ignore[union-attr]
        assert [refund["amount_minor"] for refund in shop.order(order)["refunds"]] == [60]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("refunds", {"reason": "x"}, "/amount_minor"),
        ("refunds", {"reason": "x", "amount_minor": 1, "charges": [1]}, "/amount_minor"),
        ("refunds", {"reason": "x", "amount_minor": 0}, "/amount_minor"),
        ("refunds", {"reason": "x", "lines": [{"number": 2, "quantity": 1}]}, "/lines"),
        ("refunds", {"reason": "x", "charges": [9]}, "/charges"),
        ("payments", {"provider": "x", "reference": "y", "kind": "paid", "amount_minor": 1}, "/kind"),
        ("payments", {"provider": "x", "reference": "y", "kind": "captured", "amount_minor": -1}, "/amount_minor"),
        (
            "payments",
            {"provider": "x", "reference": "y", "kind": "captured", "amount_minor": 1, "occurred_at": "today"},
            "/occurred_at",
        ),
        (
            "payments",
            {"provider": "x", "reference": "y", "kind": "captured", "amount_minor": 1, "occurred_at": FUTURE},
            "/occurred_at",
        ),
    ],
)
def test_invalid_money_is_rejected_by_pointer(shop: Shopkeeper, path: str, body: dict[str, Any], pointer: str) -> None:
    order = paid(shop, shop.place(), "captured", 100)

    refused = problem(shop.change(order, path, body), 422, "invalid_request")

    assert [flaw["pointer"] for flaw in refused["errors"]] == [pointer]


def test_machine_records_payments_and_nothing_else(stack: Stack, shop: Shopkeeper) -> None:
    order = shop.place()
    machine, operator = shopkeeper(stack, scopes=("payments:write",)), shopkeeper(stack)

    assert pay(machine, order, "captured", 3_000).status_code == 201
    problem(machine.change(order, "refunds", {"amount_minor": 1, "reason": "x"}), 403, "action_not_permitted")
    problem(pay(operator, order, "captured", 1), 403, "action_not_permitted")
    assert operator.change(order, "refunds", {"amount_minor": 1, "reason": "x"}).status_code == 201


def test_paid_order_cannot_be_deleted(stack: Stack) -> None:
    owner = stack.caller(scopes=("payments:write",))
    placed = owner.place()
    shop = Shopkeeper(owner)
    order = shop.order(placed)
    paid(shop, order, "captured", 1)

    deleted = owner.ask("DELETE", f"/api/v1/orders/{order['number']}")

    assert (deleted.status_code, shop.order(order)["totals"]["captured_minor"]) == (400, 1)
