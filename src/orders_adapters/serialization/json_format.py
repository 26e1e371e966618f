"""JSON of messages and snapshots: encoding, and decoding with one error for all invalid bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson

from orders_domain.errors import InvalidValue

_DECODE_ERRORS = (ValueError, LookupError, TypeError, AttributeError, OverflowError, InvalidValue)
_Decoded = TypeVar("_Decoded")


class DecodeError(Exception):
    """The bytes are not a valid event or order snapshot."""


def json_bytes(value: Any) -> bytes:
    return orjson.dumps(value, default=dict)  # dict: for mappings of other types, such as mapping proxies


def decode(raw: bytes, build: Callable[[Any], _Decoded]) -> _Decoded:
    """Return what ``build`` makes of the JSON value.

    Raises:
        DecodeError: the bytes are not JSON, or the value lacks a member or has one of another type.
    """
    try:
        return build(orjson.loads(raw))
    except _DECODE_ERRORS as error:
        raise DecodeError(f"{type(error).__name__}: {error}") from error


def format_timestamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
