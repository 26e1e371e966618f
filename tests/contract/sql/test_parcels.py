"""Parcels of one order: the first and the five hundredth send the same statements, of the same size."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, func, select

from orders_adapters.memory.order_cache import NullOrderCache
from orders_adapters.sql import tables
from orders_adapters.sql.engine.engine import is_sqlite, json_text
from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_adapters.testing.examples import ADMIN, Clock, new_id
from orders_domain import CustomItem, Money, Order, Origin, use_cases
from orders_domain.errors import IdempotencyKeyReused, OrderNotFound, RequestInProgress, StaleOrder, StoreUnavailable
from orders_domain.model.idempotency import DuplicateRequest, IdempotencyKey
from orders_domain.model.life import shipping
from orders_domain.model.life.shipments import ShipmentState
from orders_domain.model.order import rebuild
from tests.support.builders import NOON
from tests.support.depth import effort

PARCELS = effort(100, 500)
DIGITS = 60
"""Bytes by which versions, numbers and counters of parcels may differ: they have up to three digits more."""

WRITTEN = (tables.order_lines, tables.shipments, tables.order_history, tables.outbox)


@contextmanager
def sizes(engine: Engine) -> Iterator[list[int]]:
    """The size in bytes of each statement and its parameters that the block sends."""
    sent: list[int] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        sent.append(len(statement) + len(json_text([str(value) for value in _values(parameters)])))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _values(parameters: Any) -> list[Any]:
    if isinstance(parameters, dict):
        return [value for each in parameters.values() for value in _values(each)]
    if isinstance(parameters, list | tuple):
        return [value for each in parameters for value in _values(each)]
    return [getattr(parameters, "obj", parameters)]  # psycopg has JSON in a wrapper


def order_of(units: int) -> Order:
    items = [CustomItem({"title": "Book", "quantity": units, "unit_price_minor": 5})]
    total = Money(5 * units, "USD")
    return Order.place(order_id=new_id(), origin=Origin.SHOP, items=items, total=total, by=ADMIN, at=NOON)


def shipped(engine: Engine, order_id: UUID, count: int) -> None:
    """Ship one unit in each of so many parcels, in one transaction."""
    with SqlUnitOfWork(engine) as uow:
        order = uow.orders.get_for_update(order_id)
        for _ in range(count):
            shipping.ship(order, str(new_id()), {1: 1}, carrier="DHL", tracking_number="JD1", by=ADMIN, at=NOON)
        uow.orders.save(order)
        uow.commit()


def parcel(engine: Engine, order_id: UUID) -> tuple[list[int], UUID]:
    """Ship one unit by the use case; return the sizes of its statements, and the parcel."""
    key = IdempotencyKey(subject="ada", scope="shop", key=str(new_id()), fingerprint="f" * 64)
    request = use_cases.ShipUnits(
        actor=ADMIN,
        order_id=order_id,
        lines={1: 1},
        carrier="DHL",
        tracking_number="JD1",
        idempotency_key=key,
        with_shipments=False,
    )
    ports: dict[str, Any] = {"uow": SqlUnitOfWork(engine), "cache": NullOrderCache(), "clock": Clock()}
    with sizes(engine) as sent:
        order = use_cases.ship_units(request, new_id=new_id, **ports)
    return sent, UUID(order.life.shipments[-1].id)


def tracked(engine: Engine, shipment_id: UUID) -> list[int]:
    """Deliver a parcel by the use case; return the sizes of its statements."""
    request = use_cases.RecordShipmentEvent(
        actor=ADMIN,
        shipment_id=shipment_id,
        event_id="1",
        state=ShipmentState.DELIVERED,
        occurred_at=NOON,
        with_shipments=False,
    )
    with sizes(engine) as sent:
        use_cases.record_shipment_event(request, uow=SqlUnitOfWork(engine), cache=NullOrderCache(), clock=Clock())
    return sent


def test_late_parcel_costs_what_the_first_one_did(engine: Engine) -> None:
    order = order_of(PARCELS + 1)
    with SqlUnitOfWork(engine) as uow:
        uow.orders.add(order)
        uow.commit()

    first, first_id = parcel(engine, order.id)
    early = tracked(engine, first_id)
    shipped(engine, order.id, PARCELS - 2)
    last, last_id = parcel(engine, order.id)
    late = tracked(engine, last_id)

    for one, other in ((first, last), (early, late)):
        assert len(one) == len(other)
        assert max(abs(before - after) for before, after in zip(one, other, strict=True)) <= DIGITS
    queries = SqlOrderQueries(engine)
    stored = queries.get(order.id)
    assert [known.number for known in stored.life.shipments] == list(range(1, PARCELS + 1))
    assert rebuild(queries.history(order.id), number=stored.number) == stored


def test_parcel_is_one_statement_on_postgresql(engine: Engine) -> None:
    order = order_of(2)
    with SqlUnitOfWork(engine) as uow:
        uow.orders.add(order)
        uow.commit()

    sent, _ = parcel(engine, order.id)

    # The key and the order, the parcel, the key and the event; on SQLite the begin and a statement for each table.
    assert len(sent) == (10 if is_sqlite(engine) else 3)


def test_parcel_of_stale_order_is_not_stored(engine: Engine) -> None:
    order = order_of(3)
    with SqlUnitOfWork(engine) as uow:
        uow.orders.add(order)
        uow.commit()
    stale = SqlOrderQueries(engine).get(order.id)
    shipped(engine, order.id, 1)
    shipping.ship(stale, str(new_id()), {1: 2}, carrier=None, tracking_number="JD2", by=ADMIN, at=NOON)

    with SqlUnitOfWork(engine) as uow:
        with pytest.raises(StaleOrder):
            uow.orders.save(stale)
        uow.commit()

    with engine.connect() as connection:
        counted = [connection.scalar(select(func.count()).select_from(table)) for table in WRITTEN]
        units = connection.scalar(select(tables.order_lines.c.shipped))
        words = str(connection.scalar(select(tables.order_words.c.words)))
    assert (counted, units) == ([1, 1, 2, 2], 1)
    assert "jd1" in words
    assert "jd2" not in words


def test_key_refuses_before_the_order_is_locked(on_postgresql: Engine) -> None:
    order, other = order_of(2), order_of(2)
    key = IdempotencyKey(subject="ada", scope="shop", key="1", fingerprint="f" * 64)
    with SqlUnitOfWork(on_postgresql) as uow:
        uow.orders.add(order)
        uow.orders.add(other)
        uow.commit()

    with SqlUnitOfWork(on_postgresql) as first:
        assert first.get_order_with_key(order.number or 0, key, at=NOON) == order
        with SqlUnitOfWork(on_postgresql) as second, pytest.raises(RequestInProgress):
            second.get_order_with_key(order.id, key, at=NOON)
        with SqlUnitOfWork(on_postgresql) as second, pytest.raises(StoreUnavailable):  # after 3 s
            second.get_order_with_key(order.id, replace(key, key="2"), at=NOON)
        first.idempotency_keys.store(key, order, at=NOON)
        first.commit()


@pytest.mark.parametrize("by_number", [False, True])
def test_key_of_change_is_known_afterwards(engine: Engine, by_number: bool) -> None:
    order = order_of(2)
    key = IdempotencyKey(subject="ada", scope="shop", key="1", fingerprint="f" * 64)
    with SqlUnitOfWork(engine) as uow:
        uow.orders.add(order)
        uow.idempotency_keys.store(key, order, at=NOON)
        uow.commit()
    ref = order.number or 0 if by_number else order.id

    with SqlUnitOfWork(engine) as uow, pytest.raises(DuplicateRequest) as duplicate:
        uow.get_order_with_key(ref, key, at=NOON)
    with SqlUnitOfWork(engine) as uow, pytest.raises(IdempotencyKeyReused):
        uow.get_order_with_key(ref, replace(key, fingerprint="e" * 64), at=NOON)
    for missing in (new_id(), 2**63):
        with SqlUnitOfWork(engine) as uow, pytest.raises(OrderNotFound):
            uow.get_order_with_key(missing, replace(key, key="2"), at=NOON)

    assert duplicate.value.order.id == order.id
    with engine.connect() as connection:  # the key is published with the event of the order
        assert connection.scalar(select(func.count()).select_from(tables.outbox)) == 1
