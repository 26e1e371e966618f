"""Translation of domain objects to this contract's representations."""

from collections.abc import Mapping
from typing import Any

from orders_domain.model.accounts.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.product import OrderLine
from orders_domain.model.status import OrderStatus, StatusVocabulary
from orders_domain.model.values.money import Money
from orders_domain.use_cases import PlaceOrder

FIELD_NAMES = {"total": "total_price"}
"""The published names of the domain's fields."""

VOCABULARY = StatusVocabulary(
    {
        OrderStatus.PENDING: "PENDING",
        OrderStatus.CONFIRMED: "PENDING",
        OrderStatus.PAID: "PAID",
        OrderStatus.SHIPPED: "SHIPPED",
        OrderStatus.DELIVERED: "SHIPPED",
        OrderStatus.CANCELED: "CANCELED",
    }
)


def placement(body: Mapping[str, Any], *, actor: Actor, currency: str) -> PlaceOrder:
    """Return the request of a validated body; ``currency`` is that of the service.

    Raises:
        InvalidAmount: the total is not an amount of the currency.
    """
    code = body.get("currency") or currency
    total = Money.of(body["total_price"], code, field="total")
    return PlaceOrder(actor=actor, items=tuple(body["items"]), total=total)


def representation(order: Order) -> Mapping[str, Any]:
    """Return the order for this contract's schema."""
    return {
        "id": str(order.id),
        "user_id": order.user_id,
        "items": [*(item.content for item in order.items), *map(_line, order.lines)],
        "total_price": order.total,
        "status": VOCABULARY.name_of(order.status),
        "created_at": order.created_at,
        "currency": order.total.currency,
        "updated_at": order.updated_at,
        "version": order.version,
    }


def _line(line: OrderLine) -> Mapping[str, Any]:
    """Return a product line as an item, because orders placed through other contracts have lines."""
    return {"product_id": line.product_id, "quantity": line.quantity, "unit_price": float(line.unit_price.amount)}
