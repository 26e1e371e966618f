"""Changes of an order by shipments and by the events of their carriers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from orders_domain.errors import Kind, OrdersError
from orders_domain.model import history
from orders_domain.model.life.changes import NotOpen, ensure_not_held, ensure_units
from orders_domain.model.life.lines import leaves_open, open_units
from orders_domain.model.life.shipments import Shipment, ShipmentEvent, ShipmentSums, sums_of
from orders_domain.model.life.subject import Subject
from orders_domain.model.status import TRANSITIONS, OrderStatus

if TYPE_CHECKING:
    from orders_domain.model.accounts.actor import Actor


class ShipmentNotFound(OrdersError):
    kind = Kind.NOT_FOUND
    code = "shipment_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such shipment.")


class EventDiffers(OrdersError):
    """Another event of the shipment has this id."""

    kind = Kind.CONFLICT
    code = "event_differs"

    def __init__(self) -> None:
        super().__init__("This event_id was recorded with another state.")


def ship(
    order: Subject,
    shipment_id: str,
    lines: Mapping[int, int] | None,
    *,
    carrier: str | None,
    tracking_number: str | None,
    by: Actor,
    at: datetime,
) -> None:
    """Ship units by the number of their line, by default every open unit; SHIPPED as soon as none is open.

    Raises:
        NotAllowed: the order is held.
        NotOpen: a line has fewer open units, or none is open.
        InvalidValue: there is no such line, a quantity is not a whole number of at least 1, or a text is invalid.
    """
    ensure_not_held(order)
    if OrderStatus.SHIPPED not in TRANSITIONS[order.status] or not leaves_open(order, {}):
        raise NotOpen("No unit of the order is open: each is shipped or cancelled.", order)
    remaining = open_units(order, lines)
    chosen = remaining if lines is None else ensure_units(order, lines, remaining)
    shipment = Shipment(
        id=shipment_id,
        number=order.life.shipment_sums.count + 1,
        lines=tuple(sorted(chosen.items())),
        carrier=carrier,
        tracking_number=tracking_number,
    )
    status = None if leaves_open(order, chosen) else OrderStatus.SHIPPED
    order.record(history.SHIPMENT_CREATED, {"shipment": shipment.as_json()}, status=status, by=by, at=at)


def record_event(order: Subject, shipment_id: str, event: ShipmentEvent, *, by: Actor, at: datetime) -> bool:
    """Record the event of a shipment once; DELIVERED as soon as every shipment is. Return False for a repetition.

    Raises:
        ShipmentNotFound: the order has no such shipment.
        EventDiffers: another event of the shipment has its id.
    """
    shipment = next((shipment for shipment in order.life.shipments if shipment.id == shipment_id), None)
    if shipment is None:
        raise ShipmentNotFound
    for known in shipment.events:
        if known.event_id == event.event_id:
            if known.state is event.state:
                return False
            raise EventDiffers
    after = replace(shipment, state=shipment.state_after(event))
    sums = order.life.shipment_sums - sums_of([shipment]) + sums_of([after])
    is_delivered = order.status is OrderStatus.SHIPPED and _cover(order, sums) and sums.delivered == sums.count
    order.record(
        history.SHIPMENT_CHANGED,
        {"shipment_id": shipment_id, "event": event.as_json()},
        status=OrderStatus.DELIVERED if is_delivered else None,
        by=by,
        at=at,
    )
    return True


def record_failure(order: Subject, shipment_id: str | None, event: ShipmentEvent, *, by: Actor, at: datetime) -> None:
    """Record once that a shipment failed or came back; the status of the order stays as it is.

    It is the shipment with the id or tracking number, or the order's only one. Otherwise, such as for an order that was
    shipped by the name of the status, the fact is the order's own (``Life.shipment_state``).
    """
    shipment = _shipment_of(order, shipment_id)
    known = {each.event_id: each.state for each in shipment.events} if shipment else {}
    if known.get(event.event_id) is event.state:
        return
    if shipment and event.event_id not in known:
        record_event(order, shipment.id, event, by=by, at=at)
        return
    details = {"shipment_id": shipment_id, "event": event.as_json()}
    order.record(history.SHIPMENT_CHANGED, details, by=by, at=at)


def _shipment_of(order: Subject, shipment_id: str | None) -> Shipment | None:
    shipments = order.life.shipments
    named = [shipment for shipment in shipments if shipment_id in (shipment.id, shipment.tracking_number)]
    if shipment_id is not None and named:
        return named[0]
    return shipments[0] if len(shipments) == 1 else None


def _cover(order: Subject, sums: ShipmentSums) -> bool:
    """Return whether the shipments have all shipped units: some may be shipped by the name of the status."""
    return sums.units == sum(counter.shipped for counter in order.life.counters.values())
