"""Formats of the templates: money, moments, sizes, and the chips of an order's axes."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Any

from flask import Blueprint
from markupsafe import Markup

from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.changes import fulfillment_status, payment_status
from orders_domain.model.order import Order
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.money import to_major_units

_UNITS = ((365 * 86_400, "year"), (30 * 86_400, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute"))

_WORDS = {
    str(PaymentStatus.NONE): "unpaid",
    str(FulfillmentStatus.NONE): "unshipped",
    str(FulfillmentStatus.PART): "part shipped",
    str(FulfillmentStatus.FULL): "all shipped",
}
"""The words for members whose value alone does not say what they mean."""
_TONES = {
    "good": {"paid", "delivered", "enabled", "sent", "done", "received", "succeeded", "ok"},
    "busy": {"confirmed", "shipped", "authorized", "all shipped", "running", "published", "in transit"},
    "warning": {"pending", "part paid", "part shipped", "waiting", "queued", "requested", "low", "degraded", "on hold"},
    "bad": {"failed", "parked", "disabled", "out of stock", "unavailable", "refused"},
}


def install(blueprint: Blueprint) -> None:
    """Make the formats filters of the templates."""
    for name, function in (
        ("money", money),
        ("moment", moment),
        ("label", label),
        ("chip", chip),
        ("chips", chips),
        ("count", count),
        ("hold_chip", hold_chip),
    ):
        blueprint.add_app_template_filter(function, f"console_{name}")


def money(minor: int | None, currency: str) -> str:
    """Return an amount in major units: ``1,234.50 USD``."""
    return "–" if minor is None else f"{to_major_units(minor, currency):,f}\N{NO-BREAK SPACE}{currency}"


def moment(at: datetime | None) -> str:
    """Return the time that has passed, or is left, with the exact time as the title."""
    if at is None:
        return "–"
    text = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), text, passed(at))


def passed(at: datetime, *, now: datetime | None = None) -> str:
    """Return ``3 hours ago``, or ``in 3 hours``."""
    seconds = int(((now or datetime.now(UTC)) - at).total_seconds())
    for size, name in _UNITS:
        if (units := abs(seconds) // size) >= 1:
            text = count(units, name)
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return "just now" if seconds >= 0 else "in a moment"


def count(number: int, noun: str) -> str:
    """Return the number with its noun: ``1 order``, ``2 orders``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def label(value: Any) -> str:
    """Return the text of a member of an enumeration."""
    if str(value) in _WORDS:
        return _WORDS[str(value)]
    text = str(value.value if isinstance(value, Enum) else value)
    return text.lower().replace("_", " ")


def chip(value: Any, axis: str = "") -> str:
    """Return the value as a coloured word; ``axis`` names what it is the state of, for readers of the screen."""
    text = label(value)
    tone = next((tone for tone, words in _TONES.items() if text in words), "plain")
    said = Markup('<span class="unseen">{}: </span>').format(axis) if axis else ""
    return Markup('<span class="chip {}">{}{}</span>').format(tone, said, text)


def chips(order: Order) -> dict[str, str]:
    """Return the chips of an order by axis."""
    return {
        "status": chip(order.status, "status"),
        "payment": chip(payment_status(order), "payment"),
        "fulfillment": chip(fulfillment_status(order), "fulfillment"),
    }


def hold_chip(order: Order) -> str:
    """Return the chip of a held order, otherwise nothing."""
    if not (hold := order.life.hold):
        return ""
    return Markup('<span class="chip warning" title="{}">on hold</span>').format(hold.reason)


def status_label(status: OrderStatus) -> str:
    return status.value.lower()
