"""Contract of Stock for orders whose products other services hold: the reservation is released with the stock."""

from datetime import timedelta

import pytest

from orders_adapters.testing.catalog.reservations import LATER, claimed, confirmed_order, done
from orders_adapters.testing.examples import ADA, ADMIN, NOON
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain import Money, Order
from orders_domain.errors import ProductNotFound
from orders_domain.model.product import NewProduct, Product
from orders_domain.model.reservation import LEASE


class ExternalStockTests:
    """Promises of ``Stock`` for the products of other services, with ``ReservationRepository``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_released_stock_makes_reservation_due(self, store: StoreHarness) -> None:
        order = confirmed_order(store, shipment_id="SHIP-7")
        moment = NOON + timedelta(hours=1)

        done(store, lambda uow: uow.stock.release(order, by=ADA, at=moment))

        due = claimed(store, now=moment, until=moment + LEASE)
        assert due
        assert (due.order_id, due.shipment_id, dict(due.quantities)) == (order.id, "SHIP-7", {7: 2, 9: 1})

    def test_release_by_a_fast_clock_is_due_at_once(self, store: StoreHarness) -> None:
        order = confirmed_order(store)

        done(store, lambda uow: uow.stock.release(order, by=ADA, at=NOON + timedelta(hours=1)))

        assert claimed(store, now=NOON) is not None

    def test_second_release_of_stock_is_ignored(self, store: StoreHarness) -> None:
        order = confirmed_order(store)
        done(store, lambda uow: uow.stock.release(order, by=ADA, at=NOON))
        reservation = claimed(store)
        assert reservation
        done(store, lambda uow: uow.reservations.delete(reservation))

        done(store, lambda uow: uow.stock.release(order, by=ADA, at=NOON))

        assert claimed(store, now=LATER) is None

    def test_order_refers_to_external_products(self, store: StoreHarness) -> None:
        order = confirmed_order(store)

        assert store.queries.get(order.id).lines == order.lines
        with store.unit_of_work() as uow:
            assert uow.products.get_many([7, 9]) == {}
            with pytest.raises(ProductNotFound):
                uow.products.get_for_update(7)
            with pytest.raises(ProductNotFound):
                uow.stock.restock(7, 1, by=ADMIN, at=NOON)

    def test_external_product_may_be_renamed(self, store: StoreHarness) -> None:
        confirmed_order(store, name="Tea")

        confirmed_order(store, name="Green tea", shipment_id="SHIP-2")

    def test_external_id_leaves_local_product_unchanged(self, store: StoreHarness) -> None:
        local: list[Product] = []
        for number in range(7):
            new = NewProduct(sku=f"OURS-{number}", name="Ours", price=Money(1, "USD"), stock=3)
            done(store, lambda uow, new=new: local.append(uow.products.add(new, by=ADMIN, at=NOON)))  # type: ignore[misc]

        confirmed_order(store)

        with store.unit_of_work() as uow:
            assert uow.products.get_many([7]) == {7: local[6]}

    def test_new_products_avoid_external_ids(self, store: StoreHarness) -> None:
        confirmed_order(store)
        local: list[int] = []

        for number in range(10):
            new = NewProduct(sku=f"OURS-{number}", name="Ours", price=Money(1, "USD"))
            done(store, lambda uow, new=new: local.append(uow.products.add(new, by=ADMIN, at=NOON).id))  # type: ignore[misc]

        assert len(set(local) - {7, 9}) == 10

    def test_concurrent_orders_of_new_products_are_stored(self, store: StoreHarness) -> None:
        outcomes = at_once(*[lambda n=n: confirmed_order(store, shipment_id=f"SHIP-{n}") for n in range(8)])

        assert all(isinstance(outcome, Order) for outcome in outcomes), outcomes
