"""The lifecycle: one table of what an order may become, and the words that a contract has for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from orders_domain.errors import Kind, OrdersError


class OrderStatus(Enum):
    """The core's statuses, in the order of an order's life."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    PAID = "PAID"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELED = "CANCELED"

    @property
    def is_final(self) -> bool:
        return not TRANSITIONS[self]


TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = MappingProxyType(
    {
        OrderStatus.PENDING: frozenset(
            {OrderStatus.CONFIRMED, OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.CANCELED}
        ),
        OrderStatus.CONFIRMED: frozenset({OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.CANCELED}),
        OrderStatus.PAID: frozenset({OrderStatus.SHIPPED, OrderStatus.CANCELED}),
        OrderStatus.SHIPPED: frozenset({OrderStatus.DELIVERED}),
        OrderStatus.DELIVERED: frozenset(),
        OrderStatus.CANCELED: frozenset(),
    }
)


class InvalidTransition(OrdersError):
    """The lifecycle does not allow this step."""

    kind = Kind.CONFLICT
    code = "transition_refused"

    def __init__(self, current: OrderStatus, target: OrderStatus, allowed: frozenset[OrderStatus]) -> None:
        super().__init__(f"An order that is {current.value} cannot become {target.value}.")
        self.current = current
        self.target = target
        self.allowed = allowed


class DeletionNotAllowed(OrdersError):
    """Only a pending order can be deleted (clause 002-13)."""

    kind = Kind.CONFLICT
    code = "deletion_refused"

    def __init__(self, current: OrderStatus) -> None:
        super().__init__("Only pending orders can be deleted")
        self.current = current


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """A status somebody asks for, and the statuses that look the same to whoever asks."""

    status: OrderStatus
    equivalent: frozenset[OrderStatus]


@dataclass(frozen=True)
class StatusVocabulary:
    """One contract's words for the statuses; it may have fewer words than there are statuses."""

    names: Mapping[OrderStatus, str]

    def name_of(self, status: OrderStatus) -> str:
        return self.names[status]

    def parse(self, name: str) -> TargetStatus:
        """Return what the word asks for: the earliest status of that word.

        Raises:
            KeyError: the contract has no such word.
        """
        alike = [status for status in OrderStatus if self.names[status] == name]
        if not alike:
            raise KeyError(name)
        return TargetStatus(alike[0], frozenset(alike))
