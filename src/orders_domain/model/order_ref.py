"""Order references: the UUID of an order, or its short number."""

from __future__ import annotations

import re
from typing import TypeAlias
from uuid import UUID

from orders_domain.errors import OrderNotFound

OrderRef: TypeAlias = UUID | int
"""An order's id, or its number."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
ORDER_REF = re.compile(rf"^(?:{_UUID.pattern}|{_NUMBER.pattern})\Z", re.IGNORECASE)
"""The texts that can be an order reference."""


def parse_order_id(text: str) -> UUID:
    """Return the id.

    Raises:
        OrderNotFound: the text is not a UUID, so no order can have it.
    """
    if not _UUID.fullmatch(text):
        raise OrderNotFound(text)
    return UUID(text)


def parse_order_ref(text: str) -> OrderRef:
    """Return the number or the id.

    Raises:
        OrderNotFound: the text is neither, so no order can have it.
    """
    number = parse_number(text)
    return parse_order_id(text) if number is None else number


def parse_number(text: str) -> int | None:
    """Return the number: 1 to 10^18 - 1, in digits without a leading zero. None if the text is not one."""
    return int(text) if _NUMBER.fullmatch(text) else None
