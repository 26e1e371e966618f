"""Translation between this contract's representations and domain objects."""

from collections.abc import Mapping
from typing import Any

from orders_domain.model.accounts.actor import Actor
from orders_domain.model.address import Address
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.product import OrderLine, Product, RequestedItem
from orders_domain.model.product_filter import ProductFilter
from orders_domain.model.status import OrderStatus, StatusVocabulary
from orders_domain.model.values.money import EXACT, Money
from orders_domain.model.values.typed_text import trim
from orders_domain.use_cases import PlaceCatalogOrder
from orders_flask.web.custom_lines import json_number, price_of, product_of
from orders_flask.web.pagination import read_cursor, read_product_cursor
from orders_flask.web.path_params import item_number

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
SHIPPING = {
    "line1": "shipping_address_line1",
    "line2": "shipping_address_line2",
    "city": "shipping_city",
    "state": "shipping_state",
    "postal_code": "shipping_postal_code",
    "country": "shipping_country",
}
"""This contract's member names, by address field."""

FIELD_NAMES = {
    "items": "order_items",
    "requested_items": "order_items",
    "total": "total_amount",
    "stock": "stock_quantity",
    "since": "start_date",
    "before": "end_date",
    "placed_from": "start_date",
    "placed_before": "end_date",
    "min_total": "min_amount",
    "max_total": "max_amount",
    "offset": "skip",
    "text": "q",
    **SHIPPING,
}
"""The published names of the domain's fields."""
_NO_ADDRESS: Mapping[str, str | None] = {part: None if part == "line2" else "" for part in SHIPPING}
"""The address of an order of another contract: empty texts, because clients of the source require them."""


def address(body: Mapping[str, Any]) -> Address:
    """Return the address of a validated body; a blank second line, which forms send, becomes None."""
    parts: dict[str, Any] = {part: body.get(name) for part, name in SHIPPING.items()}
    line2 = parts.pop("line2")
    return Address(line2=line2 if line2 and trim(line2) else None, **parts)


def requested_items(body: Mapping[str, Any]) -> tuple[RequestedItem, ...]:
    return tuple(
        RequestedItem(product_id=item["product_id"], quantity=item["quantity"]) for item in body["order_items"]
    )


def placement(body: Mapping[str, Any], *, actor: Actor) -> PlaceCatalogOrder:
    """Return the request of a validated body."""
    return PlaceCatalogOrder(actor=actor, requested_items=requested_items(body), address=address(body))


def order_filter_from(query: Mapping[str, Any], *, currency: str) -> OrderFilter:
    """Return the filter of a search. Without a currency in the query, amounts are in ``currency``, the service's.

    Raises:
        InvalidAmount: an amount is invalid for the currency; ``field`` names the parameter.
        InvalidRequest: the cursor is invalid.
    """
    min_amount, max_amount, status = query.get("min_amount"), query.get("max_amount"), query.get("status")
    if query.get("currency"):
        currency, min_amount = query["currency"], min_amount or 0  # which only orders in the currency have
    return OrderFilter(
        user_id=query.get("user_id"),
        statuses=VOCABULARY.parse(status).equivalent if status else None,
        placed_from=query["start_date"].start if query.get("start_date") else None,
        placed_before=query["end_date"].end if query.get("end_date") else None,
        min_total=_bound(min_amount, currency, "min_total") if min_amount is not None else None,
        max_total=_bound(max_amount, currency, "max_total") if max_amount is not None else None,
        offset=query["skip"],
        limit=query["limit"],
        cursor=read_cursor(query.get("cursor")),
    )


def _bound(amount: Any, currency: str, field: str) -> Money:
    """Return an amount that totals of stored orders are compared with; their currency may have been withdrawn."""
    return Money.of(amount, currency, field=field, withdrawn=True)


def product_filter_from(query: Mapping[str, Any]) -> ProductFilter:
    """Return the filter of a list of products.

    Raises:
        InvalidValue: the text has no word.
        InvalidRequest: the cursor is invalid.
    """
    return ProductFilter(
        text=query.get("q"),
        sku=query.get("sku"),
        offset=query["skip"],
        limit=query["limit"],
        after=read_product_cursor(query.get("cursor")),
    )


def representation(order: Order) -> Mapping[str, Any]:
    """Return the order for this contract's schema."""
    parts = order.address.as_dict() if order.address else _NO_ADDRESS
    return {
        "order_id": order.number,
        "user_id": order.user_id,
        "order_date": order.created_at,
        "status": VOCABULARY.name_of(order.status),
        "total_amount": order.total,
        "currency": order.total.currency,
        **{name: parts.get(part) for part, name in SHIPPING.items()},
        "order_items": [
            {"order_item_id": item_number(order, position), **item} for position, item in enumerate(_items(order))
        ],
    }


def _items(order: Order) -> list[dict[str, Any]]:
    return [*(_custom_item(item, order.total.currency) for item in order.items), *map(_line, order.lines)]


def _line(line: OrderLine) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "quantity": line.quantity,
        "unit_price": float(line.unit_price.amount),
        "subtotal": float(line.subtotal.amount),
    }


def _custom_item(item: CustomItem, currency: str) -> dict[str, Any]:
    quantity, price = item.quantity, price_of(item, currency)
    return {
        "product_id": product_of(item),
        "quantity": json_number(quantity),
        "unit_price": json_number(price),
        "subtotal": json_number(None if quantity is None or price is None else EXACT.multiply(quantity, price)),
    }


def product_representation(product: Product) -> Mapping[str, Any]:
    return {
        "product_id": product.id,
        "sku": product.sku,
        "name": product.name,
        "price": product.price,
        "currency": product.price.currency,
        "stock_quantity": product.stock,
        "low_stock_threshold": product.low_stock_threshold,
        "description": product.description,
        "version": product.version,
    }
