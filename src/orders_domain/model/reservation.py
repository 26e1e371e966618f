"""Reservation of products and a shipment at partner services.

It is stored before the services are called, so that whatever they reserve can be released after a crash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from orders_domain.model.product import ProductId

LEASE = timedelta(seconds=25)
"""The time to call the services and store the order; it exceeds the sum of all service timeouts."""


class ReservationState(Enum):
    PENDING = "pending"  # the services are being called; the order is not stored yet
    CONFIRMED = "confirmed"  # the order is stored
    RELEASING = "releasing"  # the order was not stored, or was cancelled or deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """The products and the shipment of an order that partner services hold.

    A reservation is confirmed by the commit of its order. Otherwise a worker releases it when it is due, even if the
    process that started it has died.
    """

    order_id: UUID
    user_id: str
    quantities: Mapping[ProductId, int]
    created_at: datetime
    due_at: datetime  # from then on a worker may release it, unless it is confirmed
    state: ReservationState = ReservationState.PENDING
    shipment_id: str | None = None
    number: int | None = None  # of the order, reserved with it; None if an earlier release started it
    shipment_requested: bool = True  # True also if unknown: only the process that started it can tell
    shipping_address: str | None = None  # until it is confirmed, so that a repeated request is the same

    @classmethod
    def start(
        cls,
        order_id: UUID,
        *,
        number: int,
        user_id: str,
        quantities: Mapping[ProductId, int],
        at: datetime,
        shipping_address: str | None = None,
    ) -> Reservation:
        """Return a reservation for which no service has been called yet."""
        due_at = at + LEASE
        return cls(
            order_id=order_id,
            number=number,
            user_id=user_id,
            quantities=quantities,
            created_at=at,
            due_at=due_at,
            shipment_requested=False,
            shipping_address=shipping_address,
        )

    def with_shipment_requested(self) -> Reservation:
        return replace(self, shipment_requested=True)

    def without_shipment(self) -> Reservation:
        return replace(self, shipment_requested=False)

    def with_shipment(self, shipment_id: str) -> Reservation:
        return replace(self, shipment_requested=True, shipment_id=shipment_id)
