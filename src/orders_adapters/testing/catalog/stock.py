"""Contract of Stock: stock is deducted and released once, and never below zero."""

from concurrent.futures import wait
from dataclasses import replace

import pytest

from orders_adapters.testing.catalog.inventory import Inventory, order_of
from orders_adapters.testing.examples import ADA, ADMIN, NOON, only
from orders_adapters.testing.stores import StockMovement, StoreHarness
from orders_adapters.testing.threads import other_thread, require_waiting
from orders_domain import OrderStatus
from orders_domain.errors import (
    InsufficientStock,
    InvalidValue,
    Shortage,
)
from orders_domain.model.product import MAX_STOCK
from orders_domain.model.product_audit import MovementKind

UNKNOWN_ID = 2**62


def renamed(store: StoreHarness, product_id: int) -> None:
    """Change the product's SKU, without a retry."""
    with store.unit_of_work() as uow:
        uow.products.save(replace(uow.products.get_for_update(product_id), sku="RENAMED"), by=ADMIN, at=NOON)
        uow.commit()


class StockTests:
    """Promises of ``Stock`` for own products.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    @pytest.fixture
    def inventory(self, store: StoreHarness) -> Inventory:
        return Inventory(store)

    def test_deduction_lowers_stock_and_is_recorded(self, inventory: Inventory) -> None:
        tea, milk = inventory.stocked(10, 5)
        order = order_of({tea: 4, milk: 5})

        assert inventory.deduct(order) == [inventory.get(milk)]

        ledger = inventory.ledger()
        assert ledger.stock == {tea: 6, milk: 0}
        assert ledger.movements[2:] == (
            StockMovement(product_id=tea, kind=MovementKind.DEDUCTED, quantity=-4, order_id=order.id),
            StockMovement(product_id=milk, kind=MovementKind.DEDUCTED, quantity=-5, order_id=order.id),
        )

    def test_shortage_names_products_and_deducts_none(self, inventory: Inventory) -> None:
        products = [inventory.add(stock=stock) for stock in (10, 3, 0)]
        ids = [product.id for product in products]
        before = inventory.ledger()

        with pytest.raises(InsufficientStock) as refusal:
            inventory.deduct(order_of({ids[0]: 10, ids[1]: 4, ids[2]: 1}))

        assert refusal.value.shortages == (
            Shortage(product_id=ids[1], name=products[1].name, requested=4, available=3),
            Shortage(product_id=ids[2], name=products[2].name, requested=1, available=0),
        )
        assert inventory.ledger() == before

    def test_unknown_product_counts_as_shortage(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(10)

        with pytest.raises(InsufficientStock) as refusal:
            inventory.order({tea: 1, UNKNOWN_ID: 2, -7: 3})

        assert set(refusal.value.shortages) == {
            Shortage(product_id=-7, name=None, requested=3, available=0),
            Shortage(product_id=UNKNOWN_ID, name=None, requested=2, available=0),
        }

    def test_stock_is_deducted_and_released_once(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(10)
        order = order_of({tea: 4})
        inventory.deduct(order)

        for _ in range(3):
            inventory.release(order)

        assert inventory.ledger().stock == {tea: 10}
        assert [movement.kind for movement in inventory.ledger().movements] == [
            MovementKind.INITIAL,
            MovementKind.DEDUCTED,
            MovementKind.RELEASED,
        ]

    def test_undeducted_stock_is_not_released(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(10)
        order = order_of({tea: 4})
        with inventory.store.unit_of_work() as uow:
            uow.orders.add(order)
            uow.commit()

        inventory.release(order)

        assert inventory.ledger().stock == {tea: 10}

    def test_order_without_lines_moves_no_stock(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(10)
        before = inventory.ledger()

        with inventory.store.unit_of_work() as uow:
            order = replace(order_of({tea: 1}), lines=())
            assert not uow.stock.deduct(order, by=ADA, at=NOON)
            uow.stock.release(order, by=ADA, at=NOON)
            uow.commit()

        assert inventory.ledger() == before

    def test_restock_raises_stock_and_is_recorded(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(10)

        assert inventory.restock(tea, 5) == inventory.get(tea)

        assert inventory.ledger().movements[1:] == (
            StockMovement(product_id=tea, kind=MovementKind.RESTOCKED, quantity=5),
        )
        assert inventory.ledger().stock == {tea: 15}

    def test_restock_above_maximum_is_rejected(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(MAX_STOCK)

        with pytest.raises(InvalidValue):
            inventory.restock(tea, 1)

        assert inventory.ledger().stock == {tea: MAX_STOCK}

    def test_release_may_exceed_the_maximum(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(MAX_STOCK)
        order = inventory.order({tea: 3})
        inventory.restock(tea, 3)

        inventory.cancel(order.id)

        assert inventory.get(tea).stock == inventory.ledger().stock[tea] == MAX_STOCK + 3
        inventory.order({tea: 3})
        inventory.ledger().require_agreement()

    def test_deduction_sees_concurrent_restock(self, inventory: Inventory) -> None:
        """Regression: the row's old stock is insufficient and the concurrently updated stock is sufficient."""
        [tea] = inventory.stocked(1)
        order = order_of({tea: 3})

        with other_thread() as thread:
            with inventory.store.unit_of_work() as uow:
                uow.stock.restock(tea, 5, by=ADMIN, at=NOON)
                waiting = require_waiting(thread.submit(inventory.deduct, order))
                uow.commit()
            waiting.result(timeout=5)

        assert inventory.ledger().stock == {tea: 3}
        inventory.ledger().require_agreement()

    def test_deduction_sees_concurrent_order(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(5)
        first = order_of({tea: 3})

        with other_thread() as thread:
            with inventory.store.unit_of_work() as uow:
                uow.orders.add(first)
                uow.stock.deduct(first, by=ADA, at=NOON)
                waiting = require_waiting(thread.submit(inventory.deduct, order_of({tea: 3})))
                uow.commit()
            with pytest.raises(InsufficientStock) as refusal:
                waiting.result(timeout=5)

        assert [(shortage.requested, shortage.available) for shortage in refusal.value.shortages] == [(3, 2)]
        assert inventory.ledger().stock == {tea: 2}

    def test_deduction_sees_concurrent_rollback(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(3)
        given_up = order_of({tea: 3})

        with other_thread() as thread:
            with inventory.store.unit_of_work() as uow:
                uow.orders.add(given_up)
                uow.stock.deduct(given_up, by=ADA, at=NOON)
                waiting = require_waiting(thread.submit(inventory.deduct, order_of({tea: 3})))
            waiting.result(timeout=5)

        assert inventory.ledger().stock == {tea: 0}

    def test_order_and_sku_change_do_not_deadlock(self, inventory: Inventory) -> None:
        """Regression: an order that locks a row FOR SHARE first deadlocks with a change of the row's key."""
        [tea] = inventory.stocked(3)
        order = order_of({tea: 3})

        with other_thread() as thread:
            with inventory.store.unit_of_work() as uow:
                uow.orders.add(order)
                renaming = thread.submit(renamed, inventory.store, tea)
                wait([renaming], timeout=0.3)
                uow.stock.deduct(order, by=ADA, at=NOON)
                uow.commit()
            renaming.result(timeout=5)

        assert inventory.get(tea).sku == "RENAMED"
        assert inventory.ledger().stock == {tea: 0}

    def test_products_are_readable_during_deduction(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(3)
        order = order_of({tea: 3})

        with other_thread() as thread, inventory.store.unit_of_work() as uow:
            uow.orders.add(order)
            uow.stock.deduct(order, by=ADA, at=NOON)
            assert thread.submit(inventory.get, tea).result(timeout=2).stock == 3

    def test_cancellation_releases_stock_on_commit(self, inventory: Inventory) -> None:
        [tea] = inventory.stocked(10)
        order = inventory.order({tea: 4})

        with pytest.raises(ValueError, match="a bug"), inventory.store.unit_of_work() as uow:  # noqa: PT012
            held = uow.orders.get_for_update(order.id)
            held.change_status(only(OrderStatus.CANCELED), by=ADA, at=NOON)
            uow.orders.save(held)
            uow.stock.release(held, by=ADA, at=NOON)
            raise ValueError("a bug")

        assert inventory.ledger().stock == {tea: 6}
        inventory.ledger().require_agreement()
