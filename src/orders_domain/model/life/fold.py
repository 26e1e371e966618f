"""Fold of an order's history: the state after each entry. A change and a rebuild apply the same function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orders_domain.model import history
from orders_domain.model.life.counter import Counter
from orders_domain.model.life.lines import FIXED, line_counters
from orders_domain.model.life.payments import Payment, Refund
from orders_domain.model.life.returns import Received, Return, ReturnState
from orders_domain.model.life.shipments import Shipment, ShipmentEvent, latest_state
from orders_domain.model.life.state import Hold, Life, checked_tags, merged
from orders_domain.model.status import OrderStatus

if TYPE_CHECKING:
    from orders_domain.model.life.subject import Subject


def life_after(order: Subject, entry: history.HistoryEntry) -> Life:
    """Return the state after the entry. The order has the status of the entry, and its state and time before it."""
    life = order.life
    details: Mapping[str, Any] = entry.details
    match entry.kind:
        case history.LINES_CANCELED:
            life = replace(life, counters=_with_units(life, details["lines"], "cancelled"))
        case history.HELD:
            life = replace(life, hold=Hold(reason=details["reason"], by=entry.actor, at=entry.at))
        case history.RELEASED:
            life = replace(life, hold=None)
        case history.ANNOTATED:
            life = _annotated(life, details)
        case history.SHIPMENT_CREATED:
            shipment = Shipment.from_json(details["shipment"])
            counters = _with_units(life, shipment.lines, "shipped")
            life = replace(life, counters=counters, shipments=(*life.shipments, shipment))
        case history.SHIPMENT_CHANGED:
            life = _tracked(life, details)
        case kind if kind in history.RETURN_KINDS:
            life = _returned(life, details)
        case kind if kind in history.PAYMENT_KINDS:
            life = _paid(life, details)
    return _after_status(life, order, entry)


def _after_status(life: Life, order: Subject, entry: history.HistoryEntry) -> Life:
    if entry.from_status is entry.to_status:
        if entry.to_status is OrderStatus.CANCELED and life.canceled_at is None:
            return replace(life, canceled_at=order.updated_at)
        return life
    if entry.kind == history.STATUS_CHANGED and entry.to_status is OrderStatus.PAID:
        life = replace(life, marked_paid=True)
    if life.expires_at and entry.to_status is not OrderStatus.CONFIRMED:
        life = replace(life, expires_at=None)
    if life.counters and entry.to_status in FIXED:
        life = replace(life, counters=dict(enumerate(line_counters(order, life.counters), start=1)))
    return life


def _with_units(life: Life, lines: Iterable[Sequence[int]], name: str) -> Mapping[int, Counter]:
    """Return the counters after units were added to those of the name."""
    counters = dict(life.counters)
    for number, quantity in lines:
        before = counters.get(number, Counter())
        counters[number] = before._replace(**{name: getattr(before, name) + quantity})
    return counters


def _tracked(life: Life, details: Mapping[str, Any]) -> Life:
    event = ShipmentEvent.from_json(details["event"])
    if all(shipment.id != details["shipment_id"] for shipment in life.shipments):
        return replace(life, shipment_state=latest_state(life.shipment_state or event.state, event.state))
    return replace(
        life,
        shipments=tuple(
            replace(shipment, state=shipment.state_after(event), events=(*shipment.events, event))
            if shipment.id == details["shipment_id"]
            else shipment
            for shipment in life.shipments
        ),
    )


def _returned(life: Life, details: Mapping[str, Any]) -> Life:
    """Append the return, or add what was received of it, or refuse the rest of it."""
    if "return" in details:
        return replace(life, returns=(*life.returns, Return.from_json(details["return"])))
    received = tuple((number, units, restocked) for number, units, restocked in details.get("received", ()))
    returns = tuple(
        _return_after(known, received, details.get("reason")) if known.id == details["return_id"] else known
        for known in life.returns
    )
    units = ((number, quantity) for number, quantity, _ in received)
    return replace(life, returns=returns, counters=_with_units(life, units, "returned"))


def _return_after(known: Return, received: tuple[Received, ...], refusal: str | None) -> Return:
    if refusal is not None:
        return replace(known, state=ReturnState.REFUSED, refusal=refusal)
    after = replace(known, received=(*known.received, *received))
    return after if after.open_units else replace(after, state=ReturnState.RECEIVED)


def _paid(life: Life, details: Mapping[str, Any]) -> Life:
    """Append the payment, and append the refund or replace it."""
    if "payment" in details:
        life = replace(life, payments=(*life.payments, Payment.from_json(details["payment"])))
    if "refund" in details:
        refund = Refund.from_json(details["refund"])
        refunds = {known.id: known for known in life.refunds} | {refund.id: refund}
        life = replace(life, refunds=tuple(refunds.values()))
    return life


def _annotated(life: Life, details: Mapping[str, Any]) -> Life:
    if "tags" in details:
        life = replace(life, tags=checked_tags(details["tags"]))
    if "metadata" in details:
        metadata: Any = merged(dict(life.metadata), details["metadata"])
        life = replace(life, metadata=metadata)
    return life
