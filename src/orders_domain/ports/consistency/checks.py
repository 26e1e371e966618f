"""Consistency checks port: finds data that contradicts its history or ledger, and repairs it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from orders_domain.model.accounts.actor import Actor
from orders_domain.model.consistency.finding import Examined, Key, Repaired
from orders_domain.model.order import Order


class ConsistencyChecks(Protocol):
    """Checks by area, such as orders or products. Every method raises StoreUnavailable if the store is unavailable."""

    @property
    def areas(self) -> Sequence[str]:
        """The areas, in the order in which a repair must visit them: a ledger comes before its sum."""
        ...

    def examine(self, area: str, *, after: Key | None, now: datetime) -> Examined:
        """Examine the next subjects of the area, of which all were read at one moment, and change nothing."""
        ...

    def repair(self, area: str, key: Key, *, by: Actor, at: datetime) -> Repaired:
        """Lock the subject, examine it again, and repair what is found, in one transaction.

        Nothing is found if another transaction was the cause. A finding remains if no history and no ledger has the
        truth; all findings of the subject remain if the database refuses a repair. Nothing is repaired if another
        transaction has locked the subject for too long.
        """
        ...

    def stored(self, order_ids: Sequence[UUID]) -> Mapping[UUID, Order]:
        """Return the orders that are stored and not deleted, without those that are not readable."""
        ...
