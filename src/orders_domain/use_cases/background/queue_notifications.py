"""Use case: queue the notifications that events ask for."""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from uuid import uuid5

from orders_domain.model import events
from orders_domain.model.events import Event
from orders_domain.model.notification import (
    Alert,
    AlertRecipient,
    Channel,
    Notification,
    NotificationKind,
    NotifiedOrder,
)
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.json_values import JSON
from orders_domain.ports.alert_recipients import AlertRecipientRepository
from orders_domain.ports.clock import Clock
from orders_domain.ports.notification_queue import NotificationQueue

MAX_EVENT_AGE = timedelta(days=3)
"""Older events ask for no letter any more, such as when a mail server is set for the first time."""

_OF_ORDERS = frozenset(events.EVENT_TYPES.values())


def _ignore(event: Event, error: Exception) -> None:
    """Ignore the failure."""


def queue_notifications(
    *,
    queue: NotificationQueue,
    recipients: AlertRecipientRepository,
    channels: Collection[Channel],
    clock: Clock,
    on_failure: Callable[[Event, Exception], None] = _ignore,
    limit: int = 100,
) -> int:
    """Queue the notifications of at most ``limit`` events; return the number of events (clauses 002-29, 002-30).

    Only the channels are used that this process can send by. The customer of an order gets a letter, and a short
    message if the order has a phone number; an alert goes to the recipients of alerts.

    An event that cannot be read, such as one of a newer release, gets no notification and does not stop those of other
    events; ``on_failure`` is called with it and the error.

    Raises:
        StoreUnavailable: the store is unavailable.
    """
    now = clock()
    alerted = [recipient for recipient in recipients.list() if recipient.channel in channels]

    def notifications_for(event: Event, order: NotifiedOrder | None) -> Sequence[Notification]:
        try:
            return asked_for(event, order)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the other events
            on_failure(event, error)
            return []

    def asked_for(event: Event, order: NotifiedOrder | None) -> Sequence[Notification]:
        if event.at < now - MAX_EVENT_AGE:
            return []
        if event.type == events.STOCK_LOW:
            return _alerts(event, Alert.STOCK_LOW, alerted)
        if order is None or event.type not in _OF_ORDERS:
            return []
        if not events.shipment_failure(event.type, event.data):
            return _letters(event, order, channels)
        letters = _letters(event, order, channels) if order.has_customer else []
        return [*_alerts(event, Alert.DELIVERY_FAILED, alerted, number=order.number), *letters]

    return queue.add_from_events(notifications_for, now=now, limit=limit)


def _alerts(event: Event, alert: Alert, recipients: Sequence[AlertRecipient], **others: JSON) -> list[Notification]:
    return [
        Notification(
            id=uuid5(event.id, recipient.address),
            kind=NotificationKind(alert.value),
            channel=recipient.channel,
            data={**event.data, **others},
            occurred_at=event.at,
            address=recipient.address,
            language=recipient.language,
        )
        for recipient in recipients
        if recipient.alert is alert
    ]


def _kind(event: Event) -> NotificationKind:
    """Return the kind of the letter; a payment, a shipment or an expiry may have changed the status."""
    if event.type == events.ORDER_PLACED:
        return NotificationKind.ORDER_PLACED
    if events.shipment_failure(event.type, event.data):
        return NotificationKind.SHIPMENT_CHANGED
    canceled = event.data["status"] == OrderStatus.CANCELED.value
    return NotificationKind.ORDER_CANCELED if canceled else NotificationKind.STATUS_CHANGED


def _letters(event: Event, order: NotifiedOrder, channels: Collection[Channel]) -> list[Notification]:
    letter_id = events.notification_id(event.order_id, event.version)
    ids = [(Channel.EMAIL, letter_id)]
    ids += [(Channel.SMS, uuid5(letter_id, "sms"))] if order.contact.phone_number else []
    return [
        Notification(
            id=notification_id,
            kind=_kind(event),
            channel=channel,
            data={**event.data, "number": order.number},
            occurred_at=event.at,
            order_id=event.order_id,
        )
        for channel, notification_id in ids
        if channel in channels
    ]
