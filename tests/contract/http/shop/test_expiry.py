"""Expiry of unpaid orders: at their time, once, and never beside a payment."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from orders_adapters.testing.threads import at_once
from orders_domain.use_cases import ExpiryResult
from orders_flask.workers.order_expirer import OrderExpirer
from tests.contract.http.shop.client import Shopkeeper, problem
from tests.contract.http.shop.test_changes import stock_of, stocked
from tests.contract.http.shop.test_payments import pay
from tests.contract.http.shop.test_ucp import viewed
from tests.support.depth import effort
from tests.support.service_stack import Stack

ROUNDS = effort(20, 1_000)


def expiring(stack: Stack, *, seconds: int = 61) -> ExpiryResult:
    """Expire the orders that are due after some seconds."""
    later = datetime.now(UTC) + timedelta(seconds=seconds)
    result: ExpiryResult = stack.container.expire_orders(clock=lambda: later)
    return result


def placed(admin: Shopkeeper, product: int, *, quantity: int = 2) -> dict[str, Any]:
    return admin.place({"product_id": product, "quantity": quantity}, expires_in_seconds=60)


def test_unpaid_order_expires_with_its_stock(stack: Stack) -> None:
    admin, product = stocked(stack, 10)
    order = admin.changed(placed(admin, product), "confirm")
    assert order["expires_at"] is not None
    assert UUID(order["id"]) not in expiring(stack, seconds=30).expired

    assert UUID(order["id"]) in expiring(stack).expired

    after = admin.order(order)
    assert (after["status"], after["cancellation_reason"], after["expires_at"]) == ("canceled", "expired", None)
    assert stock_of(admin, product) == 10
    assert UUID(order["id"]) not in expiring(stack).expired
    assert viewed(admin, order)["adjustments"][0]["description"] == "expired"


def test_late_payment_becomes_a_refund(stack: Stack) -> None:
    """The order stays canceled, and nobody has to notice: the refund is asked for in the same transaction."""
    admin, product = stocked(stack, 10)
    order = placed(admin, product)
    total = order["totals"]["total_minor"]
    pay(admin, order, "captured", 100)
    assert UUID(order["id"]) in expiring(stack).expired
    assert wishes(admin, order) == [(100, "requested", "expired")]  # of the part that was paid in time

    fact = {"provider": "bank", "reference": "late", "kind": "captured", "amount_minor": total}
    answers = [admin.change(order, "payments", fact) for _ in range(2)]
    pay(admin, order, "failed", 5)  # which captures nothing, so that nothing is to be refunded
    failed = pay(admin, order, "refund_failed", total).json

    assert [answer.status_code for answer in answers] == [201, 200]
    assert wishes(admin, order) == [(100, "requested", "expired"), (total, "failed", "expired")]
    assert (failed["status"], failed["totals"]["balance_minor"]) == ("canceled", -100 - total)
    assert "refund" in failed["allowed_actions"]
    assert stock_of(admin, product) == 10
    assert [entry["kind"] for entry in admin.get(f"/orders/{order['id']}/timeline").json["data"]] == [
        *("placed", "payment_recorded", "expired", "refund_requested"),
        *("payment_recorded", "refund_requested", "payment_recorded", "refund_settled"),
    ]


def test_late_payment_of_a_canceled_order_asks_for_nothing(stack: Stack) -> None:
    """A person has cancelled it, and decides about the payment."""
    admin, product = stocked(stack, 10)
    order = admin.changed(placed(admin, product), "cancel", {"reason": "No longer wanted."})

    late = pay(admin, order, "captured", order["totals"]["total_minor"]).json

    assert (late["status"], late["refunds"]) == ("canceled", [])


def wishes(admin: Shopkeeper, order: dict[str, Any]) -> list[tuple[int, str, str]]:
    refunds = admin.order(order)["refunds"]
    return [(refund["amount_minor"], refund["state"], refund["reason"]) for refund in refunds]


def test_paid_held_and_shipped_orders_do_not_expire(stack: Stack) -> None:
    admin, product = stocked(stack, 10)
    paid, held, shipped = (placed(admin, product) for _ in range(3))
    pay(admin, paid, "captured", paid["totals"]["total_minor"])
    admin.changed(held, "hold", {"reason": "address"})
    admin.change(shipped, "shipments", {"lines": [{"number": 1, "quantity": 1}]})

    expired = expiring(stack).expired

    assert not {UUID(order["id"]) for order in (paid, held, shipped)} & set(expired)
    assert stock_of(admin, product) == 4
    admin.change(held, "release")
    assert UUID(held["id"]) in expiring(stack).expired


@pytest.mark.parametrize("kind", ["refunded", "charged_back"])
def test_refunded_part_keeps_no_stock(stack: Stack, kind: str) -> None:
    admin, product = stocked(stack, 10)
    order = placed(admin, product)
    pay(admin, order, "captured", 100)
    pay(admin, order, kind, 99)

    assert UUID(order["id"]) in expiring(stack).expired

    assert wishes(admin, order) == [(1, "requested", "expired")]
    assert stock_of(admin, product) == 10


def test_orders_that_stay_hold_up_no_others(stack: Stack) -> None:
    admin, product = stocked(stack, 10)
    for kind in ("refunded", "charged_back"):
        stays = placed(admin, product)
        pay(admin, stays, "captured", stays["totals"]["total_minor"] // 2)
        admin.change(stays, "cancel", {"lines": [{"number": 1, "quantity": 1}], "reason": "One is enough."})
        pay(admin, stays, kind, 1)
    placed(admin, product, quantity=3)
    later = datetime.now(UTC) + timedelta(seconds=61)

    while stack.container.expire_orders(clock=lambda: later, limit=1).expired:
        pass

    assert stock_of(admin, product) == 8


def test_payment_and_expiry_exclude_each_other(stack: Stack) -> None:
    admin, product = stocked(stack, 2 * ROUNDS)
    for _ in range(ROUNDS):
        order = placed(admin, product)
        before = stock_of(admin, product)
        total = order["totals"]["total_minor"]

        def paying(order: dict[str, Any] = order, total: int = total) -> object:
            return pay(admin, order, "captured", total)

        def expiring_now() -> object:
            return expiring(stack)

        at_once(paying, expiring_now, expiring_now)

        after = admin.order(order)
        assert after["totals"]["captured_minor"] == total  # a fact is recorded in either case
        if after["status"] == "paid":
            assert (stock_of(admin, product), after["refunds"]) == (before, [])
        else:
            assert (after["status"], after["totals"]["balance_minor"]) == ("canceled", -total)
            assert wishes(admin, order) == [(total, "requested", "expired")]
            assert stock_of(admin, product) == before + 2


def test_invalid_expiry_is_rejected(stack: Stack) -> None:
    admin, _ = stocked(stack)
    for seconds in (59, 30 * 86_400 + 1, "60"):
        body = {"lines": [{"title": "x", "quantity": 1, "unit_price_minor": 1}], "expires_in_seconds": seconds}
        refused = problem(admin.post("/orders", body, key=str(uuid4())), 422, "invalid_request")
        assert [flaw["pointer"] for flaw in refused["errors"]] == ["/expires_in_seconds"]


@pytest.mark.parametrize("orders", [0, 3])
@pytest.mark.parametrize("holds", [0, 2])
def test_worker_waits_only_if_nothing_expired(orders: int, holds: int) -> None:
    expired = [ExpiryResult(expired=tuple(uuid4() for _ in range(count))) for count in (orders, holds)]
    worker = OrderExpirer(expire_orders=lambda: expired[0], expire_stock_holds=lambda: expired[1])
    waited: list[float | None] = []

    def wait(timeout: float | None = None) -> bool:
        waited.append(timeout)
        return False

    worker.stop.wait = wait  # type: ignore[method-assign]
    worker.step()

    assert bool(waited) == (orders + holds == 0)
