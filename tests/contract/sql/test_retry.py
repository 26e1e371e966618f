"""Concurrency on the database: contention is retried, and no change is lost or applied twice."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from orders_adapters.sql.order_queries import SqlOrderQueries
from orders_adapters.sql.retry import retry_on_contention
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from orders_domain import Order, OrderStatus
from orders_domain.errors import OrderExists, StaleOrder, StoreContention, StoreUnavailable
from orders_domain.model.status import InvalidTransition, TargetStatus
from tests.support.builders import ADA, NOON, an_order, changed, placed

PAID = TargetStatus(OrderStatus.PAID, frozenset())


def outcomes(*attempts: Callable[[], object]) -> list[object]:
    """What the attempts returned or raised; all run concurrently."""

    def outcome(attempt: Callable[[], object]) -> object:
        try:
            return attempt()
        except Exception as error:  # noqa: BLE001
            return error

    with ThreadPoolExecutor(len(attempts)) as threads:
        return list(threads.map(outcome, attempts))


def crossing(engine: Engine, pay: Callable[..., None]) -> list[object]:
    """Two callers pay the same two orders in opposite order: a deadlock at the first attempt."""
    ada, bob = placed(engine), placed(engine)
    meeting = threading.Barrier(2)
    met = threading.local()

    def meet() -> None:
        if not getattr(met, "waited", False):
            met.waited = True
            meeting.wait(10)

    return outcomes(lambda: pay(engine, ada, bob, meet), lambda: pay(engine, bob, ada, meet))


def pay_both(engine: Engine, first: Order, second: Order, meet: Callable[[], None]) -> None:
    with SqlUnitOfWork(engine) as uow:
        for order in (first, second):
            held = uow.orders.get_for_update(order.id)
            meet()
            held.change_status(TargetStatus(OrderStatus.PAID, frozenset({OrderStatus.PAID})), by=ADA, at=NOON)
            uow.orders.save(held)
        uow.commit()


def test_deadlock_raises_contention(on_postgresql: Engine) -> None:
    results = crossing(on_postgresql, pay_both)

    assert sorted(type(result).__name__ for result in results) == ["NoneType", "StoreContention"]


def test_deadlock_is_retried(on_postgresql: Engine) -> None:
    assert crossing(on_postgresql, retry_on_contention(pay_both)) == [None, None]


def test_concurrent_equal_changes_apply_once(engine: Engine) -> None:
    order = placed(engine)

    results = outcomes(*[lambda: changed(engine, order.id, OrderStatus.PAID)] * 20)

    assert [result for result in results if isinstance(result, Exception)] == []  # an equal status is no error
    assert SqlOrderQueries(engine).get(order.id).version == 2


def test_concurrent_cancellations_apply_once(engine: Engine) -> None:
    order = placed(engine)

    def cancel() -> None:
        with SqlUnitOfWork(engine) as uow:
            held = uow.orders.get_for_update(order.id)
            held.change_status(TargetStatus(OrderStatus.CANCELED, frozenset()), by=ADA, at=NOON)
            uow.orders.save(held)
            uow.commit()

    results = outcomes(*[cancel] * 20)

    assert sorted(type(result).__name__ for result in results) == [InvalidTransition.__name__] * 19 + ["NoneType"]
    assert [entry.version for entry in SqlOrderQueries(engine).history(order.id)] == [1, 2]


def test_concurrent_orders_of_new_user_are_numbered(engine: Engine) -> None:
    orders = [an_order() for _ in range(20)]

    results = outcomes(*[lambda order=order: placed(engine, order) for order in orders])

    assert [result for result in results if isinstance(result, Exception)] == []
    assert len({order.number for order in orders}) == 20


def test_concurrent_add_of_order_succeeds_once(engine: Engine) -> None:
    order_id = an_order().id

    results = outcomes(*[lambda: placed(engine, an_order(order_id))] * 20)

    assert sum(isinstance(result, OrderExists) for result in results) == 19, results
    assert len(SqlOrderQueries(engine).history(order_id)) == 1


def test_unit_of_work_continues_after_conflict(engine: Engine) -> None:
    order, another = placed(engine), an_order()

    with SqlUnitOfWork(engine) as uow:
        with pytest.raises(OrderExists):
            uow.orders.add(an_order(order.id))
        uow.orders.add(another)
        uow.commit()

    assert SqlOrderQueries(engine).get(another.id) == another


def test_stale_order_is_not_saved(engine: Engine) -> None:
    order = placed(engine)
    stale = SqlOrderQueries(engine).get(order.id)
    changed(engine, order.id, OrderStatus.CONFIRMED)
    stale.change_status(PAID, by=ADA, at=NOON)

    with SqlUnitOfWork(engine) as uow:
        with pytest.raises(StaleOrder):
            uow.orders.save(stale)
        uow.commit()

    assert SqlOrderQueries(engine).get(order.id).status is OrderStatus.CONFIRMED
    assert len(SqlOrderQueries(engine).history(order.id)) == 2


def test_lock_wait_times_out_as_unavailable(on_postgresql: Engine) -> None:
    order = placed(on_postgresql)

    with SqlUnitOfWork(on_postgresql) as uow:
        uow.orders.get_for_update(order.id)
        [result] = outcomes(lambda: changed(on_postgresql, order.id, OrderStatus.PAID))

    assert isinstance(result, StoreUnavailable)
    assert not isinstance(result, StoreContention)
