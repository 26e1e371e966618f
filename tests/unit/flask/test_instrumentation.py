"""Log fields of use cases whose requests have no actor of a token."""

from datetime import UTC, datetime
from uuid import UUID

from orders_domain.model.notification import Notification
from orders_domain.model.tracking import TrackingEvent
from orders_domain.use_cases import NotifyUser, TrackShipment
from orders_flask.observability.instrumentation import of_notification, of_tracking_event

AT = datetime(2026, 3, 14, tzinfo=UTC)


def test_tracking_event_is_logged_with_order() -> None:
    event = TrackingEvent(id="e-1", order=7, shipment_id="S-1", status="SHIPPED", occurred_at=AT)

    assert of_tracking_event(TrackShipment(event=event)) == ("carrier", "7")


def test_tracking_event_is_logged_with_shipment() -> None:
    event = TrackingEvent(id="e-1", shipment_id="S-1", status="SHIPPED", occurred_at=AT)

    assert of_tracking_event(TrackShipment(event=event)) == ("carrier", "S-1")


def test_notification_is_logged_without_order() -> None:
    notification = Notification(id=UUID(int=1), user_id="ada", order="7", message="Shipped.", occurred_at=AT)

    assert of_notification(NotifyUser(notification=notification)) == ("notifier", None)
