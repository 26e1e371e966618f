"""Contract of UnitOfWork for misuse: calls outside the transaction are rejected, and lose nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from orders_adapters.testing.examples import ADA, NOON, placed
from orders_adapters.testing.stores import StoreHarness
from orders_domain.errors import OrderNotFound, ProductNotFound, TemplateNotFound
from orders_domain.ports.unit_of_work import UnitOfWork

PARTS: list[Callable[[UnitOfWork], Any]] = [
    lambda uow: uow.orders,
    lambda uow: uow.products,
    lambda uow: uow.stock,
    lambda uow: uow.idempotency_keys,
    lambda uow: uow.inbox,
    lambda uow: uow.reservations,
    lambda uow: uow.publish([]),
    lambda uow: uow.commit(),
]


class UnitOfWorkMisuseTests:
    """Promises of ``UnitOfWork``, and of every store for a number that it cannot have stored.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    @pytest.mark.parametrize("part", PARTS)
    def test_closed_unit_of_work_rejects_calls(self, store: StoreHarness, part: Callable[[UnitOfWork], Any]) -> None:
        fresh, committed, left = (store.unit_of_work() for _ in range(3))
        with committed:
            committed.commit()
        with left:
            pass

        for uow in (fresh, committed, left):
            with pytest.raises(RuntimeError, match="not open"):
                part(uow)

        with fresh:  # and is usable afterwards
            part(fresh)

    def test_committed_unit_of_work_rejects_calls(self, store: StoreHarness) -> None:
        with store.unit_of_work() as uow:
            uow.orders.add(first := placed())
            uow.commit()
            with pytest.raises(RuntimeError, match="committed"):
                uow.orders.add(placed())
            with pytest.raises(RuntimeError, match="committed"):
                uow.commit()

        assert [event.event.order_id for event in store.events()] == [first.id]

    def test_nested_entry_of_unit_of_work_is_rejected(self, store: StoreHarness) -> None:
        with store.unit_of_work() as uow:
            with pytest.raises(RuntimeError, match="open already"):
                uow.__enter__()
            uow.orders.add(order := placed())
            uow.commit()

        assert store.queries.get(order.id).user_id == ADA.subject

    @pytest.mark.parametrize("number", [2**63 - 1, 2**63, 10**30, -(2**63) - 1, 0, -1])
    def test_out_of_range_id_is_not_found(self, store: StoreHarness, number: int) -> None:
        with pytest.raises(OrderNotFound) as refusal:
            store.queries.get(number)
        assert refusal.value.order_id == number
        assert list(store.queries.history(number)) == []
        for method in (store.templates.get, store.templates.delete):
            with pytest.raises(TemplateNotFound):
                method(number)
        with store.unit_of_work() as uow:
            with pytest.raises(OrderNotFound):
                uow.orders.get_for_update(number)
            with pytest.raises(ProductNotFound):
                uow.products.get_for_update(number)
            with pytest.raises(ProductNotFound):
                uow.stock.restock(number, 1, by=ADA, at=NOON)
            assert uow.products.get_many([number]) == {}
