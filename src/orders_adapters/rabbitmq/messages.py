"""RabbitMQ messages of an event: a CloudEvent, and for a placed order also a Celery task."""

from __future__ import annotations

from dataclasses import dataclass

from pika import BasicProperties, DeliveryMode

from orders_adapters.rabbitmq.topology import Topology
from orders_adapters.serialization import cloudevents
from orders_adapters.serialization.broker_messages import published_data
from orders_adapters.serialization.json_format import json_bytes
from orders_adapters.serialization.order_envelopes import order_envelope
from orders_domain.model.events import ORDER_CANCELED, ORDER_PLACED, USER_NOTIFICATION, Event

TASK = "orders.new_order"
USER_NOTIFICATIONS = "user-notifications"
"""The routing key of plain notifications, for the consumers that deliver them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. A ``mandatory`` message must be routed to at least one queue."""

    exchange: str
    routing_key: str
    mandatory: bool
    body: bytes
    properties: BasicProperties


def messages_of(event: Event, topology: Topology) -> tuple[Message, ...]:
    """Return the messages of the event. All are persistent and have the event's id."""
    event_message = _event_message(event, topology)
    if event.type == ORDER_PLACED:
        tasks = (_celery_message(event, topology.queue),) if topology.queue is not None else ()
        return event_message, *tasks, *_order_messages(event, topology)
    if event.type == ORDER_CANCELED:
        return event_message, *_order_messages(event, topology)
    if event.type == USER_NOTIFICATION:
        return event_message, _notification_message(event, topology)
    return (event_message,)


def _event_message(event: Event, topology: Topology) -> Message:
    return Message(
        exchange=topology.exchange,
        routing_key=event.type,
        mandatory=False,
        body=cloudevents.event_bytes(event),
        properties=_properties(event, content_type="application/cloudevents+json"),
    )


def _celery_message(event: Event, queue: str) -> Message:
    """Return a task of Celery's protocol 1, because its body is an object and so can have further members.

    Celery workers of every version accept it. The body of protocol 2 is an array.
    """
    members = {"order_id": str(event.order_id), "user_id": event.data["user_id"]}
    task = {"task": TASK, "id": str(event.id), "args": [], "kwargs": members, "retries": 0, "eta": None, "utc": True}
    return Message(
        exchange="",
        routing_key=queue,
        mandatory=True,
        body=json_bytes(members | task),
        properties=_properties(event, content_type="application/json"),
    )


def _order_messages(event: Event, topology: Topology) -> tuple[Message, ...]:
    """Return the event for the consumers of source 004 if they have an exchange, otherwise nothing."""
    envelope = order_envelope(event) if topology.order_events_exchange else None
    if envelope is None:
        return ()
    message = Message(
        exchange=topology.order_events_exchange,
        routing_key=event.type,
        mandatory=False,
        body=json_bytes(envelope),
        properties=_properties(event, content_type="application/json"),
    )
    return (message,)


def _notification_message(event: Event, topology: Topology) -> Message:
    return Message(
        exchange=topology.exchange,
        routing_key=USER_NOTIFICATIONS,
        mandatory=False,
        body=json_bytes(published_data(event)),
        properties=_properties(event, content_type="application/json"),
    )


def _properties(event: Event, *, content_type: str) -> BasicProperties:
    return BasicProperties(
        app_id="orders",
        content_type=content_type,
        content_encoding="utf-8",
        correlation_id=str(event.id),
        delivery_mode=DeliveryMode.Persistent,
        # Never None, because some consumers, such as Celery's, read headers without a check.
        headers={} if event.traceparent is None else {"traceparent": event.traceparent},
        message_id=str(event.id),
        timestamp=int(event.at.timestamp()),
        type=event.type,
    )
