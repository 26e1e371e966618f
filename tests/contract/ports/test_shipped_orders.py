"""Contract of OrderRepository for carriers: an order is found by its shipment and locked."""

import pytest

from orders_adapters.testing.examples import ADA, NOON, TOTAL, items, new_id, only
from orders_domain import Actor, Order, OrderStatus, Origin
from orders_domain.errors import OrderNotFound
from orders_domain.model.order import rebuild
from tests.support.stores import Shop


def shipped(shipment_id: str | None, *, by: Actor = ADA) -> Order:
    return Order.place(
        order_id=new_id(), origin=Origin.ORDERS, items=items(), total=TOTAL, shipment_id=shipment_id, by=by, at=NOON
    )


def test_order_is_found_by_shipment(shop: Shop) -> None:
    order = shipped("SHIP-1")
    shop.add(order, shipped("SHIP-2"), shipped(None), shipped(None))

    with shop.unit_of_work() as uow:
        assert uow.orders.get_by_shipment_for_update("SHIP-1") == order

    assert shop.queries.get(order.id).shipment_id == "SHIP-1"
    assert rebuild(shop.queries.history(order.id), number=order.number) == order


def test_shipment_lookup_sees_own_changes(shop: Shop) -> None:
    shop.add(shipped("SHIP-1"))

    with shop.unit_of_work() as uow:
        order = uow.orders.get_by_shipment_for_update("SHIP-1")
        order.change_status(only(OrderStatus.SHIPPED), by=ADA, at=NOON)
        uow.orders.save(order)
        assert uow.orders.get_by_shipment_for_update("SHIP-1") == order


@pytest.mark.parametrize("unknown", ["SHIP-2", "ship-1", "SHIP-1 ", "", "%"])
def test_unknown_shipment_raises_not_found(shop: Shop, unknown: str) -> None:
    shop.add(shipped("SHIP-1"), shipped(None))

    with shop.unit_of_work() as uow, pytest.raises(OrderNotFound):
        uow.orders.get_by_shipment_for_update(unknown)


def test_deleted_order_has_no_shipment(shop: Shop) -> None:
    order = shipped("SHIP-1")
    shop.add(order)
    with shop.unit_of_work() as uow:
        order.delete(by=ADA, at=NOON)
        uow.orders.save(order)
        uow.commit()

    with shop.unit_of_work() as uow, pytest.raises(OrderNotFound):
        uow.orders.get_by_shipment_for_update("SHIP-1")
