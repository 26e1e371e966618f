"""Errors about idempotency keys."""

from __future__ import annotations

from typing import ClassVar

from orders_domain.errors.base import Kind, OrdersError


class RequestInProgress(OrdersError):
    """Another request with the same idempotency key is still in progress; this request was not processed."""

    kind = Kind.IN_PROGRESS
    code = "request_in_progress"
    retry_after: ClassVar[int] = 1  # seconds

    def __init__(self) -> None:
        super().__init__("A request with this idempotency key is still in progress.")


class IdempotencyKeyReused(OrdersError):
    """A different request was processed with the same idempotency key; this request was not processed."""

    kind = Kind.KEY_REUSED
    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This idempotency key was used for another request.")
