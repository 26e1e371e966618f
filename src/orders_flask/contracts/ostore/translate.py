"""Translation between this contract's representations and domain objects."""

from collections.abc import Mapping
from typing import Any

from orders_domain.model.accounts.actor import Actor
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.order import Order
from orders_domain.model.product import OrderLine, RequestedItem
from orders_domain.model.status import OrderStatus, StatusVocabulary
from orders_domain.use_cases import PlaceShippedOrder
from orders_flask.web.custom_lines import json_number, price_of, product_of
from orders_flask.web.path_params import item_number

FIELD_NAMES = {
    "user_id": "userID",
    "items": "orderItems",
    "total": "totalAmount",
    "shipment_id": "shipmentID",
    "shipping_address": "shippingAddress",
}
"""The published names of the domain's fields."""

VOCABULARY = StatusVocabulary(
    {
        OrderStatus.PENDING: "pending",
        OrderStatus.CONFIRMED: "confirmed",
        OrderStatus.PAID: "confirmed",
        OrderStatus.SHIPPED: "shipped",
        OrderStatus.DELIVERED: "delivered",
        OrderStatus.CANCELED: "cancelled",
    }
)


def placement(body: Mapping[str, Any], *, actor: Actor) -> PlaceShippedOrder:
    """Return the request of a validated body."""
    items = [RequestedItem(product_id=item["productID"], quantity=item["quantity"]) for item in body["orderItems"]]
    return PlaceShippedOrder(
        actor=actor,
        user_id=body["userID"],
        requested_items=tuple(items),
        shipping_address=body.get("shippingAddress"),
    )


def placed_representation(order: Order) -> Mapping[str, Any]:
    """Return the new order for this contract's schema (clause 003-01)."""
    return {
        "orderID": order.number,
        "orderDate": order.created_at,
        "status": VOCABULARY.name_of(order.status),
        "totalAmount": order.total,
        "shipmentID": order.shipment_id,
    }


def representation(order: Order) -> Mapping[str, Any]:
    """Return the order for this contract's schema (clause 003-05)."""
    items = [*(_item(item, order.total.currency) for item in order.items), *map(_line, order.lines)]
    return {
        **placed_representation(order),
        "userID": order.user_id,
        "orderItems": [{"orderItemID": item_number(order, position), **item} for position, item in enumerate(items)],
    }


def _line(line: OrderLine) -> dict[str, Any]:
    return {
        "productID": line.product_id,
        "quantity": line.quantity,
        "price": float(line.unit_price.amount),
    }


def _item(item: CustomItem, currency: str) -> dict[str, Any]:
    return {
        "productID": product_of(item),
        "quantity": json_number(item.quantity),
        "price": json_number(price_of(item, currency)),
    }
