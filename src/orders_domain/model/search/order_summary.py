"""Summary of an order: one value for each fact of a list, without the content of its items."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.status import OrderStatus


class OrderSummary(NamedTuple):
    """An order as a store has it, in one flat row: it was checked before it was stored, and is not checked again.

    It is a tuple, and not an entity, because building an ``Order`` takes most of the time of an export.
    """

    number: int | None
    id: UUID
    origin: Origin
    user_id: str | None
    status: OrderStatus
    total_minor: int
    currency: str
    item_count: int  # items and lines together
    created_at: datetime
    updated_at: datetime
    version: int
    line1: str | None  # and the following: the address, or None six times
    line2: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None

    @classmethod
    def of(cls, order: Order) -> OrderSummary:
        address = order.address.as_dict() if order.address else {}
        return cls(
            number=order.number,
            id=order.id,
            origin=order.origin,
            user_id=order.user_id,
            status=order.status,
            total_minor=order.total.minor,
            currency=order.total.currency,
            item_count=len(order.items) + len(order.lines),
            created_at=order.created_at,
            updated_at=order.updated_at,
            version=order.version,
            **{part: address.get(part) for part in ADDRESS_PARTS},
        )


ADDRESS_PARTS = ("line1", "line2", "city", "state", "postal_code", "country")
