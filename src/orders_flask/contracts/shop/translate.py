"""Translation between requests, orders and this contract's representations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orders_domain.model.access import SHOP
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.accounts.contact import NO_CONTACT
from orders_domain.model.address import Address
from orders_domain.model.history import PLACED, HistoryEntry
from orders_domain.model.life.changes import (
    cancelled_minor,
    fulfillment_status,
    payment_status,
)
from orders_domain.model.life.charges import Charge
from orders_domain.model.life.counter import Counter
from orders_domain.model.life.lines import Line, line_counters, numbered_lines
from orders_domain.model.life.payments import Payment, Refund
from orders_domain.model.life.returns import Received, Return
from orders_domain.model.life.shipments import Shipment
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.status import OrderStatus, StatusVocabulary
from orders_domain.model.values.total_table import total_table

FIELD_NAMES = {
    "min_total": "min_total_minor",
    "max_total": "max_total_minor",
    "placed_from": "created_from",
    "placed_before": "created_to",
    "items": "lines",
    "total": "lines",
}
"""The published names of the domain's fields."""

VOCABULARY = StatusVocabulary({status: status.value.lower() for status in OrderStatus})

_SUMMARIES = {
    "placed": "The order was placed.",
    "canceled": "The order was canceled.",
    "deleted": "The order was deleted.",
    "lines_canceled": "Units of lines were canceled.",
    "held": "The order was held.",
    "released": "The order was released from its hold.",
    "annotated": "Notes, tags or metadata changed.",
    "payment_recorded": "A payment was recorded.",
    "refund_requested": "A refund was asked for.",
    "refund_settled": "A refund succeeded or failed.",
    "expired": "The order was not paid in time.",
    "shipment_created": "Units were shipped.",
    "shipment_changed": "A shipment changed.",
    "return_authorized": "A return was authorized.",
    "return_received": "Units came back.",
    "return_refused": "A return was refused.",
    "erased": "The personal data were erased.",
}
_STATUS_SUMMARIES = total_table(
    OrderStatus,
    {
        OrderStatus.PENDING: "The order became pending.",
        OrderStatus.CONFIRMED: "The order was confirmed.",
        OrderStatus.PAID: "The order was paid.",
        OrderStatus.SHIPPED: "The order was shipped.",
        OrderStatus.DELIVERED: "The order was delivered.",
        OrderStatus.CANCELED: "The order was canceled.",
    },
)


def representation(order: Order, actor: Actor) -> dict[str, Any]:
    """Return the order as JSON; ``allowed_actions`` are the actor's."""
    hold, life = order.life.hold, order.life
    return {
        "id": str(order.id),
        "number": order.number,
        "reference": order.reference,
        "source": order.source,
        "origin": order.origin.value,
        "status": VOCABULARY.name_of(order.status),
        "payment_status": payment_status(order).value,
        "fulfillment_status": fulfillment_status(order).value,
        "hold": {"reason": hold.reason, "by": hold.by, "at": moment(hold.at)} if hold else None,
        "expires_at": moment(life.expires_at),
        "currency": order.total.currency,
        "lines": [
            line_json(order, line, counter)
            for line, counter in zip(numbered_lines(order), line_counters(order), strict=True)
        ],
        "charges": [charge_json(number, charge) for number, charge in enumerate(order.charges, start=1)],
        "totals": totals(order),
        **_contact(order),
        "shipments": [shipment_json(shipment) for shipment in life.shipments],
        "payments": [payment_json(payment) for payment in life.payments],
        "refunds": [refund_json(refund) for refund in life.refunds],
        "returns": [return_json(returned) for returned in life.returns],
        "tags": list(life.tags),
        "metadata": dict(life.metadata),
        "cancellation_reason": order.cancellation_reason,
        "allowed_actions": list(SHOP.allowed_actions(actor, order)),
        "created_at": moment(order.created_at),
        "updated_at": moment(order.updated_at),
        "version": order.version,
    }


def line_json(order: Order, line: Line, counter: Counter) -> dict[str, Any]:
    content = line.content.get("content") if order.origin is Origin.SHOP and line.content else line.content
    return {
        "number": line.number,
        "product_id": line.product_id,
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "unit_price_minor": line.unit_price_minor,
        "subtotal_minor": line.subtotal_minor,
        "shipped": counter.shipped,
        "cancelled": counter.cancelled,
        "returned": counter.returned,
        **({} if content is None else {"content": content}),
    }


def charge_json(number: int, charge: Charge) -> dict[str, Any]:
    return {"number": number, **charge.as_json()}


def totals(order: Order) -> dict[str, int]:
    """Return the totals; the lines have what the added charges leave of the total."""
    total, cancelled, paid = order.total.minor, cancelled_minor(order), order.life.totals
    charges = sum(charge.amount_minor for charge in order.charges if not charge.included)
    return {
        "lines_minor": total - charges,
        "charges_minor": charges,
        "total_minor": total,
        "cancelled_minor": cancelled,
        "due_minor": total - cancelled,
        "authorized_minor": paid.authorized,
        "captured_minor": paid.captured,
        "refunded_minor": paid.refunded,
        "balance_minor": total - cancelled - paid.captured + paid.refunded,
    }


def payment_json(payment: Payment) -> dict[str, Any]:
    moments = {name: moment(getattr(payment, name)) for name in ("occurred_at", "recorded_at")}
    return {**payment.as_json(), **moments}


def shipment_json(shipment: Shipment) -> dict[str, Any]:
    events = [{**event.as_json(), "occurred_at": moment(event.occurred_at)} for event in shipment.events]
    return {**shipment.as_json(), "lines": _units(shipment.lines), "events": events}


def refund_json(refund: Refund) -> dict[str, Any]:
    return {**refund.as_json(), "lines": _units(refund.lines)}


def return_json(returned: Return) -> dict[str, Any]:
    return {**returned.as_json(), "lines": _units(returned.lines), "received": _received(returned.received)}


def timeline(entries: Iterable[HistoryEntry], order: Order, actor: Actor) -> list[dict[str, Any]]:
    """Return the entries that the actor may see: internal notes only readers and operators."""
    return [_entry(entry) for entry in SHOP.visible_entries(actor, order, entries)]


def _entry(entry: HistoryEntry) -> dict[str, Any]:
    details: dict[str, Any] = {} if entry.kind == PLACED else dict(entry.details)
    for name, (loaded, shown) in _SHOWN.items():
        if name in details:
            details[name] = shown(loaded.from_json(details[name]))
    if "lines" in details:
        details["lines"] = _units(details["lines"])
    if "received" in details:
        details["received"] = _received(details["received"])
    return {
        "version": entry.version,
        "at": moment(entry.at),
        "actor": entry.actor,
        "role": entry.role.value,
        "kind": entry.kind,
        "summary": _SUMMARIES.get(entry.kind) or _STATUS_SUMMARIES[entry.to_status],
        "details": details,
    }


_SHOWN: Mapping[str, tuple[Any, Any]] = {
    "payment": (Payment, payment_json),
    "refund": (Refund, refund_json),
    "shipment": (Shipment, shipment_json),
    "return": (Return, return_json),
}
"""How the timeline shows a member of an entry."""


def _units(lines: Iterable[Sequence[int]]) -> list[dict[str, int]]:
    return [{"number": number, "quantity": units} for number, units in lines]


def _received(parts: Iterable[Received]) -> list[dict[str, Any]]:
    return [{"number": number, "quantity": units, "restocked": restocked} for number, units, restocked in parts]


def moment(at: Any) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _contact(order: Order) -> dict[str, Any]:
    """Return the customer of an order of this contract; of another contract's order only the user and the address."""
    contact = order.contact if order.origin is Origin.SHOP else NO_CONTACT
    return {
        "customer": {
            "user_id": order.user_id,
            "name": contact.name,
            "email": contact.email,
            "phone": contact.phone,
            "language": contact.language,
        },
        "shipping_address": _address(contact.shipping or order.address),
        "billing_address": _address(contact.billing),
    }


def _address(address: Address | None) -> Mapping[str, str | None] | None:
    return address.as_dict() if address else None
