"""From this contract's words to the core's, and back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orders_domain.model import notification
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.money import to_decimal, to_major_units
from orders_domain.model.order import Order
from orders_domain.model.product import OrderLine, RequestedItem
from orders_flask.web.path_params import item_number

VOCABULARY = notification.STATUS_NAMES  # notifications speak as this contract does
PRODUCT = ("productID", "productId", "product_id", "sku")
"""What clients of the other contracts call an item's product."""

_EXACT = 2**53  # from here on a JSON number is not taken for an exact one


def requested_items(body: Mapping[str, Any]) -> tuple[RequestedItem, ...]:
    return tuple(RequestedItem(product_id=one["productID"], quantity=one["quantity"]) for one in body["orderItems"])


def placed_representation(order: Order) -> Mapping[str, Any]:
    """Return the new order as this contract's schema wants it (clause 003-01)."""
    return {
        "orderID": order.number,
        "orderDate": order.created_at,
        "status": VOCABULARY.name_of(order.status),
        "totalAmount": order.total,
        "shipmentID": order.shipment_id,
    }


def representation(order: Order) -> Mapping[str, Any]:
    """Return the order as this contract's schema wants it (clause 003-05)."""
    items = [*(_item(item, order.total.currency) for item in order.items), *map(_line, order.lines)]
    return {
        **placed_representation(order),
        "userID": order.user_id,
        "orderItems": [{"orderItemID": item_number(order, place), **item} for place, item in enumerate(items)],
    }


def _line(line: OrderLine) -> dict[str, Any]:
    return {
        "productID": line.product_id,
        "quantity": line.quantity,
        "price": float(line.unit_price.amount),
    }


def _item(item: CustomItem, currency: str) -> dict[str, Any]:
    """What an order of items as their client describes them, placed through another contract, has in place of lines."""
    told = item.content
    cents = told.get("unitPriceCents")
    price = (
        to_major_units(cents, currency) if type(cents) is int else to_decimal(told.get("unit_price", told.get("price")))
    )
    return {
        "productID": next((told[name] for name in PRODUCT if name in told), None),
        "quantity": _number(item.quantity),
        "price": _number(price),
    }


def _number(number: Decimal | None) -> int | float | None:
    if number is None:
        return None
    return int(number) if abs(number) < _EXACT and number % 1 == 0 else float(number)
