"""Carrier tracking events, and the order transitions they cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from orders_domain.errors import InvalidValue
from orders_domain.model.access import CARRIERS_ONLY
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.life.axes import FulfillmentStatus
from orders_domain.model.life.changes import fulfillment_status
from orders_domain.model.life.shipments import ShipmentEvent, ShipmentState
from orders_domain.model.life.shipping import record_failure
from orders_domain.model.order import MAX_SHIPMENT_ID_LENGTH, Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.status import OrderStatus, TargetStatus
from orders_domain.model.values.json_values import bounded_text_error
from orders_domain.model.values.timestamps import timestamp_error
from orders_domain.model.values.total_table import total_table

MAX_EVENT_ID_LENGTH = 255
_NUMBERS = range(1, 10**18)

REACHED: Mapping[OrderStatus, frozenset[OrderStatus]] = total_table(
    OrderStatus,
    {
        OrderStatus.PENDING: frozenset(),
        OrderStatus.CONFIRMED: frozenset({OrderStatus.CONFIRMED}),
        OrderStatus.PAID: frozenset({OrderStatus.CONFIRMED}),
        OrderStatus.SHIPPED: frozenset({OrderStatus.CONFIRMED, OrderStatus.SHIPPED}),
        OrderStatus.DELIVERED: frozenset({OrderStatus.CONFIRMED, OrderStatus.SHIPPED, OrderStatus.DELIVERED}),
        OrderStatus.CANCELED: frozenset({OrderStatus.CONFIRMED, OrderStatus.CANCELED}),
    },
)
"""The targets of carriers that an order in each status has reached, so that events of them change nothing."""


def _target(status: OrderStatus) -> TargetStatus:
    return TargetStatus(status, frozenset(current for current in OrderStatus if status in REACHED[current]))


_CONFIRMED = _target(OrderStatus.CONFIRMED)
_SHIPPED = _target(OrderStatus.SHIPPED)
_DELIVERED = _target(OrderStatus.DELIVERED)
_CANCELED = _target(OrderStatus.CANCELED)

TRANSITIONS_BY_CARRIER_STATUS: Mapping[str, tuple[TargetStatus, ...]] = MappingProxyType(
    {
        "CONFIRMED": (_CONFIRMED,),
        "IN_TRANSIT": (_SHIPPED,),
        "OUT_FOR_DELIVERY": (_SHIPPED,),
        "SHIPPED": (_SHIPPED,),
        "DELIVERED": (_SHIPPED, _DELIVERED),
        "FAILED": (_CANCELED,),
        "RETURNED": (_CANCELED,),
    }
)
"""The transitions for each carrier status, in order. A status the order has already reached changes nothing."""

FAILURES: Mapping[str, ShipmentState] = MappingProxyType(
    {"FAILED": ShipmentState.FAILED, "RETURNED": ShipmentState.RETURNED}
)
"""The carrier statuses that are facts of the shipment as soon as a unit of the order is shipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingEvent:
    """A tracking event of a shipment, identified by its order, its shipment id, or both (clause 003-07).

    Raises:
        InvalidValue: the event id is invalid, the order and the shipment are both missing, or the status is unknown.
    """

    id: str
    order: OrderRef | None = None
    shipment_id: str | None = None
    status: str  # a carrier status, case-insensitive
    occurred_at: datetime

    def __post_init__(self) -> None:
        if error := bounded_text_error(self.id, max_length=MAX_EVENT_ID_LENGTH):
            raise InvalidValue(f"id {error}.", field="id")
        if self.shipment_id is None and self.order is None:
            raise InvalidValue("The event must have an order or a shipment; a package is not enough.", field="order")
        if self.shipment_id is not None and (
            error := bounded_text_error(self.shipment_id, max_length=MAX_SHIPMENT_ID_LENGTH)
        ):
            raise InvalidValue(f"shipment_id {error}.", field="shipment_id")
        if isinstance(self.order, int) and self.order not in _NUMBERS:
            raise InvalidValue(f"The order number must be from 1 to {_NUMBERS.stop - 1}.", field="order")
        if error := timestamp_error(self.occurred_at):
            raise InvalidValue(f"The timestamp {error}.", field="occurred_at")
        # ASCII only, because upper() maps some other letters to I and S.
        if (
            not isinstance(self.status, str)
            or not self.status.isascii()
            or self.status.upper() not in TRANSITIONS_BY_CARRIER_STATUS
        ):
            raise InvalidValue(
                f"The status must be one of: {', '.join(TRANSITIONS_BY_CARRIER_STATUS)}.", field="status"
            )

    @property
    def actor(self) -> Actor:
        """The actor of the changes; its request id in the history is the event id."""
        return Actor(subject="carrier", role=Role.SYSTEM, request_id=self.id)

    def apply_to(self, order: Order, *, at: datetime) -> None:
        """Apply the transitions of the event; an event that the order has already passed changes nothing.

        A failure or a return after shipping is recorded, and changes no status.

        Raises:
            InvalidValue: the order has another shipment than the event.
            InvalidTransition: the lifecycle does not allow the transition.
            TransitionNotPermitted: the access rules of the order's origin do not allow it to carriers.
        """
        if self.shipment_id is not None and order.shipment_id not in (None, self.shipment_id):
            raise InvalidValue("The event's shipment must be that of its order.", field="shipment_id")
        failure = FAILURES.get(self.status.upper())
        if failure and fulfillment_status(order) is not FulfillmentStatus.NONE:
            fact = ShipmentEvent(event_id=self.id, state=failure, occurred_at=self.occurred_at)
            record_failure(order, self.shipment_id or order.shipment_id, fact, by=self.actor, at=at)
            return
        for target in TRANSITIONS_BY_CARRIER_STATUS[self.status.upper()]:
            CARRIERS_ONLY.require_status(self.actor, order, target)
            order.change_status(target, by=self.actor, at=at)
