"""Log fields of use cases whose requests have no actor of a token."""

from datetime import UTC, datetime
from uuid import UUID

from orders_domain.model.notification import Notification
from orders_domain.model.tracking import TrackingEvent
from orders_domain.use_cases import NotifyUser, TrackShipment
from orders_flask.observability.instrumentation import notification_fields, tracking_fields

AT = datetime(2026, 3, 14, tzinfo=UTC)


def test_tracking_fields_name_the_order() -> None:
    event = TrackingEvent(id="e-1", order=7, shipment_id="S-1", status="SHIPPED", occurred_at=AT)

    assert tracking_fields(TrackShipment(event=event)) == {"user": "carrier", "order": "7"}


def test_tracking_fields_name_the_shipment_without_order() -> None:
    event = TrackingEvent(id="e-1", shipment_id="S-1", status="SHIPPED", occurred_at=AT)

    assert tracking_fields(TrackShipment(event=event)) == {"user": "carrier", "order": "S-1"}


def test_notification_fields_name_the_notifier() -> None:
    notification = Notification(id=UUID(int=1), user_id="ada", order="7", message="Shipped.", occurred_at=AT)

    assert notification_fields(NotifyUser(notification=notification)) == {"user": "notifier", "order": None}
