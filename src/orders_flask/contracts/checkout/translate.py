"""Translation of domain objects to this contract's representations."""

from collections.abc import Mapping
from typing import Any

from orders_domain.model.accounts.actor import Actor
from orders_domain.model.cart import Cart
from orders_domain.model.order import Order
from orders_domain.model.status import OrderStatus, StatusVocabulary
from orders_domain.use_cases import PlaceCartOrder
from orders_domain.use_cases.orders.get_order_statistics import total_quantity

FIELD_NAMES = {"cart": "cartSnapshot", "user_id": "userId"}
"""The published names of the domain's fields; within a snapshot the names are the snapshot's."""

VOCABULARY = StatusVocabulary(
    {
        OrderStatus.PENDING: "pending",
        OrderStatus.CONFIRMED: "confirmed",
        OrderStatus.PAID: "paid",
        OrderStatus.SHIPPED: "shipped",
        OrderStatus.DELIVERED: "delivered",
        OrderStatus.CANCELED: "canceled",
    }
)


def placement(body: Mapping[str, Any], *, actor: Actor) -> PlaceCartOrder:
    """Return the request of a validated body.

    Raises:
        InvalidCart: the snapshot is invalid.
    """
    return PlaceCartOrder(actor=actor, cart=Cart(body["cartSnapshot"]), language=body.get("locale"))


def representation(order: Order) -> Mapping[str, Any]:
    """Return the order for this contract's schema; orders placed through other contracts have no snapshot."""
    return {
        "id": str(order.id),
        "status": VOCABULARY.name_of(order.status),
        "currency": order.total.currency,
        "userId": order.user_id,
        "totals": {
            "itemCount": len(order.items) + len(order.lines),
            "totalQuantity": total_quantity(order),
            "subtotalCents": order.cart.totals["subtotalCents"] if order.cart else order.total.minor,
            "currency": order.total.currency,
        },
        "cartSnapshot": order.cart.content if order.cart else None,
        "cancellationReason": order.cancellation_reason,
        "canceledAt": order.canceled_at,
        "createdAt": order.created_at,
        "updatedAt": order.updated_at,
    }
