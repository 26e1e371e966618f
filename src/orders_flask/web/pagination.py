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
from orders_flask.web.problems import InvalidRequest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMAT = struct.Struct(">q16s")


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
        raise InvalidRequest({"cursor": ["Must be a cursor from the Link header of a page."]}) from None


def write_cursor(after: Cursor) -> str:
    microseconds = (after.created_at - _EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(_FORMAT.pack(microseconds, after.order_id.bytes)).rstrip(b"=").decode()


def link_to_next(page: Page, *, without: str = "cursor") -> dict[str, str]:
    """Return the ``Link`` header (RFC 8288) of the next page, if there is one; it repeats the query but ``without``."""
    if page.next_cursor is None:
        return {}
    query = {name: value for name, value in request.args.items() if name != without}
    parameters: dict[str, Any] = {**query, "cursor": write_cursor(page.next_cursor)}
    path = quote(request.root_path + request.path, safe="/~:@!$&'()*+,;=")
    return {"Link": f'<{path}?{urlencode(parameters)}>; rel="next"'}
