"""Timeline of an order: a sentence for each change, newest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orders_domain.model import history
from orders_domain.model.accounts.actor import Role
from orders_domain.model.history import HistoryEntry
from orders_domain.model.order import Order
from orders_domain.model.status import OrderStatus
from orders_flask.console.formats import count, label, money


def timeline(entries: Sequence[HistoryEntry], order: Order) -> list[dict[str, Any]]:
    """Return what the page shows of each entry."""
    currency = order.total.currency
    return [
        {
            "at": entry.at,
            "by": entry.actor,
            "role": entry.role.value if entry.role is Role.SYSTEM else "",
            "version": entry.version,
            "tone": _TONES.get(entry.kind, ""),
            "text": _sentence(entry, currency),
            "said": _said(entry.details),
        }
        for entry in reversed(entries)
    ]


def _sentence(entry: HistoryEntry, currency: str) -> str:
    if entry.kind in _SENTENCES:
        return _SENTENCES[entry.kind](entry.details, currency)
    if entry.to_status is OrderStatus.CANCELED:
        return "Canceled"
    return f"Became {label(entry.to_status)}"


def _said(details: Mapping[str, Any]) -> str:
    """Return the words that somebody gave with the change."""
    for part in (details, details.get("refund"), details.get("return")):
        if isinstance(part, Mapping) and isinstance(part.get("reason"), str):
            return str(part["reason"])
    note = details.get("note")
    return str(note["text"]) if isinstance(note, Mapping) else ""


def _units(lines: Sequence[Sequence[int]]) -> str:
    return count(sum(quantity for _, quantity, *_ in lines), "unit")


def _payment(details: Mapping[str, Any], currency: str) -> str:
    payment = details["payment"]
    return f"{label(payment['kind']).capitalize()}: {money(payment['amount_minor'], currency)} by {payment['provider']}"


def _shipment(details: Mapping[str, Any], _: str) -> str:
    parcel = details["shipment"]
    by = " ".join(filter(None, (parcel["carrier"], parcel["tracking_number"])))
    return f"Shipped {_units(parcel['lines'])} in parcel {parcel['number']}{f' ({by})' if by else ''}"


def _event(details: Mapping[str, Any], _: str) -> str:
    event = details["event"]
    return f"Parcel: {label(event['state'])}{': ' + event['text'] if event.get('text') else ''}"


def _annotation(details: Mapping[str, Any], _: str) -> str:
    if note := details.get("note"):
        return "Internal note" if note["visibility"] == "internal" else "Note for the customer"
    if "tags" in details:
        return f"Tags set: {', '.join(details['tags']) or 'none'}"
    return "Metadata changed"


def _settled(details: Mapping[str, Any], currency: str) -> str:
    refund = details["refund"]
    return f"Refund {label(refund['state'])}: {money(refund['amount_minor'], currency)}"


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    history.PLACED: lambda details, currency: "Placed",
    history.CANCELED: lambda details, currency: "Canceled",
    history.DELETED: lambda details, currency: "Deleted",
    history.LINES_CANCELED: lambda details, currency: f"Cancelled {_units(details['lines'])}",
    history.HELD: lambda details, currency: "Held",
    history.RELEASED: lambda details, currency: "Released from the hold",
    history.ANNOTATED: _annotation,
    history.PAYMENT_RECORDED: _payment,
    history.REFUND_REQUESTED: lambda details, currency: (
        f"Refund asked for: {money(details['refund']['amount_minor'], currency)}"
    ),
    history.REFUND_SETTLED: _settled,
    history.EXPIRED: lambda details, currency: "Expired, because it was not paid in time",
    history.SHIPMENT_CREATED: _shipment,
    history.SHIPMENT_CHANGED: _event,
    history.RETURN_AUTHORIZED: lambda details, currency: f"Return of {_units(details['return']['lines'])} authorized",
    history.RETURN_RECEIVED: lambda details, currency: f"{_units(details['received'])} came back",
    history.RETURN_REFUSED: lambda details, currency: "Return refused",
    history.ERASED: lambda details, currency: "Personal data erased",
}
_TONES = {
    history.CANCELED: "bad",
    history.EXPIRED: "bad",
    history.HELD: "warning",
    history.PAYMENT_RECORDED: "good",
    history.SHIPMENT_CREATED: "busy",
}
