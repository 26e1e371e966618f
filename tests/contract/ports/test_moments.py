"""Moments of an order's facts: none is dated before the one before it, on every store and in every write path."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from orders_adapters.memory.order_cache import NullOrderCache
from orders_adapters.memory.products import InMemoryProductRepository
from orders_adapters.testing.catalog.inventory import Inventory
from orders_adapters.testing.examples import ADA, ADMIN, NOON, TOTAL, items, new_id, only
from orders_adapters.testing.stores import StoreHarness
from orders_domain import Order, OrderStatus, Origin
from orders_domain.model.access import OWNER_ONLY_HIDDEN, OWNER_OR_WRITER
from orders_domain.model.order import rebuild
from orders_domain.model.product import Product
from orders_domain.model.tracking import TrackingEvent
from orders_domain.use_cases import (
    CancelOrder,
    ChangeStatus,
    DeleteOrder,
    RestockProduct,
    TrackShipment,
    cancel_order,
    change_status,
    delete_order,
    restock_product,
    track_shipment,
)
from tests.support.stores import in_memory


class SlowClock:
    """A clock of a host that is behind the host of the placement, and behind itself at each reading."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now -= timedelta(seconds=1)
        return self.now


def change(store: StoreHarness, order_id: UUID, clock: SlowClock) -> None:
    request = ChangeStatus(actor=ADMIN, order_id=order_id, target=only(OrderStatus.PAID), access=OWNER_OR_WRITER)
    change_status(request, uow=store.unit_of_work(), cache=NullOrderCache(), clock=clock)


def track(store: StoreHarness, order_id: UUID, clock: SlowClock) -> None:
    event = TrackingEvent(id=str(new_id()), order=order_id, status="DELIVERED", occurred_at=NOON - timedelta(hours=1))
    track_shipment(TrackShipment(event=event), uow=store.unit_of_work(), cache=NullOrderCache(), clock=clock)


def cancel(store: StoreHarness, order_id: UUID, clock: SlowClock) -> None:
    request = CancelOrder(actor=ADA, order_id=order_id, access=OWNER_ONLY_HIDDEN)
    cancel_order(request, uow=store.unit_of_work(), cache=NullOrderCache(), clock=clock)


def delete(store: StoreHarness, order_id: UUID, clock: SlowClock) -> None:
    request = DeleteOrder(actor=ADA, order_id=order_id, access=OWNER_ONLY_HIDDEN)
    delete_order(request, uow=store.unit_of_work(), cache=NullOrderCache(), clock=clock)


Step = Callable[[StoreHarness, UUID, SlowClock], None]


@pytest.mark.parametrize("steps", [[change, track], [track], [change, cancel], [cancel], [delete]])
def test_moments_never_go_backwards(store: StoreHarness, steps: list[Step]) -> None:
    order = Order.place(order_id=new_id(), origin=Origin.ORDERS, items=items(), total=TOTAL, by=ADA, at=NOON)
    store.add(order)
    clock = SlowClock()

    for step in steps:
        step(store, order.id, clock)

    history = store.queries.history(order.id)
    stored = rebuild(history, number=order.number)
    assert len(history) > len(steps)
    assert all(earlier.at <= later.at for earlier, later in pairwise(history)), [entry.at for entry in history]
    assert stored.updated_at >= stored.created_at
    assert stored.deleted_at in (None, stored.updated_at)
    moments = [message.event.at for message in store.events()]
    assert moments == sorted(moments)


def test_tracking_reads_the_clock_after_the_lock(store: StoreHarness) -> None:
    """An event that waited for the order is not dated before the change that it waited for, nor at its own arrival."""
    order = Order.place(order_id=new_id(), origin=Origin.ORDERS, items=items(), total=TOTAL, by=ADA, at=NOON)
    store.add(order)
    readings = iter([NOON, *[NOON + timedelta(minutes=1)] * 9])
    event = TrackingEvent(id=str(new_id()), order=order.id, status="DELIVERED", occurred_at=NOON)

    track_shipment(
        TrackShipment(event=event), uow=store.unit_of_work(), cache=NullOrderCache(), clock=lambda: next(readings)
    )

    assert store.queries.get(order.id).updated_at == NOON + timedelta(minutes=1)


def test_restock_reads_the_clock_after_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A restock that waited for the product is not dated before the change that it waited for."""
    store = in_memory()
    [tea] = Inventory(store).stocked(1)
    steps, lock = list[str](), InMemoryProductRepository.get_for_update

    def locked(self: InMemoryProductRepository, product_id: int) -> Product:
        steps.append("locked")
        return lock(self, product_id)

    def clock() -> datetime:
        steps.append("read")
        return NOON

    monkeypatch.setattr(InMemoryProductRepository, "get_for_update", locked)

    restock_product(RestockProduct(actor=ADMIN, product_id=tea, quantity=1), uow=store.unit_of_work(), clock=clock)

    assert steps[:2] == ["locked", "read"]
