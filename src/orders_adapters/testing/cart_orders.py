"""Contract of OrderRepository for orders of carts: each snapshot is ordered once, also by concurrent callers."""

from typing import Any

import pytest

from orders_adapters.testing.carts import cart
from orders_adapters.testing.examples import CLERK, NOON, new_id, placed
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once, other_thread, require_waiting
from orders_domain import Order, OrderStatus, Origin
from orders_domain.errors import OrderExists
from orders_domain.model.order import CartOrdered


def of_cart(**members: Any) -> Order:
    snapshot = cart(**members)
    return Order.place(
        order_id=new_id(), origin=Origin.CHECKOUT, cart=snapshot, total=snapshot.total, by=CLERK, at=NOON
    )


def release(store: StoreHarness) -> None:
    with store.unit_of_work() as uow:
        uow.orders.release_cart("snapshot-1")
        uow.commit()


class CartOrderTests:
    """Promises of ``OrderRepository`` for orders of carts.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_cart_is_ordered_once(self, store: StoreHarness) -> None:
        first = of_cart()
        store.add(first)
        before = store.queries.get(first.id)
        store.changed(first, OrderStatus.PAID)

        with pytest.raises(CartOrdered) as refusal:
            store.add(of_cart(cartVersion=6))

        assert refusal.value.order == before
        assert len(store.events()) == 2

    def test_other_snapshots_are_ordered(self, store: StoreHarness) -> None:
        store.add(of_cart(), of_cart(snapshotId="Snapshot-1"), of_cart(snapshotId="snapshot-1 "), placed(), placed())

        assert len(store.events()) == 5

    def test_unit_of_work_continues_after_the_conflict(self, store: StoreHarness) -> None:
        store.add(of_cart())
        other = placed()

        with store.unit_of_work() as uow:
            with pytest.raises(CartOrdered):
                uow.orders.add(of_cart())
            uow.orders.add(other)
            uow.commit()

        assert store.queries.get(other.id).number

    def test_cart_is_ordered_once_in_a_unit_of_work(self, store: StoreHarness) -> None:
        first = of_cart()
        with store.unit_of_work() as uow:
            uow.orders.add(first)
            with pytest.raises(CartOrdered) as refusal:
                uow.orders.add(of_cart())
            assert refusal.value.order.id == first.id

    def test_rolled_back_order_leaves_its_cart(self, store: StoreHarness) -> None:
        with store.unit_of_work() as uow:
            uow.orders.add(of_cart())

        store.add(of_cart())

    def test_same_id_is_not_the_same_cart(self, store: StoreHarness) -> None:
        order = placed()
        store.add(order)
        again = placed()
        again.id = order.id

        with pytest.raises(OrderExists):
            store.add(again)

    @pytest.mark.parametrize("status", [OrderStatus.PENDING, OrderStatus.PAID, OrderStatus.SHIPPED])
    def test_cart_of_a_living_order_is_not_released(self, store: StoreHarness, status: OrderStatus) -> None:
        first = of_cart()
        store.add(first)
        if status is not OrderStatus.PENDING:
            store.changed(first, status)

        release(store)

        with pytest.raises(CartOrdered):
            store.add(of_cart())

    def test_cart_of_a_canceled_order_is_released(self, store: StoreHarness) -> None:
        first, second = of_cart(), of_cart()
        store.add(first)
        store.changed(first, OrderStatus.CANCELED)

        release(store)
        store.add(second)
        release(store)

        with pytest.raises(CartOrdered) as refusal:
            store.add(of_cart())
        assert refusal.value.order.id == second.id
        assert store.queries.get(first.id).cart == first.cart

    def test_concurrent_orders_of_a_cart_have_one_winner(self, store: StoreHarness) -> None:
        for attempt in range(5):
            orders = [of_cart(snapshotId=f"snapshot {attempt}") for _ in range(12)]
            results = at_once(*[lambda order=order: store.add(order) for order in orders])

            stored = {result.order.id for result in results if isinstance(result, CartOrdered)}
            assert results.count(None) == 1, results
            assert stored == {orders[results.index(None)].id}

    def test_second_order_waits_for_the_first(self, store: StoreHarness) -> None:
        """A rolled back first order lets the second one through; a committed one is returned."""
        with other_thread() as second:
            with store.unit_of_work() as uow:
                uow.orders.add(of_cart())
                adding = second.submit(store.add, of_cart())
                require_waiting(adding)
            assert adding.result(20) is None
