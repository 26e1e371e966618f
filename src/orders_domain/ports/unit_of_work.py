"""Unit of work port."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from orders_domain.model.events import Event
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.model.order_ref import OrderRef
from orders_domain.ports.idempotency_keys import IdempotencyKeys
from orders_domain.ports.inbox import Inbox
from orders_domain.ports.life.stock_holds import StockHoldRepository
from orders_domain.ports.orders import OrderRepository
from orders_domain.ports.products import ProductRepository, Stock
from orders_domain.ports.reservations import ReservationRepository

if TYPE_CHECKING:  # placing an order uses no job
    from orders_domain.ports.jobs import JobProgress


class UnitOfWork(Protocol):
    """A transaction: all changes between ``with uow`` and ``uow.commit()`` are committed together or not at all.

    The commit ends the transaction and releases its locks. Leaving the block without a commit, or with an error, rolls
    back all changes. The object can be entered again after the block. One unit of work must be used by one thread only.
    Any of its methods may raise StoreContention: the store rolled the transaction back, and it can be retried.

    A use outside its block, after its commit or in a nested block is an error of the program. It raises RuntimeError
    ("... not open ...", "... committed ...", "... open already ...") and changes nothing.
    """

    @property
    def orders(self) -> OrderRepository: ...

    @property
    def products(self) -> ProductRepository: ...

    @property
    def stock(self) -> Stock: ...

    @property
    def idempotency_keys(self) -> IdempotencyKeys: ...

    @property
    def inbox(self) -> Inbox: ...

    @property
    def reservations(self) -> ReservationRepository: ...

    @property
    def stock_holds(self) -> StockHoldRepository: ...

    @property
    def jobs(self) -> JobProgress: ...

    def get_order_with_key(
        self, ref: OrderRef, key: IdempotencyKey, *, at: datetime, with_shipments: bool = True
    ) -> Order:
        """Acquire the key of a change and then lock the order; a store may do both at once.

        Raises:
            OrderNotFound, StoreUnavailable: see ``OrderRepository.get_for_update``.
            DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
        """
        self.idempotency_keys.acquire(key, at=at)
        return self.orders.get_for_update(ref, with_shipments=with_shipments)

    def publish(self, events: Sequence[Event]) -> None:
        """Add events to the outbox with the commit, besides those for the history entries of the orders."""
        ...

    def __enter__(self) -> Self:
        """Begin the transaction.

        Raises:
            StoreUnavailable: the store is unavailable.
        """
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def commit(self) -> None:
        """Commit the transaction, and notify the relay.

        Raises:
            StoreContention: the store rolled the transaction back; it can be retried.
            StoreUnavailable: the store became unavailable; the transaction may be committed.
        """
        ...
