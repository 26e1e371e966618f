"""What several use cases do to an order, as one step."""

from orders_domain.model.actor import Actor, Role
from orders_domain.model.events import notification_events
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.model.status import OrderStatus
from orders_domain.ports.unit_of_work import UnitOfWork


def store_new_order(order: Order, *, idempotency_key: IdempotencyKey | None, uow: UnitOfWork) -> None:
    """Store a new order that takes no stock of ours, in a unit of work of its own.

    Raises:
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``Keys.claim``.
        StoreUnavailable: the store is away.
    """
    with uow:
        if idempotency_key:
            uow.idempotency_keys.acquire(idempotency_key, at=order.created_at)
        uow.orders.add(order)
        if idempotency_key:
            uow.idempotency_keys.store(idempotency_key, order)
        uow.commit()


def save_and_notify(order: Order, *, by: Actor, uow: UnitOfWork) -> None:
    """Save a changed order. Its user is told of it, and an order that was cancelled gives its stock back.

    Nobody need be told what they did themselves (clauses 002-16, 002-29).
    """
    themselves = order.user_id == by.subject and by.role is not Role.SYSTEM  # whose names may be somebody's, too
    told = () if themselves else notification_events(order)
    gives_back = order.new_entries and order.lines and order.status is OrderStatus.CANCELED
    uow.orders.save(order)
    uow.publish(told)
    if gives_back:
        uow.stock.release(order, by=by, at=order.updated_at)
