"""Contract of OrderRepository for carriers: an order is found by its shipment and locked."""

import pytest

from orders_adapters.testing.examples import ADA, NOON, TOTAL, items, new_id, only
from orders_adapters.testing.stores import StoreHarness
from orders_domain import Actor, Order, OrderStatus, Origin
from orders_domain.errors import OrderNotFound
from orders_domain.model.order import rebuild


def shipped(shipment_id: str | None, *, by: Actor = ADA) -> Order:
    return Order.place(
        order_id=new_id(), origin=Origin.ORDERS, items=items(), total=TOTAL, shipment_id=shipment_id, by=by, at=NOON
    )


class ShippedOrderTests:
    """Promises of ``OrderRepository`` for carriers.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_order_is_found_by_shipment(self, store: StoreHarness) -> None:
        order = shipped("SHIP-1")
        store.add(order, shipped("SHIP-2"), shipped(None), shipped(None))

        with store.unit_of_work() as uow:
            assert uow.orders.get_by_shipment_for_update("SHIP-1") == order

        assert store.queries.get(order.id).shipment_id == "SHIP-1"
        assert rebuild(store.queries.history(order.id), number=order.number) == order

    def test_shipment_lookup_sees_own_changes(self, store: StoreHarness) -> None:
        store.add(shipped("SHIP-1"))

        with store.unit_of_work() as uow:
            order = uow.orders.get_by_shipment_for_update("SHIP-1")
            order.change_status(only(OrderStatus.SHIPPED), by=ADA, at=NOON)
            uow.orders.save(order)
            assert uow.orders.get_by_shipment_for_update("SHIP-1") == order

    @pytest.mark.parametrize("unknown", ["SHIP-2", "ship-1", "SHIP-1 ", "", "%"])
    def test_unknown_shipment_raises_not_found(self, store: StoreHarness, unknown: str) -> None:
        store.add(shipped("SHIP-1"), shipped(None))

        with store.unit_of_work() as uow, pytest.raises(OrderNotFound):
            uow.orders.get_by_shipment_for_update(unknown)

    def test_deleted_order_has_no_shipment(self, store: StoreHarness) -> None:
        order = shipped("SHIP-1")
        store.add(order)
        with store.unit_of_work() as uow:
            order.delete(by=ADA, at=NOON)
            uow.orders.save(order)
            uow.commit()

        with store.unit_of_work() as uow, pytest.raises(OrderNotFound):
            uow.orders.get_by_shipment_for_update("SHIP-1")
