"""Erasure of the personal data of one order: its history is rewritten, and the order is what the history says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from orders_domain.errors import Kind, OrdersError
from orders_domain.model import history
from orders_domain.model.events import Event, event_for, notification_id
from orders_domain.model.life.open_orders import OPEN_STATUSES
from orders_domain.model.life.returns import awaited_units
from orders_domain.model.order import Order, rebuild
from orders_domain.model.personal.contents import DETAILS
from orders_domain.model.personal.fates import WORD, redacted_members

if TYPE_CHECKING:
    from orders_domain.model.accounts.actor import Actor
    from orders_domain.model.personal.subject import DataSubject

MAX_NAMED = 10
"""The orders that an error names."""


class OrdersOpen(OrdersError):
    """Orders of the subject are open, and their parcels need the address."""

    kind = Kind.CONFLICT
    code = "orders_open"

    def __init__(self, numbers: Sequence[int | None], count: int) -> None:
        named = ", ".join(str(number) for number in numbers[:MAX_NAMED])
        more = f" and {count - MAX_NAMED} more" if count > MAX_NAMED else ""
        super().__init__(
            f"Open orders need their personal data: {named}{more}. They must be shipped, cancelled, refunded and "
            "returned first, or be erased too by including open orders."
        )
        self.numbers, self.count = tuple(numbers[:MAX_NAMED]), count


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedOrder:
    """An order without personal data: its history before, the new entry, and the events of the rewritten history."""

    order: Order
    entries: Sequence[history.HistoryEntry]  # those stored before, rewritten
    events: Sequence[Event]  # of these entries

    @property
    def notification_ids(self) -> Sequence[UUID]:
        """The ids of the notifications of the user, which are not sent any more."""
        return [notification_id(self.order.id, entry.version) for entry in self.entries]


Erase: TypeAlias = Callable[[Order, Sequence[history.HistoryEntry]], ErasedOrder]
"""Returns the erased order of a stored one and its history."""


def is_open(order: Order) -> bool:
    """Return whether somebody still owes something: units are to ship or to come back, or a refund is to be made."""
    if order.deleted_at is not None:
        return False
    return order.status in OPEN_STATUSES or bool(order.life.totals.refunding) or bool(awaited_units(order.life.returns))


def erased(
    order: Order, entries: Sequence[history.HistoryEntry], *, subject: DataSubject, by: Actor, at: datetime
) -> ErasedOrder:
    """Return the order without personal data, with a new entry that says so.

    Raises:
        ValueError: the history is not complete.
    """
    rewritten = [_rewritten(entry, subject) for entry in entries]
    result = rebuild(rewritten, number=order.number)
    events = _events(rewritten)
    result.record(history.ERASED, {}, by=by, at=at)
    return ErasedOrder(order=result, entries=rewritten, events=events)


def _rewritten(entry: history.HistoryEntry, subject: DataSubject) -> history.HistoryEntry:
    details = redacted_members(entry.details, DETAILS[entry.kind])
    return replace(
        entry,
        actor=WORD if entry.actor in subject.user_ids else entry.actor,
        request_id=None,
        traceparent=None,
        details=details,
    )


def _events(entries: Sequence[history.HistoryEntry]) -> list[Event]:
    order = rebuild(entries[:1])
    events = [event_for(entries[0], order)]
    for entry in entries[1:]:
        order.apply(entry)
        events.append(event_for(entry, order))
    return events
