"""Test data builders: orders of Ada, placed and changed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Engine

from orders_adapters.sql.outbox.repository import SqlOutbox
from orders_adapters.sql.sharding import shard_of
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_domain import Actor, CustomItem, Money, Order, OrderStatus, Origin
from orders_domain.model.status import TargetStatus
from orders_domain.ports.outbox import OutboxMessage, OutboxState

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
ADA = Actor(subject="user_ada", request_id="request-1")
EVERY_STATE = frozenset(OutboxState)


def an_order(order_id: UUID | None = None, *, at: datetime = NOON, by: Actor = ADA) -> Order:
    return Order.place(
        order_id=order_id or uuid4(),
        origin=Origin.ORDERS,
        items=[CustomItem({"sku": "tea"})],
        total=Money(7550, "USD"),
        by=by,
        at=at,
    )


def placed(engine: Engine, order: Order | None = None) -> Order:
    order = order or an_order()
    with SqlUnitOfWork(engine) as uow:
        uow.orders.add(order)
        uow.commit()
    return order


def changed(engine: Engine, order_id: UUID, status: OrderStatus, *, at: datetime = NOON) -> None:
    with SqlUnitOfWork(engine) as uow:
        order = uow.orders.get_for_update(order_id)
        order.change_status(TargetStatus(status, frozenset({status})), by=ADA, at=at)
        uow.orders.save(order)
        uow.commit()


def paid_and_shipped(engine: Engine) -> Order:
    """An order with three events: placed, paid, shipped."""
    order = placed(engine)
    changed(engine, order.id, OrderStatus.PAID)
    changed(engine, order.id, OrderStatus.SHIPPED)
    return order


def marked(
    engine: Engine, order: Order, version: int, state: OutboxState, *, due_at: datetime = NOON, attempts: int = 0
) -> None:
    """Set the publishing result of the event of the order's version."""
    with SqlOutbox(engine).claim(shard_of(order.id), now=NOON, limit=100) as claim:
        assert claim is not None
        event_id = next(message.event.id for message in claim.messages if message.event.version == version)
        claim.set_state(event_id, state=state, due_at=due_at, attempts=attempts)


def due(engine: Engine, order: Order, *, now: datetime = NOON, limit: int = 100) -> list[int]:
    """The versions of the order whose events are due, in publishing order."""
    with SqlOutbox(engine).claim(shard_of(order.id), now=now, limit=limit) as claim:
        assert claim is not None
        return [message.event.version for message in claim.messages if message.event.order_id == order.id]


def all_outgoing(engine: Engine) -> list[OutboxMessage]:
    return list(SqlOutbox(engine).select(states=EVERY_STATE))
