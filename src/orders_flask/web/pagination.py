"""Cursor pagination over HTTP: opaque cursors and ``Link`` headers."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from flask import request

from orders_domain.model.order_filter import Cursor, Page
from orders_domain.model.product import ProductId
from orders_domain.model.product_audit import MovementCursor
from orders_flask.web.problems import InvalidRequest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMAT = struct.Struct(">q16s")
_PRODUCT_FORMAT = struct.Struct(">q")
_MOVEMENT_FORMAT = struct.Struct(">qq")
_INVALID = {"cursor": ["Must be a cursor from the Link header of a page."]}


def read_cursor(text: str | None) -> Cursor | None:
    """Decode the cursor of a query.

    Raises:
        InvalidRequest: the text is not a cursor that ``write_cursor`` returned.
    """
    if text is None:
        return None
    try:
        microseconds, order_id = _FORMAT.unpack(urlsafe_b64decode(text.encode("ascii") + b"=="))
        return Cursor(_EPOCH + timedelta(microseconds=microseconds), UUID(bytes=order_id))
    except (Error, ValueError, struct.error, OverflowError):
        raise InvalidRequest(_INVALID, in_query=True) from None


def write_cursor(after: Cursor) -> str:
    microseconds = (after.created_at - _EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(_FORMAT.pack(microseconds, after.order_id.bytes)).rstrip(b"=").decode()


def link_to_next(page: Page, *, without: str = "cursor") -> dict[str, str]:
    """Return the ``Link`` header (RFC 8288) of the next page, if there is one; it repeats the query but ``without``."""
    if page.next_cursor is None:
        return {}
    return link_to(write_cursor(page.next_cursor), without=without)


def ensure_not_cut(page: Page) -> None:
    """Check a page of a client that pages by ``skip``: it would pass over the orders by which the page is shorter.

    Raises:
        InvalidRequest: the page ends before its limit because of the size of its orders.
    """
    if page.is_cut and "skip" in request.args and "cursor" not in request.args:
        limit = (
            f"Must be at most {len(page.orders)} with this skip, because the orders are large; or use the Link header."
        )
        raise InvalidRequest({"limit": [limit]})


def read_product_cursor(text: str | None) -> ProductId | None:
    """Decode the cursor of a query of products.

    Raises:
        InvalidRequest: the text is not a cursor that ``write_product_cursor`` returned.
    """
    if text is None:
        return None
    try:
        after: ProductId
        (after,) = _PRODUCT_FORMAT.unpack(urlsafe_b64decode(text.encode("ascii") + b"="))
    except (Error, ValueError, struct.error):
        raise InvalidRequest(_INVALID, in_query=True) from None
    if after < 1:
        raise InvalidRequest(_INVALID, in_query=True)
    return after


def write_product_cursor(after: ProductId) -> str:
    return urlsafe_b64encode(_PRODUCT_FORMAT.pack(after)).rstrip(b"=").decode()


def read_movement_cursor(text: str | None) -> MovementCursor | None:
    """Decode the cursor of a query of stock movements.

    Raises:
        InvalidRequest: the text is not a cursor that ``write_movement_cursor`` returned.
    """
    if text is None:
        return None
    try:
        before, stock = _MOVEMENT_FORMAT.unpack(urlsafe_b64decode(text.encode("ascii") + b"=="))
    except (Error, ValueError, struct.error):
        raise InvalidRequest(_INVALID) from None
    if before < 1:
        raise InvalidRequest(_INVALID)
    return MovementCursor(before=before, stock=stock)


def write_movement_cursor(after: MovementCursor) -> str:
    return urlsafe_b64encode(_MOVEMENT_FORMAT.pack(after.before, after.stock)).rstrip(b"=").decode()


def link_to(cursor: str, *, without: str = "cursor", name: str = "cursor") -> dict[str, str]:
    """Return the ``Link`` header (RFC 8288) of the page at the cursor; it repeats the query but ``without``.

    ``name`` is the parameter that takes the cursor.
    """
    query = {name: value for name, value in request.args.items() if name != without}
    parameters: dict[str, Any] = {**query, name: cursor}
    path = quote(request.root_path + request.path, safe="/~:@!$&'()*+,;=")
    return {"Link": f'<{path}?{urlencode(parameters)}>; rel="next"'}
