"""A shipment that failed or came back: a fact of the history, with letters and alerts once, on every store."""

from collections import Counter
from typing import Any

import pytest

from orders_adapters.memory.order_cache import NullOrderCache
from orders_adapters.testing.examples import ADA, ADMIN, NOON, TOTAL, items, new_id
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain import Order, OrderStatus, Origin
from orders_domain.model.life import shipping
from orders_domain.model.life.shipments import ShipmentState
from orders_domain.model.notification import Alert, AlertRecipient, Channel, NotificationKind, NotificationState
from orders_domain.model.order import rebuild
from orders_domain.model.tracking import TrackingEvent
from orders_domain.use_cases import TrackingOutcome, TrackShipment, queue_notifications, track_shipment

pytestmark = pytest.mark.clause("003-07", "003-08")


def track(store: StoreHarness, order: Order, status: str, **others: Any) -> TrackingOutcome:
    event = TrackingEvent(**{"id": str(new_id()), "order": order.id, "status": status, "occurred_at": NOON, **others})
    return track_shipment(
        TrackShipment(event=event), uow=store.unit_of_work(), cache=NullOrderCache(), clock=lambda: NOON
    )


def letters(store: StoreHarness) -> list[tuple[NotificationKind, str | None]]:
    while queue_notifications(
        queue=store.notifications, recipients=store.alert_recipients, channels=[Channel.EMAIL], clock=lambda: NOON
    ):
        pass
    queued = store.notifications.select(states=frozenset(NotificationState))
    return [(each.notification.kind, each.notification.address) for each in queued]


@pytest.mark.parametrize("word", ["FAILED", "RETURNED"])
@pytest.mark.parametrize("status", [OrderStatus.SHIPPED, OrderStatus.DELIVERED])
def test_failure_after_shipping_is_a_fact(store: StoreHarness, status: OrderStatus, word: str) -> None:
    for alert, address in ((Alert.DELIVERY_FAILED, "root@example.com"), (Alert.STOCK_LOW, "stock@example.com")):
        store.alert_recipients.add(AlertRecipient(address=address, alert=alert))
    order = store.changed(store.placed(), OrderStatus.SHIPPED)
    order = store.changed(order, OrderStatus.DELIVERED) if status is OrderStatus.DELIVERED else order
    before = Counter(letters(store))
    event_id = str(new_id())

    outcomes = at_once(*[lambda: track(store, order, word, id=event_id)] * 4)

    assert Counter(outcomes) == {TrackingOutcome.APPLIED: 1, TrackingOutcome.REPEATED: 3}
    stored, history = store.queries.get(order.id), store.queries.history(order.id)
    assert (stored.status, stored.version, stored.life.shipments) == (status, order.version + 1, ())
    assert stored.life.shipment_state is ShipmentState(word.lower())
    assert (history[-1].kind, history[-1].actor, history[-1].request_id) == ("shipment_changed", "carrier", event_id)
    assert rebuild(history, number=stored.number) == stored
    types = [message.event.type for message in store.events() if message.event.version == stored.version]
    assert sorted(types) == ["orders.shipment_changed.v1", "orders.user_notification.v1"]
    expected = [(NotificationKind.SHIPMENT_CHANGED, None), (NotificationKind.DELIVERY_FAILED, "root@example.com")]
    assert Counter(letters(store)) - before == Counter(expected)


def test_failure_of_a_parcel_is_its_own(store: StoreHarness) -> None:
    order = Order.place(order_id=new_id(), origin=Origin.SHOP, items=items(), total=TOTAL, by=ADA, at=NOON)
    store.add(order)
    with store.unit_of_work() as uow:
        order = uow.orders.get_for_update(order.id)
        parcel = str(new_id())
        shipping.ship(order, parcel, {1: 1}, carrier="DHL", tracking_number="T-1", by=ADMIN, at=NOON)
        uow.orders.save(order)
        uow.commit()
    status = order.status

    outcomes = [track(store, order, word) for word in ("failed", "returned")]
    outcomes.append(track(store, order, "failed", shipment_id="T-1"))  # it comes late

    stored = store.queries.get(order.id)
    assert outcomes == [TrackingOutcome.APPLIED] * 3
    (shipment,) = stored.life.shipments
    assert (stored.status, shipment.state, len(shipment.events)) == (status, ShipmentState.RETURNED, 3)
    assert stored.life.shipment_state is None
    assert rebuild(store.queries.history(order.id), number=stored.number) == stored
