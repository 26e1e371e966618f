"""Stock hold: units of products that are reserved for a user for some time, before an order is placed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from orders_domain.errors import InvalidValue, Kind, OrdersError
from orders_domain.model.custom_item import MAX_ITEMS
from orders_domain.model.product import ProductId

MIN_SECONDS = 30
MAX_SECONDS = 86_400
MAX_HOLDS = 100
"""The holds that a user may have at a time, unless the sender has stock:write."""


class StockHoldNotFound(OrdersError):
    """There is no such stock hold, it has ended, or it belongs to another user."""

    kind = Kind.NOT_FOUND
    code = "stock_hold_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such stock hold, or it has ended.")


class DuplicateStockHold(OrdersError):
    """The same request was already processed with the same key; the error has its stock hold."""

    kind = Kind.CONFLICT
    code = "duplicate_request"

    def __init__(self, hold: StockHold) -> None:
        super().__init__(f"This request was already processed: stock hold {hold.id}.")
        self.hold = hold  # which may have ended since


class TooManyStockHolds(OrdersError):
    """The user has as many stock holds as a user may have."""

    kind = Kind.CONFLICT
    code = "too_many_stock_holds"

    def __init__(self) -> None:
        super().__init__(f"A user may have at most {MAX_HOLDS} stock holds at a time.")


@dataclass(frozen=True, slots=True, kw_only=True)
class StockHold:
    """Units taken from stock for a user. It ends once: by an order, by a request, or some time after ``expires_at``."""

    id: UUID
    user_id: str
    quantities: Mapping[ProductId, int]
    created_at: datetime
    expires_at: datetime

    @classmethod
    def start(
        cls, hold_id: UUID, *, user_id: str, quantities: Mapping[ProductId, int], seconds: int, at: datetime
    ) -> StockHold:
        """Return a new stock hold.

        Raises:
            InvalidValue: there are no products or more than 1,000, or the time is not 30 to 86,400 seconds.
        """
        if not 1 <= len(quantities) <= MAX_ITEMS:
            raise InvalidValue(f"A stock hold must have 1 to {MAX_ITEMS} products.", field="lines")
        if type(seconds) is not int or not MIN_SECONDS <= seconds <= MAX_SECONDS:
            raise InvalidValue(f"Must be a whole number from {MIN_SECONDS} to {MAX_SECONDS}.", field="seconds")
        expires_at = at + timedelta(seconds=seconds)
        return cls(id=hold_id, user_id=user_id, quantities=quantities, created_at=at, expires_at=expires_at)


@dataclass(frozen=True, slots=True)
class StockHoldPage:
    """A page of stock holds, newest first, and the id before which the next page begins if there is one."""

    holds: tuple[StockHold, ...]
    next_before: UUID | None = None

    @classmethod
    def from_rows(cls, rows: Sequence[StockHold], limit: int) -> StockHoldPage:
        holds = tuple(rows[:limit])
        return cls(holds, holds[-1].id if len(rows) > limit else None)
