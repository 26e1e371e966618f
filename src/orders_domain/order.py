"""The order: an entity with verbs. Each verb makes a new version and writes its line of history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, cast
from uuid import UUID

from orders_domain import history
from orders_domain.errors import Refused, TotalMismatch, TransitionRefused, VersionMismatch
from orders_domain.item import MOST_ITEMS, Item
from orders_domain.money import EXACTLY, Money
from orders_domain.status import LIFECYCLE, OrderStatus, Wanted
from orders_domain.text import JSON

if TYPE_CHECKING:
    from orders_domain.actor import Actor


@dataclass(slots=True, kw_only=True)
class Order:
    """An order as it stands. Change it through its verbs only; ``unsaved`` is what they wrote since it was loaded."""

    id: UUID
    user_id: str
    items: tuple[Item, ...]
    total: Money
    status: OrderStatus
    created_at: datetime
    updated_at: datetime
    version: int
    number: int | None = None  # the short number people read out on the phone; given by the store
    unsaved: list[history.Entry] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def place(cls, *, order_id: UUID, items: Iterable[Item], total: Money, by: Actor, at: datetime) -> Order:
        """Return a new PENDING order of the actor.

        Raises:
            Refused: no item, or more than 1,000.
            TotalMismatch: every line has a quantity and a price, and the total is not their sum.
        """
        lines = tuple(items)
        if not 1 <= len(lines) <= MOST_ITEMS:
            raise Refused(f"An order has 1 to {MOST_ITEMS} items.", field="items")
        _require_sum(lines, total)
        order = cls(
            id=order_id,
            user_id=by.subject,
            items=lines,
            total=total,
            status=OrderStatus.PENDING,
            created_at=at,
            updated_at=at,
            version=0,
        )
        details: dict[str, JSON] = {
            "items": [cast(JSON, dict(line.content)) for line in lines],
            "total_minor": total.minor,
            "currency": total.currency,
        }
        order._write(history.PLACED, by=by, at=at, from_status=None, details=details)
        return order

    def become(self, wanted: Wanted, *, by: Actor, at: datetime) -> bool:
        """Take the status asked for; return whether anything changed (asking for what already shows does nothing).

        Raises:
            TransitionRefused: the lifecycle does not allow it.
        """
        if self.status in wanted.alike:
            return False
        allowed = LIFECYCLE[self.status]
        if wanted.status not in allowed:
            raise TransitionRefused(self.status, wanted.status, allowed)
        before, self.status = self.status, wanted.status
        what = history.CANCELED if wanted.status is OrderStatus.CANCELED else history.STATUS_CHANGED
        self._write(what, by=by, at=at, from_status=before, details={})
        return True

    def require_version(self, wanted: frozenset[int] | None) -> None:
        """Return if the order is at one of the versions named, or none was named.

        Raises:
            VersionMismatch: it is not.
        """
        if wanted is not None and self.version not in wanted:
            raise VersionMismatch(wanted=wanted, current=self.version)

    @property
    def saved_version(self) -> int:
        """The version the store has, 0 for none."""
        return self.version - len(self.unsaved)

    def _write(
        self,
        what: str,
        *,
        by: Actor,
        at: datetime,
        from_status: OrderStatus | None,
        details: Mapping[str, JSON],
    ) -> None:
        self.version += 1
        self.updated_at = at
        self.unsaved.append(
            history.Entry.by(
                by,
                order_id=self.id,
                version=self.version,
                what=what,
                at=at,
                from_status=from_status,
                to_status=self.status,
                details=details,
            )
        )


def fold(entries: Sequence[history.Entry], *, number: int | None = None) -> Order:
    """Return the order that a complete history, oldest first, tells of.

    Raises:
        ValueError: the history has a hole, or does not begin with the placing.
    """
    if [entry.version for entry in entries] != list(range(1, len(entries) + 1)):
        raise ValueError("The history has a hole.")
    if not entries or entries[0].what != history.PLACED:
        raise ValueError("The history does not begin with the placing.")
    first, last = entries[0], entries[-1]
    details = cast("dict[str, list[dict[str, JSON]]]", first.details)
    return Order(
        id=first.order_id,
        user_id=first.actor,
        items=tuple(Item(content) for content in details["items"]),
        total=Money(cast(int, first.details["total_minor"]), cast(str, first.details["currency"])),
        status=last.to_status,
        created_at=first.at,
        updated_at=last.at,
        version=last.version,
        number=number,
    )


def _require_sum(lines: tuple[Item, ...], total: Money) -> None:
    subtotals = [line.subtotal for line in lines]
    known = [subtotal for subtotal in subtotals if subtotal is not None]
    if len(known) == len(lines) and reduce(EXACTLY.add, known, Decimal()) != total.amount:
        raise TotalMismatch(
            "The total is not the sum of the items' quantities times their prices.", field="total_price"
        )
