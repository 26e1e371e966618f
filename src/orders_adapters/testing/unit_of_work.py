"""Contract of UnitOfWork: all changes are committed or none, and concurrent ones are serialized."""

from functools import partial
from typing import Any

import pytest

from orders_adapters.testing.examples import ADA, GRACE, NOON, items, new_id, only, placed
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once, other_thread, require_waiting
from orders_domain import Actor, Money, Order, OrderStatus, Origin
from orders_domain.errors import OrderExists, OrderNotFound, StaleOrder


def change(order: Order, orders: Any) -> None:
    order.change_status(only(OrderStatus.CANCELED), by=GRACE, at=NOON)
    orders.save(order)


def save_as(store: StoreHarness, mine: Order, number: int) -> int:
    mine.change_status(only(OrderStatus.PAID), by=Actor(subject=f"writer-{number}"), at=NOON)
    with store.unit_of_work() as uow:
        uow.orders.save(mine)
        uow.commit()
    return number


def assert_nothing_happened(store: StoreHarness, stored: Order, new: Order) -> None:
    assert store.queries.get(stored.id) == stored
    with pytest.raises(OrderNotFound):
        store.queries.get(new.id)
    assert store.queries.history(new.id) == []
    assert [(message.event.order_id, message.event.version) for message in store.events()] == [(stored.id, 1)]


class UnitOfWorkTests:
    """Promises of ``UnitOfWork``, and of the locks of ``OrderRepository``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_unit_of_work_can_be_reentered(self, store: StoreHarness) -> None:
        uow = store.unit_of_work()
        first, second = placed(), placed()
        for order in (first, second):
            with uow:
                uow.orders.add(order)
                uow.commit()

        assert store.queries.get(first.id) == first
        assert store.queries.get(second.id) == second

    def test_unit_of_work_reads_its_own_writes(self, store: StoreHarness) -> None:
        order = placed()
        with store.unit_of_work() as uow:
            uow.orders.add(order)
            held = uow.orders.get_for_update(order.id)
            held.change_status(only(OrderStatus.PAID), by=ADA, at=NOON)
            uow.orders.save(held)
            uow.commit()

        assert store.queries.get(order.id).version == 2

    def test_unit_of_work_continues_after_conflict(self, store: StoreHarness) -> None:
        order, other = store.placed(), placed()
        again = Order.place(
            order_id=order.id, origin=Origin.ORDERS, items=items(), total=order.total, by=GRACE, at=NOON
        )

        with store.unit_of_work() as uow:
            with pytest.raises(OrderExists):
                uow.orders.add(again)
            uow.orders.add(other)
            uow.commit()

        assert store.queries.get(other.id) == other

    @pytest.mark.parametrize("failure", [ValueError("a bug"), KeyboardInterrupt()], ids=repr)
    def test_exception_rolls_back_all_changes(self, store: StoreHarness, failure: BaseException) -> None:
        stored, new = store.placed(), placed(by=GRACE)

        with pytest.raises(type(failure)), store.unit_of_work() as uow:  # noqa: PT012
            uow.orders.add(new)
            change(uow.orders.get_for_update(stored.id), uow.orders)
            raise failure

        assert_nothing_happened(store, stored, new)

    def test_missing_commit_rolls_back_all_changes(self, store: StoreHarness) -> None:
        stored, new = store.placed(), placed(by=GRACE)

        with store.unit_of_work() as uow:
            uow.orders.add(new)
            change(uow.orders.get_for_update(stored.id), uow.orders)

        assert_nothing_happened(store, stored, new)

    def test_uncommitted_changes_are_invisible(self, store: StoreHarness) -> None:
        stored, new = store.placed(), placed(by=GRACE)

        with store.unit_of_work() as uow:
            uow.orders.add(new)
            change(uow.orders.get_for_update(stored.id), uow.orders)

            assert_nothing_happened(store, stored, new)

    def test_unit_of_work_works_after_exception(self, store: StoreHarness) -> None:
        uow, rejected, stored = store.unit_of_work(), placed(), placed()
        with pytest.raises(ValueError, match="a bug"), uow:  # noqa: PT012
            uow.orders.add(rejected)
            raise ValueError("a bug")

        with uow:
            uow.orders.add(stored)
            uow.commit()

        assert [message.event.order_id for message in store.events()] == [stored.id]

    def test_concurrent_save_of_version_succeeds_once(self, store: StoreHarness) -> None:
        order = store.placed()

        copies = [store.queries.get(order.id) for _ in range(20)]
        results = at_once(*(partial(save_as, store, copy, number) for number, copy in enumerate(copies)))

        winners = [result for result in results if isinstance(result, int)]
        assert len(winners) == 1
        assert all(isinstance(result, StaleOrder) for result in results if result not in winners)
        history = store.queries.history(order.id)
        assert [entry.actor for entry in history] == ["ada", f"writer-{winners[0]}"]
        assert [message.event.version for message in store.events()] == [1, 2]

    def test_concurrent_add_of_order_succeeds_once(self, store: StoreHarness) -> None:
        order_id = new_id()
        lines, total = items(), Money(7550, "USD")
        orders = [
            Order.place(order_id=order_id, origin=Origin.ORDERS, items=lines, total=total, by=ADA, at=NOON)
            for _ in range(20)
        ]

        results = at_once(*(partial(store.add, order) for order in orders))

        assert results.count(None) == 1
        assert sum(isinstance(result, OrderExists) for result in results) == 19
        assert len(store.events()) == 1

    def test_concurrent_orders_have_distinct_numbers(self, store: StoreHarness) -> None:
        orders = [placed(by=Actor(subject=f"newcomer-{number % 3}")) for number in range(20)]

        results = at_once(*(partial(store.add, order) for order in orders))

        assert results == [None] * 20
        assert len({store.queries.get(order.id).number for order in orders}) == 20

    def test_locked_order_blocks_other_writers(self, store: StoreHarness) -> None:
        order = store.placed()

        with other_thread() as thread:
            with store.unit_of_work() as uow:
                held = uow.orders.get_for_update(order.id)
                other = require_waiting(thread.submit(store.changed, order, OrderStatus.SHIPPED))
                held.change_status(only(OrderStatus.PAID), by=ADA, at=NOON)
                uow.orders.save(held)
                uow.commit()
            assert other.result(timeout=5).version == 3

        assert [entry.to_status.value for entry in store.queries.history(order.id)] == ["PENDING", "PAID", "SHIPPED"]

    def test_lock_is_released_without_a_change(self, store: StoreHarness) -> None:
        order = store.placed()
        with store.unit_of_work() as uow:
            uow.orders.get_for_update(order.id)

        assert store.changed(order, OrderStatus.PAID).version == 2

    def test_locked_order_can_be_read(self, store: StoreHarness) -> None:
        order = store.placed()

        with other_thread() as thread, store.unit_of_work() as uow:
            uow.orders.get_for_update(order.id)
            assert thread.submit(store.queries.get, order.id).result(timeout=2) == order
