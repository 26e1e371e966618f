"""What a carrier tells of a parcel, and what that means for the order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from orders_domain.errors import InvalidValue
from orders_domain.model.access import CARRIERS_ONLY
from orders_domain.model.actor import Actor, Role
from orders_domain.model.json_values import bounded_text_error
from orders_domain.model.order import MAX_SHIPMENT_ID_LENGTH, Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import OrderStatus, TargetStatus
from orders_domain.model.timestamps import timestamp_error

MAX_EVENT_ID_LENGTH = 255
_NUMBERS = range(1, 10**18)
MAX_CLOCK_SKEW = timedelta(minutes=5)
"""How far a carrier's clock may be ahead of ours."""

_CONFIRMED = TargetStatus(OrderStatus.CONFIRMED, frozenset(OrderStatus) - {OrderStatus.PENDING})
_SHIPPED = TargetStatus(OrderStatus.SHIPPED, frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED}))
_DELIVERED = TargetStatus(OrderStatus.DELIVERED, frozenset({OrderStatus.DELIVERED}))
_CANCELED = TargetStatus(OrderStatus.CANCELED, frozenset({OrderStatus.CANCELED}))

TRANSITIONS_BY_CARRIER_STATUS: Mapping[str, tuple[TargetStatus, ...]] = MappingProxyType(
    {
        "CONFIRMED": (_CONFIRMED,),
        "IN_TRANSIT": (_SHIPPED,),
        "SHIPPED": (_SHIPPED,),
        "DELIVERED": (_SHIPPED, _DELIVERED),
        "FAILED": (_CANCELED,),
        "RETURNED": (_CANCELED,),
    }
)
"""What each of a carrier's words asks of an order, step by step; where the order is as far already, it is old news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingEvent:
    """One thing that befell a parcel; the order is named by itself, by its shipment, or by both (clause 003-07).

    Raises:
        Refused: it has no proper id, names no order, or says a word that we do not know.
    """

    id: str
    order: OrderRef | None = None
    shipment_id: str | None = None
    status: str  # a carrier's word, in any case
    occurred_at: datetime

    def __post_init__(self) -> None:
        if flaw := bounded_text_error(self.id, max_length=MAX_EVENT_ID_LENGTH):
            raise InvalidValue(f"eventId {flaw}.", field="eventId")
        if self.shipment_id is None and self.order is None:
            raise InvalidValue("The event names neither an order nor a shipment.", field="orderID")
        if self.shipment_id is not None and (
            flaw := bounded_text_error(self.shipment_id, max_length=MAX_SHIPMENT_ID_LENGTH)
        ):
            raise InvalidValue(f"shipmentID {flaw}.", field="shipmentID")
        if isinstance(self.order, int) and self.order not in _NUMBERS:
            raise InvalidValue("The event's order has a number that no order has.", field="orderID")
        if flaw := timestamp_error(self.occurred_at):
            raise InvalidValue(f"The moment {flaw}.", field="occurredAt")
        # Beyond ASCII, other letters than I and S become I and S, too.
        if (
            not isinstance(self.status, str)
            or not self.status.isascii()
            or self.status.upper() not in TRANSITIONS_BY_CARRIER_STATUS
        ):
            raise InvalidValue(f"The status is none of: {', '.join(TRANSITIONS_BY_CARRIER_STATUS)}.", field="status")

    @property
    def actor(self) -> Actor:
        """Who changes the order: the history says through which event."""
        return Actor(subject="carrier", role=Role.SYSTEM, request_id=self.id)

    def ensure_not_in_future(self, now: datetime) -> None:
        """Return if it has happened by now; clocks may differ by five minutes.

        Raises:
            Refused: it lies in the future.
        """
        if self.occurred_at > now + MAX_CLOCK_SKEW:
            raise InvalidValue("The event lies in the future.", field="occurredAt")

    def apply_to(self, order: Order, *, at: datetime) -> None:
        """Take the order as far as the event tells, step by step; old news changes nothing.

        Raises:
            Refused: the order has another shipment than the event.
            InvalidTransition: the lifecycle does not lead there.
            TransitionNotPermitted: the contract that the order was placed by does not leave that to carriers.
        """
        if self.shipment_id is not None and order.shipment_id not in (None, self.shipment_id):
            raise InvalidValue("The event's shipment is not that of its order.", field="shipmentID")
        for wanted in TRANSITIONS_BY_CARRIER_STATUS[self.status.upper()]:
            CARRIERS_ONLY.require_status(self.actor, order, wanted)
            order.change_status(wanted, by=self.actor, at=at)
