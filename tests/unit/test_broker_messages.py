"""Published data of events: the consumers' names in place of the domain's."""

from datetime import UTC, datetime
from uuid import UUID, uuid5

import orjson
import pytest

from orders_adapters.serialization import cloudevents
from orders_adapters.serialization.broker_messages import NOTIFICATION_STATUSES, published_data
from orders_adapters.testing.examples import ADMIN, only, placed
from orders_domain import Event, Money, OrderStatus, Product
from orders_domain.model import events
from orders_flask.contracts.ostore.translate import VOCABULARY

AT = datetime(2026, 3, 14, 12, 0, 0, 123456, tzinfo=UTC)


def notification(status: OrderStatus) -> Event:
    order = placed()
    order.number = 7
    order.new_entries.clear()
    order.change_status(only(status), by=ADMIN, at=AT)
    (event,) = events.notification_events(order)
    return event


@pytest.mark.clause("003-08")
def test_notification_is_in_its_published_form() -> None:
    event = notification(OrderStatus.SHIPPED)

    assert event.id == uuid5(event.order_id, "orders.user_notification.v1 2")
    assert list(published_data(event).items()) == [
        ("notificationId", str(event.id)),
        ("userID", event.data["user_id"]),
        ("orderID", 7),
        ("type", "ORDER_STATUS_CHANGED"),
        ("status", "shipped"),
        ("message", "Your order 7 is on its way."),
        ("occurredAt", "2026-03-14T12:00:00.123456Z"),
    ]


def test_low_stock_is_in_its_published_form() -> None:
    tea = Product(id=3, sku="TEA", name="Tea", price=Money(350, "USD"), stock=2)

    event = events.stock_low_event(tea, placed(), by=ADMIN)

    assert list(published_data(event)) == [
        *("product_id", "sku", "name", "stock_quantity", "low_stock_threshold", "order_id")
    ]
    assert published_data(event)["stock_quantity"] == 2


def test_order_event_is_published_unchanged() -> None:
    event = Event(
        id=UUID(int=1), type=events.ORDER_PLACED, order_id=UUID(int=2), version=1, at=AT, data={"user_id": "ada"}
    )

    assert published_data(event) == {"user_id": "ada"}


def test_cloud_event_has_the_published_data() -> None:
    event = notification(OrderStatus.CANCELED)

    assert orjson.loads(cloudevents.event_bytes(event))["data"] == published_data(event)


@pytest.mark.clause("003-08")
def test_notification_statuses_are_those_of_ostore() -> None:
    assert NOTIFICATION_STATUSES.names == VOCABULARY.names
