"""Stock hold ports: the repository of a unit of work, and queries outside any."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from orders_domain.model.accounts.actor import Actor
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.life.open_orders import StockHoldBacklog
from orders_domain.model.life.stock_hold import StockHold, StockHoldPage
from orders_domain.model.product import ProductId


class StockHoldRepository(Protocol):
    """The stock holds of one unit of work. Every method raises StoreUnavailable if the store is unavailable.

    A hold has taken its units from stock until it ends, and gives them back once. Both are movements of the stock.
    """

    def add(self, hold: StockHold, *, idempotency_key: IdempotencyKey | None = None, by: Actor) -> None:
        """Store the hold with its key, and take its units from stock: all or none.

        Raises:
            InsufficientStock: products have insufficient stock; the error has all of them.
            DuplicateStockHold: the same request was processed with the key in the last 24 hours.
            IdempotencyKeyReused: a different request was processed with the key.
        """
        ...

    def count(self, user_id: str) -> int:
        """Return the number of the user's holds that have not ended, those of this unit of work included."""
        ...

    def get_for_update(self, hold_id: UUID) -> StockHold:
        """Return the hold, and lock it until this unit of work ends.

        Raises:
            StockHoldNotFound: it does not exist, or it has ended.
        """
        ...

    def get_by_user_for_update(self, user_id: str, product_ids: Collection[ProductId]) -> Sequence[StockHold]:
        """Return the user's holds that have one of the products, and lock them, those that expire first before others.

        Holds that have ended are left out.
        """
        ...

    def end(
        self, holds: Sequence[StockHold], *, product_ids: Collection[ProductId] = (), by: Actor, at: datetime
    ) -> None:
        """End locked holds, and give their units back to stock.

        Their products are locked together with ``product_ids``, from which this unit of work goes on to take units.
        """
        ...


class StockHoldQueries(Protocol):
    """Read-only queries. Every method raises StoreUnavailable if the store is unavailable."""

    def get(self, hold_id: UUID) -> StockHold:
        """Return the hold.

        Raises:
            StockHoldNotFound: it does not exist, or it has ended.
        """
        ...

    def search(self, user_id: str | None, *, limit: int, before: UUID | None = None) -> StockHoldPage:
        """Return a page of the holds that have not ended, of the user or of all users, newest first."""
        ...

    def backlog(self, *, limit: int) -> StockHoldBacklog:
        """Return the number of holds that have not ended, of the ``limit`` that expire first, and their times."""
        ...

    def due(self, *, before: datetime, limit: int) -> Sequence[UUID]:
        """Return at most ``limit`` holds that have not ended and expire before the time, the earliest first."""
        ...
