"""A request that its client may send again and again, and that happens once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from orders_domain.errors import InvalidValue, Kind, OrdersError
from orders_domain.model.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.json_values import bounded_text_error
from orders_domain.model.order import Order

MAX_KEY_LENGTH = 255
MAX_SCOPE_LENGTH = 32
RETENTION = timedelta(hours=24)
"""How long an answer is given again; after that the key is as good as new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A client's key for a request that makes an order; each subject's keys are its own, in each scope anew.

    Raises:
        Refused: the key is not 1 to 255 storable characters, or the subject or the scope cannot be.
    """

    subject: str
    scope: str  # what the key counts in: the name of a published contract
    key: str
    fingerprint: str  # of all that the client asked for: under one key it asks for one thing

    def __post_init__(self) -> None:
        for name, text, longest in (
            ("Idempotency-Key", self.key, MAX_KEY_LENGTH),
            ("sub", self.subject, MAX_SUBJECT_LENGTH),
            ("scope", self.scope, MAX_SCOPE_LENGTH),
        ):
            if flaw := bounded_text_error(text, max_length=longest):
                raise InvalidValue(f"{name} {flaw}.", field=name)


class DuplicateRequest(OrdersError):
    """The same request was done before, under the same key; nothing was done now (clause 004-04)."""

    kind = Kind.CONFLICT
    code = "already_done"

    def __init__(self, order: Order) -> None:
        super().__init__(f"This was done before: order {order.id}.")
        self.order = order  # as it was placed
