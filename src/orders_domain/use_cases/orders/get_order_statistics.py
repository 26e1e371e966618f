"""Use case: compute statistics for one order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from orders_domain.model import history
from orders_domain.model.access import OWNER_OR_ADMIN, AccessPolicy
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.product import MAX_STOCK
from orders_domain.model.values.money import Money, to_major_units
from orders_domain.model.values.user_totals import UserTotals
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_queries import OrderQueries

_NO_TIME = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOrderStatistics:
    actor: Actor
    order_id: OrderRef
    access: AccessPolicy = OWNER_OR_ADMIN


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStatistics:
    """Statistics of an order at one of its versions, and of its user's orders (None for a guest)."""

    order: Order
    age: timedelta
    in_status: timedelta
    status_changes: int
    user_totals: UserTotals | None

    @property
    def item_count(self) -> int:
        return len(self.order.lines) + len(self.order.items)

    @property
    def total_quantity(self) -> int | None:
        return total_quantity(self.order)

    @property
    def average_unit_price(self) -> Decimal | None:
        """The total over the quantity, in major units, rounded to the minor unit; None if there is no quantity."""
        if not self.total_quantity:
            return None
        total: Money = self.order.total
        return to_major_units(round(Decimal(total.minor) / self.total_quantity), total.currency)


def total_quantity(order: Order) -> int | None:
    """Return the sum of all quantities, or None if an item does not have a positive whole number as its quantity."""
    quantities = [line.quantity for line in order.lines] + [item.quantity for item in order.items]
    known = [int(quantity) for quantity in quantities if quantity is not None and _is_count(quantity)]
    return sum(known) if len(known) == len(quantities) else None


def get_order_statistics(request: GetOrderStatistics, *, queries: OrderQueries, clock: Clock) -> OrderStatistics:
    """Return the statistics of the order (clause 002-14).

    Raises:
        OrderNotFound: the order does not exist, or its existence is hidden from the actor.
        AccessDenied: the order belongs to another user.
        StoreUnavailable: the store is unavailable.
    """
    order = queries.get(request.order_id)
    request.access.authorize_order(request.actor, order)
    changes = _status_changes(queries.history(order.id), up_to=order.version)
    user_id, currency = order.user_id, order.total.currency
    now = clock()
    return OrderStatistics(
        order=order,
        age=max(now - order.created_at, _NO_TIME),  # because the clocks of two machines may differ
        in_status=max(now - (changes[-1].at if changes else order.created_at), _NO_TIME),
        status_changes=len(changes),
        user_totals=None if user_id is None else queries.user_totals(user_id, currency=currency),
    )


def _status_changes(entries: Sequence[history.HistoryEntry], *, up_to: int) -> list[history.HistoryEntry]:
    """Return the status changes up to the version; later ones were committed after the order was read."""
    return [entry for entry in entries if entry.version <= up_to and _changes_status(entry)]


def _changes_status(entry: history.HistoryEntry) -> bool:
    return entry.from_status is not None and entry.from_status is not entry.to_status


def _is_count(quantity: Decimal | int) -> bool:
    return 1 <= quantity <= MAX_STOCK and quantity % 1 == 0
