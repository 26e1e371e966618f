"""The order a path names: by its number or by its id."""

import re
from uuid import UUID

from flask import request

from orders_domain.errors import OrderNotFound, ProductNotFound
from orders_domain.order import OrderRef
from orders_domain.product import ProductId

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
