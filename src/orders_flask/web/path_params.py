"""Identifiers in URL paths and responses: order ids, user ids and item numbers."""

from contextlib import suppress
from uuid import UUID

from flask import request

from orders_domain.errors import OrderNotFound
from orders_domain.model.order import Order
from orders_domain.model.order_ref import parse_order_id
from orders_flask.web.context import actor


def order_id_from_path() -> UUID | None:
    """Return the order id in the path of this request, or None."""
    for text in (request.view_args or {}).values():
        with suppress(OrderNotFound):
            return parse_order_id(str(text))
    return None


def user_id_param(text: str) -> str:
    """Return the user id of a list's path; a trailing slash is removed if the rest is the actor's own id."""
    own = actor().subject
    return own if text == f"{own}/" else text


def item_number(order: Order, position: int) -> int:
    """Return an item's id: order number and position, unique because an order has at most 1,000 items."""
    return (order.number or 0) * 1_000 + position
