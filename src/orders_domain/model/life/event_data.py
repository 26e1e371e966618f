"""Data of events about an order's life: the axes after the change, and what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orders_domain.model import history
from orders_domain.model.life.changes import fulfillment_status, payment_status
from orders_domain.model.values.json_values import JSON

if TYPE_CHECKING:
    from orders_domain.model.life.subject import Subject


def life_data(entry: history.HistoryEntry, order: Subject) -> dict[str, JSON]:
    """Return the axes and the details of an entry of the latest version of the order."""
    return axes(order) | _details(entry)


def axes(order: Subject) -> dict[str, JSON]:
    expires_at = order.life.expires_at
    return {
        "payment_status": payment_status(order).value,
        "fulfillment_status": fulfillment_status(order).value,
        "hold_reason": order.life.hold.reason if order.life.hold else None,
        "expires_at": expires_at.isoformat() if expires_at else None,
    }


def _details(entry: history.HistoryEntry) -> dict[str, JSON]:
    details: dict[str, Any] = dict(entry.details)
    for name in ("refund", "shipment", "return"):
        if name in details:
            units = [{"number": number, "quantity": quantity} for number, quantity in details[name]["lines"]]
            details[name] = {**details[name], "lines": units}
    if "received" in details:
        details["received"] = [
            {"number": number, "quantity": units, "restocked": restocked}
            for number, units, restocked in details["received"]
        ]
    if "lines" in details:
        details["lines"] = [{"number": number, "quantity": units} for number, units in details["lines"]]
    return details
