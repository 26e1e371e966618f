"""From this contract's words to the core's, and back."""

from collections.abc import Mapping
from typing import Any

from orders_domain.model.order import Order
from orders_domain.model.product import OrderLine
from orders_domain.model.status import OrderStatus, StatusVocabulary

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


def representation(order: Order) -> Mapping[str, Any]:
    """Return the order as this contract's schema wants it."""
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
    """What an order of products, placed through another contract, has in place of items."""
    return {"product_id": line.product_id, "quantity": line.quantity, "unit_price": float(line.unit_price.amount)}
