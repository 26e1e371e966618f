"""All or nothing."""

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from orders_domain.model.events import Event
from orders_domain.ports.idempotency_keys import IdempotencyKeys
from orders_domain.ports.inbox import Inbox
from orders_domain.ports.orders import OrderRepository
from orders_domain.ports.products import ProductRepository, Stock
from orders_domain.ports.reservations import ReservationRepository


class UnitOfWork(Protocol):
    """A transaction: what happens between ``with uow`` and ``uow.commit()`` happens together or not at all.

    With the commit it is over: what was held is free, and only leaving remains. Leaving the block without a commit, or
    with an error, undoes everything. The same object can be entered again once it was
    left. One unit of work belongs to one thread. Any method of it may raise StoreContention: the store gave the
    transaction up, nothing happened, and it may be run again.
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

    def publish(self, events: Sequence[Event]) -> None:
        """Put events into the outbox with the commit, beside those that the orders tell by themselves."""
        ...

    def __enter__(self) -> Self:
        """Begin.

        Raises:
            StoreUnavailable: the store is away.
        """
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def commit(self) -> None:
        """Make it last; others see all of it from now on, and the relay is woken.

        Raises:
            StoreContention: the store gave this transaction up; nothing happened, it may be run again.
            StoreUnavailable: the store went away; whether it happened is unknown.
        """
        ...
