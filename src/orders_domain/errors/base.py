"""Base of the errors: what the caller can do about an error, and invalid values."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar


class Kind(Enum):
    """What the caller can do about an error."""

    INVALID = "invalid"  # correct the request
    UNAUTHENTICATED = "unauthenticated"  # send valid credentials
    FORBIDDEN = "forbidden"  # use an account with more rights
    NOT_FOUND = "not_found"  # use another id
    CONFLICT = "conflict"  # read the current state before retrying
    PRECONDITION = "precondition"  # the expected version is not the current one
    IN_PROGRESS = "in_progress"  # wait for the earlier request with this key, then retry
    KEY_REUSED = "key_reused"  # use another key
    RATE_LIMITED = "too_often"  # wait, then retry
    UNAVAILABLE = "unavailable"  # retry later


class OrdersError(Exception):
    """Base class of all anticipated errors."""

    kind: ClassVar[Kind]
    code: ClassVar[str]


class InvalidValue(OrdersError):
    """An invalid value, rejected when it is constructed and before any state has changed."""

    kind = Kind.INVALID
    code = "refused"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
