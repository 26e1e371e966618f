"""What other services hold for an order: noted before they are asked, so that nothing of it is left behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from orders_domain.model.product import ProductId

LEASE = timedelta(seconds=25)
"""How long whoever asks the services may take; it is longer than all their time-outs together."""


class ReservationState(Enum):
    PENDING = "placing"  # the services are being asked; the order is not stored yet
    CONFIRMED = "kept"  # the order is stored, and needs what they hold
    RELEASING = "releasing"  # there is no such order, or none any more: what they hold has to be given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """An order's products and shipment, as far as other services have them.

    Whatever becomes of the process that began it, a booking is kept by the commit of its order, or released by whoever
    finds it due.
    """

    order_id: UUID
    user_id: str
    quantities: Mapping[ProductId, int]
    created_at: datetime
    due_at: datetime  # when others may release it, unless it is kept
    state: ReservationState = ReservationState.PENDING
    shipment_id: str | None = None
    shipment_requested: bool = (
        True  # the shipment service may have been asked; only the process that asks knows if it was not
    )

    @classmethod
    def start(cls, order_id: UUID, *, user_id: str, quantities: Mapping[ProductId, int], at: datetime) -> Reservation:
        """Return a booking for which nobody has been asked yet."""
        due_at = at + LEASE
        return cls(
            order_id=order_id,
            user_id=user_id,
            quantities=quantities,
            created_at=at,
            due_at=due_at,
            shipment_requested=False,
        )

    def with_shipment_requested(self) -> Reservation:
        return replace(self, shipment_requested=True)

    def with_shipment(self, shipment_id: str) -> Reservation:
        return replace(self, shipment_requested=True, shipment_id=shipment_id)
