"""Errors about orders, their templates and the jobs that change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orders_domain.errors.base import InvalidValue, Kind, OrdersError

if TYPE_CHECKING:
    from uuid import UUID


class InvalidAmount(InvalidValue):
    """An invalid amount of money: negative, not finite, too large, or with more decimals than the currency has."""

    code = "invalid_amount"


class InvalidItem(InvalidValue):
    """An invalid custom item of an order."""

    code = "invalid_item"


class TotalMismatch(InvalidValue):
    """The total differs from the sum of the items, each of which has a quantity and a price."""

    code = "total_mismatch"


class InvalidCart(InvalidValue):
    """An invalid cart snapshot or signature (clause 004-05); ``field`` is the path within the snapshot."""

    code = "invalid_cart"


class OrderNotFound(OrdersError):
    """The order does not exist, or it belongs to another user and the contract hides its existence."""

    kind = Kind.NOT_FOUND
    code = "order_not_found"

    def __init__(self, order_id: UUID | int | str) -> None:
        super().__init__("There is no such order.")
        self.order_id = order_id


class OrderHidden(OrderNotFound):
    """The order belongs to another user and the contract hides its existence: denied access, reported as absence."""

    code = "order_hidden"


class OrderExists(OrdersError):
    """An order with this id is already stored."""

    kind = Kind.CONFLICT
    code = "order_exists"

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"Order {order_id} already exists.")
        self.order_id = order_id


class StaleOrder(OrdersError):
    """A concurrent transaction changed the order; nothing was stored."""

    kind = Kind.CONFLICT
    code = "stale_order"

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"Order {order_id} was changed by a concurrent request. Read it again before retrying.")
        self.order_id = order_id


class VersionMismatch(OrdersError):
    """The current version of the order or product is none of the expected versions."""

    kind = Kind.PRECONDITION
    code = "version_mismatch"

    def __init__(self, *, expected: frozenset[int], current: int, what: str = "order") -> None:
        super().__init__(f"The {what} is at version {current}, which is not an expected version.")
        self.expected = expected
        self.current = current


class TemplateNotFound(OrdersError):
    """The template does not exist, or it belongs to another user."""

    kind = Kind.NOT_FOUND
    code = "template_not_found"

    def __init__(self, template_id: int | str) -> None:
        super().__init__("There is no such template.")
        self.template_id = template_id


class JobNotFound(OrdersError):
    kind = Kind.NOT_FOUND
    code = "job_not_found"

    def __init__(self, job_id: UUID | str) -> None:
        super().__init__("There is no such job.")
        self.job_id = job_id


class JobLeaseLost(OrdersError):
    """The lease expired and another worker acquired the job; no progress was stored."""

    kind = Kind.CONFLICT
    code = "job_lease_lost"

    def __init__(self, job_id: UUID) -> None:
        super().__init__(f"The lease of job {job_id} expired, and another worker acquired it.")
        self.job_id = job_id
