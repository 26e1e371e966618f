"""View of an order as one of the Universal Commerce Protocol (https://ucp.dev, order schema of 2026)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, url_for

from orders_domain.model.history import (
    CANCELED,
    EXPIRED,
    LINES_CANCELED,
    RETURN_AUTHORIZED,
    RETURN_RECEIVED,
    RETURN_REFUSED,
    SHIPMENT_CHANGED,
    SHIPMENT_CREATED,
    STATUS_CHANGED,
    HistoryEntry,
)
from orders_domain.model.life.counter import Counter
from orders_domain.model.life.lines import Line, line_counters, numbered_lines
from orders_domain.model.life.returns import sums
from orders_domain.model.life.shipments import Shipment, ShipmentState
from orders_domain.model.order import Order, rebuild
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.total_table import total_table
from orders_flask.contracts.shop.translate import moment, totals

VERSION = "2026-04-08"
_REFUND_STATES = {"requested": "pending", "succeeded": "completed", "failed": "failed"}
_SHIPMENT_STATES = total_table(
    ShipmentState,
    {
        ShipmentState.PENDING: "processing",
        ShipmentState.IN_TRANSIT: "in_transit",
        ShipmentState.OUT_FOR_DELIVERY: "in_transit",
        ShipmentState.FAILED: "failed_attempt",
        ShipmentState.DELIVERED: "delivered",
        ShipmentState.RETURNED: "returned_to_sender",
    },
)
_CHARGES = {"shipping": "fulfillment", "tax": "tax", "discount": "discount", "fee": "fee"}


def ucp_order(order: Order, history: Sequence[HistoryEntry]) -> dict[str, Any]:
    """Return the order, with its fulfilment events and adjustments from its history."""
    lines, counters = numbered_lines(order), line_counters(order)
    return {
        "ucp": {"version": VERSION},
        "id": str(order.id),
        "label": order.reference or str(order.number),
        "checkout_id": order.cart.snapshot_id if order.cart else order.reference or str(order.id),
        "permalink_url": request.host_url.rstrip("/") + url_for(".get", order_ref=order.id),
        "line_items": [_line_item(line, counter) for line, counter in zip(lines, counters, strict=True)],
        "fulfillment": {"events": _events(order, history)},
        "adjustments": [*_adjustments(history, lines), *_refunds(order, history), *_returns(order, history)],
        "currency": order.total.currency,
        "totals": _totals(order),
    }


def _line_item(line: Line, counter: Counter) -> dict[str, Any]:
    active = line.quantity - counter.cancelled - counter.returned
    fulfilled = counter.shipped - counter.returned
    subtotal = line.subtotal_minor or 0
    return {
        "id": str(line.number),
        "item": {
            "id": line.sku or str(line.product_id or f"line-{line.number}"),
            "title": line.title,
            "price": line.unit_price_minor or 0,
        },
        "quantity": {"original": line.quantity, "total": active, "fulfilled": fulfilled},
        "totals": [{"type": "subtotal", "amount": subtotal}, {"type": "total", "amount": subtotal}],
        "status": _line_status(active, fulfilled),
    }


def _line_status(active: int, fulfilled: int) -> str:
    if active == 0:
        return "removed"
    if fulfilled == active:
        return "fulfilled"
    return "partial" if fulfilled else "processing"


def _totals(order: Order) -> list[dict[str, Any]]:
    sums = totals(order)
    charges = [
        {
            "type": _CHARGES[charge.kind.value],
            "display_text": charge.text or charge.kind.value.title(),
            "amount": charge.amount_minor,
        }
        for charge in order.charges
        if not charge.included and charge.amount_minor
    ]
    return [
        {"type": "subtotal", "display_text": "Subtotal", "amount": sums["lines_minor"]},
        *charges,
        {"type": "total", "display_text": "Total", "amount": sums["total_minor"]},
    ]


def _events(order: Order, history: Sequence[HistoryEntry]) -> list[dict[str, Any]]:
    """Return the fulfilment events: shipments, their carriers' events, and changes of the status by its name."""
    shipments = {shipment.id: shipment for shipment in order.life.shipments}
    events = []
    for place, entry in enumerate(history, start=1):
        details: Mapping[str, Any] = entry.details
        if entry.kind == SHIPMENT_CREATED:
            events.append(_event(entry, "shipped", shipments[details["shipment"]["id"]]))
        elif entry.kind == SHIPMENT_CHANGED:
            word = _SHIPMENT_STATES[ShipmentState(details["event"]["state"])]
            shipment = shipments.get(details["shipment_id"]) or _all_shipped(history[:place])
            events.append(_event(entry, word, shipment))
        elif entry.kind == STATUS_CHANGED and entry.to_status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
            before = line_counters(rebuild(history[: place - 1]))
            after = line_counters(rebuild(history[:place]))
            is_shipped = entry.to_status is OrderStatus.SHIPPED
            moved = [
                {"id": str(number), "quantity": units}
                for number, (old, new) in enumerate(zip(before, after, strict=True), start=1)
                if (units := new.shipped - (old.shipped if is_shipped else 0))
            ]
            if moved:
                word = entry.to_status.value.lower()
                events.append({"id": _id(entry), "occurred_at": moment(entry.at), "type": word, "line_items": moved})
    return events


def _all_shipped(history: Sequence[HistoryEntry]) -> Shipment:
    """Return all shipped units as one parcel: an order that was shipped by the name of the status has none."""
    units = ((number, counter.shipped) for number, counter in enumerate(line_counters(rebuild(history)), start=1))
    return Shipment(id="", number=1, lines=tuple(line for line in units if line[1]))


def _event(entry: HistoryEntry, word: str, shipment: Shipment) -> dict[str, Any]:
    texts = {"carrier": shipment.carrier, "tracking_number": shipment.tracking_number}
    return {
        "id": _id(entry),
        "occurred_at": moment(entry.at),
        "type": word,
        "line_items": [{"id": str(number), "quantity": units} for number, units in shipment.lines],
        **{name: text for name, text in texts.items() if text is not None},
    }


def _adjustments(history: Sequence[HistoryEntry], lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [
        {
            "id": _id(entry),
            "type": "cancellation",
            "occurred_at": moment(entry.at),
            "status": "completed",
            "line_items": [
                {"id": str(number), "quantity": -units} for number, units in _cancelled(entry, history, lines).items()
            ],
            "description": str(entry.details.get("reason") or "Canceled"),
        }
        for entry in history
        if entry.kind in (CANCELED, EXPIRED, LINES_CANCELED)
    ]


def _refunds(order: Order, history: Sequence[HistoryEntry]) -> list[dict[str, Any]]:
    moments = {_refund_id(entry): entry.at for entry in history if "refund" in entry.details}
    return [
        {
            "id": refund.id,
            "type": "refund",
            "occurred_at": moment(moments[refund.id]),
            "status": _REFUND_STATES[refund.state.value],
            "totals": [{"type": "total", "amount": -refund.amount_minor}],
            "description": refund.reason,
        }
        for refund in order.life.refunds
    ]


def _returns(order: Order, history: Sequence[HistoryEntry]) -> list[dict[str, Any]]:
    """Return the receipts of returns, and what of the returns is awaited or refused."""
    return [adjustment for entry in history if (adjustment := _of_return(order, entry))]


def _of_return(order: Order, entry: HistoryEntry) -> dict[str, Any] | None:
    details: Mapping[str, Any] = entry.details
    if entry.kind == RETURN_RECEIVED:
        status, units, text = "completed", sums(details["received"]), "Returned"
    elif entry.kind in (RETURN_AUTHORIZED, RETURN_REFUSED):
        return_id = details["return"]["id"] if "return" in details else details["return_id"]
        [known] = (known for known in order.life.returns if known.id == return_id)
        is_pending = entry.kind == RETURN_AUTHORIZED
        status, units = ("pending", known.open_units) if is_pending else ("failed", known.missing_units)
        text = known.reason if is_pending else details["reason"]
    else:
        return None
    if not units:
        return None
    return {
        "id": _id(entry),
        "type": "return",
        "occurred_at": moment(entry.at),
        "status": status,
        "line_items": [{"id": str(number), "quantity": -quantity} for number, quantity in sorted(units.items())],
        "description": text,
    }


def _refund_id(entry: HistoryEntry) -> str:
    details: Mapping[str, Any] = entry.details
    return str(details["refund"]["id"])


def _cancelled(entry: HistoryEntry, history: Sequence[HistoryEntry], lines: Sequence[Line]) -> Mapping[int, int]:
    details: Mapping[str, Any] = entry.details
    if entry.kind == LINES_CANCELED:
        return dict(details["lines"])
    before = line_counters(rebuild(history[: entry.version - 1]))
    return {
        line.number: line.quantity - counter.cancelled
        for line, counter in zip(lines, before, strict=True)
        if line.quantity > counter.cancelled
    }


def _id(entry: HistoryEntry) -> str:
    return f"{entry.order_id}-{entry.version}"
