"""Idempotency keys: a request that a client may retry is processed once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from orders_domain.errors import InvalidValue, Kind, OrdersError
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.order import Order
from orders_domain.model.values.json_values import bounded_text_error

MAX_KEY_LENGTH = 255
MAX_SCOPE_LENGTH = 32
RETENTION = timedelta(hours=24)
"""How long a key is stored and its response repeated; after that the key can be used for a new request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A client's key for a request that places an order, unique per subject and scope.

    Raises:
        InvalidValue: the key, the subject or the scope is not a string of 1 to 255, 255 or 32 storable characters.
    """

    subject: str
    scope: str  # the name of a published contract
    key: str
    fingerprint: str  # hash of the request; another request with the same key is rejected

    def __post_init__(self) -> None:
        for name, text, max_length in (
            ("key", self.key, MAX_KEY_LENGTH),
            ("subject", self.subject, MAX_SUBJECT_LENGTH),
            ("scope", self.scope, MAX_SCOPE_LENGTH),
        ):
            if error := bounded_text_error(text, max_length=max_length):
                raise InvalidValue(f"{name} {error}.", field=name)


class DuplicateRequest(OrdersError):
    """The same request was already processed with the same key; this request was not processed (clause 004-04)."""

    kind = Kind.CONFLICT
    code = "duplicate_request"

    def __init__(self, order: Order, *, version: int = 1) -> None:
        super().__init__(f"This request was already processed: order {order.id}.")
        self.order = order  # in its initial state
        self.version = version  # of the order, after the first request
