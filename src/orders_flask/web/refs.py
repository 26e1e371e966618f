"""What an order, its items and a product are called over HTTP."""

import re
from uuid import UUID

from flask import request

from orders_domain.errors import OrderNotFound, ProductNotFound
from orders_domain.order import Order, OrderRef
from orders_domain.product import ProductId
from orders_flask.web.core import actor

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def order_id(text: str) -> UUID:
    """Return the id.

    Raises:
        OrderNotFound: it is no UUID, so there is no such order.
    """
    if not _UUID.fullmatch(text):
        raise OrderNotFound(text)
    return UUID(text)


def expected_order() -> UUID | None:
    """Return the id of the order that the path of this request names, if it does."""
    named = (request.view_args or {}).values()
    return next((UUID(text) for text in named if isinstance(text, str) and _UUID.fullmatch(text)), None)


def user_named(text: str) -> str:
    """Return the id of the user whose list a path names: its last slash may be the id's, or the list's (ann/)."""
    own = actor().subject
    return own if text == f"{own}/" else text


def product_id(text: str) -> ProductId:
    """Return the id.

    Raises:
        ProductNotFound: it is none.
    """
    if not _NUMBER.fullmatch(text):
        raise ProductNotFound(text)
    return int(text)


def order_ref(text: str) -> OrderRef:
    """Return the number or the id.

    Raises:
        OrderNotFound: it is neither.
    """
    return int(text) if _NUMBER.fullmatch(text) else order_id(text)


def item_id(order: Order, position: int) -> int:
    """An order has at most 1,000 items, so its number and the item's position make an id of their own."""
    return (order.number or 0) * 1_000 + position
