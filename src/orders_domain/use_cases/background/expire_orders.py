"""Use case: expire unpaid orders."""

from dataclasses import dataclass
from uuid import UUID

from orders_domain.errors import OrderNotFound, StaleOrder, StoreContention, StoreUnavailable
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.life.changes import expire, expires
from orders_domain.model.life.paying import refund_expired
from orders_domain.model.order import Order
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.order_queries import OrderQueries
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import save_and_notify

EXPIRY = Actor(subject="expiry", role=Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class ExpiryResult:
    """The orders that expired, and those that were due and did not expire, because they are held or were changed.

    ``failures`` are the errors of further ones, which stay due.
    """

    expired: tuple[UUID, ...] = ()
    left: tuple[UUID, ...] = ()
    failures: tuple[Exception, ...] = ()


def expire_orders(
    *, queries: OrderQueries, uow: UnitOfWork, cache: OrderCache, clock: Clock, new_id: NewId, limit: int = 100
) -> ExpiryResult:
    """Cancel at most ``limit`` orders whose time has come, release their stock, and ask for refunds of what was paid.

    Orders that are due and do not expire are passed over, so that no number of them keeps others from expiring.
    Each is examined again under its lock, so that a payment or another process precedes or follows, and never both.
    Any number of processes may do this at once. An error of one order does not stop the others.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    before = clock()
    expired: list[UUID] = []
    left: list[UUID] = []
    failures: list[Exception] = []
    while not expired and (due := queries.expiring(before=before, limit=limit, offset=len(left) + len(failures))):
        for order_id in due:
            try:
                order = _expired(order_id, uow=uow, clock=clock, new_id=new_id)
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the other orders
                failures.append(error)
                continue
            if order is None:
                left.append(order_id)
                continue
            expired.append(order_id)
            cache.invalidate({order.id: order.version})
    return ExpiryResult(tuple(expired), tuple(left), tuple(failures))


def _expired(order_id: UUID, *, uow: UnitOfWork, clock: Clock, new_id: NewId) -> Order | None:
    """Return the order after its expiry, or None if it does not expire."""
    try:
        with uow:
            order = uow.orders.get_for_update(order_id)
            now = clock()
            if not expires(order, now):
                return None
            expire(order, by=EXPIRY, at=now)
            refund_expired(order, str(new_id()), by=EXPIRY, at=now)
            save_and_notify(order, by=EXPIRY, uow=uow)
            uow.commit()
    except (OrderNotFound, StaleOrder, StoreContention):
        return None
    return order
