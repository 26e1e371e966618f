"""Order lifecycle: the table of allowed transitions, and the status names of each contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from orders_domain.errors import Kind, OrdersError
from orders_domain.model.values.total_table import total_table


class OrderStatus(Enum):
    """The statuses of the core, in the order of the lifecycle."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    PAID = "PAID"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELED = "CANCELED"

    @property
    def is_final(self) -> bool:
        return not TRANSITIONS[self]


TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = total_table(
    OrderStatus,
    {
        OrderStatus.PENDING: frozenset(
            {OrderStatus.CONFIRMED, OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.CANCELED}
        ),
        OrderStatus.CONFIRMED: frozenset({OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.CANCELED}),
        OrderStatus.PAID: frozenset({OrderStatus.SHIPPED, OrderStatus.CANCELED}),
        OrderStatus.SHIPPED: frozenset({OrderStatus.DELIVERED}),
        OrderStatus.DELIVERED: frozenset(),
        OrderStatus.CANCELED: frozenset(),
    },
)


class InvalidTransition(OrdersError):
    """The lifecycle does not allow this transition."""

    kind = Kind.CONFLICT
    code = "invalid_transition"

    def __init__(self, current: OrderStatus, target: OrderStatus, allowed: frozenset[OrderStatus]) -> None:
        super().__init__(f"An order that is {current.value} cannot become {target.value}.")
        self.current = current
        self.target = target
        self.allowed = allowed


class DeletionNotAllowed(OrdersError):
    """Only a pending order can be deleted (clause 002-13)."""

    kind = Kind.CONFLICT
    code = "deletion_not_allowed"

    def __init__(self, current: OrderStatus) -> None:
        super().__init__("Only pending orders can be deleted")
        self.current = current


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """A requested status, and the statuses that have the same name in the contract of the request."""

    status: OrderStatus
    equivalent: frozenset[OrderStatus]


@dataclass(frozen=True)
class StatusVocabulary:
    """The status names of one contract; several statuses may share a name.

    Raises:
        ValueError: a status has no name.
    """

    names: Mapping[OrderStatus, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", total_table(OrderStatus, self.names))

    def name_of(self, status: OrderStatus) -> str:
        return self.names[status]

    def parse(self, name: str) -> TargetStatus:
        """Return the earliest status with this name, and its equivalents.

        Raises:
            KeyError: the contract has no such name.
        """
        equivalent = [status for status in OrderStatus if self.names[status] == name]
        if not equivalent:
            raise KeyError(name)
        return TargetStatus(equivalent[0], frozenset(equivalent))
