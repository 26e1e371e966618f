"""Base of the errors: their kinds, and invalid values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import ClassVar


class Kind(Enum):
    """The kind of an error, which determines the reaction of the caller."""

    INVALID = "invalid"  # correct the request
    UNAUTHENTICATED = "unauthenticated"  # send valid credentials
    FORBIDDEN = "forbidden"  # use an account with more rights
    NOT_FOUND = "not_found"  # use another id
    CONFLICT = "conflict"  # read the current state before retrying
    PRECONDITION = "precondition"  # the expected version is not the current one
    IN_PROGRESS = "in_progress"  # wait for the earlier request with this key, then retry
    KEY_REUSED = "key_reused"  # use another key
    RATE_LIMITED = "rate_limited"  # wait, then retry
    UNAVAILABLE = "unavailable"  # retry later


class OrdersError(Exception):
    """Base class of all anticipated errors."""

    kind: ClassVar[Kind]
    code: ClassVar[str]


class InvalidValue(OrdersError):
    """An invalid value, rejected when it is constructed and before any state has changed.

    ``field`` is the domain's name of the field; each contract translates it to the name that it publishes.
    """

    kind = Kind.INVALID
    code = "invalid_value"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field

    def renamed(self, names: Mapping[str, str]) -> InvalidValue:
        """Return the error with the field's name from ``names`` (by the domain's name), otherwise itself.

        The text changes too if it begins with the field's name.
        """
        if self.field is None or self.field not in names:
            return self
        name, text = names[self.field], str(self)
        beginning = f"{self.field} "
        return type(self)(f"{name} {text.removeprefix(beginning)}" if text.startswith(beginning) else text, field=name)
