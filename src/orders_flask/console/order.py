"""Page of one order: its lines, money, parcels, returns, notes and timeline, and the actions that are allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from orders_domain.model.access import SHOP
from orders_domain.model.access_rules import Action, is_allowed
from orders_domain.model.history import ANNOTATED, HistoryEntry
from orders_domain.model.life.changes import cancelled_minor, returnable_units
from orders_domain.model.life.charges import Charge
from orders_domain.model.life.lines import line_counters, numbered_lines, open_units
from orders_domain.model.life.payments import PaymentKind
from orders_domain.model.life.shipments import Shipment, ShipmentState
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef, parse_order_ref
from orders_domain.use_cases import GetOrder, GetOrderHistory
from orders_flask.console import formats
from orders_flask.console.pages import page
from orders_flask.console.timeline import timeline
from orders_flask.web.context import actor, use_cases

_NO_VALUES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why the form of an action failed, and what it had."""

    form: str
    text: str
    status: int
    values: Mapping[str, str] = field(default_factory=dict)


def register(console: Blueprint) -> None:
    console.get("/orders/<order_ref>")(order)


def order(order_ref: str) -> Response:
    return order_page(parse_order_ref(order_ref))


def find_order(ref: OrderRef) -> Order:
    return use_cases().get_order(GetOrder(actor=actor(), order_id=ref, access=SHOP, with_contact=True))


def order_page(ref: OrderRef, *, failure: Failure | None = None) -> Response:
    """Return the page of the order as it is now; a failed form is open, with what it had."""
    found = find_order(ref)
    request = GetOrderHistory(actor=actor(), order_id=found.id, access=SHOP)
    entries = SHOP.visible_entries(actor(), found, use_cases().get_order_history(request))
    return page(
        "order.html",
        status=failure.status if failure else 200,
        order=found,
        currency=found.total.currency,
        chips=formats.chips(found),
        lines=_lines(found),
        totals=_totals(found),
        address=found.contact.shipping or found.address,
        allowed=SHOP.allowed_actions(actor(), found),
        parcels=[(parcel, _next_states(found, parcel)) for parcel in found.life.shipments],
        notes=list(filter(None, map(_note, reversed(entries)))),
        entries=timeline(entries, found),
        failure=failure,
        given=failure.values if failure else _NO_VALUES,
        payment_kinds=list(PaymentKind),
    )


def _lines(found: Order) -> list[dict[str, Any]]:
    left, returnable = open_units(found), returnable_units(found)
    return [
        {
            "line": line,
            "counter": counter,
            "open": left.get(line.number, 0),
            "returnable": returnable.get(line.number, 0),
        }
        for line, counter in zip(numbered_lines(found), line_counters(found), strict=True)
    ]


def _totals(found: Order) -> list[tuple[str, int, str]]:
    """Return the sums as (name, minor units, kind of the row)."""
    charges: tuple[Charge, ...] = found.charges
    added = [charge for charge in charges if not charge.included]
    total, cancelled, paid = found.total.minor, cancelled_minor(found), found.life.totals
    rows = [("Lines", total - sum(charge.amount_minor for charge in added), "part")]
    rows += [(_charge_name(charge), charge.amount_minor, "part") for charge in charges]
    rows.append(("Total", total, "sum"))
    if cancelled:
        rows += [("Cancelled", -cancelled, "part"), ("Due", total - cancelled, "sum")]
    if paid.authorized:
        rows.append(("Authorized", paid.authorized, "part"))
    rows.append(("Captured", paid.captured, "part"))
    if paid.refunded:
        rows.append(("Refunded", -paid.refunded, "part"))
    if paid.refunding:
        rows.append(("Refunds under way", -paid.refunding, "part"))
    rows.append(("Balance", total - cancelled - paid.captured + paid.refunded, "sum"))
    return rows


def _charge_name(charge: Charge) -> str:
    name = charge.kind.value.capitalize()
    details = ", ".join(filter(None, (charge.text, charge.code, "included" if charge.included else "")))
    return f"{name} ({details})" if details else name


def _next_states(found: Order, parcel: Shipment) -> list[ShipmentState]:
    """Return the states that the actor may record of the parcel."""
    is_open = parcel.state not in (ShipmentState.DELIVERED, ShipmentState.RETURNED)
    if not is_open or not is_allowed(found.origin, Action.DELIVER, SHOP.relations(actor(), found)):
        return []
    states = list(ShipmentState)
    return states[states.index(parcel.state) + 1 :]


def _note(entry: HistoryEntry) -> dict[str, Any] | None:
    note: Any = entry.details.get("note")
    if entry.kind != ANNOTATED or not isinstance(note, Mapping):
        return None
    return {"text": note["text"], "is_internal": entry.is_internal, "at": entry.at, "by": entry.actor}
