"""Values of wrong types: an embedding program gets an error before any change."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from orders_adapters.testing.examples import ADA, NOON, placed
from orders_domain import Actor, CustomItem, Money, Order, Origin
from orders_domain.errors import InvalidAmount, InvalidValue, TotalMismatch
from orders_domain.model.analytics import Bucket, Period
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.tracking import TrackingEvent
from tests.support.cases import each_case

NAIVE = datetime(2026, 1, 5)  # noqa: DTZ001
USD = Money(100, "USD")


class NumpyFloat(float):
    """A float whose repr is that of numpy."""

    def __repr__(self) -> str:
        return f"np.float64({float(self)})"


def order(**others: Any) -> Order:
    usual: dict[str, Any] = {
        "order_id": uuid4(),
        "origin": Origin.ORDERS,
        "items": [CustomItem({})],
        "total": USD,
        "by": ADA,
        "at": NOON,
    }
    return Order.place(**usual | others)


def idempotency_key(**others: Any) -> IdempotencyKey:
    usual: dict[str, Any] = {"subject": "ann", "scope": "orders", "key": "k", "fingerprint": ""}
    return IdempotencyKey(**usual | others)


def event(**others: Any) -> TrackingEvent:
    usual: dict[str, Any] = {"id": "e", "order": 1, "status": "SHIPPED", "occurred_at": NOON}
    return TrackingEvent(**usual | others)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a user too long": (lambda: order(user_id="x" * 256), "user_id"),
    "a user of no letters": (lambda: order(user_id=""), "user_id"),
    "a user that is a number": (lambda: order(user_id=5), "user_id"),
    "a user with a NUL": (lambda: order(user_id="a\0"), "user_id"),
    "a shipment too long": (lambda: order(shipment_id="x" * 65), "shipment_id"),
    "a shipment of no letters": (lambda: order(shipment_id=""), "shipment_id"),
    "a shipment that is a number": (lambda: order(shipment_id=5), "shipment_id"),
    "a reason that is a number": (lambda: placed().cancel(5, by=ADA, at=NOON), "reason"),  # type: ignore[arg-type]
    "a reason of bytes": (lambda: placed().cancel(b"x", by=ADA, at=NOON), "reason"),  # type: ignore[arg-type]
    "a key that is a number": (lambda: idempotency_key(key=5), "key"),
    "no key": (lambda: idempotency_key(key=None), "key"),
    "an event's id that is a number": (lambda: event(id=5), "id"),
    "no word of a carrier": (lambda: event(status=None), "status"),
    "an event of no zone": (lambda: event(occurred_at=NAIVE), "occurred_at"),
    "an event of a text": (lambda: event(occurred_at="2026-01-05T00:00:00Z"), "occurred_at"),
    "a list from a moment of no zone": (lambda: OrderFilter(placed_from=NAIVE), "placed_from"),
    "a list up to a moment of no zone": (lambda: OrderFilter(placed_before=NAIVE), "placed_before"),
    "a page of a text": (lambda: OrderFilter(limit="5"), "limit"),  # type: ignore[arg-type]
    "a page of a part": (lambda: OrderFilter(limit=1.5), "limit"),  # type: ignore[arg-type]
    "a page behind a truth": (lambda: OrderFilter(offset=True), "offset"),
    "scopes that are one string": (lambda: Actor(subject="a", scopes="orders:write"), "scopes"),  # type: ignore[arg-type]
    "a request's id that is a number": (lambda: Actor(subject="a", request_id=5), "request_id"),  # type: ignore[arg-type]
    "a period up to a moment of no zone": (
        lambda: Period.of(NOON, NAIVE, bucket=Bucket.DAY, currency="USD", now=NOON), "before"
    ),
    "a period from a moment of no zone": (
        lambda: Period.of(NAIVE, NOON, bucket=Bucket.DAY, currency="USD", now=NOON), "since"
    ),
}  # fmt: skip


@each_case("case", REFUSED)
def test_wrong_type_is_rejected_by_name(case: str) -> None:
    does, field = REFUSED[case]

    with pytest.raises(InvalidValue) as refusal:
        does()

    assert refusal.value.field == field


def test_naive_clock_raises_value_error() -> None:
    for verb in (lambda: order(at=NAIVE), lambda: placed().delete(by=ADA, at=NAIVE)):
        with pytest.raises(ValueError, match="time zone"):
            verb()


def test_float_subclass_is_read_by_value() -> None:
    assert Money.of(NumpyFloat(37.5), "USD") == Money(3750, "USD")
    with pytest.raises(TotalMismatch):
        order(items=[CustomItem({"quantity": 2, "price": NumpyFloat(37.5)})])


@pytest.mark.parametrize("amount", ["1E-999999999", "1E-1000001", "0.001", "-1E-999999999"])
def test_tiny_amount_is_rejected(amount: str) -> None:
    with pytest.raises(InvalidAmount):
        Money.of(Decimal(amount), "USD")


def test_zero_is_accepted_at_any_scale() -> None:
    assert Money.of(Decimal("0E-999999"), "USD") == Money(0, "USD")


def test_non_text_currency_is_rejected() -> None:
    with pytest.raises(InvalidAmount):
        Money.of(75, ["USD"])  # type: ignore[arg-type]


def test_any_time_zone_is_accepted() -> None:
    assert OrderFilter(placed_from=NOON, placed_before=datetime.max.replace(tzinfo=UTC)).limit == 100
