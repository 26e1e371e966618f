"""Stored values that a later release wrote are read, and what an order's life has of it is written back."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from orders_domain.model.accounts.contact import Contact
from orders_domain.model.address import Address
from orders_domain.model.life.payments import Payment, PaymentKind, Refund
from orders_domain.model.life.returns import Return
from orders_domain.model.life.shipments import Shipment
from orders_domain.model.life.state import Life

AT = datetime(2026, 3, 14, tzinfo=UTC)
HOME = Address(line1="12 Hill Road", city="Leeds", state="Yorkshire", postal_code="LS1", country="UK")
PAYMENT = Payment(
    id="1", provider="bank", reference="r", kind=PaymentKind.CAPTURED, amount_minor=5, occurred_at=AT, recorded_at=AT
)
STORED: list[tuple[Any, Callable[[Mapping[str, Any]], object]]] = [
    (PAYMENT, Payment.from_json),
    (Refund(id="1", amount_minor=5, reason="late"), Refund.from_json),
    (Shipment(id="1", number=1, lines=((1, 2),)), Shipment.from_json),
    (Return(id="1", lines=((1, 2),), reason="late"), Return.from_json),
    (Contact(email="ann@example.com", shipping=HOME), Contact.stored),
]


@pytest.mark.parametrize(("value", "read"), STORED, ids=lambda value: type(value).__name__)
def test_member_of_a_later_release_is_passed_over(value: Any, read: Callable[[Mapping[str, Any]], object]) -> None:
    members = value.as_json() | {"weight_grams": 500}
    if "shipping" in members:
        members["shipping"] = members["shipping"] | {"floor": 3}

    assert read(members) == value


def test_life_keeps_members_of_a_later_release() -> None:
    """A process of this release that changes the order must not erase what the later one has stored."""
    stored = {"tags": ["gift"], "gift_note": "For Ann"}

    life = Life.from_json(stored)

    assert (life.tags, life.as_json()) == (("gift",), stored)
    assert Life.from_json({"tags": ["gift"]}).later == {}
