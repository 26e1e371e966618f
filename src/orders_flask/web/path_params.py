"""Identifiers in paths and responses: the order of a path, the user of a list, the number of an item."""

from contextlib import suppress
from uuid import UUID

from flask import request

from orders_domain.errors import OrderNotFound
from orders_domain.model.order import Order
from orders_domain.model.order_ref import parse_order_id
from orders_flask.web.context import actor


def order_id_from_path() -> UUID | None:
    """Return the id of the order that the path of this request names, if it does."""
    for text in (request.view_args or {}).values():
        with suppress(OrderNotFound):
            return parse_order_id(str(text))
    return None


def user_id_param(text: str) -> str:
    """Return the id of the user whose list a path names: its last slash may be the id's, or the list's (ann/)."""
    own = actor().subject
    return own if text == f"{own}/" else text


def item_number(order: Order, position: int) -> int:
    """An order has at most 1,000 items, so its number and the item's position make an id of their own."""
    return (order.number or 0) * 1_000 + position
